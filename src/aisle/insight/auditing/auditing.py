"""Looking for labels that are likely wrong."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from aisle.catalog import Catalog, Task
from aisle.errors import AisleError, TrainingError
from aisle.insight.auditing.confident import check_cleanlab
from aisle.insight.auditing.correcting import accepted_suggestions, corrected
from aisle.insight.auditing.findings import Conflict, Finding, Overlap
from aisle.insight.auditing.labels import LabelFindings, doubt_labels
from aisle.insight.auditing.reviewing import write_rows
from aisle.insight.auditing.values import doubt_values
from aisle.models import ProductClassifier, ProductRegressor, Recipe
from aisle.progress import Progress, silent
from aisle.reports import save_report

ACCEPTED = 0.95
"""The score from which suggestions are taken over where nobody says otherwise."""


@dataclass(frozen=True)
class Audit:
    """What `audit` found.

    Parameters
    ----------
    target, task
        The column, and whether it holds classes or a quantity.
    recipe
        Whose experts were asked.
    products
        How many products have a label or a value.
    missing
        How many have none, and were skipped.
    classes
        Products a class, the largest first.
    rows
        The findings, the most doubtful first.
    overlaps
        Pairs of classes that are mixed up, the worst first.
    conflicts
        Near-duplicates with different labels.
    wrong
        About how many labels are wrong, by confident learning.
    untested
        Classes of which products could not be checked, since no other product teaches the class,
        with how many products that are.
    names, joint
        The classes that are mixed up most, and how many products of each given class (a row) seem
        to be of each true one (a column).
    seconds
        How long it took.
    catalog
        The catalogue that was audited.
    """

    target: str
    task: Task
    recipe: str
    products: int
    missing: int
    classes: tuple[tuple[str, int], ...]
    rows: tuple[Finding, ...]
    overlaps: tuple[Overlap, ...]
    conflicts: tuple[Conflict, ...]
    wrong: int
    untested: tuple[tuple[str, int], ...]
    names: tuple[str, ...]
    joint: tuple[tuple[int, ...], ...]
    seconds: float
    catalog: Catalog = field(repr=False)

    @property
    def kinds(self) -> dict[str, int]:
        """How many findings there are of each kind, in the order of their first."""
        return dict(Counter(finding.kind for finding in self.rows))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape of ``aisle audit``."""
        return {
            "target": self.target,
            "task": self.task.value,
            "recipe": self.recipe,
            "products": self.products,
            "missing_target": self.missing,
            "estimated_wrong": self.wrong,
            "kinds": self.kinds,
            "classes": dict(self.classes),
            "rows": [finding.to_dict() for finding in self.rows],
            "overlaps": [overlap.to_dict() for overlap in self.overlaps],
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
            "untested": dict(self.untested),
            "seconds": self.seconds,
        }

    def save(self, path: str | Path) -> None:
        """Write the audit as JSON, as an HTML page, or its findings as CSV, by the suffix.

        Raises
        ------
        AisleError
            If the suffix is another, or the file cannot be written.
        """

        def page() -> str:
            from aisle.insight.auditing.page import audit_page

            return audit_page(self)

        save_report(
            path,
            "an audit",
            data=self.to_dict,
            page=page,
            table=lambda path: write_rows(self.rows, path),
        )

    def corrected(
        self, accept: float | Iterable[Finding] | Mapping[int, str] = ACCEPTED
    ) -> Catalog:
        """Return the catalogue with labels replaced.

        Parameters
        ----------
        accept
            The score from which suggestions for wrong labels are taken over; or the findings whose
            suggestion is taken over; or new labels by row number.

        Raises
        ------
        AisleError
            If suggestions are to be taken over for a quantity: what a model predicts is no fact.
        """
        if isinstance(accept, Mapping):
            return corrected(self.catalog, accept)
        if self.task is Task.REGRESS:
            raise AisleError(
                f"{self.target!r} is a quantity, and a predicted value is no fact to write down: "
                "give the true values by row number, or with --decisions"
            )
        if isinstance(accept, int | float):
            return corrected(self.catalog, accepted_suggestions(self.rows, float(accept)))
        return corrected(
            self.catalog, {f.row: f.suggested for f in accept if f.suggested is not None}
        )


