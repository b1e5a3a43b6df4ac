"""Every column of two catalogues, compared in the respects that its role has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from aisle import metrics
from aisle.catalog import Role, Task
from aisle.catalog.columns import factorised
from aisle.insight.drifting.both import Both
from aisle.insight.drifting.guarding import Bools, Floats, Guard, Guarded
from aisle.insight.drifting.results import Curve
from aisle.insight.drifting.statistics import (
    Vocabulary,
    numbers_apart,
    part_apart,
    shares_apart,
)
from aisle.insight.drifting.verdicts import (
    DIFFERENCE,
    DISTANCE,
    LARGEST_GAP,
    LEAST_ROWS,
    UNSEEN,
)
from aisle.progress import Progress

Shares = tuple[tuple[str, float, float], ...]

LISTED = 10
"""How many values of a column are listed."""

_POINTS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Raw:
    """One measure before it is judged, as `results.Measure` has it."""

    name: str
    statistic: str
    guarded: Guarded
    reference: float | None = None
    new: float | None = None
    besides: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RawColumn:
    """A column measured and not judged yet, as `results.ColumnDrift` has it."""

    name: str
    role: str
    known: tuple[int, int]
    measures: tuple[Raw, ...]
    values: Shares = ()
    curves: Mapping[str, Curve] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Measuring:
    """Rows of both sides one after another, and the guard against chance."""

    guard: Guard

    def known(self, having: Bools) -> tuple[int, int]:
        """Count the rows of either side that have a value."""
        return int(having[~self.guard.new].sum()), int(having[self.guard.new].sum())

    def enough(self, having: Bools) -> bool:
        """Say whether both sides have values enough to be compared."""
        return min(self.known(having)) >= LEAST_ROWS

    def part(self, name: str, having: Bools) -> Raw:
        """Compare the shares of rows that have something."""
        new = self.guard.new
        return Raw(
            name,
            DIFFERENCE,
            self.guard.judge(part_apart(having)),
            float(having[~new].mean()),
            float(having[new].mean()),
        )

    def numbers(self, name: str, values: Floats) -> tuple[list[Raw], dict[str, Curve]]:
        """Compare numbers, NaN where missing; nothing where there are too few."""
        having = np.isfinite(values)
        if not self.enough(having):
            return [], {}
        own, guard = values[having], self.guard.take(having)
        before, now = own[~guard.new], own[guard.new]
        raw = Raw(
            name,
            LARGEST_GAP,
            guard.judge(numbers_apart(own)),
            float(np.median(before)),
            float(np.median(now)),
            {"wasserstein": metrics.wasserstein(before, now)},
        )
        # of halves, for the span between two numbers may be beyond all numbers
        quantiles = (2 * np.quantile(before / 2, _POINTS), 2 * np.quantile(now / 2, _POINTS))
        curve = Curve(tuple(_POINTS.tolist()), *(tuple(q.tolist()) for q in quantiles))
        return [raw], {name: curve}

    def categories(self, name: str, values: Sequence[str | None]) -> tuple[list[Raw], Shares]:
        """Compare shares of categories; nothing where too few rows have one."""
        having = np.array([value is not None for value in values], dtype=np.bool_)
        if not self.enough(having):
            return [], ()
        own = [value for value in values if value is not None]
        codes, guard = factorised(own), self.guard.take(having)
        names = list(dict.fromkeys(own))
        before = np.bincount(codes[~guard.new], minlength=len(names))
        now = np.bincount(codes[guard.new], minlength=len(names))
        shares = before / before.sum(), now / now.sum()
        raw = Raw(
            name,
            DISTANCE,
            guard.judge(shares_apart(codes)),
            besides={
                "stability_index": metrics.stability_index(before, now),
                "unseen_values": float(now[before == 0].sum() / now.sum()),
            },
        )
        order = np.argsort(-np.abs(shares[0] - shares[1]), kind="stable")[:LISTED]
        listed = tuple((names[at], float(shares[0][at]), float(shares[1][at])) for at in order)
        return [raw], listed

    def texts(self, texts: Sequence[str]) -> tuple[list[Raw], Shares, dict[str, Curve]]:
        """Compare lengths and words of texts; nothing where there are too few."""
        lengths = np.array([float(len(text.split())) or np.nan for text in texts])
        having = np.isfinite(lengths)
        raws, curves = self.numbers("length", lengths)
        if not raws:
            return [], (), {}
        guard = self.guard.take(having)
        vocabulary = Vocabulary([text for text, has in zip(texts, having, strict=True) if has])
        judged = guard.judge(vocabulary.unseen)
        raws.append(Raw("vocabulary", UNSEEN, judged, new=judged.value))
        newcomers = vocabulary.newcomers(guard.new, LISTED)
        return raws, tuple((word, 0.0, share) for word, share in newcomers), curves


def measure_columns(both: Both, guard: Guard, progress: Progress) -> list[RawColumn]:
    """Measure every column of a comparable role that both catalogues have.

    Parameters
    ----------
    both
        The rows of the reference, then those of the new catalogue.
    guard
        Which of them are new.
    progress
        Called as work goes on.
    """
    measuring, names = Measuring(guard), both.shared
    found = []
    for done, column in enumerate(both.schema):
        progress("comparing columns", done, len(both.schema.columns))
        measure = _BY_ROLE.get(_role(both, column.role))
        if measure is not None and column.name in names:
            found.append(measure(measuring, both, column.name, column.role.value))
    images = [name for name in both.schema.names(Role.IMAGE) if name in names]
    if images:
        found.append(_photographs(measuring, both, images, progress))
    return found


def _role(both: Both, role: Role) -> Role:
    if role is Role.TARGET:
        return Role.NUMBER if both.task is Task.REGRESS else Role.CATEGORY
    return role


def _category(measuring: Measuring, both: Both, name: str, role: str) -> RawColumn:
    values = both.strings(name)
    having = np.array([value is not None for value in values], dtype=np.bool_)
    raws, listed = measuring.categories("shares", values)
    missing = measuring.part("missing", ~having)
    return RawColumn(name, role, measuring.known(having), (*raws, missing), listed)


def _number(measuring: Measuring, both: Both, name: str, role: str) -> RawColumn:
    values = both.numbers(name)
    having = np.isfinite(values)
    raws, curves = measuring.numbers("distribution", values)
    missing = measuring.part("missing", ~having)
    return RawColumn(name, role, measuring.known(having), (*raws, missing), curves=curves)


def _text(measuring: Measuring, both: Both, name: str, role: str) -> RawColumn:
    texts = [text or "" for text in both.strings(name)]
    having = np.array([bool(text.strip()) for text in texts], dtype=np.bool_)
    raws, listed, curves = measuring.texts(texts)
    missing = measuring.part("missing", ~having)
    return RawColumn(name, role, measuring.known(having), (*raws, missing), listed, curves)


def _photographs(
    measuring: Measuring, both: Both, names: Sequence[str], progress: Progress
) -> RawColumn:
    seen = both.photographs(progress)
    having = np.isfinite(seen.brightness)
    raws: list[Raw] = []
    curves: dict[str, Curve] = {}
    for name, values in (("brightness", seen.brightness), ("size", seen.pixels)):
        found, curve = measuring.numbers(name, values)
        raws += found
        curves |= curve
    missing = measuring.part("missing", ~having)
    known = measuring.known(having)
    return RawColumn(", ".join(names), "image", known, (*raws, missing), curves=curves)


_Measure = Callable[[Measuring, Both, str, str], RawColumn]
_BY_ROLE: Mapping[Role, _Measure] = {
    Role.CATEGORY: _category,
    Role.NUMBER: _number,
    Role.TEXT: _text,
}
