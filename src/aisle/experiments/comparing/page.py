"""A leaderboard as one HTML page: who leads, at what cost, and by how much on each split."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from aisle import pages
from aisle.experiments.comparing.charts import difference_chart, latency_chart
from aisle.experiments.comparing.leaderboard import Leaderboard, Measure, Row
from aisle.experiments.comparing.next_steps import train_command
from aisle.experiments.comparing.wording import MEASURES, difference, interval, value

_KINDS = {"modality": "modality alone", "encoder": "encoder alone", "recipe": "whole recipe"}


@dataclass(frozen=True)
class _Cell:
    """A measure in words, and as a number to sort by."""

    shown: str
    note: str
    sortable: str


@dataclass(frozen=True)
class _Line:
    """One candidate as the table shows it."""

    row: Row
    kind: str
    cells: tuple[_Cell, ...]
    difference: str
    within: str
    by_seed: tuple[str, ...]
    settings: str


def leaderboard_page(board: Leaderboard) -> str:
    """Return a leaderboard as a self-contained HTML page.

    Parameters
    ----------
    board
        What `compare` found.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    measures = [name for name in MEASURES if name in board.best.measures]
    several = len(board.seeds) > 1
    return pages.render(
        "leaderboard.html",
        scripts=(pages.plotting_library(), pages.script("charts.js")),
        board=board,
        best=board.best,
        big=value(board.best.measures[board.score].mean, board.score),
        big_interval=interval(board.best.measures[board.score], board.score),
        measure_words=MEASURES[board.score].lower(),
        verdict=_verdict(board),
        facts=_facts(board),
        headings=[MEASURES[name] for name in measures],
        lines=[_line(row, board, measures) for row in board.ranked],
        failed=[row for row in board.rows if row.rank is None],
        latency=latency_chart(board),
        differences=difference_chart(board) if several and len(board.ranked) > 1 else None,
        sections=_sections(board),
        steps=_steps(board),
    )


def _verdict(board: Leaderboard) -> pages.Verdict:
    best, quickest = board.best, board.quickest_tied
    flattered = (
        "The winner was picked on these very test rows, so that its score flatters it a little."
    )
    if len(board.seeds) < 3:
        few = "a single split" if len(board.seeds) == 1 else "only two splits"
        return pages.Verdict(
            "warn",
            f"{best.name} leads, on {few}",
            ("So few tell little: chance may have put it first. Ask for five.", flattered),
        )
    if board.reference != best.name:
        apart = best.difference
        clear = apart is not None and not best.tied
        return pages.Verdict(
            "good" if clear else "warn",
            f"{best.name} leads"
            + (f", clearly ahead of {board.reference}" if clear else ", though not clearly"),
            (flattered,),
        )
    tied = sum(row.tied for row in board.ranked)
    if not tied:
        return pages.Verdict("good", f"{best.name} leads, clearly", (flattered,))
    candidates = pages.plural(tied, "candidate")
    told = f"{candidates} cannot be told from it on {pages.plural(len(board.seeds), 'split')}."
    details = [told[0].upper() + told[1:]]
    if quickest is not best:
        details.append(
            f"Of these, {quickest.name} answers the quickest: {_time(quickest)} a product, "
            f"where {best.name} takes {_time(best)}."
        )
    return pages.Verdict("warn", f"{best.name} leads, but not clearly", (*details, flattered))


def _facts(board: Leaderboard) -> list[tuple[str, str, str]]:
    best = board.best
    runs = len(board.ranked) * len(board.seeds)
    return [
        (
            "Answering",
            f"{_time(best)}",
            "For one product of a batch, encoding included, nothing cached.",
        ),
        (
            "Training",
            f"{best.train_seconds or 0:.1f} s",
            "On the training rows, with vectors of pretrained networks at hand.",
        ),
        ("Bundle", f"{best.megabytes or 0:.1f} MB", f"Heads trained with {best.framework}."),
        (
            "Compared",
            pages.plural(len(board.ranked), "candidate"),
            f"{pages.plural(runs, 'run')} on {pages.plural(len(board.seeds), 'split')}; every "
            "candidate met the same rows.",
        ),
    ]


def _time(row: Row) -> str:
    return f"{pages.number(row.ms_per_product)} ms"


def _line(row: Row, board: Leaderboard, measures: list[str]) -> _Line:
    against = next(r for r in board.ranked if r.name == board.reference).measures[board.score]
    own = row.measures[board.score]
    return _Line(
        row=row,
        kind=_KINDS.get(row.kind, row.kind),
        cells=tuple(_cell(row.measures.get(name), name) for name in measures),
        difference=difference(row.difference.mean, board.score) if row.difference else "–",
        within=f"{difference(row.difference.low, board.score)} to "
        f"{difference(row.difference.high, board.score)}"
        if row.difference
        else "",
        by_seed=tuple(
            difference(mine - theirs, board.score)
            for mine, theirs in zip(own.values, against.values, strict=True)
        ),
        settings=shlex.join(row.settings) or "as it is",
    )


def _cell(measure: Measure | None, name: str) -> _Cell:
    if measure is None:
        return _Cell("–", "", "")
    return _Cell(value(measure.mean, name), interval(measure, name), f"{measure.mean:.6f}")


def _sections(board: Leaderboard) -> list[tuple[str, str]]:
    several = len(board.seeds) > 1 and len(board.ranked) > 1
    return [
        ("ranking", "Ranking"),
        ("cost", "Score against time"),
        *([("differences", "Differences")] if several else []),
        ("next", "What next"),
    ]


def _steps(board: Leaderboard) -> list[pages.Step]:
    given = f"--target {shlex.quote(board.target)}"
    if board.task == "regress":
        given += " --task regress"
    best, quickest = board.best, board.quickest_tied
    steps = [
        pages.Step(f"Train the winner, {best.name}, on all products.", _command(best, given)),
    ]
    if quickest is not best:
        words = f"Or the quickest that cannot be told from it, {quickest.name}."
        steps.append(pages.Step(words, _command(quickest, given)))
    if len(board.seeds) < 5:
        steps.append(
            pages.Step(
                "See more splits: runs that are finished are not repeated.",
                f"aisle compare CATALOG {given} --seeds 5 --html leaderboard.html",
            )
        )
    return steps


def _command(row: Row, given: str) -> str:
    return train_command(row, "CATALOG", given)
