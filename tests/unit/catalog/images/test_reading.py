from __future__ import annotations

import base64
import io
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from aisle.catalog.images import (
    ImageReference,
    ImageResult,
    Pixels,
    UnreadableImageError,
    load,
    map_images,
    references,
    squared,
)
from aisle.errors import CatalogError
from aisle.threads import cores, in_threads

RED, BLUE = (255, 0, 0), (0, 0, 255)


def photograph(colour: tuple[int, int, int] = RED, size: tuple[int, int] = (24, 16)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def path(location: object) -> ImageReference:
    return ImageReference("path", str(location))


def carried(content: bytes, name: str | None = None) -> ImageReference:
    return ImageReference("bytes", name, content)


def url(address: str) -> ImageReference:
    return ImageReference("url", address)


def colour(pixels: Pixels) -> tuple[int, ...]:
    return tuple(pixels[0, 0].tolist())


def why(reference: ImageReference) -> str:
    with pytest.raises(UnreadableImageError) as caught:
        load(reference)
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "a.png",
        "with spaces and, commas; (1).png",
        "größe 商品 👕.png",
        "line\nbreak.png",
        "no suffix",
        "wrong.jpg",
        "-.png",
        "y" * 255,
    ],
)
def test_a_file_of_any_name_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(photograph())
    assert colour(load(path(tmp_path / name))) == RED


def test_symbolic_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(photograph())
    (tmp_path / "b.png").symlink_to("a.png")
    assert colour(load(path(tmp_path / "b.png"))) == RED


def test_what_lies_at_a_path_and_is_no_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "empty.jpg").touch()
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "nowhere.jpg").symlink_to("none.jpg")
    expected = {
        "none.jpg": "there is no such file",
        "empty.jpg/b.jpg": "there is no such file",
        "nowhere.jpg": "there is no such file",
        "folder.jpg": "it is a directory, not an image file",
        "empty.jpg": "the file is empty (0 bytes)",
        "pipe.jpg": "it is no regular file",
        "loop.jpg": "the file cannot be opened: Too many levels of symbolic links",
        "x" * 300: "the file cannot be opened: File name too long",
        "nul\0.jpg": "the file cannot be opened: embedded null byte",
    }
    assert {name: why(path(tmp_path / name)) for name in expected} == expected
    assert why(path("/dev/zero")) == "it is no regular file"
    assert why(path("")) == "it is a directory, not an image file"


def test_a_file_that_may_not_be_opened_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(photograph())

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    assert why(path(tmp_path / "a.png")) == "permission denied"


def test_a_file_that_fails_while_it_is_read_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(photograph())

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("builtins.open", lambda *_, **__: Failing())
    assert why(path(tmp_path / "a.png")) == "the file cannot be opened: Input/output error"


def test_a_file_emptied_since_it_was_looked_at_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(photograph())
    monkeypatch.setattr("builtins.open", lambda *_, **__: io.BytesIO())
    assert why(path(tmp_path / "a.png")) == "the file is empty (0 bytes)"


def test_bytes_of_every_writing_are_read() -> None:
    text = base64.b64encode(photograph()).decode()
    for written in (text, f"data:image/png;base64,{text}", photograph(), {"bytes": photograph()}):
        (reference,) = references(written, None)
        assert colour(load(reference)) == RED


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("data:image/png;base64,@@@", "the base64 text cannot be read"),
        ("data:image/jpeg;base64,", "the base64 text cannot be read"),
        ("data:image/svg+xml;utf8,<svg/>", "an SVG drawing, which is not supported"),
        (b"<html>", "an HTML page, not an image"),
    ],
)
def test_bytes_that_are_no_photograph_are_told_in_words(value: object, message: str) -> None:
    (reference,) = references(value, None)
    assert why(reference).startswith(message)


def test_a_reference_without_bytes_is_told_in_words() -> None:
    assert why(ImageReference("bytes", None, b"")) == "there are no bytes"


def test_an_address_is_fetched_only_where_there_is_a_way_to() -> None:
    reference = url("https://x.com/a.png")
    assert why(reference).startswith("an address, which was not fetched: ")
    asked: list[str] = []

    def fetch(address: str) -> bytes:
        asked.append(address)
        return photograph(BLUE)

    assert colour(load(reference, fetch=fetch)) == BLUE
    assert asked == ["https://x.com/a.png"]
    with pytest.raises(UnreadableImageError, match="an HTML page"):
        load(reference, fetch=lambda _: b"<html>")


def test_a_fetch_that_fails_is_an_unreadable_image() -> None:
    def failing(address: str) -> bytes:
        raise ConnectionResetError("reset by peer")

    with pytest.raises(UnreadableImageError, match="cannot be fetched: reset by peer"):
        load(url("https://x.com/a.png"), fetch=failing)


