"""`aisle compare`: a leaderboard of encoders, fusions, heads and recipes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.found import require_target, show_found
from aisle.cli.options import ColumnOptions, Html, Json, ReadingOptions, spelled
from aisle.cli.outputs import PAGES, Output, check_outputs
from aisle.cli.pretrained import AcceptLicence, EncodersDir, look_in, take_licences
from aisle.cli.screen import Screen, percent_cell, plain_table

if TYPE_CHECKING:
    from aisle.experiments.comparing import Candidate, Comparison, Leaderboard, Row
    from aisle.experiments.comparing.leaderboard import Measure

_WIDE = 110
"""Characters a line from which a table has room for more than what decides."""

_NAMES = {"accuracy": "accuracy", "macro_f1": "macro F1", "mae": "MAE", "mae_log": "MAE of log"}


def compare(
    columns: ColumnOptions,
    reading: ReadingOptions,
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="One row a candidate, as .csv.")
    ] = Path("leaderboard.csv"),
    recipe: Annotated[
        str,
        typer.Option(
            metavar="R", help="auto, fast, balanced, best, or a YAML file: what is varied."
        ),
    ] = "auto",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="K=V", help="A change that every candidate gets."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="How many splits.")] = 5,
    test: Annotated[
        float, typer.Option(min=0.01, max=0.9, metavar="SHARE", help="Share of rows for testing.")
    ] = 0.25,
    candidates: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="YAML of names and settings, instead of Aisle's own."),
    ] = None,
    encoders_text: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Text encoder to try alone; may be repeated."),
    ] = None,
    encoders_image: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Image encoder to try alone; may be repeated."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Compare with this candidate, not with the best."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.0, metavar="M", help="Start nothing more after that time."),
    ] = None,
    encoders: EncodersDir = None,
    accept_licence: AcceptLicence = False,
    json_file: Json = None,
    html: Html = None,
) -> None:
    """Compare encoders, fusions, heads and recipes on the same splits of a catalogue.

    Finished runs are kept beside the table, so that a comparison that was stopped goes on.

    \b
    Example:
      aisle compare catalog.csv --target category --html leaderboard.html
      aisle compare catalog.csv --target price --seeds 3 --minutes 10
      aisle compare catalog.csv --target category --candidates mine.yaml
    """
    journal = out.with_suffix(".runs.jsonl")
    inputs = [*reading.inputs, *(path for path in (candidates,) if path is not None)]
    check_outputs(
        [
            Output("--out", out, (".csv",)),
            Output("--out", journal),
            Output("--json", json_file),
            Output("--html", html, PAGES),
        ],
        inputs=inputs,
    )
    look_in(encoders)
    take_licences(accept_licence)
    from aisle.experiments.comparing import Comparison, default_candidates, read_candidates

    screen = Screen(json_file)
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
    require_target(catalog, "learn")
    show_found(screen, catalog, reading.catalog)
    asked = tuple(settings or ())
    chosen: tuple[Candidate, ...]
    if candidates is not None:
        chosen = read_candidates(candidates, recipe, asked)
    else:
        chosen = default_candidates(
            catalog, recipe, asked, encoders_text=encoders_text, encoders_image=encoders_image
        )
    with screen.working("looking for near-duplicates") as progress:
        prepared = Comparison.of(
            catalog, chosen, seeds=seeds, test=test, journal=journal, progress=progress
        )
    _show_plan(screen, prepared, journal, minutes)
    with screen.working("comparing") as progress:
        board = prepared.run(baseline=baseline, minutes=minutes, progress=progress)
    show_leaderboard(screen, board)
    board.to_csv(out)
    if html is not None:
        board.save(html)
    screen.say("")
    screen.wrote(out, html)
    screen.write_json(board.to_dict())
    given = spelled(columns, reading, leave_out=("sample",))
    names = dict.fromkeys((board.best.name, board.quickest_tied.name))
    screen.next_steps(*(_train_command(board, name, reading.catalog, given) for name in names))


def _show_plan(screen: Screen, prepared: Comparison, journal: Path, minutes: float | None) -> None:
    """Say what will be run and about how long that takes, before it starts."""
    from aisle.pages.formatting import plural, seconds

    runs, finished = len(prepared.keys), prepared.finished
    words = (
        f"{plural(len(prepared.entries), 'candidate')} on {plural(prepared.seeds, 'split')}: "
        f"{plural(runs, 'run')}"
    )
    if finished:
        words += f", {finished:,} of them finished before ({journal.name})"
    if finished < runs:
        words += f"; about {seconds(prepared.expected_seconds)}, roughly"
        if minutes is not None:
            words += f", and nothing is started after {minutes:g} min"
    screen.say("", Text(words, style="dim"))


def show_leaderboard(screen: Screen, board: Leaderboard) -> None:
    """Show a leaderboard as a ranked table, and what did not get a score."""
    screen.heading(_title(board))
    second = "macro_f1" if board.task == "classify" else "r2"
    name = _NAMES.get(board.score, board.score)
    against = f"to {board.reference}" if board.reference != board.best.name else "to the best"
    headings = ["", "candidate", name, against, "train", "ms", "MB"]
    if wide := screen.width >= _WIDE:
        headings += [second.replace("macro_f1", "macro F1").replace("r2", "R²"), "framework"]
    table = plain_table(*headings)
    for column in table.columns:
        column.no_wrap = True
        column.justify = "right"
    table.columns[1].justify = "left"
    table.columns[1].overflow = "ellipsis"
    for row in board.ranked:
        cells = _cells(row, board)
        if wide:
            cells += [_shown(row.measures.get(second), board.task == "classify"), row.framework]
        table.add_row(*cells, style="bold" if row is board.best else "")
    screen.table(table)
    screen.say("", Text(_legend(board), style="dim"))
    for row in board.rows:
        if row.rank is None:
            screen.note(f"{row.name}: {row.error}")
    if board.stopped:
        screen.note(
            "the time ran out before every run was finished; the same command goes on from here"
        )
    if len(board.seeds) < board.seeds_asked:
        screen.note(
            f"only the {len(board.seeds)} of {board.seeds_asked} splits that every candidate "
            "finished are counted"
        )


def _title(board: Leaderboard) -> str:
    from aisle.pages.formatting import plural

    return (
        f"Leaderboard of {board.target}: {plural(board.products, 'product')}, "
        f"{plural(len(board.seeds), 'split')}"
    )


def _cells(row: Row, board: Leaderboard) -> list[str]:
    apart = row.difference
    shares = board.task == "classify"
    digits, points = (1, 100) if shares else (3, 1)
    difference = f"{points * apart.mean:+.{digits}f}" if apart else "-"
    if apart:
        difference += f" ± {points * (apart.high - apart.mean):.{digits}f}"
    measure = row.measures.get(board.score)
    return [
        str(row.rank),
        row.name,
        f"{_shown(measure, shares)}{_reach(measure, shares)}",
        f"{difference}{' =' if row.tied else ''}",
        f"{row.train_seconds or 0:.1f} s",
        f"{row.ms_per_product or 0:.2f}",
        f"{row.megabytes or 0:.1f}",
    ]


def _shown(measure: Measure | None, share: bool) -> str:
    if measure is None:
        return "-"
    return percent_cell(measure.mean) if share else f"{measure.mean:,.3f}"


def _reach(measure: Measure | None, share: bool) -> str:
    """Return half the width of a measure's interval, such as `` ± 1.3``; nothing without one."""
    if measure is None or measure.high is None:
        return ""
    half = measure.high - measure.mean
    return f" ± {100 * half:.1f}" if share else f" ± {half:,.3f}"


def _legend(board: Leaderboard) -> str:
    if len(board.seeds) < 2:
        return "One split tells little: no interval can be given. Ask for --seeds 5."
    few = "Two splits tell little: ask for --seeds 5. " if len(board.seeds) == 2 else ""
    return few + (
        "± is half of the 95% interval over splits, corrected for the rows that they share; = "
        "marks what cannot be told from the candidate it is compared with. ms: to answer for one "
        "product of a batch, encoding included."
    )


def _train_command(board: Leaderboard, name: str, catalog: Path, given: str) -> str:
    from aisle.experiments.comparing.next_steps import train_command

    row = next(row for row in board.rows if row.name == name)
    return train_command(row, shlex.quote(str(catalog)), given)
