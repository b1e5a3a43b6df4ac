"""A folder of image files matched to products by their ids."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aisle.catalog.images.references import IMAGE_SUFFIXES
from aisle.catalog.problem import Problem
from aisle.errors import CatalogError

_COUNTED = re.compile(r"(.+?)[ _.(-]{1,3}(\d{1,4})\)?")
_TOKEN = re.compile(r"[^\s_.()\[\]+,-]+")
_LABELLED = re.compile(r"(?:product|produit|item|sku|id|pid|asin)[_ -]?(?:id[_ -])?(.+)")
_DIGITS = re.compile(r"(\d{1,18})")
_MOST_TOKENS = 12
_SHOWN = 3


@dataclass(frozen=True)
class MatchedImages:
    """Which files of a folder show which product.

    Parameters
    ----------
    paths
        For every product, in the order of the ids, its files in natural order.
    problems
        Products without an image, files that match no product or several, other files.
    """

    paths: tuple[tuple[Path, ...], ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Found:
    """The files below a folder: images as (folder parts, stem, path), others counted."""

    images: list[tuple[tuple[str, ...], str, Path]]
    others: int
    unread: tuple[str, ...]


def match_folder(ids: Sequence[str], folder: Path) -> MatchedImages:
    """Match the image files below `folder` to products by id.

    In this order: the file's stem is the id; the id and a counter (``<id>_1.jpg``, ``<id>-2.png``);
    the file lies in a folder named by the id; the id follows the word "product" and the like
    (``image_12_product_34.jpg``); the id occurs as whole tokens of the stem and no other product's
    does. A file in one product's folder that is named by another product's id, unless that name is
    a mere counter, is ambiguous and given to none. Exact case first, then any case.

    Parameters
    ----------
    ids
        One id a product; an empty id matches nothing, an id that occurs twice matches both rows.
    folder
        Searched with its sub-folders.

    Returns
    -------
    MatchedImages
        Paths for every product, and what did not match.

    Raises
    ------
    CatalogError
        If `folder` is no folder or holds no image file.
    """
    if not folder.is_dir():
        raise CatalogError(f"{folder}: expected a folder of image files; there is no such folder")
    found = _image_files(folder)
    if not found.images:
        raise CatalogError(
            f"{folder}: expected image files named by product id, such as "
            f"{next((i for i in ids if i), '12345')}.jpg; found {found.others} other files, no "
            f"image (suffixes: {', '.join(sorted(IMAGE_SUFFIXES))})"
        )
    index = _Index.of(ids)
    matched: dict[str, list[Path]] = {}
    unmatched: list[Path] = []
    ambiguous: list[Path] = []
    for parents, stem, path in found.images:
        candidates = _candidates(index, parents, stem)
        if len(candidates) == 1:
            matched.setdefault(candidates.pop(), []).append(path)
        else:
            (ambiguous if candidates else unmatched).append(path)
    for paths in matched.values():
        paths.sort(key=_natural)
    by_row = tuple(tuple(matched.get(_key(i), ())) for i in ids)
    return MatchedImages(by_row, _problems(folder, by_row, unmatched, ambiguous, found))


@dataclass(frozen=True)
class _Index:
    """Looks an id up by its exact spelling, else by its spelling in any case."""

    exact: frozenset[str]
    folded: dict[str, str]

    @classmethod
    def of(cls, ids: Sequence[str]) -> _Index:
        exact = frozenset(_key(i) for i in ids if _key(i))
        folded: dict[str, str] = {}
        shared: set[str] = set()
        for key in exact:
            if folded.setdefault(key.casefold(), key) != key:
                shared.add(key.casefold())
        return cls(exact, {low: key for low, key in folded.items() if low not in shared})

    def find(self, text: str) -> str | None:
        return text if text in self.exact else self.folded.get(text.casefold())


def _key(identifier: str) -> str:
    return identifier.strip()


def _candidates(index: _Index, parents: tuple[str, ...], stem: str) -> set[str]:
    """Return the ids that a file may belong to: one is a match, several are ambiguous."""
    named = index.find(stem)
    if named is None:
        counted = _COUNTED.fullmatch(stem)
        named = index.find(counted[1]) if counted else None
    for parent in reversed(parents):
        owner = index.find(parent)
        if owner is not None:
            is_counter = stem.isdigit() and len(stem) <= 3
            return {owner} if named is None or is_counter else {owner, named}
    return {named} if named is not None else _by_tokens(index, stem)


def _by_tokens(index: _Index, stem: str) -> set[str]:
    """Return the ids that occur as whole tokens of a stem; those inside a longer one do not."""
    tokens = [token.span() for token in _TOKEN.finditer(stem)][:_MOST_TOKENS]
    spans: dict[tuple[int, int], str] = {}
    for first, (start, _) in enumerate(tokens):
        for _, end in tokens[first:]:
            owner = index.find(stem[start:end])
            if owner is not None:
                spans[start, end] = owner
    kept = {
        (start, end): owner
        for (start, end), owner in spans.items()
        if not any(s <= start and end <= e and (s, e) != (start, end) for s, e in spans)
    }
    owners = set(kept.values())
    if len(owners) > 1:
        labelled = {
            owner
            for (start, end), owner in kept.items()
            if _LABELLED.fullmatch(stem[_label_start(tokens, start) : end].lower())
        }
        owners = labelled if len(labelled) == 1 else owners
    return owners


def _label_start(tokens: list[tuple[int, int]], start: int) -> int:
    """Return where the token before the one at `start` begins."""
    before = [begin for begin, _ in tokens if begin < start]
    return before[-1] if before else start


def _image_files(folder: Path) -> _Found:
    images: list[tuple[tuple[str, ...], str, Path]] = []
    others = 0
    unread: list[str] = []

    def note(error: OSError) -> None:
        unread.append(f"{error.filename}: {error.strerror}")

    for place, folders, names in os.walk(folder, onerror=note):
        folders.sort()
        parents = Path(place).relative_to(folder).parts
        here = Path(place)
        for name in sorted(names):
            stem, suffix = os.path.splitext(name)  # noqa: PTH122 - ten times Path's speed
            if suffix.lower() in IMAGE_SUFFIXES and not name.startswith("._"):
                images.append((parents, stem, here / name))
            elif not name.startswith("."):
                others += 1
    return _Found(images, others, tuple(unread))


def _natural(path: Path) -> tuple[str, list[tuple[int, str]], str]:
    """Order ``a.jpg``, ``a_2.jpg``, ``a_10.jpg`` as a person would."""
    pieces = [(int(p), "") if p.isdecimal() else (-1, p) for p in _DIGITS.split(path.stem) if p]
    return str(path.parent), pieces, path.name


def _problems(
    folder: Path,
    by_row: tuple[tuple[Path, ...], ...],
    unmatched: list[Path],
    ambiguous: list[Path],
    found: _Found,
) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    without = [row for row, paths in enumerate(by_row) if not paths]
    if without:
        problems.append(
            Problem(
                "missing-image",
                len(without),
                f"{folder}: {len(without)} of {len(by_row)} products have no image file named by "
                "their id; they are classified by their other modalities",
                tuple(without[:10]),
            )
        )
    told = (
        ("unmatched-image", unmatched, "match no product's id and are left out"),
        ("ambiguous-image", ambiguous, "match the ids of several products and are left out"),
    )
    for kind, files, what in told:
        if files:
            shown = ", ".join(str(path.relative_to(folder)) for path in files[:_SHOWN])
            more = ", ..." if len(files) > _SHOWN else ""
            problems.append(
                Problem(
                    kind,
                    len(files),
                    f"{folder}: {len(files)} image files {what} ({shown}{more}); "
                    "name files <id>.jpg, <id>_1.jpg or put them in a folder <id>",
                )
            )
    if found.others:
        message = f"{folder}: {found.others} files are no images by their suffix and are left out"
        problems.append(Problem("other-file", found.others, message))
    if found.unread:
        message = f"{len(found.unread)} folders could not be read, such as {found.unread[0]}"
        problems.append(Problem("unreadable-folder", len(found.unread), message))
    return tuple(problems)
