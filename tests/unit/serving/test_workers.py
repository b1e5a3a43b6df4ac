"""Real processes: a graceful stop, and workers that share a port and are replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aisle import ProductClassifier
from aisle.serving import Client, ServerError

Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture(scope="module")
def bundle(model: ProductClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "my model.aisle"
    model.save(path)
    return path


@pytest.fixture
def start(bundle: Path, tmp_path: Path) -> Iterator[Start]:
    """Return what starts ``aisle serve``, and waits until it answers."""
    running: list[subprocess.Popen[str]] = []

    def begin(*options: str) -> tuple[subprocess.Popen[str], str]:
        told = tmp_path / "up.json"
        with (tmp_path / "log.jsonl").open("w") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "aisle", "serve", str(bundle)),
                    *("--port", "0", "--json", str(told), *options),
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
                text=True,
            )
        running.append(process)
        until(told.exists, process)
        url = json.loads(told.read_text())["url"]
        with Client(url, timeout_seconds=5) as client:
            until(client.is_ready, process)
        return process, url

    yield begin
    for process in running:
        process.kill()
        process.wait()


def until(holds: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < end, "the server does not answer"
        time.sleep(0.05)


def log_lines(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]


def test_a_stop_finishes_what_was_accepted(
    start: Start, rows: list[dict[str, Any]], model: ProductClassifier, tmp_path: Path
) -> None:
    process, url = start("--max-delay-ms", "700")
    found: list[Any] = []

    def ask() -> None:
        with Client(url, retries=0) as client:
            found.append(client.predict(rows[:3]))

    thread = threading.Thread(target=ask)
    thread.start()
    with Client(url) as client:
        # The products wait for others in the queue, and the server is asked to stop meanwhile.
        until(lambda: "aisle_queue_products 3.0" in metrics(client), process)
    process.send_signal(signal.SIGTERM)
    thread.join()
    assert process.wait(60) in (0, -signal.SIGTERM)
    assert [one.category for one in found[0].predictions] == model.predict(rows[:3])[
        "category"
    ].to_pylist()
    assert found[0].model == "my-model"
    lines = log_lines(tmp_path)
    asked = [line for line in lines if line.get("path") == "/v1/predict"]
    assert [(line["status"], line["products"]) for line in asked] == [(200, 3)]
    assert all(line["request_id"] for line in asked)


def test_a_worker_that_dies_is_replaced(start: Start, tmp_path: Path) -> None:
    process, url = start("--workers", "2")
    first = workers(process.pid)
    assert len(first) == 2
    os.kill(first[0], signal.SIGKILL)

    def replaced() -> bool:
        now = workers(process.pid)
        return len(now) == 2 and first[0] not in now

    until(replaced, process)
    with Client(url, retries=5) as client:
        assert client.predict([{"title": "red mug"}]).predictions[0].category
        # Both processes tell the numbers of all.
        until(lambda: "aisle_ready_workers 2.0" in metrics(client), process)
        assert 'route="/v1/predict",status="200"} 1.0' in metrics(client)
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    assert not workers(process.pid)


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
