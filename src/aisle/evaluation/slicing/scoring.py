"""Scoring parts of a catalogue against the rest, with a guard against the luck of many looks.

A second guard is against twins: near-duplicates are answered alike, and do not count in full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle import metrics
from aisle.catalog import Catalog
from aisle.evaluation.slicing.dependence import Dependence, deflated
from aisle.evaluation.slicing.parts import Part, parts
from aisle.progress import Progress, silent

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

LEAST_ROWS = 20
"""The fewest products of a slice."""

FALSE_ALARMS = 0.05
"""The share of slices called different that are so by chance, at most (Benjamini-Hochberg)."""

_SPREAD = 1.96


@dataclass(frozen=True)
class Slice:
    """How a model does on some of the products.

    Parameters
    ----------
    slice, value
        What is cut by, and which piece it is.
    rows
        The products in it.
    measure
        ``accuracy``; ``mae_log`` or ``mae`` for a quantity.
    score, interval
        Of these products, with its 95 % interval (Wilson's for accuracy), near-duplicates counted
        as `aisle.evaluation.slicing.dependence` has it.
    difference
        The score less that of all other products.
    p_value
        That the difference is chance, near-duplicates counted likewise, before it is corrected for
        the number of slices.
    significant
        Whether it holds after the correction of Benjamini and Hochberg.
    """

    slice: str
    value: str
    rows: int
    measure: str
    score: float
    interval: tuple[float, float]
    difference: float
    p_value: float
    significant: bool

    @property
    def worse(self) -> bool:
        """Whether the model does worse here than elsewhere."""
        return self.difference < 0 if self.measure == "accuracy" else self.difference > 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape, the score under the name of its measure."""
        return {
            "slice": self.slice,
            "value": self.value,
            "rows": self.rows,
            self.measure: self.score,
            "interval": list(self.interval),
            "difference": self.difference,
            "p_value": self.p_value,
            "significant": self.significant,
        }


def class_slices(
    products: Catalog,
    present: Sequence[Sequence[str]],
    right: Bools,
    *,
    least: int = LEAST_ROWS,
    progress: Progress = silent,
) -> tuple[Slice, ...]:
    """Return the accuracy of every slice, the worst first.

    Parameters
    ----------
    products
        The products, with the roles that the model gives their columns.
    present
        The modalities that each product has.
    right
        Whether each answer is right, bool (rows,).
    least
        The fewest products of a slice, and of the rest beside it.
    progress
        Called while photographs are read, and near-duplicates are looked for.

    Returns
    -------
    tuple of Slice
        Those that are significantly worse than the rest first, then by the difference.
    """
    cut = parts(products, present, least, progress)
    twins = Dependence.of(right.astype(np.float64), products.find_groups(progress))

    def judged(own: Bools) -> tuple[float, tuple[float, float], float, float]:
        hits, rows = int(right[own].sum()), int(own.sum())
        others, left = int(right[~own].sum()), int((~own).sum())
        p_value = metrics.two_shares_p_value(hits, rows, others, left)
        effect = twins.design_effect(own)
        interval = metrics.wilson_interval(hits / effect, rows / effect)
        p_value = deflated(p_value, twins.difference_effect(own))
        return hits / rows, interval, hits / rows - others / left, p_value

    return _ranked(cut, "accuracy", judged)


def value_slices(
    products: Catalog,
    present: Sequence[Sequence[str]],
    errors: Floats,
    measure: str,
    *,
    least: int = LEAST_ROWS,
    progress: Progress = silent,
) -> tuple[Slice, ...]:
    """Return the mean error of every slice, the worst first; Welch's test judges differences.

    Parameters are those of `class_slices`, but for `errors`, float64 (rows,), and their name.
    """
    from scipy.stats import ttest_ind

    cut = parts(products, present, max(least, 2), progress)
    twins = Dependence.of(errors, products.find_groups(progress))

    def judged(own: Bools) -> tuple[float, tuple[float, float], float, float]:
        inside, outside = errors[own], errors[~own]
        mean = float(inside.mean())
        counted = len(inside) / twins.design_effect(own)
        reach = _SPREAD * float(inside.std(ddof=1)) / np.sqrt(counted)
        varied = np.ptp(inside) > 0 or np.ptp(outside) > 0
        p_value = float(ttest_ind(inside, outside, equal_var=False).pvalue) if varied else 1.0
        between = (max(0.0, mean - reach), mean + reach)
        p_value = deflated(p_value, twins.difference_effect(own))
        return mean, between, mean - float(outside.mean()), p_value

    return _ranked(cut, measure, judged)


def _ranked(
    cut: Sequence[Part],
    measure: str,
    judged: Callable[[Bools], tuple[float, tuple[float, float], float, float]],
) -> tuple[Slice, ...]:
    scores = [judged(part.members) for part in cut]
    adjusted = metrics.benjamini_hochberg([p_value for *_, p_value in scores])
    found = [
        Slice(
            slice=part.slice,
            value=part.value,
            rows=int(part.members.sum()),
            measure=measure,
            score=score,
            interval=interval,
            difference=difference,
            p_value=p_value,
            significant=bool(corrected <= FALSE_ALARMS),
        )
        for part, (score, interval, difference, p_value), corrected in zip(
            cut, scores, adjusted, strict=True
        )
    ]
    sign = 1 if measure == "accuracy" else -1
    return tuple(
        sorted(found, key=lambda s: (not (s.significant and s.worse), sign * s.difference))
    )
