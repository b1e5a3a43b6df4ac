"""The charts of a leaderboard: score against time, and differences on each split."""

from __future__ import annotations

from markupsafe import Markup

from aisle import pages
from aisle.experiments.comparing.leaderboard import LOWER_IS_BETTER, Leaderboard, Row
from aisle.experiments.comparing.wording import MEASURES, SHARES, difference, interval, value


def latency_chart(board: Leaderboard) -> Markup:
    """Return each candidate's score over the time of an answer, the Pareto front joined."""
    front = [row for row in board.ranked if row.pareto]
    front.sort(key=_milliseconds)
    others = [row for row in board.ranked if not row.pareto]
    times = [_milliseconds(row) for row in board.ranked]
    scores = [row.measures[board.score].mean for row in board.ranked]
    low, high = _widened(min(scores), max(scores))
    share = board.score in SHARES
    better = " (lower is better)" if board.score in LOWER_IS_BETTER else ""
    return pages.chart(
        pages.Plot(
            "Score against the time of an answer",
            f"{len(front)} of {len(board.ranked)} candidates are on the front: "
            + "; ".join(_hint(row, board).replace("\n", ", ") for row in front),
            x=pages.Axis(
                "Milliseconds a product (logarithmic)", min(times) / 1.4, max(times) * 1.4, log=True
            ),
            y=pages.Axis(
                MEASURES[board.score] + better,
                max(0.0, low) if share else low,
                min(1.0, high) if share else high,
                percent=share,
            ),
            series=(_series("others", others, board), _series("front", front, board)),
        )
    )


def difference_chart(board: Leaderboard) -> Markup:
    """Return each candidate's difference to the reference: every split, and the interval."""
    reference = next(row for row in board.ranked if row.name == board.reference)
    against = reference.measures[board.score].values
    shown = [row for row in board.ranked if row.difference is not None]
    scale = 100.0 if board.score in SHARES else 1.0
    dots, hints = [], []
    for row in shown:
        for seed, mine, theirs in zip(
            board.seeds, row.measures[board.score].values, against, strict=True
        ):
            dots.append((float(row.rank or 0), scale * (mine - theirs)))
            hints.append(f"{row.name}\nsplit {seed}: {difference(mine - theirs, board.score)}")
    means = [row.difference for row in shown if row.difference is not None]
    # An interval of two splits is so wide that it would flatten all that there is to see.
    ends = [place for _, place in dots] + [0.0]
    reach = max(ends) - min(ends)
    low, high = min(ends) - 0.5 * reach, max(ends) + 0.5 * reach
    spans = [(max(low, scale * m.low), min(high, scale * m.high)) for m in means]
    unit = " in points" if board.score in SHARES else ""
    return pages.chart(
        pages.Plot(
            "Differences on each split",
            f"Difference to {board.reference}{unit}, by rank; "
            + "; ".join(f"{r.name}: {_told(r, board)}" for r in shown[:10]),
            x=pages.Axis("Rank", 0.5, len(board.ranked) + 0.5),
            y=pages.Axis(f"Difference{unit}", low, high),
            series=(
                pages.Series("each split", dots, "dots", "muted", hints=hints),
                pages.Series(
                    "mean",
                    [
                        (float(r.rank or 0), scale * m.mean)
                        for r, m in zip(shown, means, strict=True)
                    ],
                    "dots",
                    hints=[f"{row.name}\nmean {_told(row, board)}" for row in shown],
                    spans=spans,
                ),
            ),
            rule=pages.Rule(0.0, pages.shorten(board.reference, 30)),
        )
    )


def _series(name: str, rows: list[Row], board: Leaderboard) -> pages.Series:
    front = name == "front"
    return pages.Series(
        name,
        [(_milliseconds(row), row.measures[board.score].mean) for row in rows],
        "both" if front else "dots",
        "accent" if front else "muted",
        hints=[_hint(row, board) for row in rows],
    )


def _hint(row: Row, board: Leaderboard) -> str:
    measure = row.measures[board.score]
    told = f"{value(measure.mean, board.score)} {interval(measure, board.score)}".strip()
    return f"{row.name}\n{told}\n{pages.number(row.ms_per_product)} ms a product"


def _told(row: Row, board: Leaderboard) -> str:
    if row.difference is None:
        return "the reference"
    ends = (difference(end, board.score) for end in (row.difference.low, row.difference.high))
    return f"{difference(row.difference.mean, board.score)} ({' to '.join(ends)})"


def _milliseconds(row: Row) -> float:
    return max(row.ms_per_product or 0.0, 1e-3)


def _widened(low: float, high: float) -> tuple[float, float]:
    room = 0.12 * (high - low) or 0.02 * max(abs(high), 0.1)
    return low - room, high + room