def test_a_side_reduces_what_is_loaded(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (400, 200), RED).save(buffer, "JPEG")
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    assert load(path(tmp_path / "a.jpg"), side=100).shape == (50, 100, 3)
    assert load(carried(buffer.getvalue()), side=100).shape == (50, 100, 3)
    fetched = load(url("http://x"), side=100, fetch=lambda _: buffer.getvalue())
    assert fetched.shape == (50, 100, 3)


def test_one_result_a_product_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # long paths are shortened
    Path("red.png").write_bytes(photograph(RED))
    broken, missing = carried(b"<html>", "page.jpg"), path(Path("none.png"))
    products = [
        (path(Path("red.png")),),
        (),
        (carried(photograph(BLUE)),),
        (missing,),
        (broken, carried(photograph(BLUE)), missing),
        (missing, broken),
    ]
    page = "page.jpg: an HTML page, not an image (a download that failed, often)"
    none = "none.png: there is no such file"
    assert map_images(products, colour, side=None, workers=2) == [
        ImageResult(RED, None),
        ImageResult(None, None),
        ImageResult(BLUE, None),
        ImageResult(None, none),
        ImageResult(BLUE, page),
        ImageResult(None, f"{none}; {page}"),
    ]


def test_many_errors_of_one_product_are_not_all_told() -> None:
    product = tuple(carried(bytes([number]), f"{number}.jpg") for number in range(5))
    (result,) = map_images([product], colour, side=None, workers=1)
    assert result.error is not None
    assert result.error.startswith("0.jpg: an unknown format: no image that can be read; 1.jpg: ")
    assert result.error.endswith("; and 2 more")
    (twice,) = map_images([(product[0], product[0])], colour, side=None, workers=1)
    assert (twice.error or "").count("0.jpg") == 1


def test_locations_are_shortened_so_that_a_person_finds_them() -> None:
    def error(reference: ImageReference) -> str:
        (result,) = map_images([(reference,)], colour, side=None, workers=1)
        return result.error or ""

    assert error(carried(b"x")).startswith("bytes in the row: ")
    long = error(path("/shop/" + "folder/" * 30 + "red shoe.jpg"))
    assert long.startswith("...")
    assert "/folder/red shoe.jpg: there is no such file" in long
    address = error(url("https://shop.example.com/" + "a" * 300 + "/view/12.jpg"))
    assert address.startswith("https://shop.example.com/aaa")
    assert "a/view/12.jpg: an address, which was not fetched" in address
    assert max(len(text.partition(": ")[0]) for text in (long, address)) == 80
    assert error(path("two\nlines\x1b[0m\udcff.jpg")).startswith("two?lines?[0m?.jpg: ")


def test_a_photograph_is_read_once_however_many_share_it(tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(photograph(RED))
    shared = path(tmp_path / "red.png")
    asked: Counter[str] = Counter()
    seen: Counter[tuple[int, ...]] = Counter()

    def fetch(address: str) -> bytes:
        asked[address] += 1
        return b"" if address.endswith("gone") else photograph((0, 255, 0))

    def look(pixels: Pixels) -> tuple[int, ...]:
        seen[colour(pixels)] += 1
        return colour(pixels)

    product = (url("http://x/gone"), url("http://x/green"))
    products = [(shared,), (path(tmp_path / "red.png"),)] * 20
    products += [(carried(photograph(BLUE), "a"),), (carried(photograph(BLUE), "b"),)] * 20
    products += [product] * 20 + [(url("http://x/green"),)] * 5
    results = map_images(products, look, side=None, workers=4, fetch=fetch)
    assert asked == {"http://x/gone": 1, "http://x/green": 1}
    assert seen == {RED: 1, BLUE: 1, (0, 255, 0): 1}
    assert [result.value for result in results] == [RED] * 40 + [BLUE] * 40 + [(0, 255, 0)] * 25


def test_each_name_of_shared_bytes_is_told() -> None:
    products = [(carried(b"x", "one.jpg"),), (carried(b"x", "two.jpg"),)]
    results = map_images(products, colour, side=None, workers=1)
    assert [(result.error or "")[:7] for result in results] == ["one.jpg", "two.jpg"]


def test_none_is_a_value_like_any_other() -> None:
    calls: list[int] = []
    product = (carried(photograph(RED)), carried(photograph(BLUE)))
    results = map_images([product], lambda pixels: calls.append(1), side=None, workers=1)
    assert results == [ImageResult(None, None)]
    assert calls == [1]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    products=st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=30),
    workers=st.integers(1, 5),
)
def test_every_product_gets_its_first_good_photograph(
    products: list[list[int]], workers: int
) -> None:
    """Even numbers are photographs of that shade of red, odd ones are broken."""

    def reference(number: int) -> ImageReference:
        if number % 2:
            return carried(f"broken {number}".encode(), f"{number}.jpg")
        return carried(photograph((number, 0, 0)))

    told: list[tuple[str, int, int]] = []
    results = map_images(
        [tuple(map(reference, product)) for product in products],
        lambda pixels: colour(pixels)[0],
        side=None,
        workers=workers,
        progress=lambda what, done, total: told.append((what, done, total)),
        what="looking",
    )
    for product, result in zip(products, results, strict=True):
        good = [number for number in product if number % 2 == 0]
        before = product[: product.index(good[0])] if good else product
        assert result.value == (good[0] if good else None)
        assert (result.error is None) == (not before)
        assert all(f"{number}.jpg: " in (result.error or "") for number in before[:3])
    if any(products):
        assert told[-1] == ("looking", len(products), len(products))
        assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_the_number_of_workers_changes_no_bit() -> None:
    rng = np.random.default_rng(0)
    products = []
    for number in range(24):
        buffer = io.BytesIO()
        size = (int(rng.integers(50, 400)), int(rng.integers(50, 400)))
        small = Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8))
        small.resize(size).save(buffer, "PNG" if number % 4 == 0 else "JPEG")
        products.append((carried(buffer.getvalue()),))
    found = []
    for workers in (1, 2, 7):
        results = map_images(products, lambda p: squared(p, 128), side=128, workers=workers)
        found.append(np.stack([result.value for result in results if result.value is not None]))
    assert found[0].shape == (24, 128, 128, 3)
    assert all(np.array_equal(other, found[0]) for other in found[1:])


