"""`aisle explain`: why a product got its category, or its value."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.found import show_missing
from aisle.cli.options import Html, Json, Model, ReadingOptions, spelled
from aisle.cli.outputs import PAGES, Output, check_outputs
from aisle.cli.screen import Screen, bar, percent, plain_table
from aisle.errors import CatalogError

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.insight.explaining import ExplainedProduct, Explanation
    from aisle.models import ProductClassifier, ProductRegressor

_SHOWN = 5
_BAR_WIDTH = 24
_WORDS = 8
_TITLE = 70


def explain(
    model: Model,
    reading: ReadingOptions,
    *,
    id: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="The product; may be repeated for a gallery."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="CLASS", help="Why not this category, instead of any other."),
    ] = None,
    train: Annotated[
        Path | None,
        typer.Option(
            metavar="CATALOG",
            help="What the model was trained on: shows the nearest training products.",
        ),
    ] = None,
    json_file: Json = None,
    html: Html = None,
) -> None:
    """Show why products got their categories or values: text, image and metadata.

    \b
    Example:
      aisle explain model.aisle test.parquet --id B00123 --html why.html
      aisle explain model.aisle test.parquet --sample 50 --train train.parquet \\
        --html gallery.html
      aisle explain model.aisle test.parquet --id B00123 --against "Baby Care"
    """
    from aisle.insight.explaining import explain as look
    from aisle.models import load_model

    _check_asked(id, reading.sample)
    inputs = (model, *reading.inputs, *([] if train is None else [train]))
    check_outputs([Output("--json", json_file), Output("--html", html, PAGES)], inputs=inputs)
    screen = Screen(json_file)
    with screen.working("reading the model and the catalogue"):
        loaded = load_model(model)
        catalog = reading.read_for(loaded)
        training = None if train is None else _training(train, reading, loaded)
    with screen.working("explaining") as progress:
        found = look(loaded, catalog, id=id, against=against, train=training, progress=progress)
    show_missing(screen, loaded, catalog)
    for product in found.products[:_SHOWN]:
        _show(screen, product, found)
    if len(found.products) > _SHOWN:
        screen.say(f"\nand {len(found.products) - _SHOWN:,} more: see the page or the JSON")
    if html is not None:
        found.save(html)
    screen.wrote(html)
    screen.write_json(found.to_dict())
    _show_next(screen, (model, reading, train, html), found)


def _check_asked(names: list[str] | None, sample: int | None) -> None:
    if not names and sample is None:
        raise CatalogError(
            "which products? Name one with --id ID (it may be repeated), or take some that are "
            "evenly spread with --sample N"
        )
    if names and sample is not None:
        raise CatalogError("--id names products and --sample takes some: give one of the two")


def _training(
    path: Path, reading: ReadingOptions, model: ProductClassifier | ProductRegressor
) -> Catalog:
    """Read the training products as the others are read, but all of them."""
    return replace(reading, catalog=path, join=None, on=None, sample=None).read_for(model)


def _show(screen: Screen, product: ExplainedProduct, found: Explanation) -> None:
    from aisle.insight.explaining import wording
    from aisle.pages import number, shorten

    screen.heading(shorten(product.title, _TITLE) if product.title else product.id)
    screen.say(Text(f"  {product.id}", style="dim"))
    if product.value is not None:
        likely = f"{number(product.low)} to {number(product.high)}"
        screen.say(f"  {found.target} {number(product.value)}, likely {likely}")
    else:
        assert product.confidence is not None
        screen.say(f"  {product.answer}, {percent(product.confidence)} sure: {product.decision}")
    if product.truth is not None and product.truth != product.answer:
        screen.say(f"  in the catalogue: {product.truth}")
    if product.error:
        screen.note(product.error)
    screen.say(f"  {wording.headline(product, found)}.")
    _show_shares(screen, product, found)
    for words in product.words:
        listed = ", ".join(
            f"{word} {wording.evidence(value, found)}" for word, value in words.strongest[:_WORDS]
        )
        screen.say(f"  words ({words.expert}): {listed}")
    for picture in product.pictures:
        best = picture.maps[0]
        trusted = "can be trusted" if best.deletion.trusted else "is not to be relied on"
        screen.say(
            f"  photograph ({picture.expert}): the map by {best.method} {trusted} "
            f"(better than random by {best.deletion.gain:.2f})"
        )
    for columns in product.columns:
        listed = ", ".join(
            f"{one.column} {wording.evidence(one.evidence, found)}"
            for one in columns.columns[:_WORDS]
        )
        screen.say(f"  metadata ({columns.expert}): {listed}")
    for near in product.neighbours[:1]:
        screen.say(f"  nearest in training: {shorten(near.title, 50)} ({near.label})")


def _show_shares(screen: Screen, product: ExplainedProduct, found: Explanation) -> None:
    from aisle.insight.explaining import wording

    loudest = max((abs(share.points) for share in product.shares.modalities), default=0.0)
    table = plain_table("", "adds", "", "alone", "without")
    for column in table.columns[1:]:
        column.justify = "right"
    table.columns[2].justify = "left"
    for share in product.shares.modalities:
        if not share.present:
            table.add_row(share.modality, "missing", "", "", "")
            continue
        length = abs(share.points) / loudest if loudest else 0.0
        drawn = bar(length, _BAR_WIDTH, screen.blocks)
        table.add_row(
            share.modality,
            wording.points(share.points, found),
            Text(drawn, style="yellow" if share.points >= 0 else "blue"),
            wording.shown(share.alone, found),
            wording.shown(share.without, found),
        )
    screen.table(table)


def _show_next(
    screen: Screen,
    asked: tuple[Path, ReadingOptions, Path | None, Path | None],
    found: Explanation,
) -> None:
    model, reading, train, html = asked
    if not found.products:
        return
    given = spelled(reading, leave_out=("sample",))
    start = shlex.join(["aisle", "explain", str(model), str(reading.catalog)])
    first = found.products[0]
    named = f"{start} {given}".rstrip() + f" --id {shlex.quote(first.id)}"
    steps = []
    if html is None:
        steps.append(f"{named} --html why.html")
    if train is None:
        steps.append(f"{named} --train TRAIN --html why.html")
    if found.against is None and len(first.alternatives) > 1:
        steps.append(f"{named} --against {shlex.quote(first.alternatives[1][0])}")
    if steps:
        screen.next_steps(*steps)
