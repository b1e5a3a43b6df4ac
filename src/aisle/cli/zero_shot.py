"""`aisle zero-shot`: categories from their names, before any product is labelled."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.options import ColumnOptions, Json, ReadingOptions
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.pretrained import AcceptLicence, EncodersDir, look_in, take_licences
from aisle.cli.screen import Screen, bar, percent, percent_cell, plain_table

if TYPE_CHECKING:
    import pyarrow as pa

    from aisle.models.zero_shot import ZeroShotScore

_SHOWN = 15
_BAR = 20


def zero_shot(
    columns: ColumnOptions,
    reading: ReadingOptions,
    *,
    categories: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="One name a line; or .csv, .json, .yaml with name, synonyms, description.",
        ),
    ],
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder", "-e", metavar="NAME|DIR", help="A pair, or a text encoder, at hand."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Answers as .parquet, .csv or .jsonl."),
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Such as 'a photo of {}'; may be repeated."),
    ] = None,
    modalities: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="text, image or text,image; all, if not said."),
    ] = None,
    encoders: EncodersDir = None,
    accept_licence: AcceptLicence = False,
    json_file: Json = None,
) -> None:
    """Sort products into categories that are known by their names alone.

    Nothing is learned, so every answer is for review.

    Where --text or --image name columns, these alone of their kind are compared.

    With --target, the answers are measured against that column.

    \b
    Example:
      aisle zero-shot new.csv --categories names.txt --encoder siglip2-base -o answers.csv
      aisle zero-shot new.csv --categories names.txt -e all-minilm-l6-v2 --text title
    """
    from aisle.catalog.writing import TABLE_SUFFIXES, write_table
    from aisle.encoders.pretrained.prompts import TEMPLATES, read_categories
    from aisle.models.zero_shot import ZeroShotClassifier, zero_shot_score

    check_outputs(
        [Output("--out", out, TABLE_SUFFIXES), Output("--json", json_file)],
        inputs=(categories, *reading.inputs),
    )
    look_in(encoders)
    take_licences(accept_licence)
    screen = Screen(json_file)
    start = time.perf_counter()
    classifier = ZeroShotClassifier(
        encoder,
        read_categories(categories),
        templates=tuple(prompt) if prompt else TEMPLATES,
        modalities=None if modalities is None else _listed(modalities),
        columns={"text": columns.text, "image": columns.image},
    )
    matcher = classifier.matcher_
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
    compared = matcher.modalities_for(catalog)
    with screen.working("comparing with names") as progress:
        answers = classifier.predict(catalog, progress=progress)
        score = zero_shot_score(catalog, answers, classifier.classes_)
    if out is not None:
        with screen.working("writing"):
            write_table(answers, out)
    screen.say(Text(f"{len(answers):,} products from {reading.catalog}", style="bold"))
    screen.problems(catalog.problems)
    screen.say(f"compared by {' and '.join(compared)} with {len(classifier.classes_):,} names")
    _show_counts(screen, answers)
    if score is not None:
        _show_score(screen, score)
    screen.wrote(out)
    errors = len(answers) - answers["error"].null_count
    screen.write_json(
        {
            "rows": len(answers),
            "categories": len(classifier.classes_),
            "modalities": list(compared),
            "prompts": list(classifier.templates),
            "accepted": 0,
            "review": len(answers),
            "errors": errors,
            "counts": _counts(answers),
            **({} if score is None else _plain(score)),
            "output": None if out is None else str(out),
            "seconds": time.perf_counter() - start,
        }
    )
    _show_next(screen, reading, columns, errors)


def _listed(modalities: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m for m in modalities.lower().replace(",", " ").split()))


def _counts(answers: pa.Table) -> dict[str, int]:
    """Count the answers of each category, the most frequent first."""
    found = answers["category"].drop_null().value_counts().to_pylist()
    ranked = sorted(found, key=lambda one: (-one["counts"], one["values"]))
    return {one["values"]: one["counts"] for one in ranked}


def _plain(score: ZeroShotScore) -> dict[str, object]:
    return {
        "labelled_rows": score.rows,
        "unlisted_rows": score.unlisted,
        "accuracy": score.accuracy,
        "accuracy_interval": score.accuracy_interval,
        "macro_f1": score.macro_f1,
    }


def _show_counts(screen: Screen, answers: pa.Table) -> None:
    counts = _counts(answers)
    table = plain_table()
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=44)
    table.add_column(justify="right")
    table.add_column(no_wrap=True, style="cyan")
    for name, count in list(counts.items())[:_SHOWN]:
        share = count / len(answers)
        table.add_row(name, f"{count:,}", bar(share, _BAR, screen.blocks))
    screen.table(table)
    if len(counts) > _SHOWN:
        screen.say(f"  and {len(counts) - _SHOWN:,} more")


def _show_score(screen: Screen, score: ZeroShotScore) -> None:
    low, high = (percent(end) for end in score.accuracy_interval)
    screen.heading(
        f"{percent(score.accuracy)} right on {score.rows:,} products whose category is known"
    )
    table = plain_table()
    table.add_column()
    table.add_column(justify="right")
    table.add_row("95% interval", f"{low} to {high}")
    table.add_row("macro F1", percent_cell(score.macro_f1))
    screen.table(table)
    if score.unlisted:
        screen.note(
            f"{score.unlisted:,} products have a category that is not among the names, and count "
            "as errors"
        )


def _show_next(
    screen: Screen, reading: ReadingOptions, columns: ColumnOptions, errors: int
) -> None:
    if errors:
        screen.note(f"{errors:,} products have a problem, which stands in the column error")
    screen.note(
        "every answer is for review: how sure one has to be is learned from products whose "
        "category is known"
    )
    given = shlex.quote(str(reading.catalog))
    target = shlex.quote(columns.target or "COLUMN")
    screen.next_steps(f"aisle train {given} --target {target} -o model.aisle")
