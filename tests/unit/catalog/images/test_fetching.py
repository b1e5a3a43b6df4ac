"""Photographs at web addresses: what is fetched, kept, refused, retried and given up."""

from __future__ import annotations

import hashlib
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalog.images import answers, fetching
from aisle.catalog.images.addresses import web_address
from aisle.catalog.images.downloads import Downloads
from aisle.catalog.images.fetching import ImageFetcher, default_fetcher
from aisle.catalog.images.unreadable import UnreadableImageError
from aisle.errors import CatalogError

PHOTOGRAPH = b"\xff\xd8\xff photograph"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A web server on this machine that counts what it is asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {"/shirt.jpg": body(PHOTOGRAPH)}
        self.asked: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.over = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked[self.path] += 1
                site.headers = dict(self.headers)
                site.pages.get(self.path, status(404))(self)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=partial(self.server.serve_forever, 0.01), daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


def body(content: bytes, **headers: str) -> Answer:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        to.wfile.write(content)

    return answer


def unannounced(content: bytes) -> Answer:
    """Send a body whose length is told by its end alone."""

    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.end_headers()
        to.wfile.write(content)

    return answer


def raw(content: bytes) -> Answer:
    return lambda to: to.wfile.write(content) and None


def status(code: int, **headers: str) -> Answer:
    def answer(to: BaseHTTPRequestHandler) -> None:
        to.send_response(code)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.send_header("Content-Length", "0")
        to.end_headers()

    return answer


def in_turn(*answers: Answer) -> Answer:
    left = iter(answers)

    def answer(to: BaseHTTPRequestHandler) -> None:
        next(left)(to)

    return answer


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def fetcher(cache: Path | None = None, **options: float) -> ImageFetcher:
    quick = {"timeout_seconds": 1.0, "deadline_seconds": 1.5, "pause_seconds": 0.0}
    return ImageFetcher(cache=cache or False, **(quick | options))  # type: ignore[arg-type]


def why(fetch: ImageFetcher, address: str) -> str:
    with pytest.raises(UnreadableImageError) as caught:
        fetch(address)
    return str(caught.value)


def test_a_photograph_is_fetched_with_the_name_of_who_asks(site: Site) -> None:
    assert fetcher()(f"{site.address}/shirt.jpg") == PHOTOGRAPH
    assert site.headers["User-Agent"].startswith("aisle/")
    assert site.headers["Accept-Encoding"] == "identity"


def test_a_body_of_unannounced_length_or_in_chunks_is_whole(site: Site) -> None:
    chunks = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
    )
    site.pages["/end"] = unannounced(PHOTOGRAPH)
    site.pages["/chunks"] = raw(chunks)
    assert fetcher()(f"{site.address}/end") == PHOTOGRAPH
    assert fetcher()(f"{site.address}/chunks") == b"abcdefg"


def test_an_html_page_is_passed_on(site: Site) -> None:
    site.pages["/page"] = body(b"<html>", Content_Type="text/html")
    assert fetcher()(f"{site.address}/page") == b"<html>"


def test_what_was_fetched_is_there_when_the_server_is_gone(site: Site, tmp_path: Path) -> None:
    address = f"{site.address}/shirt.jpg"
    fetch = fetcher(tmp_path)
    assert fetch(address) == PHOTOGRAPH
    site.close()
    assert fetch(address) == PHOTOGRAPH
    assert fetcher(tmp_path)(address) == PHOTOGRAPH
    name = hashlib.sha256(address.encode()).hexdigest()
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()] == [
        Path(name[:2]) / name
    ]


def test_the_cache_is_in_the_users_folder(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path))
    assert ImageFetcher()(f"{site.address}/shirt.jpg") == PHOTOGRAPH
    assert (tmp_path / "images").is_dir()
    assert default_fetcher() is default_fetcher()


