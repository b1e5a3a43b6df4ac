"""Photographs of a whole catalogue read in threads, each into whatever is wanted of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from aisle.catalog.images.decoding import Pixels, decode
from aisle.catalog.images.files import carried, read_file
from aisle.catalog.images.references import ImageReference
from aisle.catalog.images.unreadable import UnreadableImageError
from aisle.errors import CatalogError
from aisle.progress import Progress, silent
from aisle.threads import cores, in_threads

T = TypeVar("T")
Fetch = Callable[[str], bytes]
"""Address in, encoded photograph out; an `UnreadableImageError` where there is none."""

MOST_WORKERS = 16
"""By default: beyond that the threads wait for one another rather than for a core."""

_LONGEST_NAME = 80
_MOST_TOLD = 3


@dataclass(frozen=True)
class ImageResult(Generic[T]):
    """What came of one product's photographs.

    Parameters
    ----------
    value
        From the first photograph that could be read; None if there is none.
    error
        Which photographs before that one could not be read, and why; None if there are none. A
        product without photographs has neither value nor error.
    """

    value: T | None
    error: str | None


def load(
    reference: ImageReference, *, fetch: Fetch | None = None, side: int | None = None
) -> Pixels:
    """Read the photograph that a reference names, wherever it is.

    Parameters
    ----------
    reference
        A path, an address or bytes.
    fetch
        Gets what lies at an address; None leaves addresses alone.
    side
        As `decode` has it.

    Returns
    -------
    uint8 (height, width, 3)

    Raises
    ------
    UnreadableImageError
        If there is no such photograph, or it cannot be read.
    """
    return decode(content_of(reference, fetch=fetch), side=side)


def content_of(reference: ImageReference, *, fetch: Fetch | None = None) -> bytes:
    """Return the encoded photograph that a reference names; raises UnreadableImageError."""
    if reference.kind == "path":
        return read_file(reference.location or ".")
    if reference.kind == "url":
        return _fetched(reference.location or "", fetch)
    return carried(reference)


def map_images(
    images: Sequence[tuple[ImageReference, ...]],
    function: Callable[[Pixels], T],
    *,
    side: int | None,
    workers: int | None = None,
    fetch: Fetch | None = None,
    progress: Progress = silent,
    what: str = "reading photographs",
) -> list[ImageResult[T]]:
    """Apply a function to the first readable photograph of every product.

    As `map_contents`, but the function gets pixels; `side` is what `decode` calls so.
    """

    def seen(content: bytes) -> T:
        return function(decode(content, side=side))

    return map_contents(images, seen, workers=workers, fetch=fetch, progress=progress, what=what)


def map_contents(
    images: Sequence[tuple[ImageReference, ...]],
    function: Callable[[bytes], T],
    *,
    workers: int | None = None,
    fetch: Fetch | None = None,
    progress: Progress = silent,
    what: str = "reading photographs",
) -> list[ImageResult[T]]:
    """Apply a function to the encoded bytes of the first readable photograph of every product.

    A photograph is read once however many products share it, and it is gone when the function
    returns; only one a worker is in memory. The results do not depend on the number of workers.

    Parameters
    ----------
    images
        The references of every product.
    function
        Called in several threads at once. An `UnreadableImageError` that it raises counts as a
        photograph that cannot be read; any other error ends the work.
    workers
        Threads; by default one a core that this process may use, at most `MOST_WORKERS`, and that
        many where addresses are fetched, because these wait.
    fetch
        Gets what lies at an address; None leaves addresses alone.
    progress
        Told how many products are done.
    what
        The name of the work, for `progress`.

    Returns
    -------
    list of ImageResult
        One a product, in order. Products that share a photograph share its value.

    Raises
    ------
    CatalogError
        If `workers` is less than 1.
    """
    if workers is None:
        waits = fetch is not None and any(r.kind == "url" for product in images for r in product)
        workers = MOST_WORKERS if waits else min(cores(), MOST_WORKERS)
    elif workers < 1:
        raise CatalogError(f"workers: expected a whole number of at least 1, found {workers}")

    def read(reference: ImageReference) -> ImageResult[T]:
        try:
            return ImageResult(function(content_of(reference, fetch=fetch)), None)
        except UnreadableImageError as failure:
            return ImageResult(None, str(failure))

    products = _Products[T](images, partial(progress, what))
    while wanted := products.wanted():
        in_threads(read, wanted, workers, products.settle)
    return [products.result(row) for row in range(len(images))]


class _Products(Generic[T]):
    """Which product waits for which photograph: its first, then the next while none was read."""

    def __init__(
        self, images: Sequence[tuple[ImageReference, ...]], progress: Callable[[int, int], None]
    ) -> None:
        self._images = images
        self._progress = progress
        self._known: dict[Hashable, ImageResult[T]] = {}
        self._turn = [0] * len(images)
        self._waiting: dict[Hashable, list[int]] = {}
        self._done = 0
        self._queue(range(len(images)))

    def wanted(self) -> list[ImageReference]:
        """Return one reference for each photograph that a product waits for."""
        return [self._images[of[0]][self._turn[of[0]]] for of in self._waiting.values()]

    def settle(self, reference: ImageReference, result: ImageResult[T]) -> None:
        """Take what came of a photograph, and send products on that cannot use it."""
        key = _key(reference)
        self._known[key] = result
        rows = self._waiting.pop(key)
        if result.error is None:
            self._done += len(rows)
        else:
            for row in rows:
                self._turn[row] += 1
            self._queue(rows)
        self._progress(self._done, len(self._images))

    def result(self, row: int) -> ImageResult[T]:
        """Return a product's value and errors, once it waits for nothing."""
        errors: dict[str, None] = {}
        for reference in self._images[row]:
            found = self._known[_key(reference)]
            if found.error is None:
                return ImageResult(found.value, _told(list(errors)))
            errors[f"{_name(reference)}: {found.error}"] = None
        return ImageResult(None, _told(list(errors)))

    def _queue(self, rows: Iterable[int]) -> None:
        """Let products wait for their next photograph, if it is not known already."""
        for row in rows:
            for reference in self._images[row][self._turn[row] :]:
                known = self._known.get(_key(reference))
                if known is None:
                    self._waiting.setdefault(_key(reference), []).append(row)
                    break
                if known.error is None:
                    self._done += 1
                    break
                self._turn[row] += 1
            else:
                self._done += 1


def _told(errors: list[str]) -> str | None:
    more = [f"and {len(errors) - _MOST_TOLD} more"] if len(errors) > _MOST_TOLD else []
    return "; ".join(errors[:_MOST_TOLD] + more) or None


def _key(reference: ImageReference) -> Hashable:
    """Tell photographs apart: by where they are, or else by what they are."""
    return reference.kind, reference.content if reference.kind == "bytes" else reference.location


def _name(reference: ImageReference) -> str:
    """Name a photograph so that a person finds it: the ends of a long path or address."""
    name = reference.location or "bytes in the row"
    name = "".join(letter if letter.isprintable() else "?" for letter in name)
    if len(name) <= _LONGEST_NAME:
        return name
    head = 0 if reference.kind == "path" else _LONGEST_NAME // 2
    return f"{name[:head]}...{name[head + 3 - _LONGEST_NAME :]}"


def _fetched(address: str, fetch: Fetch | None) -> bytes:
    if fetch is None:
        raise UnreadableImageError("an address, which was not fetched: download the image first")
    try:
        return fetch(address)
    except OSError as failure:
        raise UnreadableImageError(f"an address that cannot be fetched: {failure}") from failure
