"""Addresses that strangers name: whom the guard lets through, with sockets of this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from aisle.catalog.images import UnreadableImageError
from aisle.serving.fetching import GuardedFetcher, is_public

PUBLIC = "93.184.216.34"


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1"),
        *("::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "not an address", ""),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


class Server:
    """Answers every connection with the next of some bytes."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.asked: list[bytes] = []
        self.connected: list[tuple[str, int]] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(65_536))
                connection.sendall(self.answers.pop(0))
                if not self.answers and self.asked[-1].startswith(b"GET /slow"):
                    connection.recv(1)  # until the caller gives up

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append((address, port))
        return socket.create_connection(self._socket.getsockname(), timeout=seconds)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(*answers: bytes) -> Server:
        made.append(Server(*answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


def answer(body: bytes = b"picture", head: str = "200 OK", *more: str) -> bytes:
    lines = [f"HTTP/1.1 {head}", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(lines).encode() + body


def fetcher(
    server: Server, resolve: dict[str, list[str]], *, seconds: float = 20, limit_bytes: int = 1_000
) -> GuardedFetcher:
    def resolved(host: str, port: int) -> list[str]:
        if host not in resolve:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return resolve[host]

    return GuardedFetcher(
        seconds=seconds, limit_bytes=limit_bytes, resolve=resolved, connect=server.connect
    )


def test_the_connection_goes_to_the_address_that_was_judged(
    server: Callable[..., Server],
) -> None:
    one = server(answer())
    fetch = fetcher(one, {"shop.example": [PUBLIC]})
    assert fetch("http://shop.example/a b.jpg?x=1") == b"picture"
    assert one.connected == [(PUBLIC, 80)]
    assert one.asked[0].startswith(b"GET /a%20b.jpg?x=1 HTTP/1.1\r\nHost: shop.example\r\n")


@pytest.mark.parametrize("found", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::ffff:10.0.0.1"], []])
def test_hosts_that_are_not_public_are_never_connected_to(
    found: list[str], server: Callable[..., Server]
) -> None:
    one = server(answer())
    with pytest.raises(UnreadableImageError, match="not on the public internet"):
        fetcher(one, {"inner.example": found})("http://inner.example/a.jpg")
    assert not one.connected


def test_a_redirect_to_a_private_host_is_refused(server: Callable[..., Server]) -> None:
    moved = answer(b"", "302 Found", "Location: http://inner.example/secret")
    one = server(moved)
    fetch = fetcher(one, {"shop.example": [PUBLIC], "inner.example": ["10.0.0.1"]})
    with pytest.raises(UnreadableImageError, match=r"inner\.example is not on the public internet"):
        fetch("http://shop.example/a.jpg")
    assert len(one.connected) == 1


def test_redirects_are_followed_and_counted(server: Callable[..., Server]) -> None:
    moved = answer(b"", "301 Moved", "Location: /b.jpg")
    one = server(moved, answer())
    assert fetcher(one, {"shop.example": [PUBLIC]})("http://shop.example/a.jpg") == b"picture"
    assert one.asked[1].startswith(b"GET /b.jpg ")
    two = server(*[moved] * 9)
    with pytest.raises(UnreadableImageError, match="more than 3 redirects"):
        fetcher(two, {"shop.example": [PUBLIC]})("http://shop.example/a.jpg")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://shop.example:22/a", "port 22 is not asked"),
        ("https://shop.example:80/a", "port 80 is not asked"),
        ("ftp://shop.example/a", "not fetched"),
        ("file:///etc/passwd", "not fetched"),
        ("http:///a", "names no host"),
        ("http://unknown.example/a", "name is not known"),
    ],
)
def test_other_addresses_are_refused(
    address: str, words: str, server: Callable[..., Server]
) -> None:
    one = server(answer())
    with pytest.raises(UnreadableImageError, match=words):
        fetcher(one, {"shop.example": [PUBLIC]})(address)
    assert not one.connected


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        (answer(b"x" * 1_001), "too large"),
        (answer(b""), "empty"),
        (answer(b"gone", "404 Not Found"), "HTTP 404 Not Found"),
        (answer()[:-3], "truncated"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no valid HTTP answer"),
        (b"", "broke off|no valid HTTP"),
    ],
)
def test_answers_that_are_no_photograph(
    answered: bytes, words: str, server: Callable[..., Server]
) -> None:
    with pytest.raises(UnreadableImageError, match=words):
        fetcher(server(answered), {"shop.example": [PUBLIC]})("http://shop.example/a.jpg")


def test_a_server_that_does_not_end_is_cut_off(server: Callable[..., Server]) -> None:
    one = server(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")
    fetch = fetcher(one, {"shop.example": [PUBLIC]}, seconds=0.2)
    with pytest.raises(UnreadableImageError, match="no answer in time"):
        fetch("http://shop.example/slow")
