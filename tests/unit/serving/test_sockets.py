"""Callers on real sockets who leave, dawdle, or send more than they may."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn

from aisle import ProductClassifier
from aisle.serving import Client, ServingSettings, make_app


@pytest.fixture(scope="module")
def app(model: ProductClassifier) -> Iterator[Any]:
    """An application that lets products wait long for others, on a port of its own."""
    settings = ServingSettings(max_delay_ms=10_000, max_body_bytes=50_000, body_seconds=0.2)
    found = make_app(model, settings)
    server = uvicorn.Server(uvicorn.Config(found, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    found.state.port = server.servers[0].sockets[0].getsockname()[1]
    with Client(f"http://127.0.0.1:{found.state.port}") as client:
        until(client.is_ready)
    yield found
    server.should_exit = True
    thread.join()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def request(body: bytes, length: int | None = None) -> bytes:
    head = [
        "POST /v1/predict HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def answer(sock: socket.socket) -> str:
    found = b""
    while b"\r\n\r\n" not in found:
        piece = sock.recv(65_536)
        if not piece:
            break
        found += piece
    return found.decode()


def test_a_caller_who_leaves_frees_the_queue_and_is_never_computed(app: Any) -> None:
    batcher = app.state.service._batcher
    body = json.dumps({"products": [{"title": "red mug"}] * 3}).encode()
    with socket.create_connection(("127.0.0.1", app.state.port)) as sock:
        sock.sendall(request(body))
        until(lambda: batcher.load == 3)
    until(lambda: batcher.load == 0)
    text = app.state.service.metrics.text().decode()
    assert "aisle_batch_products_sum 0.0" in text
    assert 'aisle_requests_total{route="/v1/predict",status="499"} 1.0' in text


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(app: Any) -> None:
    with socket.create_connection(("127.0.0.1", app.state.port)) as sock:
        sock.sendall(request(b"{", length=10**12))
        assert answer(sock).startswith("HTTP/1.1 413")


def test_a_body_without_a_length_is_refused_while_it_comes_in(app: Any) -> None:
    head = "POST /v1/predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", app.state.port)) as sock:
        sock.sendall(head.encode())
        chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
        for _ in range(4):
            sock.sendall(chunk)
        assert answer(sock).startswith("HTTP/1.1 413")


def test_a_body_that_does_not_come_is_not_waited_for(app: Any) -> None:
    with socket.create_connection(("127.0.0.1", app.state.port)) as sock:
        sock.sendall(request(b"{", length=100))
        assert answer(sock).startswith("HTTP/1.1 408")
    assert app.state.service.bodies._held == 0
