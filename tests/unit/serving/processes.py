"""Real processes of ``aisle serve``, as tests look at them."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aisle.serving import Client, ServerError

Start = Callable[..., tuple[subprocess.Popen[str], str]]


def until(holds: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < end, "the server does not answer"
        time.sleep(0.05)


def log_lines(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]


def metrics(client: Client) -> str:
    try:
        return client._exchange("GET", "/metrics", None, {})[1].decode()
    except (OSError, ServerError):
        return ""


def workers(parent: int) -> list[int]:
    """Return the processes that `parent` started to serve."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            told = (folder / "cmdline").read_text()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z" and "spawn_main" in told:
            found.append(int(folder.name))
    return sorted(found)
