"""Images opened as far as their headers: what they are, and in words what is wrong with them."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Literal

from aisle.catalog.images.files import carried, opened
from aisle.catalog.images.formats import MAX_PIXELS
from aisle.catalog.images.pillow import opened_image, quiet
from aisle.catalog.images.references import ImageReference
from aisle.catalog.images.unreadable import MissingImageError, UnreadableImageError
from aisle.catalog.problem import Problem
from aisle.errors import CatalogError


@dataclass(frozen=True)
class ImageCheck:
    """What the header of one image says.

    Parameters
    ----------
    location
        The path or address; None for bytes without a name.
    state
        ``ok``; ``missing`` (no such file); ``broken`` (there, but no image that can be opened); or
        ``remote`` (an address, not fetched).
    error
        What is wrong, in words; None unless missing or broken.
    format
        Pillow's name of the format, such as ``JPEG``.
    width, height
        In pixels, before any rotation that the photograph's EXIF data ask for.
    size_bytes
        Of the file or the bytes.
    """

    location: str | None
    state: Literal["ok", "missing", "broken", "remote"]
    error: str | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None


def check_images(
    images: Sequence[tuple[ImageReference, ...]],
    *,
    workers: int,
    max_pixels: int = MAX_PIXELS,
) -> tuple[tuple[ImageCheck, ...], ...]:
    """Open the header of every image, in threads, and decode no pixel.

    A file that several products share is opened once. Addresses are not fetched.

    Parameters
    ----------
    images
        The references of every product.
    workers
        Threads, at least 1.
    max_pixels
        The largest width times height to let through; Pillow's own limit holds besides.

    Returns
    -------
    tuple of tuples of ImageCheck
        One tuple a product, one check a reference, in the same order.

    Raises
    ------
    CatalogError
        If `workers` is less than 1.
    """
    if workers < 1:
        raise CatalogError(f"workers: expected a whole number of at least 1, found {workers}")
    distinct = list(dict.fromkeys(reference for product in images for reference in product))
    with quiet(), ThreadPoolExecutor(workers) as pool:
        batches = [distinct[start : start + 64] for start in range(0, len(distinct), 64)]
        done = pool.map(lambda batch: [_check(one, max_pixels) for one in batch], batches)
        checks = [check for batch in done for check in batch]
    known = dict(zip(distinct, checks, strict=True))
    return tuple(tuple(known[reference] for reference in product) for product in images)


def image_problems(checks: Sequence[tuple[ImageCheck, ...]]) -> tuple[Problem, ...]:
    """Say which products have no image, a broken one, or one that was not fetched.

    Parameters
    ----------
    checks
        What `check_images` returned.

    Returns
    -------
    tuple of Problem
        Of the kinds ``missing-image`` (none named, or a file that does not exist),
        ``broken-image`` and ``remote-image``, each at most once; `rows` counts products.
    """
    without = [row for row, product in enumerate(checks) if not product]
    by_state: dict[str, list[int]] = {
        state: [row for row, product in enumerate(checks) if any(c.state == state for c in product)]
        for state in ("missing", "broken", "remote")
    }
    problems: list[Problem] = []
    missing = sorted({*without, *by_state["missing"]})
    if missing:
        message = (
            f"{len(missing)} of {len(checks)} products lack an image: {len(without)} name none"
        )
        if by_state["missing"]:
            message += f", {len(by_state['missing'])} name a file that does not exist "
            message += f"({_first(checks, by_state['missing'], 'missing')}); put the files there, "
            message += "or give the folder against which paths resolve"
        problems.append(Problem("missing-image", len(missing), message, tuple(missing[:10])))
    broken = by_state["broken"]
    if broken:
        causes = Counter(
            (check.error or "").partition(":")[0]
            for product in checks
            for check in product
            if check.state == "broken"
        )
        told = ", ".join(f"{count} x {cause}" for cause, count in causes.most_common(5))
        message = f"{len(broken)} of {len(checks)} products have an image that cannot be used: "
        message += f"{told} ({_first(checks, broken, 'broken')}); replace these files"
        problems.append(Problem("broken-image", len(broken), message, tuple(broken[:10])))
    remote = by_state["remote"]
    if remote:
        message = f"{len(remote)} of {len(checks)} products have an image at an address, which was "
        message += f"not fetched ({_first(checks, remote, 'remote')}); download the images first"
        problems.append(Problem("remote-image", len(remote), message, tuple(remote[:10])))
    return tuple(problems)


def _first(checks: Sequence[tuple[ImageCheck, ...]], rows: list[int], state: str) -> str:
    check = next(check for check in checks[rows[0]] if check.state == state)
    return f"row {rows[0]}: {check.location or 'bytes in the row'}"


def _check(reference: ImageReference, max_pixels: int) -> ImageCheck:
    location = reference.location
    if reference.kind == "url":
        return ImageCheck(location, "remote")
    try:
        if reference.kind == "path":
            with opened(location or "") as (file, size_bytes):
                return _inspect(file, location, size_bytes, max_pixels)
        content = carried(reference)
        return _inspect(io.BytesIO(content), location, len(content), max_pixels)
    except MissingImageError as failure:
        return ImageCheck(location, "missing", str(failure))
    except UnreadableImageError as failure:
        return ImageCheck(location, "broken", str(failure), size_bytes=_size(reference))


def _inspect(file: IO[bytes], location: str | None, size_bytes: int, max_pixels: int) -> ImageCheck:
    with opened_image(file, max_pixels) as image:
        return ImageCheck(location, "ok", None, image.format, *image.size, size_bytes)


def _size(reference: ImageReference) -> int | None:
    if reference.kind == "bytes":
        return len(reference.content or b"")
    try:
        return os.stat(reference.location or "").st_size  # noqa: PTH116 - a third of Path's time
    except (OSError, ValueError):
        return None
