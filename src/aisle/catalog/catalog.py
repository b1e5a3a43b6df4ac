"""The catalogue: products as rows, what each column is, and where the images are."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle.catalog.columns import Floats, as_numbers, as_strings, as_vectors, factorised
from aisle.catalog.problem import Problem
from aisle.catalog.schema import Column, Role, Schema, Task
from aisle.errors import CatalogError
from aisle.progress import Progress, silent

if TYPE_CHECKING:
    from aisle.catalog.images import (
        Fetch,
        ImageReference,
        ImageResult,
        PhotographGroups,
        Pixels,
    )

T = TypeVar("T")

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Catalog:
    """Products with the meaning of their columns; every method leaves it as it is.

    Parameters
    ----------
    table
        One row a product.
    schema
        The role of each column. It may name columns that the table lacks: they are missing in
        every row.
    task
        What the target is: classes or a quantity.
    root
        The folder against which relative image references resolve.
    problems
        What was met while reading.
    known_groups
        The near-duplicate group of each row, int64 (rows,), where the rows were taken from a
        catalogue that knew it; else it is found when it is first asked for.
    online
        Whether photographs at web addresses may be fetched (once; they are cached).

    Examples
    --------
    >>> catalog = Catalog.read([{"title": "red mug", "kind": "mug"}], target="kind")
    >>> len(catalog), catalog.schema.target
    (1, 'kind')
    """

    table: pa.Table
    schema: Schema
    task: Task = Task.CLASSIFY
    root: Path | None = None
    problems: tuple[Problem, ...] = ()
    known_groups: Rows | None = None
    online: bool = True

    @classmethod
    def read(
        cls,
        source: object,
        *,
        target: str | None = None,
        task: str | None = None,
        roles: Mapping[str, str] | None = None,
        schema: Schema | str | Path | None = None,
        images: str | Path | None = None,
        join: object | None = None,
        on: str | None = None,
        encoding: str | None = None,
        separator: str | None = None,
        sample: int | None = None,
        online: bool = True,
    ) -> Catalog:
        """Read a catalogue from a file, a folder of images, or a table in memory.

        Parameters
        ----------
        source
            A path (CSV, TSV, JSONL, Parquet, Arrow, Feather, Google Merchant feed, gzip of these, a
            folder per class of images), anything with ``__arrow_c_stream__`` (pandas, polars,
            DuckDB, HF datasets), a list of dictionaries, or a catalogue, whose roles stay, except
            that leaks are those of the target.
        target
            The column to learn.
        task
            ``classify`` or ``regress``; inferred from the target when left out.
        roles
            Role by column name, overriding inference.
        schema
            A schema to use instead of inference (a fitted model's), or a YAML file with ``target``,
            ``task`` and ``roles``.
        images
            A folder of images whose names hold the product ids.
        join, on
            A second source whose columns are added by id, and the name of the shared column.
        encoding, separator
            For text files, instead of detection.
        sample
            Keep this many rows, evenly spread.
        online
            Whether photographs at web addresses may be fetched, when they are needed.

        Raises
        ------
        CatalogError
            If the source cannot be read or a named column does not exist.
        """
        from aisle.catalog.opening import Opening

        return Opening(
            target=target,
            task=task,
            roles=dict(roles or {}),
            schema=schema,
            images=None if images is None else Path(images),
            join=join,
            on=on,
            encoding=encoding,
            separator=separator,
            sample=sample,
            online=online,
        ).read(source)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        roles = ", ".join(
            f"{role.value}: {', '.join(names)}"
            for role in Role
            if (names := self.schema.names(role))
        )
        return f"Catalog({len(self):,} products; {roles})"

    def column(self, name: str) -> pa.ChunkedArray:
        """Return a column's values, all null where the table lacks the column."""
        if name in self.table.column_names:
            return self.table.column(name)
        return pa.chunked_array([pa.nulls(len(self), pa.string())])

    def strings(self, name: str) -> list[str | None]:
        """Return a column as texts, None where empty."""
        return as_strings(self.column(name))

    def numbers(self, name: str) -> Floats:
        """Return a column as float64 (rows,), NaN where missing or no number."""
        return as_numbers(self.column(name))

    def vectors(
        self, name: str, dimension: int | None = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Return a column of vectors as float32 (rows, dimension), and which rows have one.

        Without `dimension`, the most frequent one of these rows is taken.
        """
        return as_vectors(self.column(name), dimension)

    def filled(self, name: str) -> npt.NDArray[np.bool_]:
        """Say for each row whether the column has a value, bool (rows,)."""
        column = self.column(name)
        role = self.schema_role(name)
        if role is Role.NUMBER:
            return np.isfinite(as_numbers(column))
        if role is Role.VECTOR:
            return as_vectors(column)[1]
        if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
            return np.array([_holds(value) for value in column.to_pylist()], dtype=bool)
        return np.array([value is not None for value in self.strings(name)], dtype=bool)

    def schema_role(self, name: str) -> Role | None:
        """Return the role of a column, or None for a column that the schema does not know."""
        return next((column.role for column in self.schema if column.name == name), None)

    def texts(self, columns: Sequence[str] | None = None) -> list[str]:
        """Return one text a product: its text columns, one a line, without empty ones."""
        names = self.schema.names(Role.TEXT) if columns is None else tuple(columns)
        parts = [self.strings(name) for name in names]
        return ["\n".join(part for part in row if part) for row in zip(*parts, strict=True)] or (
            [""] * len(self)
        )

    @property
    def modalities(self) -> tuple[str, ...]:
        """Of text, image, metadata and vector, those that the catalogue has columns of."""
        read = {
            "text": (Role.TEXT,),
            "image": (Role.IMAGE,),
            "metadata": (Role.CATEGORY, Role.NUMBER),
            "vector": (Role.VECTOR,),
        }
        return tuple(m for m, roles in read.items() if any(map(self.schema.names, roles)))

    def images(self, columns: Sequence[str] | None = None) -> list[tuple[ImageReference, ...]]:
        """Return the photographs that each product names, none of them opened."""
        from aisle.catalog.images import references

        names = self.schema.names(Role.IMAGE) if columns is None else tuple(columns)
        found = [
            [references(value, self.root) for value in self.column(name).to_pylist()]
            for name in names
        ]
        return [sum(row, ()) for row in zip(*found, strict=True)] or [()] * len(self)

    @cached_property
    def ids(self) -> list[str | None]:
        """The products' identifiers, or their row numbers where no column holds any."""
        if self.schema.id is None or self.schema.id not in self.table.column_names:
            return [str(row) for row in range(len(self))]
        return self.strings(self.schema.id)

    @cached_property
    def labels(self) -> npt.NDArray[np.object_]:
        """The target as classes, str or None, object (rows,).

        What cannot be seen tells no classes apart: white space at the ends and runs of it, and
        the ways in which Unicode writes the same letters. Case does: "Mug" and "MUG" are two
        classes, and `check` reports such variants. Words such as "N/A" and "NaN" are no class.
        """
        from aisle.catalog.profile import NO_CLASS

        if self.schema.target is None:
            return np.full(len(self), None, dtype=object)
        named = [None if v is None else _label(v) for v in self.strings(self.schema.target)]
        values = [None if v is None or v.lower() in NO_CLASS else v for v in named]
        return np.array([*values, None], dtype=object)[:-1]

    @cached_property
    def values(self) -> Floats:
        """The target as numbers, float64 (rows,), NaN where missing."""
        if self.schema.target is None:
            return np.full(len(self), np.nan)
        return self.numbers(self.schema.target)

    @property
    def has_target(self) -> npt.NDArray[np.bool_]:
        """Which rows have a usable target, bool (rows,)."""
        if self.task is Task.REGRESS:
            return np.isfinite(self.values)
        return np.array([label is not None for label in self.labels], dtype=bool)

    @cached_property
    def groups(self) -> Rows:
        """The group of each row that a split must not cut: near-duplicates and families."""
        return self.find_groups()

    def find_groups(self, progress: Progress = silent) -> Rows:
        """Return `groups`, and say how far the search is: every photograph has to be looked at.

        Products are in one group if their texts are near-duplicates, if their photographs are, or
        if they are of one family; see `aisle.catalog.duplicates` and `aisle.catalog.images.groups`.
        """
        from aisle.catalog.duplicates import merged, text_groups

        if self.known_groups is not None:
            return self.known_groups
        if "groups" in self.__dict__:
            return self.groups
        groups = np.arange(len(self), dtype=np.int64)
        if self.schema.names(Role.TEXT):
            groups = text_groups(self.texts())
        if self.schema.names(Role.IMAGE):
            groups = merged(groups, self.hashed_photographs(progress)[1].groups)
        for name in self.schema.names(Role.GROUP):
            values = self.strings(name)
            family = factorised(
                (row, "") if value is None else value.strip() for row, value in enumerate(values)
            )
            groups = merged(groups, family)
        self.__dict__["groups"] = groups  # as functools.cached_property keeps it
        return groups

    def hashed_photographs(
        self, progress: Progress = silent
    ) -> tuple[list[ImageResult[bytes | None]], PhotographGroups]:
        """Return the perceptual hash of each product's photograph, and who shares one.

        Every photograph is read the first time; see `aisle.catalog.images.groups`.
        """
        from aisle.catalog.images import photograph_hashes

        if "_photographs" not in self.__dict__:
            self.keep_hashes(photograph_hashes(self.images(), fetch=self.fetch, progress=progress))
        hashes, groups = self.__dict__["_photographs"]
        return hashes, groups

    def keep_hashes(self, hashes: list[ImageResult[bytes | None]]) -> None:
        """Take perceptual hashes, one a product, from who has read every photograph anyway."""
        from aisle.catalog.images import grouped

        self.__dict__["_photographs"] = hashes, grouped([result.value for result in hashes])

    @property
    def fetch(self) -> Fetch | None:
        """What gets photographs from addresses; None where the catalogue is offline."""
        from aisle.catalog.images.fetching import default_fetcher

        return default_fetcher() if self.online else None

    def map_images(
        self,
        function: Callable[[Pixels], T],
        *,
        side: int,
        columns: Sequence[str] | None = None,
        progress: Progress = silent,
        what: str = "reading photographs",
    ) -> list[ImageResult[T]]:
        """Apply a function to each product's photograph, in threads and in bounded memory.

        Parameters
        ----------
        function
            Gets uint8 RGB (height, width, 3).
        side
            What the function will resize to; larger JPEG files are decoded at a reduced scale.
        columns
            The image columns to read; all of the catalogue's when left out.
        progress, what
            Told how many products are done.

        Returns
        -------
        list of ImageResult
            One a product: the value from the first photograph that could be read, and why others
            could not.
        """
        from aisle.catalog.images import map_images

        images = self.images(columns)
        return map_images(
            images, function, side=side, fetch=self.fetch, progress=progress, what=what
        )

    def map_contents(
        self,
        function: Callable[[bytes], T],
        *,
        columns: Sequence[str] | None = None,
        workers: int | None = None,
        progress: Progress = silent,
        what: str = "reading photographs",
    ) -> list[ImageResult[T]]:
        """Apply a function to each product's photograph as `map_images` does, not yet decoded.

        In `workers` threads, or by default as many as `aisle.catalog.images.map_contents` takes.
        """
        from aisle.catalog.images import map_contents

        images = self.images(columns)
        return map_contents(
            images, function, workers=workers, fetch=self.fetch, progress=progress, what=what
        )

    def take(self, rows: npt.NDArray[np.integer] | Sequence[int]) -> Catalog:
        """Return the catalogue of the given row numbers, in that order."""
        chosen = np.asarray(rows, dtype=np.int64)
        known = self.__dict__.get("groups", self.known_groups)
        return replace(
            self,
            table=self.table.take(pa.array(chosen)),
            known_groups=None if known is None else known[chosen],
            problems=(),
        )

    def slice(self, start: int, stop: int) -> Catalog:
        """Return the rows from `start` up to but without `stop`, without copying them."""
        known = self.__dict__.get("groups", self.known_groups)
        return replace(
            self,
            table=self.table.slice(start, stop - start),
            known_groups=None if known is None else known[start:stop],
            problems=(),
        )

    def split(
        self, *, test: float = 0.25, validation: float = 0.0, seed: int = 0
    ) -> tuple[Catalog, ...]:
        """Split into training and test rows (and validation rows in between, if asked for).

        Stratified by the target; near-duplicates and families stay together; see
        `aisle.catalog.splits` for the rule on small classes.

        Returns
        -------
        tuple of Catalog
            ``(train, test)``, or ``(train, validation, test)`` where `validation` is above 0.
        """
        sides = self.sides(test=test, validation=validation, seed=seed)
        order = (0, 2, 1) if validation > 0 else (0, 1)
        return tuple(self.take(np.flatnonzero(sides == side)) for side in order)

    def sides(self, *, test: float, validation: float = 0.0, seed: int = 0) -> Rows:
        """Return the side of each row, int64 (rows,): 0 trains, 1 tests, 2 validates."""
        from aisle.catalog.splits import assign_sides

        if not test > 0 or not validation >= 0:
            raise CatalogError(
                f"a split needs a share above 0 for testing and none below 0, not {test:g} and "
                f"{validation:g}"
            )
        shares = (test, validation) if validation > 0 else (test,)
        return assign_sides(self._strata(), self.groups, shares, seed)

    def folds(self, count: int, *, seed: int = 0) -> Rows:
        """Return a fold number for each row, int64 (rows,), stratified, groups kept whole."""
        from aisle.catalog.splits import assign_folds

        return assign_folds(self._strata(), self.groups, count, seed)

    def _strata(self) -> Rows:
        from aisle.catalog.splits import strata

        if self.schema.target is None:
            return np.zeros(len(self), dtype=np.int64)
        if self.task is Task.REGRESS:
            return strata(self.values)
        return factorised(self.labels)

    def with_target(self, target: str | None, task: Task | None = None) -> Catalog:
        """Return the catalogue with another column as its target (or with none).

        The other columns keep their roles: leaks of the new target are not looked for, as
        ``Catalog.read(catalog, target=...)`` does.

        Raises
        ------
        CatalogError
            If there is no such column.
        """
        known = [column.name for column in self.schema]
        if target is not None and target not in known:
            raise CatalogError(
                f"there is no column {target!r} to be the target; the columns are "
                f"{', '.join(map(repr, known))}"
            )
        columns = tuple(
            Column(c.name, Role.TARGET, "named as the target")
            if c.name == target
            else replace(c, role=Role.IGNORED, reason="was the target before")
            if c.role is Role.TARGET
            else c
            for c in self.schema
        )
        return replace(self, schema=Schema(columns), task=task or self.task)


def _label(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", value).split())


def _holds(value: object) -> bool:
    """Say whether a nested or binary value holds anything at all."""
    if isinstance(value, dict):
        return any(_holds(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(_holds(inner) for inner in value)
    return value is not None and value not in (b"", "")
