"""Predicting edited products, and comparing with what was said of them before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aisle import metrics
from aisle.cache import nothing_kept
from aisle.catalog import Catalog, Role
from aisle.errors import AisleError
from aisle.evaluation.answered import Answered
from aisle.evaluation.consistency.editing import image_edited, text_edited
from aisle.evaluation.consistency.photographs import IMAGE_EDITS
from aisle.evaluation.consistency.results import Consistency, EditOutcome, Flip
from aisle.evaluation.consistency.words import TEXT_EDITS
from aisle.models import ProductClassifier
from aisle.progress import Progress, silent

Rows = npt.NDArray[np.int64]

MOST_ROWS = 1_000
"""Products, evenly spread, that are edited: each edit costs a prediction of all of them."""

EXAMPLES = 12
"""How many changed answers are told one by one, over all edits."""

_SHOWN = 160


@dataclass(frozen=True, eq=False)
class _Edited:
    """What an edit changes: row numbers, answers before and after, texts before and after."""

    name: str
    rows: Rows
    before: Answered
    after: Answered
    texts: tuple[list[str], list[str]] | None


def consistency(
    model: ProductClassifier,
    products: Catalog,
    predictions: pa.Table,
    *,
    precision: float | None = None,
    seed: int = 0,
    rows: int = MOST_ROWS,
    progress: Progress = silent,
) -> Consistency:
    """Edit products harmlessly in many ways, one at a time, and see which answers stay.

    Texts: colour words, sizes and numbers, case, punctuation, and the order of fields. Photographs:
    a slight crop, a coarse JPEG, mirrored, brighter and darker by 10 %, and halved.

    Parameters
    ----------
    model
        The classifier.
    products
        Products with their truth, the roles of the model's schema given to their columns.
    predictions
        What the model says of them, as `ProductClassifier.predict` returns it.
    precision
        The precision promised for decisions; the recipe's when left out.
    seed
        Of the edits.
    rows
        How many products are edited, at most, evenly spread.
    progress
        Called as work goes on.

    Raises
    ------
    AisleError
        If `rows` is below 1.
    """
    if rows < 1:
        raise AisleError(f"rows: expected 1 or more products to edit, found {rows}")
    count = min(rows, len(products))
    places = np.linspace(0, len(products) - 1, count).round().astype(np.int64)
    some = products.take(places)
    editing = _Editing(
        model, some, Answered.of(predictions.take(pa.array(places)), some.labels), precision, seed
    )
    outcomes: list[EditOutcome] = []
    flips: list[Flip] = []
    wanted = _edits(model, some)
    for done, (modality, name) in enumerate(wanted):
        progress("predicting edited products", done, len(wanted))
        edited = editing.made(modality, name)
        if edited is not None:
            outcomes.append(_outcome(modality, edited))
            flips += _flips(edited, places, some.ids)
    flips.sort(key=lambda flip: (flip.before != flip.truth, -flip.confidence_before))
    return Consistency(
        rows=count,
        of=len(products),
        seed=seed,
        edits=tuple(sorted(outcomes, key=lambda outcome: outcome.same)),
        worst=tuple(_one_each(flips))[:EXAMPLES],
    )


@dataclass(frozen=True, eq=False)
class _Editing:
    """Products, what was said of them, and the model that answers them again."""

    model: ProductClassifier
    products: Catalog
    before: Answered
    precision: float | None
    seed: int

    def made(self, modality: str, name: str) -> _Edited | None:
        """Answer products with one edit; None where the edit changes none."""
        batches: Iterator[tuple[Catalog, Rows]] = (
            iter([text_edited(self.products, name, self.seed)])
            if modality == "text"
            else image_edited(self.products, name)
        )
        parts, tables, texts = [], [], None
        with nothing_kept():
            for changed, rows in batches:
                if not len(rows):
                    continue
                parts.append(rows)
                tables.append(self.model.predict(changed, precision=self.precision))
                if modality == "text":
                    texts = _first_change(self.products.take(rows), changed)
        if not parts:
            return None
        rows = np.concatenate(parts)
        before = self.before.take(rows)
        after = Answered.of(pa.concat_tables(tables), before.truth)
        return _Edited(name, rows, before, after, texts)


def _edits(model: ProductClassifier, products: Catalog) -> list[tuple[str, str]]:
    """List the edits of what the model reads and the catalogue has."""
    kinds = (("text", Role.TEXT, list(TEXT_EDITS)), ("image", Role.IMAGE, list(IMAGE_EDITS)))
    return [
        (modality, name)
        for modality, role, names in kinds
        if modality in model.modalities_ and products.schema.names(role)
        for name in names
    ]


def _first_change(before: Catalog, after: Catalog) -> tuple[list[str], list[str]]:
    """Return the first text of each product that an edit changed, as it was and as it became."""
    was, became = [""] * len(before), [""] * len(before)
    for column in reversed(before.schema.names(Role.TEXT)):
        pairs = zip(before.strings(column), after.strings(column), strict=True)
        for row, (old, new) in enumerate(pairs):
            if old != new:
                was[row], became[row] = _around(old or "", new or "")
    return was, became


def _around(old: str, new: str) -> tuple[str, str]:
    """Cut two long texts to where they begin to differ."""
    differ = next(
        (at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
        min(len(old), len(new)),
    )
    start = max(0, differ - _SHOWN // 2) if max(len(old), len(new)) > _SHOWN else 0
    lead = "…" if start else ""
    return f"{lead}{old[start : start + _SHOWN]}", f"{lead}{new[start : start + _SHOWN]}"


def _outcome(modality: str, edited: _Edited) -> EditOutcome:
    before, after = edited.before, edited.after
    same = np.asarray(after.category == before.category, dtype=np.bool_)
    words = {name: told for edits in (TEXT_EDITS, IMAGE_EDITS) for name, (told, _) in edits.items()}
    return EditOutcome(
        edit=edited.name,
        words=words[edited.name],
        modality=modality,
        rows=len(same),
        same=float(same.mean()),
        interval=metrics.wilson_interval(int(same.sum()), len(same)),
        accuracy_before=before.accuracy,
        accuracy=after.accuracy,
        coverage_before=before.coverage,
        coverage=after.coverage,
        accepted_precision_before=before.accepted_precision,
        accepted_precision=after.accepted_precision,
        decisions_changed=float((before.accepted != after.accepted).mean()),
        broken=int((before.right & ~after.right).sum()),
        mended=int((after.right & ~before.right).sum()),
    )


def _flips(edited: _Edited, places: Rows, ids: Sequence[str | None]) -> list[Flip]:
    """List the products whose category did not stay."""
    before, after = edited.before, edited.after
    return [
        Flip(
            edit=edited.name,
            row=int(places[edited.rows[at]]),
            id=str(ids[edited.rows[at]]),
            truth=str(before.truth[at]),
            before=str(before.category[at]),
            after=str(after.category[at]),
            confidence_before=float(before.confidence[at]),
            confidence=float(after.confidence[at]),
            texts=None if edited.texts is None else (edited.texts[0][at], edited.texts[1][at]),
        )
        for at in np.flatnonzero(after.category != before.category).tolist()
    ]


def _one_each(flips: list[Flip]) -> Iterator[Flip]:
    """Let every product stand once, under the edit that stands first."""
    seen: set[int] = set()
    for flip in flips:
        if flip.row not in seen:
            seen.add(flip.row)
            yield flip
