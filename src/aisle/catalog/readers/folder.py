"""A folder with one folder of images a category, the usual layout of image data sets."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa

from aisle.catalog.problem import Problem
from aisle.catalog.readers.loaded import Loaded
from aisle.catalog.readers.source import reading
from aisle.errors import CatalogError

IMAGE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
)
_CATALOGUE_SUFFIXES = frozenset(
    (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow", ".feather", ".xml")
)
_SYSTEM_NAMES = frozenset(("__MACOSX", "Thumbs.db", "desktop.ini"))
_NAMED = 5


@dataclass(frozen=True)
class _Listing:
    """Paths relative to the folder, sorted, with forward slashes."""

    images: tuple[PurePosixPath, ...]
    others: tuple[PurePosixPath, ...]


def read_folder(folder: Path) -> Loaded:
    """Read a folder of images: each image is a product, its folder's name is its category.

    Parameters
    ----------
    folder
        Such as ``photos`` with ``photos/Shoes/1.jpg``; nested folders give ``Shoes > Boots``.

    Returns
    -------
    Loaded
        Columns ``id`` (the relative path without suffix; with it where two would be equal),
        ``image`` (the relative path) and ``category``, sorted by path. There is no column
        ``category`` if all images lie in `folder` itself.

    Raises
    ------
    CatalogError
        If there are no images, or the folder holds a catalogue file and no folders of categories.
    """
    with reading(folder, "folder"):
        listing = _list(folder)
    catalogues = [
        path.name for path in listing.others if len(path.parts) == 1 and _is_catalogue(path)
    ]
    classes = {path.parts[0] for path in listing.images if len(path.parts) > 1}
    # One folder of images beside a catalogue file holds that catalogue's images.
    if not listing.images or (catalogues and len(classes) < 2):
        raise CatalogError(_not_a_folder_of_images(folder, catalogues))
    return _loaded(folder, listing)


def _loaded(folder: Path, listing: _Listing) -> Loaded:
    images = [path for path in listing.images if _is_unicode(path)]
    stems = [str(path.with_suffix("")) for path in images]
    often = Counter(stems)
    ids = [
        stem if often[stem] == 1 else str(path) for stem, path in zip(stems, images, strict=True)
    ]
    categories = [" > ".join(path.parent.parts) or None for path in images]
    columns = {"id": ids, "image": [str(path) for path in images]}
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    problems = []
    bare = [row for row, category in enumerate(categories) if category is None]
    if len(bare) < len(images):
        table = table.append_column("category", pa.array(categories, pa.string()))
        if bare:
            message = (
                f"{folder}: {len(bare)} images lie beside the folders of the categories and have "
                f"none, such as {images[bare[0]]}; move them into a folder"
            )
            problems.append(Problem("no-category", len(bare), message, tuple(bare[:10])))
    skipped = [*listing.others, *(path for path in listing.images if not _is_unicode(path))]
    if skipped:
        named = ", ".join(ascii(str(path)).strip("'") for path in skipped[:_NAMED])
        more = ", ..." if len(skipped) > _NAMED else ""
        message = f"{folder}: {len(skipped)} files that are not images skipped: {named}{more}"
        problems.append(Problem("not-an-image", len(skipped), message))
    return Loaded(table, "folder", folder, tuple(problems))


def _list(folder: Path) -> _Listing:
    images: list[PurePosixPath] = []
    others: list[PurePosixPath] = []
    for path in _walk(folder, frozenset()):
        relative = PurePosixPath(path.relative_to(folder).as_posix())
        (images if path.suffix.lower() in IMAGE_SUFFIXES else others).append(relative)
    return _Listing(tuple(sorted(images)), tuple(sorted(others)))


def _walk(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    """Give the visible files below `folder`; a link to a folder above is not followed."""
    place = os.path.realpath(folder)
    if place in above:
        return
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.name in _SYSTEM_NAMES:
            continue
        if entry.is_dir():
            yield from _walk(entry, above | {place})
        elif entry.is_file():
            yield entry


def _is_catalogue(path: PurePosixPath) -> bool:
    name = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return name.suffix.lower() in _CATALOGUE_SUFFIXES


def _is_unicode(path: PurePosixPath) -> bool:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _not_a_folder_of_images(folder: Path, catalogues: list[str]) -> str:
    expected = (
        "expected a catalogue file, or a folder with one folder of images for each category "
        "(Shoes/1.jpg, Hats/2.jpg)"
    )
    if not catalogues:
        return f"{folder}: is a directory without images; {expected}"
    named = ", ".join(str(folder / name) for name in catalogues[:_NAMED])
    return f"{folder}: is a directory; {expected}. It holds {named}: give that path"
