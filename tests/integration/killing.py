"""What a command leaves that is killed at any of its moments; used by test_kill.py.

Every operation that changes a file is a moment. The command runs once to its end, and before its
n-th operation its folder is copied to ``FOLDER.n``: a process that is killed changes nothing more,
so that this is what a kill at that moment leaves. Some processes are then killed indeed, and what
they leave is copied to ``FOLDER.n.killed``.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

CHANGING = {"os.rename", "os.link", "os.remove", "os.truncate", "shutil.move"}


def run(arguments: list[str], before_change: Callable[[int], None]) -> None:
    """Run the command in this process, and call a function before each change, with its number."""
    from aisle.cli.main import main

    count = 0
    inside = threading.local()

    def hook(event: str, values: tuple[object, ...]) -> None:
        nonlocal count
        writes = (
            event == "open" and isinstance(values[2], int) and values[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if (writes or event in CHANGING) and not hasattr(inside, "change"):
            count += 1
            inside.change = count  # what the function changes itself does not count
            before_change(count)
            del inside.change

    sys.addaudithook(hook)
    sys.argv = ["aisle", *arguments]
    sys.exit(main())


def in_child(arguments: list[str], before_change: Callable[[int], None]) -> int:
    """Run the command in a forked process, and return how that ended."""
    child = os.fork()
    if child == 0:
        try:
            run(arguments, before_change)
        except SystemExit as end:
            os._exit(int(end.code or 0))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def keep_every_moment(folder: Path, arguments: list[str]) -> None:
    """Keep the folder of every moment, then kill a process in the first, a middle and the last.

    The command finds in the folder what lies in ``FOLDER.before``. Exits with the command's status.
    """
    before, ended = Path(f"{folder}.before"), Path(f"{folder}.ended")
    shutil.copytree(before, folder)
    status = in_child(arguments, lambda moment: shutil.copytree(folder, f"{folder}.{moment}"))
    if status:
        sys.exit(status)
    folder.rename(ended)
    moments = len(list(folder.parent.glob(f"{folder.name}.[0-9]*")))
    for deadly in sorted({1, (moments + 1) // 2, moments}):
        shutil.copytree(before, folder)

        def kill(moment: int, deadly: int = deadly) -> None:
            if moment == deadly:
                os.kill(os.getpid(), signal.SIGKILL)

        assert in_child(arguments, kill) == -signal.SIGKILL
        folder.rename(f"{folder}.{deadly}.killed")
    ended.rename(folder)