def test_failures_are_not_kept(site: Site, tmp_path: Path) -> None:
    fetch = fetcher(tmp_path)
    site.pages["/late.jpg"] = in_turn(status(404), body(PHOTOGRAPH))
    assert why(fetch, f"{site.address}/late.jpg") == "HTTP 404 Not Found"
    assert fetch(f"{site.address}/late.jpg") == PHOTOGRAPH


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refusal_is_told_at_once(site: Site, code: int) -> None:
    site.pages["/x"] = status(code)
    assert why(fetcher(), f"{site.address}/x").startswith(f"HTTP {code} ")
    assert site.asked["/x"] == 1


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503])
def test_a_passing_trouble_is_waited_out(site: Site, code: int) -> None:
    site.pages["/x"] = in_turn(status(code), status(code), body(PHOTOGRAPH))
    assert fetcher()(f"{site.address}/x") == PHOTOGRAPH
    assert site.asked["/x"] == 3


def test_retries_come_to_an_end(site: Site) -> None:
    site.pages["/x"] = status(503)
    assert why(fetcher(retries=1), f"{site.address}/x") == "HTTP 503 Service Unavailable"
    assert site.asked["/x"] == 2


@pytest.mark.parametrize(
    ("wanted", "pause"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("86400", fetching.LONGEST_PAUSE_SECONDS),
        pytest.param(
            formatdate(time.time() + 10**6, usegmt=True),
            fetching.LONGEST_PAUSE_SECONDS,
            id="in twelve days",
        ),
        (formatdate(0, usegmt=True), 0.0),
        ("soon", 0.25),
        ("", 0.25),
    ],
)
def test_a_server_says_how_long_to_wait_within_reason(
    site: Site, monkeypatch: pytest.MonkeyPatch, wanted: str, pause: float
) -> None:
    slept: list[float] = []
    clock = [0.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(fetching.time, "sleep", sleep)
    monkeypatch.setattr(fetching.time, "monotonic", lambda: clock[0])
    site.pages["/x"] = in_turn(status(503, Retry_After=wanted), body(PHOTOGRAPH))
    assert fetcher(pause_seconds=0.25, deadline_seconds=60)(f"{site.address}/x") == PHOTOGRAPH
    assert slept == [0.0, pause]


def test_a_busy_server_is_not_waited_for_beyond_the_deadline(site: Site) -> None:
    site.pages["/x"] = status(429, Retry_After="9")
    assert "busy" in why(fetcher(), f"{site.address}/x")
    assert "busy" in why(fetcher(), f"{site.address}/x")


def test_a_silent_server_is_left(site: Site) -> None:
    site.pages["/x"] = lambda to: site.over.wait(5) and None
    assert why(fetcher(timeout_seconds=0.1), f"{site.address}/x") == "no answer in time"


@pytest.mark.parametrize("start", [b"", b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_a_dripping_server_does_not_hold_a_worker(site: Site, start: bytes) -> None:
    def drip(to: BaseHTTPRequestHandler) -> None:
        to.wfile.write(start)
        while not site.over.wait(0.02):
            to.wfile.write(b"H")
            to.wfile.flush()

    site.pages["/x"] = drip
    assert why(fetcher(deadline_seconds=0.2), f"{site.address}/x") == "no answer in time"
    assert site.asked["/x"] == 1


def test_a_photograph_that_is_too_large_is_not_taken(site: Site) -> None:
    fetch = fetcher(limit_bytes=100)
    site.pages["/most"] = body(b"x" * 100)
    site.pages["/more"] = unannounced(b"x" * 101)
    site.pages["/announced"] = raw(b"HTTP/1.0 200 OK\r\nContent-Length: 101\r\n\r\n")
    assert fetch(f"{site.address}/most") == b"x" * 100
    for page in ("/more", "/announced"):
        assert why(fetch, site.address + page) == "too large: more than 100 bytes"
        assert site.asked[page] == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nonly\r\n",
    ],
)
def test_a_truncated_body_is_an_error_and_not_kept(
    site: Site, tmp_path: Path, answer: bytes
) -> None:
    site.pages["/x"] = raw(answer)
    assert why(fetcher(tmp_path), f"{site.address}/x").startswith("truncated")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("answer", [body(b""), status(204)])
def test_an_empty_answer_is_an_error(site: Site, answer: Answer) -> None:
    site.pages["/x"] = answer
    assert "empty" in why(fetcher(), f"{site.address}/x")


@pytest.mark.parametrize(
    "answer", [b"nonsense\r\n\r\n", b"\x00" * 100, b"HTTP/1.1 99999 OK\r\n\r\n", b"", b"H" * 70_000]
)
def test_what_is_no_http_is_an_error(site: Site, answer: bytes) -> None:
    site.pages["/x"] = raw(answer)
    assert why(fetcher(retries=0), f"{site.address}/x")


def test_a_connection_that_is_refused_or_broken_off_is_an_error(site: Site) -> None:
    site.pages["/x"] = raw(b"")
    assert why(fetcher(), f"{site.address}/x") == "the connection broke off"
    assert site.asked["/x"] == 3
    assert why(fetcher(), f"http://127.0.0.1:{free_port()}/") == "the connection was refused"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_host_that_never_answers_is_given_up(site: Site) -> None:
    site.pages |= {f"/{n}": raw(b"") for n in range(9)}
    fetch = fetcher(retries=0)
    for n in range(5):
        assert why(fetch, f"{site.address}/{n}") == "the connection broke off"
    host = site.address.removeprefix("http://")
    for n in (5, 6):
        assert why(fetch, f"{site.address}/{n}") == (
            f"the host {host} did not answer 5 times in a row; not asked again"
        )
    assert site.asked.total() == 5
    assert fetcher()(f"{site.address}/shirt.jpg") == PHOTOGRAPH


def test_a_host_that_answers_now_and_then_is_not_given_up(site: Site) -> None:
    site.pages["/broken"] = raw(b"")
    site.pages["/short"] = raw(b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n")
    fetch = fetcher(retries=0)
    for page in ("/shirt.jpg", "/missing", "/short", "/shirt.jpg"):
        for _ in range(4):
            assert why(fetch, f"{site.address}/broken") == "the connection broke off"
        if page == "/shirt.jpg":
            fetch(site.address + page)
        else:
            why(fetch, site.address + page)


def test_a_host_that_was_left_alone_is_asked_again_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aisle.catalog.images.hosts.REST_SECONDS", 0.0)
    site.pages["/broken"] = raw(b"")
    fetch = fetcher(retries=0)
    for _ in range(6):
        why(fetch, f"{site.address}/broken")
    assert fetch(f"{site.address}/shirt.jpg") == PHOTOGRAPH


def test_redirects_are_followed(site: Site) -> None:
    site.pages["/far"] = status(301, Location=f"{site.address}/near")
    site.pages["/near"] = status(307, Location="shirt.jpg")
    assert fetcher()(f"{site.address}/far") == PHOTOGRAPH


def test_redirects_come_to_an_end(site: Site) -> None:
    site.pages["/x"] = status(302, Location="/x")
    assert why(fetcher(), f"{site.address}/x") == "more than 5 redirects"
    assert site.asked["/x"] == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://host/x", "gopher://host"])
def test_redirects_lead_to_the_web_alone(site: Site, target: str) -> None:
    site.pages["/x"] = status(302, Location=target)
    assert "are not fetched" in why(fetcher(), f"{site.address}/x")


def test_a_redirect_to_nowhere_is_told(site: Site) -> None:
    site.pages["/x"] = status(302)
    assert why(fetcher(), f"{site.address}/x") == "HTTP 302 Found"


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://host/a.jpg", "s3://b/a.jpg", "gs://b/a.jpg", "a.jpg"]
)
def test_other_addresses_are_refused_with_advice(address: str) -> None:
    assert "download the images first and give local paths" in why(fetcher(), address)


@pytest.mark.parametrize(
    "address", ["http://", "http:///a", "http://h:x/", "http://[1", "http://\u2100"]
)
def test_broken_addresses_are_refused(address: str) -> None:
    assert why(fetcher(), address)


def test_letters_and_spaces_are_encoded(site: Site) -> None:
    site.pages["/gr%C3%BCn%20%26/100%25.jpg?q=%C3%A9"] = body(PHOTOGRAPH)
    assert fetcher()(f"  {site.address}/grün %26/100%.jpg?q=é#top ") == PHOTOGRAPH
    assert web_address("HTTP://Bücher.example:80/a|b") == "http://xn--bcher-kva.example:80/a%7Cb"
    assert web_address("https://[::1]:8000") == "https://[::1]:8000/"


@given(st.text(max_size=30), st.sampled_from(["", "http://h/", "https://", "http://h/?", "//"]))
def test_any_text_is_an_address_or_an_error_and_stays_as_it_is_encoded(
    text: str, start: str
) -> None:
    try:
        wanted = web_address(start + text)
    except UnreadableImageError:
        return
    assert wanted.isascii()
    assert wanted.isprintable()
    assert " " not in wanted
    assert web_address(wanted) == wanted


def test_proxies_of_the_environment_are_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", site.address)
    site.pages["http://shop.example/shirt.jpg"] = body(PHOTOGRAPH)
    assert fetcher()("http://shop.example/shirt.jpg") == PHOTOGRAPH


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate")
def test_https_needs_a_certificate_that_is_trusted(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make.split(), *names.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    address = f"{site.address.replace('http:', 'https:')}/shirt.jpg"
    answers.trusted.cache_clear()
    assert why(fetcher(), address) == "the server's certificate is not valid"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    answers.trusted.cache_clear()
    try:
        assert fetcher()(address) == PHOTOGRAPH
    finally:
        answers.trusted.cache_clear()


def test_many_threads_may_fetch_one_address(site: Site, tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    site.pages["/x"] = body(content)
    fetch = fetcher(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(fetch, [f"{site.address}/x"] * 32)) == {content}
    assert [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()] == [content]


def place_of(address: str, cache: Path) -> Path:
    name = hashlib.sha256(address.encode()).hexdigest()
    return cache / name[:2] / name


@pytest.mark.parametrize("damage", ["folder", "empty", "too large", "half-written", "dead link"])
def test_a_damaged_entry_is_fetched_anew(site: Site, tmp_path: Path, damage: str) -> None:
    address = f"{site.address}/shirt.jpg"
    place = place_of(address, tmp_path)
    place.parent.mkdir()
    if damage == "folder":
        place.mkdir()
    elif damage == "half-written":
        (place.parent / f".{place.name}.abc.partial").write_bytes(b"half")
    elif damage == "dead link":
        place.symlink_to(tmp_path / "nowhere" / "at all")
    else:
        place.write_bytes(b"" if damage == "empty" else b"x" * 101)
    assert fetcher(tmp_path, limit_bytes=100)(address) == PHOTOGRAPH


def test_a_cache_that_cannot_be_written_costs_one_warning(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    fetch = fetcher(blocked / "images")
    with caplog.at_level(logging.WARNING):
        assert fetch(f"{site.address}/shirt.jpg") == PHOTOGRAPH
        assert fetch(f"{site.address}/shirt.jpg") == PHOTOGRAPH
    assert len(caplog.records) == 1
    assert "not kept" in caplog.text


def test_what_is_kept_is_replaced_whole(tmp_path: Path) -> None:
    downloads = Downloads(tmp_path)
    downloads.write("a", b"old")
    downloads.write("a", b"new")
    assert downloads.read("a", 10) == b"new"
    assert downloads.read("b", 10) is None


@pytest.mark.parametrize(
    "options",
    [
        {"timeout_seconds": 0},
        {"deadline_seconds": float("nan")},
        {"limit_bytes": 0},
        {"retries": -1},
        {"pause_seconds": -1},
    ],
)
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(CatalogError, match=next(iter(options))):
        fetcher(**options)
