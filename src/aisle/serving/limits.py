"""What a request may cost: bytes while they come in, then products, columns, texts and nesting."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from aisle.serving.refusals import RequestError, bad_request, not_valid, overloaded
from aisle.serving.settings import ServingSettings

# One half of a pair that is not there: JSON can spell it, and UTF-8 cannot.
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][\da-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][\da-fA-F]{2})\\u[dD][c-fC-F]"
)
_SIZED = (list, dict, str)


@dataclass(frozen=True)
class Limits:
    """Bounds on the content of a request; see `aisle.serving.settings.ServingSettings`."""

    columns: int
    text: int
    depth: int
    pixels: int

    @classmethod
    def of(cls, settings: ServingSettings) -> Limits:
        """Return the limits that the settings name."""
        return cls(
            settings.max_columns,
            settings.max_text,
            settings.max_depth,
            settings.max_request_pixels,
        )


class BodyBudget:
    """The bytes of all requests in hand, and how many one of them may have.

    Parameters
    ----------
    each, together
        In bytes.
    seconds
        How long one request's body may take to come in.
    """

    def __init__(self, *, each: int, together: int, seconds: float) -> None:
        self._each = each
        self._together = together
        self._seconds = seconds
        self._held = 0

    @contextmanager
    def held(self) -> Iterator[BodyReader]:
        """Count what is read in the block until it ends."""
        reader = BodyReader(self)
        try:
            yield reader
        finally:
            self._held -= reader.size

    def _take(self, reader: BodyReader, count: int) -> None:
        if reader.size + count > self._each:
            raise RequestError(
                413,
                "too-large",
                f"the request has more than {self._each:,} bytes",
                do="send fewer or smaller photographs at once",
            )
        if self._held + count > self._together:
            raise overloaded("the server holds as many bytes of requests as it may", 1)
        reader.size += count
        self._held += count


class BodyReader:
    """Reads one request's body within the budget."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self.size = 0

    async def read(self, pieces: AsyncIterator[bytes], announced: str | None) -> bytes:
        """Return the body, refusing it as soon as it is too large or too slow.

        Parameters
        ----------
        pieces
            As they come in.
        announced
            The Content-Length header.

        Raises
        ------
        RequestError
            413, 408, or 429 where other requests hold all the memory.
        """
        budget = self._budget
        if announced is not None and announced.isdecimal() and int(announced) > budget._each:
            budget._take(self, int(announced))
        kept: list[bytes] = []
        try:
            async with asyncio.timeout(budget._seconds):
                async for piece in pieces:
                    budget._take(self, len(piece))
                    kept.append(piece)
        except TimeoutError:
            raise RequestError(
                408,
                "too-slow",
                f"the request took more than {budget._seconds:g} s to come in",
                do="send fewer products at once, or over a faster connection",
            ) from None
        return b"".join(kept)


def _has_surrogate(body: bytes) -> bool:
    """Say whether JSON spells half of a pair anywhere; much faster than the pattern is."""
    return b"\\ud" in body or b"\\uD" in body


def parse_json(body: bytes) -> object:
    """Return what a JSON text holds; numbers that JSON does not have are refused.

    Half a surrogate pair, which no answer could repeat, becomes a question mark.

    Raises
    ------
    RequestError
        400, with the place where it is wrong.
    """
    do = "send JSON in UTF-8 as RFC 8259 has it"
    try:
        found: object = json.loads(body.decode("utf-8-sig"), parse_constant=_no_such_number)
        if _has_surrogate(body) and _LONE_SURROGATE.search(body) is not None:
            found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
        return found
    except UnicodeDecodeError as error:
        raise bad_request(f"byte {error.start} is no UTF-8", where="body", do=do) from None
    except json.JSONDecodeError as error:
        where = f"body, line {error.lineno}, column {error.colno}"
        raise bad_request(f"no valid JSON: {error.msg}", where=where, do=do) from None
    except RecursionError:
        raise bad_request("nested too deep", where="body", do="give plain values") from None
    except ValueError as error:
        raise bad_request(f"no valid JSON: {error}", where="body", do=do) from None


def _no_such_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON; write null for a value that is missing")


def depth_of(value: object) -> int:
    """Return how deep lists and objects are nested in a value, 1 for a flat one."""
    depth = 0
    level = [value]
    while level:
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
        level = [one for one in inner if isinstance(one, dict | list)]
        depth += 1
    return depth


def size_of(value: object) -> int:
    """Return how many values and letters lists and objects hold, at any depth."""
    size = 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            size += len(one) + sum(map(len, one))
            waiting += [inner for inner in one.values() if type(inner) in _SIZED]
        elif isinstance(one, list):
            size += len(one)
            waiting += [inner for inner in one if type(inner) in _SIZED]
        elif isinstance(one, str):
            size += len(one)
    return size


def an_object(value: object, what: str) -> dict[str, object]:
    """Return a value that must be a JSON object; a RequestError (422) says where it is not."""
    if not isinstance(value, dict):
        raise not_valid("an object is expected", where=what, do='write it as {"name": value}')
    return value


def a_list(value: object, what: str) -> list[object]:
    """Return a value that must be a JSON list; a RequestError (422) says where it is not."""
    if not isinstance(value, list):
        raise not_valid("a list is expected", where=what, do="write it as [first, second]")
    return value
