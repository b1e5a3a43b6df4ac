"""Which products a page shows: the surest mistakes, and a choice from every class."""

from __future__ import annotations

from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from aisle.evaluation.report.answers import Answers, Bools, Floats, Values

MISTAKES = 18
"""How many of the surest mistakes, or of the worst errors, a page lists."""

GALLERY = 96
"""How many products the gallery holds."""


def surest_mistakes(answers: Answers) -> list[int]:
    """Return the row numbers of wrong answers, the surest first."""
    return _falling(np.flatnonzero(~answers.right), _sure(answers))[:MISTAKES]


def class_gallery(answers: Answers) -> list[int]:
    """Choose products of every class by a fixed rule: in turn a mistake and a right answer of each.

    Classes with more products come first. A class tells its surest mistakes first, and its right
    answers from all over the range of confidence.
    """
    sizes, codes = np.unique(answers.truth.astype(str), return_inverse=True, return_counts=True)[
        :0:-1
    ]
    largest = np.argsort(-sizes, kind="stable")[:GALLERY]
    return _in_turn(
        [_class_queue(codes == code, answers.right, _sure(answers)) for code in largest]
    )


def value_gallery(values: Values) -> list[int]:
    """Choose places in `values` by a fixed rule: in turn one outside its interval and one inside.

    Those outside come the farthest from the truth first; those inside from all over the range.
    """
    outside = _falling(np.flatnonzero(~values.inside), values.distance)
    inside = _spread(_falling(np.flatnonzero(values.inside), values.truth))
    return _in_turn([_alternating(outside, inside)])


def worst_errors(values: Values) -> list[int]:
    """Return the places in `values` that lie farthest from the truth, the farthest first."""
    return _falling(np.arange(len(values.rows)), values.distance)[:MISTAKES]


def _sure(answers: Answers) -> Floats:
    return np.nan_to_num(answers.confidence, nan=-1.0)


def _class_queue(own: Bools, right: Bools, sure: Floats) -> list[int]:
    wrong = _falling(np.flatnonzero(own & ~right), sure)
    return _alternating(wrong, _spread(_falling(np.flatnonzero(own & right), sure)))


def _falling(rows: npt.NDArray[np.intp], by: Floats) -> list[int]:
    return [int(row) for row in rows[np.argsort(-by[rows], kind="stable")]]


def _spread(rows: list[int]) -> list[int]:
    """Reorder rows so that any first few lie far apart, by reading their places backwards in bits.

    References
    ----------
    van der Corput (1935), Verteilungsfunktionen.
    """
    bits = max(1, (len(rows) - 1).bit_length())
    places = sorted(range(len(rows)), key=lambda place: int(f"{place:0{bits}b}"[::-1], 2))
    return [rows[place] for place in places]


def _alternating(one: list[int], other: list[int]) -> list[int]:
    return [row for pair in zip_longest(one, other) for row in pair if row is not None]


def _in_turn(queues: list[list[int]]) -> list[int]:
    """Take two of each queue in turn, until all are empty or the gallery is full."""
    longest = max(map(len, queues), default=0)
    turns = (row for at in range(0, longest, 2) for queue in queues for row in queue[at : at + 2])
    return list(turns)[:GALLERY]