def test_an_error_of_the_function_ends_the_work() -> None:
    class OwnError(Exception):
        pass

    calls: list[int] = []

    def fails(pixels: Pixels) -> None:
        calls.append(1)
        raise OwnError("my own")

    products = [(carried(photograph((number % 256, number // 256, 0))),) for number in range(2000)]
    with pytest.raises(OwnError, match="my own"):
        map_images(products, fails, side=None, workers=2)
    assert len(calls) < 1000


def test_an_unreadable_image_of_the_function_is_one_more_that_cannot_be_read() -> None:
    def picky(pixels: Pixels) -> str:
        if colour(pixels) == RED:
            raise UnreadableImageError("too red")
        return "good"

    product = (carried(photograph(RED), "red.png"), carried(photograph(BLUE)))
    assert map_images([product], picky, side=None) == [ImageResult("good", "red.png: too red")]


def test_only_so_many_are_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def counted(pixels: Pixels) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.001)
        with lock:
            now -= 1

    products = [(carried(photograph((number, 0, 0))),) for number in range(100)]
    map_images(products, counted, side=None, workers=3)
    assert most <= 3


def test_work_is_handed_out_a_little_at_a_time() -> None:
    started: list[int] = []
    handed_on: list[int] = []

    def work(item: int) -> int:
        started.append(item)
        return item

    def done(item: int, result: int) -> None:
        assert len(started) - len(handed_on) <= 2 * (4 + 1) * 16
        handed_on.append(result)
        assert item == result

    in_threads(work, range(5000), 2, done)
    assert handed_on == list(range(5000))
    assert sorted(started) == handed_on


@pytest.fixture
def usual_interrupt() -> Iterator[None]:
    """Let Ctrl-C do what it does in a program of its own, whatever other tests left behind."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_interrupt")
def test_an_interrupt_stops_at_once() -> None:
    release = threading.Event()
    calls: list[int] = []

    def waits(pixels: Pixels) -> None:
        calls.append(1)
        if len(calls) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        release.wait(30)

    products = [(carried(photograph((number, 1, 0))),) for number in range(200)]
    try:
        with pytest.raises(KeyboardInterrupt):
            map_images(products, waits, side=None, workers=2)
        assert not release.is_set()
        assert len(calls) <= 2
    finally:
        release.set()


def test_an_interrupt_while_progress_is_told_stops_too() -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    products = [(carried(photograph((number, 2, 0))),) for number in range(100)]
    with pytest.raises(KeyboardInterrupt):
        map_images(products, colour, side=None, workers=2, progress=interrupt)


def test_workers_are_counted_and_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CatalogError, match="workers: expected a whole number of at least 1, found"):
        map_images([], colour, side=None, workers=0)
    assert map_images([], colour, side=None) == []
    assert 1 <= cores() <= (os.cpu_count() or 1)
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    assert cores() == (os.cpu_count() or 1)
    asked: list[int] = []

    def count(function: object, items: object, workers: int, done: object) -> None:
        asked.append(workers)
        raise InterruptedError

    monkeypatch.setattr("aisle.catalog.images.reading.in_threads", count)
    for cpus in (3, 64):
        monkeypatch.setattr("os.cpu_count", lambda cpus=cpus: cpus)
        for product in ((carried(photograph()),), (url("http://x"),)):
            with pytest.raises(InterruptedError):
                map_images([product], colour, side=None, fetch=lambda _: photograph())
    assert asked == [3, 16, 16, 16]
