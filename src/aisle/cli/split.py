"""`aisle split`: training and test rows as files of their own."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.options import ColumnOptions, Json, ReadingOptions, Seed, spelled
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.screen import Screen, percent_cell, plain_table
from aisle.errors import AisleError

if TYPE_CHECKING:
    from aisle.catalog import Catalog

_CLASSES_SHOWN = 15


def split(
    columns: ColumnOptions,
    reading: ReadingOptions,
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where the files are written.")
    ],
    test: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="Share of the rows to test.")
    ] = 0.25,
    validation: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="SHARE", help="Share of the rows for early stopping."),
    ] = 0.0,
    seed: Seed = 0,
    json_file: Json = None,
) -> None:
    """Split a catalogue into training and test rows; near-duplicates stay together.

    \b
    Example:
      aisle split catalog.csv --target category --test 0.25 -o parts
      aisle split catalog.csv --target category --group family --validation 0.15 -o parts
    """
    names = ("train", "validation", "test") if validation > 0 else ("train", "test")
    paths = {name: out / f"{name}.parquet" for name in names}
    if out.is_file():
        raise AisleError(f"--out {out}: is a file; name a folder for the files of each side")
    check_outputs(
        [*(Output("--out", path) for path in paths.values()), Output("--json", json_file)],
        inputs=reading.inputs,
    )
    screen = Screen(json_file)
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
    with screen.working("looking for near-duplicates") as progress:
        catalog.find_groups(progress)
        sides = catalog.split(test=test, validation=validation, seed=seed)
    parts = dict(zip(names, sides, strict=True))
    screen.say(Text(f"{len(catalog):,} products from {reading.catalog}", style="bold"))
    screen.problems(catalog.problems)
    with screen.working("writing"):
        _write(parts, paths)
    _show_sides(screen, catalog, parts, paths)
    untested = _show_untested(screen, parts)
    together = _show_groups(screen, catalog)
    screen.write_json(
        {
            **{name: {"path": str(paths[name]), "rows": len(parts[name])} for name in names},
            "untested_classes": untested,
            "near_duplicate_groups": together,
        }
    )
    _show_next(screen, columns, catalog, paths)


def _write(parts: dict[str, Catalog], paths: dict[str, Path]) -> None:
    from aisle.catalog.export import portable_table
    from aisle.catalog.writing import write_table

    for name, part in parts.items():
        write_table(portable_table(part), paths[name])


def _show_sides(
    screen: Screen, catalog: Catalog, parts: dict[str, Catalog], paths: dict[str, Path]
) -> None:
    table = plain_table("side", "products", "share", "file")
    table.columns[1].justify = table.columns[2].justify = "right"
    table.columns[3].overflow = "fold"
    for name, part in parts.items():
        share = percent_cell(len(part) / len(catalog)) if len(catalog) else "-"
        table.add_row(name, f"{len(part):,}", share, str(paths[name]))
    screen.table(table)


def _show_untested(screen: Screen, parts: dict[str, Catalog]) -> dict[str, int]:
    """Show the classes that only train, with how many products each has, and return them."""
    from aisle.catalog import Task

    train, test = parts["train"], parts["test"]
    if train.schema.target is None or train.task is not Task.CLASSIFY:
        return {}
    tested = set(test.labels)
    counts = Counter(str(label) for label in train.labels if label not in tested and label)
    if counts:
        screen.note(
            f"{len(counts):,} classes are too small to be tested, and are in train.parquet only:"
        )
        table = plain_table()
        table.add_column(overflow="ellipsis", no_wrap=True, max_width=50)
        table.add_column(justify="right")
        for name, count in counts.most_common(_CLASSES_SHOWN):
            table.add_row(name, f"{count:,}")
        screen.table(table)
        if len(counts) > _CLASSES_SHOWN:
            screen.say(f"  and {len(counts) - _CLASSES_SHOWN:,} more")
    return dict(counts.most_common())


def _show_groups(screen: Screen, catalog: Catalog) -> int:
    """Say how many groups were kept whole, and return it."""
    sizes = Counter(catalog.groups.tolist())
    several = [size for size in sizes.values() if size > 1]
    if several:
        screen.say(
            f"{len(several):,} groups of near-duplicates and variants "
            f"({sum(several):,} products) were kept together"
        )
    return len(several)


def _show_next(
    screen: Screen, columns: ColumnOptions, catalog: Catalog, paths: dict[str, Path]
) -> None:
    train, test = (shlex.quote(str(paths[name])) for name in ("train", "test"))
    given = spelled(columns)
    if catalog.schema.target is None:
        given = f"--target COLUMN {given}".rstrip()
    aside = (
        f" --validation {shlex.quote(str(paths['validation']))}" if "validation" in paths else ""
    )
    screen.next_steps(
        f"aisle train {train} {given}{aside} -o model.aisle", f"aisle evaluate model.aisle {test}"
    )
