"""Real processes: a graceful stop, and workers that share a port and are replaced."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

from aisle import ProductClassifier
from aisle.serving import Client, ServingSettings
from aisle.serving.listening import bound_port
from aisle.serving.workers import settle_memory
from tests.unit.serving.processes import Start, log_lines, metrics, until, workers


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


def test_no_answer_waits_for_the_caller_to_acknowledge_its_head() -> None:
    with (
        bound_port(ServingSettings(port=0)) as bound,
        socket.create_connection(bound.getsockname()),
        bound.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_settled_process_leaves_alone_what_stays() -> None:
    before = gc.get_freeze_count()
    settle_memory()
    try:
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_workers_end_with_their_supervisor(start: Start) -> None:
    process, _ = start("--workers", "2")
    known = workers(process.pid)
    assert len(known) == 2
    process.kill()
    process.wait(60)
    end = time.monotonic() + 60
    while any(_runs(pid) for pid in known):
        assert time.monotonic() < end, "the workers stay"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    """Say whether a process is there, and more than the entry of an orphan that has ended."""
    try:
        stat = Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
