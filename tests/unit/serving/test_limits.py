"""Bodies while they come in, and JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from aisle.serving.limits import BodyBudget, parse_json, size_of
from aisle.serving.refusals import RequestError


async def pieces(*sizes: int, taken: list[int] | None = None) -> AsyncIterator[bytes]:
    for size in sizes:
        if taken is not None:
            taken.append(size)
        yield b"x" * size


def test_a_body_is_refused_while_it_comes_in() -> None:
    async def test() -> None:
        taken: list[int] = []
        budget = BodyBudget(each=100, together=1_000, seconds=60)
        with budget.held() as reader, pytest.raises(RequestError) as caught:
            await reader.read(pieces(60, 41, 10_000, taken=taken), None)
        assert caught.value.status == 413
        assert taken == [60, 41]

    asyncio.run(test())


def test_an_announced_size_is_refused_before_anything_is_read() -> None:
    async def test() -> None:
        taken: list[int] = []
        budget = BodyBudget(each=100, together=1_000, seconds=60)
        with budget.held() as reader, pytest.raises(RequestError) as caught:
            await reader.read(pieces(50, taken=taken), "101")
        assert caught.value.status == 413
        assert not taken

    asyncio.run(test())


def test_all_bodies_together_are_bounded_and_given_back() -> None:
    async def test() -> None:
        budget = BodyBudget(each=100, together=150, seconds=60)
        with budget.held() as first:
            assert len(await first.read(pieces(50, 50), "100")) == 100
            with budget.held() as second, pytest.raises(RequestError) as caught:
                await second.read(pieces(30, 30), None)
            assert caught.value.status == 429
            assert caught.value.headers == {"Retry-After": "1"}
        with budget.held() as third:
            assert len(await third.read(pieces(100), None)) == 100

    asyncio.run(test())


def test_a_body_that_takes_too_long_is_refused() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(3600)

    async def test() -> None:
        budget = BodyBudget(each=100, together=1_000, seconds=0.01)
        with budget.held() as reader, pytest.raises(RequestError) as caught:
            await reader.read(endless(), None)
        assert caught.value.status == 408

    asyncio.run(test())


def test_json() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": [1, null, "b"]}') == {"a": [1, None, "b"]}


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        (rb"\ud83d\ude00", "\U0001f600"),
        (rb"\uD83D\uDE00\u00e9", "\U0001f600\u00e9"),
        (rb"\ud800", "?"),
        (rb"\udc00", "?"),
        (rb"\ude00\ud83d", "??"),
        (rb"\ud83d\ud83d\ude00", "?\U0001f600"),
        (rb"\\ud800", r"\ud800"),
    ],
)
def test_half_a_surrogate_pair_becomes_a_question_mark(told: bytes, meant: str) -> None:
    assert parse_json(b'{"a": ["' + told + b'"]}') == {"a": [meant]}
    assert parse_json(b'{"' + told + b'": 1}') == {meant: 1}


@pytest.mark.parametrize(
    ("value", "size"),
    [("", 0), ("abc", 3), (7, 0), ([1, 2, None], 3), ({"ab": 1}, 3), ([["a"], {"b": [1]}], 7)],
)
def test_sizes(value: object, size: int) -> None:
    assert size_of(value) == size


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no valid JSON"),
        (b"{", "line 1, column 2"),
        (b'{"a": NaN}', "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b"\xff{}", "byte 0 is no UTF-8"),
        (b"[" * 200_000, "nested too deep"),
        (b"9" * 5_000, "no valid JSON"),
        (b'{"a": 1} {"b": 2}', "Extra data"),
        (b"{'a': 1}", "double quotes"),
    ],
)
def test_what_is_no_json_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        parse_json(body)
    assert caught.value.status == 400