def audit(
    catalog: object,
    *,
    target: str | None = None,
    recipe: str | Path | Recipe | ProductClassifier | ProductRegressor = "auto",
    settings: Iterable[str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> Audit:
    """Find labels that are likely wrong, classes that overlap, conflicts and outliers.

    Every product is judged by experts that have not seen it, nor its near-duplicates; all
    modalities have their say. A second round leaves the most suspicious products out of training.

    Parameters
    ----------
    catalog
        Products, in any form that `Catalog.read` takes. Those without a label are skipped.
    target
        The column whose labels are audited, where the catalogue does not know it.
    recipe, settings
        Whose experts are asked, as for a `ProductClassifier`; or such a model, whose recipe is
        taken. How the recipe fuses experts does not matter here: they are pooled.
    seed
        The same seed, the same findings.
    progress
        Called as work goes on.

    Returns
    -------
    Audit
        Ranked findings; `Audit.save` writes them, `Audit.corrected` takes suggestions over.

    Raises
    ------
    AisleError
        If cleanlab is not installed, or the catalogue has no target or nothing to learn from.

    References
    ----------
    Northcutt, Jiang and Chuang (2021), Confident learning: estimating uncertainty in dataset
    labels.

    Examples
    --------
    >>> from aisle import Catalog
    >>> rows = [{"title": f"{c} {n}", "kind": c} for n in range(9) for c in ("mug", "lamp")]
    >>> rows.append({"title": "mug", "kind": "lamp"})
    >>> found = audit(Catalog.read(rows, target="kind"), settings=["folds=3"])
    >>> found.rows[0].row, found.rows[0].given, found.rows[0].suggested
    (18, 'lamp', 'mug')
    """
    start = time.perf_counter()
    check_cleanlab()
    opened = Catalog.read(catalog, target=target)
    name = opened.schema.target
    if name is None:
        raise TrainingError(
            "the catalogue has no target: name the column whose labels are audited, "
            "as in audit(catalog, target='category')"
        )
    known = np.flatnonzero(opened.has_target)
    if len(known) < 4:
        raise TrainingError(
            f"only {len(known)} of {len(opened)} rows have a usable label in {name!r}; "
            "an audit needs at least 4, and 20 a class are a good start"
        )
    opened.find_groups(progress)
    products = opened.take(known)
    asked = tuple(settings)
    if opened.task is Task.REGRESS:
        if isinstance(recipe, ProductClassifier):
            raise AisleError(f"{name!r} is a quantity; audit it with a regressor's recipe")
        chosen, rows = doubt_values(products, known, recipe, asked, seed=seed, progress=progress)
        found = LabelFindings(recipe=chosen, rows=rows)
    else:
        if isinstance(recipe, ProductRegressor):
            raise AisleError(f"{name!r} holds classes; audit it with a classifier's recipe")
        found = doubt_labels(products, known, recipe, asked, seed=seed, progress=progress)
    return Audit(
        target=name,
        task=opened.task,
        recipe=found.recipe,
        products=len(products),
        missing=len(opened) - len(products),
        classes=_classes(products),
        rows=found.rows,
        overlaps=found.overlaps,
        conflicts=found.conflicts,
        wrong=found.wrong,
        untested=found.untested,
        names=found.names,
        joint=found.joint,
        seconds=time.perf_counter() - start,
        catalog=opened,
    )


def _classes(products: Catalog) -> tuple[tuple[str, int], ...]:
    if products.task is Task.REGRESS:
        return ()
    counts = Counter(str(label) for label in products.labels)
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
