"""Run a command again and again, each time killed a little later; used by test_kill.py.

The arguments are the folder that the command writes to, and the command line. Before every
operation that changes a file, the process counts; the n-th child is killed before its n-th. Prints
how many operations a whole run has. After each kill every file must be an old or a whole new one,
which the caller checks through the folder's copies: after the n-th kill the folder is copied to
``FOLDER.n``.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from importlib import import_module
from pathlib import Path

HEAVY = (
    "PIL.Image",
    "cv2",
    "pyarrow.parquet",
    "scipy.optimize",
    "skops.io",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
    "aisle.catalog.images.fetching",
    "aisle.cli.train",
    "aisle.encoders.metadata",
    "aisle.encoders.text.lexical",
    "aisle.evaluation.page",
    "aisle.heads.linear",
    "aisle.models",
)
CHANGING = {"os.rename", "os.link", "os.remove", "os.truncate", "shutil.move"}


def run(arguments: list[str], deadly: int) -> None:
    """Run the command in this process, and kill it before its `deadly`-th change."""
    from aisle.cli.main import main

    count = 0

    def hook(event: str, values: tuple[object, ...]) -> None:
        nonlocal count
        writes = (
            event == "open" and isinstance(values[2], int) and values[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if writes or event in CHANGING:
            count += 1
            if count == deadly:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    sys.argv = ["aisle", *arguments]
    main()


def main() -> int:
    """Fork a child for every operation until one ends by itself."""
    for module in HEAVY:  # the children shall not import it all again
        import_module(module)
    folder, arguments = Path(sys.argv[1]), sys.argv[2:]
    before = Path(f"{folder}.before")
    for deadly in range(1, 200):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(before, folder)
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            with open(os.devnull, "w") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), 1)
            try:
                run(arguments, deadly)
            except SystemExit as end:
                os._exit(int(end.code or 0))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(deadly - 1)  # noqa: T201
            return os.waitstatus_to_exitcode(status)
        shutil.copytree(folder, f"{folder}.{deadly}")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
