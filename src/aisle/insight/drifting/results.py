"""What a comparison of two catalogues found, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from aisle.reports import save_report

Verdict = Literal["none", "some", "strong"]

ORDER: Mapping[Verdict, int] = {"none": 0, "some": 1, "strong": 2}


@dataclass(frozen=True)
class Thresholds:
    """From what excess over chance on a measure tells of some drift, and of strong drift."""

    some: float
    strong: float


@dataclass(frozen=True)
class Measure:
    """How far two catalogues lie apart in one respect.

    Parameters
    ----------
    name
        The respect: ``shares``, ``distribution``, ``length``, ``vocabulary``, ``missing``,
        ``brightness``, ``size``, ``confidence``, ``accepted``.
    statistic
        What is measured: ``jensen-shannon``, ``kolmogorov-smirnov``, ``unseen-share`` or
        ``difference`` of two shares.
    value
        As measured.
    chance
        What random parts of both catalogues together, of the same sizes, show on average.
    excess
        How much of the value is left once chance is taken out; verdicts go by it.
    p_value
        The share of such random parts that lie as far apart, corrected for the number of measures.
    verdict
        ``none``, ``some`` or ``strong``.
    reference, new
        A figure of either side that a person understands: a mean, a median or a share.
    besides
        Other statistics of the same respect, by name.
    """

    name: str
    statistic: str
    value: float
    chance: float
    excess: float
    p_value: float
    verdict: Verdict
    reference: float | None = None
    new: float | None = None
    besides: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Curve:
    """Distribution functions of both sides: quantiles at the same, rising shares."""

    shares: tuple[float, ...]
    reference: tuple[float, ...]
    new: tuple[float, ...]


@dataclass(frozen=True)
class ColumnDrift:
    """How far one column has moved.

    Parameters
    ----------
    name, role
        The column and what it is used for.
    reference_rows, new_rows
        Products that have a value.
    measures
        In every respect that its role has.
    values
        Of categories: value, share before, share now, those that moved most first. Of texts: new
        words, the share of texts that held them before (none), and that hold them now.
    curves
        Of numbers, text lengths and photographs, by measure.
    """

    name: str
    role: str
    reference_rows: int
    new_rows: int
    measures: tuple[Measure, ...]
    values: tuple[tuple[str, float, float], ...] = ()
    curves: Mapping[str, Curve] = field(default_factory=dict, repr=False)

    @property
    def verdict(self) -> Verdict:
        """The strongest verdict of its measures."""
        return strongest(measure.verdict for measure in self.measures)

    @property
    def moved(self) -> tuple[Measure, ...]:
        """The measures that tell of drift, the strongest first."""
        found = [measure for measure in self.measures if measure.verdict != "none"]
        return tuple(sorted(found, key=lambda one: (-ORDER[one.verdict], -one.excess)))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return {
            "column": self.name,
            "role": self.role,
            "verdict": self.verdict,
            "reference_rows": self.reference_rows,
            "new_rows": self.new_rows,
            "measures": [asdict(measure) for measure in self.measures],
            "values": [
                {"value": value, "reference": before, "new": now}
                for value, before, now in self.values
            ],
        }


@dataclass(frozen=True)
class Telling:
    """Whether a classifier can tell which catalogue a product is from.

    Parameters
    ----------
    auc
        How often it ranks a new product above one of the reference: 0.5 is chance, 1 is always.
        Each product is judged by a model that has seen neither it nor its near-duplicates.
    interval
        Its 98 % interval, by drawing groups of near-duplicates again.
    verdict
        ``none``, ``some`` or ``strong``.
    towards_new, towards_reference
        Words and values that speak most for either side, and their weights.
    roc
        Points of the curve: share of reference products mistaken, share of new ones found.
    """

    auc: float
    interval: tuple[float, float]
    verdict: Verdict
    towards_new: tuple[tuple[str, float], ...]
    towards_reference: tuple[tuple[str, float], ...]
    roc: tuple[tuple[float, float], ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        return {
            "auc": self.auc,
            "interval": list(self.interval),
            "verdict": self.verdict,
            "towards_new": [{"term": term, "weight": weight} for term, weight in self.towards_new],
            "towards_reference": [
                {"term": term, "weight": weight} for term, weight in self.towards_reference
            ],
        }


@dataclass(frozen=True)
class ModelDrift:
    """How a model answers both catalogues.

    Parameters
    ----------
    recipe
        Of the model.
    answers
        What it says, compared like a column.
    out_of_fold
        Whether the reference trained the model, so that its confidence and decisions there are
        those of training, out of fold.
    """

    recipe: str
    answers: ColumnDrift
    out_of_fold: bool = False

    @property
    def verdict(self) -> Verdict:
        """The strongest verdict of its measures."""
        return self.answers.verdict

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape."""
        plain = {"recipe": self.recipe, "out_of_fold": self.out_of_fold}
        return {**plain, **self.answers.to_dict()}


