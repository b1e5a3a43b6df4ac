"""`aisle audit`: which labels are likely wrong."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.found import require_target
from aisle.cli.options import ColumnOptions, Html, Json, ReadingOptions, Seed, spelled
from aisle.cli.outputs import PAGES, Output, check_outputs
from aisle.cli.pretrained import AcceptLicence, EncodersDir, look_in, take_licences
from aisle.cli.screen import Screen, percent, percent_cell, plain_table
from aisle.cli.searching import recipe_file
from aisle.errors import AisleError

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.insight import Audit
    from aisle.insight.auditing import Finding

_OVERLAPS_SHOWN = 8
_WIDE = 110
_STYLES = {"wrong-label": "red", "conflicting-duplicate": "red", "ambiguous": "yellow"}


def audit(
    columns: ColumnOptions,
    reading: ReadingOptions,
    *,
    recipe: Annotated[
        str,
        typer.Option(metavar="R", help="auto, fast, balanced, best, or a YAML file: who is asked."),
    ] = "auto",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="K=V", help="Change an entry of the recipe."),
    ] = None,
    top: Annotated[int, typer.Option(min=0, metavar="N", help="How many findings to show.")] = 20,
    rows: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="All findings, to be reviewed: .csv, .parquet, .jsonl."),
    ] = None,
    corrected: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The catalogue with new labels: .parquet, .csv, .jsonl."),
    ] = None,
    at_least: Annotated[
        float | None,
        typer.Option(
            "--at-least", min=0.5, max=1, metavar="S", help="Take suggestions over from this score."
        ),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Reviewed findings: id and label; nothing is audited."),
    ] = None,
    encoders: EncodersDir = None,
    accept_licence: AcceptLicence = False,
    seed: Seed = 0,
    json_file: Json = None,
    html: Html = None,
) -> None:
    """Find labels that are likely wrong, classes that overlap, and outliers; most doubtful first.

    Of a price, the most unlikely values are listed.

    \b
    Example:
      aisle audit catalog.csv --target category --html audit.html --rows review.csv
      aisle audit catalog.csv --target category --decisions review.csv --corrected better.parquet
      aisle audit catalog.csv --target category --at-least 0.95 --corrected better.parquet
    """
    from aisle.catalog.writing import TABLE_SUFFIXES

    _check_options(
        reading,
        rows=rows,
        corrected=corrected,
        at_least=at_least,
        decisions=decisions,
        html=html,
    )
    read = (decisions, recipe_file(recipe))
    check_outputs(
        [
            Output("--rows", rows, TABLE_SUFFIXES),
            Output("--corrected", corrected, TABLE_SUFFIXES),
            Output("--json", json_file),
            Output("--html", html, PAGES),
        ],
        inputs=[*reading.inputs, *(path for path in read if path is not None)],
    )
    look_in(encoders)
    take_licences(accept_licence)
    screen = Screen(json_file)
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
    require_target(catalog, "audit")
    if decisions is not None and corrected is not None:
        _apply(screen, catalog, decisions, corrected)
        _show_train(screen, columns, corrected)
        return
    from aisle.insight import audit as look
    from aisle.insight.auditing.reviewing import write_rows

    with screen.working("auditing") as progress:
        found = look(
            catalog, recipe=recipe, settings=tuple(settings or ()), seed=seed, progress=progress
        )
    _show(screen, found, top)
    if rows is not None:
        write_rows(found.rows, rows)
    if html is not None:
        found.save(html)
    changed: Mapping[str, int] = {}
    if corrected is not None and at_least is not None:
        changed = _correct(screen, found, corrected, at_least)
    screen.say("")
    screen.wrote(rows, html, corrected)
    screen.write_json({**found.to_dict(), **changed})
    if corrected is not None:
        _show_train(screen, columns, corrected)
    else:
        _show_next(screen, columns, reading, found, rows)


def _check_options(
    reading: ReadingOptions,
    *,
    rows: Path | None,
    corrected: Path | None,
    at_least: float | None,
    decisions: Path | None,
    html: Path | None,
) -> None:
    """Refuse options that do not go together."""
    if at_least is not None and decisions is not None:
        raise AisleError(
            "--at-least takes suggestions over, --decisions what a person wrote: choose one"
        )
    chosen = "--at-least" if at_least is not None else "--decisions"
    if corrected is None and (at_least is not None or decisions is not None):
        raise AisleError(f"{chosen} changes labels: add --corrected FILE, where they are written")
    if corrected is not None and at_least is None and decisions is None:
        raise AisleError(
            "--corrected needs to know which labels to change: add --at-least 0.95 for the surest "
            "suggestions, or --decisions FILE with what a person decided"
        )
    if corrected is not None and reading.sample is not None:
        raise AisleError("--corrected writes the whole catalogue: leave --sample out")
    if decisions is not None and (rows is not None or html is not None):
        raise AisleError(
            "--decisions applies what was decided, and audits nothing: leave --rows and --html out"
        )


def _apply(screen: Screen, catalog: Catalog, decisions: Path, out: Path) -> None:
    """Write the catalogue with what a person decided."""
    from aisle.insight.auditing.correcting import changes, corrected, unknown_labels
    from aisle.insight.auditing.reviewing import read_decisions

    labels = changes(catalog, read_decisions(decisions, catalog))
    new = unknown_labels(catalog, labels)
    _write(screen, corrected(catalog, labels), out)
    target = catalog.schema.target
    screen.say(Text(f"{len(labels):,} of {len(catalog):,} {target} labels changed", style="bold"))
    if new:
        screen.note(
            f"not a label of the catalogue before: {', '.join(map(repr, new[:8]))}"
            f"{' and others' if len(new) > 8 else ''}; mend {decisions} if that is a slip"
        )
    screen.wrote(out)
    screen.write_json({"changed": len(labels), "new_labels": list(new), "corrected": str(out)})


def _correct(screen: Screen, found: Audit, out: Path, at_least: float) -> dict[str, int]:
    """Write the catalogue with the surest suggestions."""
    from aisle.insight.auditing.correcting import accepted_suggestions
    from aisle.pages.formatting import plural

    changed = len(accepted_suggestions(found.rows, at_least))
    _write(screen, found.corrected(at_least), out)
    screen.say("", f"{plural(changed, 'label')} replaced by suggestions from {at_least:g} on")
    return {"changed": changed}


def _write(screen: Screen, catalog: Catalog, out: Path) -> None:
    from aisle.catalog.export import portable_table
    from aisle.catalog.writing import write_table

    with screen.working("writing"):
        write_table(portable_table(catalog), out)


def _show(screen: Screen, found: Audit, top: int) -> None:
    classes = f" of {len(found.classes):,} classes" if found.classes else ""
    screen.say(
        Text(
            f"{found.products:,} products{classes}, asked with recipe {found.recipe}", style="bold"
        )
    )
    screen.problems(found.catalog.problems)
    if found.missing:
        screen.note(f"{found.missing:,} products without a usable {found.target} were skipped")
    screen.say(_summary(found))
    _show_findings(screen, found.rows[:top], len(found.rows))
    _show_overlaps(screen, found)
    if found.untested:
        rows = sum(count for _, count in found.untested)
        screen.say(
            "",
            Text(
                f"{rows:,} products of {len(found.untested):,} classes could not be checked: "
                "nothing but themselves and their near-duplicates teaches the class",
                style="dim",
            ),
        )


def _summary(found: Audit) -> str:
    """Say how many findings there are of each kind."""
    from aisle.catalog import Task
    from aisle.pages.formatting import plural

    if found.task is Task.REGRESS:
        return f"{plural(len(found.rows), 'value')} far from what such products have"
    kinds = found.kinds
    wrong = kinds.get("wrong-label", 0)
    conflicting = kinds.get("conflicting-duplicate", 0)
    return (
        f"{plural(wrong, 'label')} likely wrong ({percent(wrong / found.products)}), "
        f"{kinds.get('ambiguous', 0):,} ambiguous, "
        f"{conflicting:,} in conflict with a near-duplicate, "
        f"{plural(kinds.get('outlier', 0), 'outlier')}"
    )


def _show_findings(screen: Screen, shown: tuple[Finding, ...], total: int) -> None:
    if not shown:
        return
    screen.heading(f"The {len(shown):,} most doubtful of {total:,}" if total > 1 else "In doubt")
    wide = screen.width >= _WIDE
    headings = ["score", "product", "given", "suggested", "kind"]
    table = plain_table(*headings)
    for column in table.columns[1:]:
        column.no_wrap, column.overflow = True, "ellipsis"
    table.columns[0].justify = "right"
    table.columns[0].no_wrap = True
    table.columns[1].max_width = 44 if wide else 24
    table.columns[2].max_width = table.columns[3].max_width = 26 if wide else 16
    for finding in shown:
        table.add_row(
            percent_cell(finding.score),
            finding.title or finding.id,
            finding.given,
            finding.suggested or "-",
            Text(finding.kind, style=_STYLES.get(finding.kind, "dim")),
        )
    screen.table(table)


def _show_overlaps(screen: Screen, found: Audit) -> None:
    if not found.overlaps:
        return
    screen.heading("Classes that overlap")
    table = plain_table("on the wrong side", "of", "classes")
    table.columns[0].justify = table.columns[1].justify = "right"
    table.columns[2].overflow = "fold"
    for overlap in found.overlaps[:_OVERLAPS_SHOWN]:
        arrow = "and" if overlap.forth and overlap.back else "→" if overlap.forth else "←"
        words = f"{overlap.first} {arrow} {overlap.second}"
        table.add_row(f"{overlap.rows:,}", f"{overlap.of:,}", words)
    screen.table(table)
    if len(found.overlaps) > _OVERLAPS_SHOWN:
        screen.say(f"  and {len(found.overlaps) - _OVERLAPS_SHOWN:,} more pairs")


def _show_train(screen: Screen, columns: ColumnOptions, corrected: Path) -> None:
    screen.next_steps(
        f"aisle train {shlex.quote(str(corrected))} {spelled(columns)} -o model.aisle"
    )


def _show_next(
    screen: Screen, columns: ColumnOptions, reading: ReadingOptions, found: Audit, rows: Path | None
) -> None:
    from aisle.catalog import Task

    given = spelled(columns, reading, leave_out=("sample",))
    audit = f"aisle audit {shlex.quote(str(reading.catalog))} {given}"
    review = shlex.quote(str(rows or "review.csv"))
    steps = [] if rows else [f"{audit} --rows {review}   (fill in the column label)"]
    steps.append(f"{audit} --decisions {review} --corrected corrected.parquet")
    if found.task is Task.CLASSIFY:
        steps.append(f"{audit} --at-least 0.95 --corrected corrected.parquet")
    screen.next_steps(*steps)
