"""From data to places on a drawing, and the round numbers in between."""

from __future__ import annotations

import math
from dataclasses import dataclass

from aisle.pages.formatting import compact

_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """One axis of a chart.

    Parameters
    ----------
    label
        What it shows.
    low, high
        The range; widened where both are the same.
    log
        A logarithmic axis; `low` must be above 0.
    percent
        Shares, labelled as percentages.
    """

    label: str
    low: float
    high: float
    log: bool = False
    percent: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 (`low`) to 1 (`high`), clipped to the axis."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        # halves, for a span may be beyond all numbers
        return (at / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5

    def ticks(self) -> list[tuple[float, str]]:
        """Return round values on the axis, at most about seven, with their labels."""
        if not self.high > self.low:
            values = [self.low]
        elif self.log and self.high / self.low >= 10:
            values = _decades(self.low, self.high)
        else:
            values = _steps(self.low, self.high)
        return [(value, self._label(value, values)) for value in values]

    def _label(self, value: float, values: list[float]) -> str:
        if not self.percent:
            return compact(value)
        whole = all(abs(tick * 100 - round(tick * 100)) < 1e-6 for tick in values)
        return f"{value:.0%}" if whole else f"{value:.1%}"


def _steps(low: float, high: float) -> list[float]:
    rough = high / _TICKS - low / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(at * step, 12) for at in range(first, last + 1)]


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    stride = max(1, math.ceil((last - first) / _TICKS))
    tens = [10.0**power for power in range(first, last + 1, stride)]
    if len(tens) > 2:
        return tens
    many = [times * 10.0**power for power in range(first - 1, last + 1) for times in (1, 2, 5)]
    return [value for value in many if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
