"""Addresses that lead inwards, asked of a server that fetches: no connection is ever opened."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aisle import ProductClassifier
from aisle.catalog.images import UnreadableImageError
from aisle.serving import fetching
from aisle.serving.fetching import GuardedFetcher
from tests.unit.serving.conftest import Serve

INNER = {
    "plain": "http://127.0.0.1/a.jpg",
    "another of the loop": "http://127.8.9.10/a.jpg",
    "decimal": "http://2130706433/a.jpg",
    "octal": "http://0177.0.0.01/a.jpg",
    "hexadecimal": "http://0x7f.0x0.0x0.0x1/a.jpg",
    "one hexadecimal number": "http://0x7f000001/a.jpg",
    "two parts": "http://127.1/a.jpg",
    "nothing": "http://0/a.jpg",
    "all": "http://0.0.0.0/a.jpg",
    "six": "http://[::1]/a.jpg",
    "six, all": "http://[::]/a.jpg",
    "mapped": "http://[::ffff:127.0.0.1]/a.jpg",
    "mapped, hexadecimal": "http://[::ffff:7f00:1]/a.jpg",
    "compatible": "http://[::127.0.0.1]/a.jpg",
    "translated": "http://[64:ff9b::7f00:1]/a.jpg",
    "6to4": "http://[2002:7f00:1::]/a.jpg",
    "of a zone": "http://[fe80::1%25lo]/a.jpg",
    "metadata": "http://169.254.169.254/latest/meta-data/a.jpg",
    "metadata, decimal": "http://2852039166/latest/a.jpg",
    "metadata, six": "http://[fd00:ec2::254]/latest/a.jpg",
    "private": "http://10.0.0.1/a.jpg",
    "private, 172": "http://172.31.255.255/a.jpg",
    "private, 192": "http://192.168.0.1/a.jpg",
    "carrier": "http://100.64.0.1/a.jpg",
    "benchmark": "http://198.18.0.1/a.jpg",
    "broadcast": "http://255.255.255.255/a.jpg",
    "multicast": "http://224.0.0.251/a.jpg",
    "local name": "http://localhost/a.jpg",
    "local name, dot": "http://localhost./a.jpg",
    "user": "http://shop.example@127.0.0.1/a.jpg",
    "user and password": "http://shop.example:80@127.0.0.1/a.jpg",
    "backslash": "http://shop.example\\@127.0.0.1/a.jpg",
    "fragment": "http://127.0.0.1#@shop.example/a.jpg",
    "full-width digits": "http://１２７.０.０.１/a.jpg",
    "circled digits": "http://①②⑦.⓪.⓪.①/a.jpg",
    "ideographic stop": "http://127。0。0。1/a.jpg",
    "space": "http://127.0.0.1 /a.jpg",
    "tab": "http://127.0.0.1\t/a.jpg",
    "capitals": "HTTP://127.0.0.1/a.jpg",
    "no scheme": "//127.0.0.1/a.jpg",
    "https": "https://127.0.0.1/a.jpg",
    "file": "file:///etc/passwd",
    "file on a host": "file://127.0.0.1/etc/passwd.jpg",
    "gopher": "gopher://127.0.0.1:70/_GET.jpg",
    "ftp": "ftp://127.0.0.1/a.jpg",
    "dict": "dict://127.0.0.1:11211/stat.jpg",
    "ldap": "ldap://127.0.0.1/a.jpg",
    "jar": "jar:http://127.0.0.1!/a.jpg",
    "inner port": "http://127.0.0.1:6379/a.jpg",
    "header in the path": "http://127.0.0.1/a.jpg\r\nHost: inner",
}


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Connections that anything tries to open; none of them is opened."""
    tried: list[Any] = []

    def refuse(*given: Any, **_: Any) -> socket.socket:
        tried.append(given)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tried


def test_no_address_leads_inwards(
    serve: Serve, model: ProductClassifier, connected: list[Any]
) -> None:
    client = serve(model, allow_urls=True, url_seconds=5)
    products = [{"id": name, "title": "red mug", "image": url} for name, url in INNER.items()]
    products += [{"id": f"[{n}]", "title": "red mug", "image": [url]} for n, url in INNER.items()]
    # As JSON in a text, the way spreadsheets hold lists.
    products += [
        {"id": f'"{name}"', "title": "red mug", "image": json.dumps([url])}
        for name, url in INNER.items()
    ]
    response = client.post("/v1/predict", json={"products": products})
    assert response.status_code == 200, response.text
    found = response.json()["predictions"]
    assert [one["id"] for one in found] == [one["id"] for one in products]
    assert not connected
    for one in found:
        assert one["error"], one
        assert one["category"] is not None
        assert "image" not in one["modalities"]
        assert "root:" not in one["error"]


class Names:
    """A name server that says something else each time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0)


@pytest.fixture
def one_answer() -> Iterator[Callable[[bytes], tuple[list[str], Any]]]:
    """Return what makes a connector whose far end answers with the given bytes."""
    opened: list[socket.socket] = []

    def make(answer: bytes) -> tuple[list[str], Any]:
        reached: list[str] = []

        def connect(address: str, port: int, seconds: float) -> socket.socket:
            reached.append(address)
            near, far = socket.socketpair()
            near.settimeout(seconds)
            far.sendall(answer)
            far.shutdown(socket.SHUT_WR)
            opened.extend([near, far])
            return near

        return reached, connect

    yield make
    for one in opened:
        one.close()


def moved(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def test_a_name_that_changes_its_mind_is_asked_once_a_connection(one_answer: Any) -> None:
    """DNS rebinding: the address that was judged is the one that is connected to."""
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    reached, connect = one_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    fetch = GuardedFetcher(seconds=5, limit_bytes=100, resolve=names, connect=connect)
    assert fetch("http://rebind.example/a.jpg") == b"ok"
    assert (names.asked, reached) == (["rebind.example"], ["93.184.216.34"])
    with pytest.raises(UnreadableImageError, match="not on the public internet"):
        fetch("http://rebind.example/a.jpg")
    assert reached == ["93.184.216.34"]


def test_a_name_that_changes_its_mind_in_a_redirect_is_judged_again(one_answer: Any) -> None:
    names = Names(["93.184.216.34"], ["169.254.169.254"])
    reached, connect = one_answer(moved("/latest/meta-data"))
    fetch = GuardedFetcher(seconds=5, limit_bytes=100, resolve=names, connect=connect)
    with pytest.raises(UnreadableImageError, match="not on the public internet"):
        fetch("http://rebind.example/a.jpg")
    assert reached == ["93.184.216.34"]


@pytest.mark.parametrize("name", INNER)
def test_no_redirect_leads_inwards(name: str, one_answer: Any) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34"] if host == "shop.example" else fetching.resolve(host, port)

    if not INNER[name].isascii():
        pytest.skip("a header holds ASCII")
    reached, connect = one_answer(moved(INNER[name].replace("\r\n", "")))
    fetch = GuardedFetcher(seconds=5, limit_bytes=100, resolve=resolve, connect=connect)
    with pytest.raises(UnreadableImageError):
        fetch("http://shop.example/a.jpg")
    assert set(reached) == {"93.184.216.34"}