@dataclass(frozen=True)
class Drift:
    """What `drift` found.

    Parameters
    ----------
    reference, new
        What the two catalogues are called.
    reference_products, new_products
        How many products they have.
    reference_rows, new_rows
        How many of these, evenly spread, were looked at.
    target
        The column with the classes or values, if one was named.
    columns
        Those that moved most first.
    only_reference, only_new
        Columns that the other side lacks; they are not compared.
    telling
        Whether a classifier tells the catalogues apart; None with too few products.
    model
        What a model says of both; None without one.
    thresholds
        By statistic.
    permutations, seed
        Of the guard against chance.
    seconds
        How long it took.
    """

    reference: str
    new: str
    reference_products: int
    new_products: int
    reference_rows: int
    new_rows: int
    target: str | None
    columns: tuple[ColumnDrift, ...]
    only_reference: tuple[str, ...]
    only_new: tuple[str, ...]
    telling: Telling | None
    model: ModelDrift | None
    thresholds: Mapping[str, Thresholds]
    permutations: int
    seed: int
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """The strongest of all verdicts."""
        every = [column.verdict for column in self.columns]
        for part in (self.telling, self.model):
            if part is not None:
                every.append(part.verdict)
        return strongest(every)

    @property
    def too_few(self) -> bool:
        """Whether no column has values enough on both sides to compare more than their lack."""
        measures = [measure.name for column in self.columns for measure in column.measures]
        return all(name == "missing" for name in measures)

    @property
    def moved(self) -> tuple[ColumnDrift, ...]:
        """The columns that have moved."""
        return tuple(column for column in self.columns if column.verdict != "none")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape of ``aisle drift``."""
        return {
            "reference": self.reference,
            "new": self.new,
            "reference_products": self.reference_products,
            "new_products": self.new_products,
            "reference_rows": self.reference_rows,
            "new_rows": self.new_rows,
            "target": self.target,
            "verdict": self.verdict,
            "too_few": self.too_few,
            "telling_apart": None if self.telling is None else self.telling.to_dict(),
            "columns": [column.to_dict() for column in self.columns],
            "only_reference": list(self.only_reference),
            "only_new": list(self.only_new),
            "model": None if self.model is None else self.model.to_dict(),
            "thresholds": {name: asdict(one) for name, one in self.thresholds.items()},
            "permutations": self.permutations,
            "seed": self.seed,
            "seconds": self.seconds,
        }

    def save(self, path: str | Path) -> None:
        """Write the comparison as JSON or as an HTML page, by the suffix, atomically.

        Raises
        ------
        AisleError
            If the suffix is neither ``.json`` nor ``.html``, or the file cannot be written.
        """

        def page() -> str:
            from aisle.insight.drifting.page import drift_page

            return drift_page(self)

        save_report(path, "a comparison of catalogues", data=self.to_dict, page=page)


def strongest(verdicts: Any) -> Verdict:
    """Return the strongest of some verdicts; ``none`` of none."""
    found: Verdict = max(verdicts, key=ORDER.__getitem__, default="none")
    return found
