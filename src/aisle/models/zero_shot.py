"""Categories from their names alone: answers before a single product is labelled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from aisle.catalog import Catalog, Task
from aisle.decisions import REVIEW
from aisle.encoders.pretrained.prompts import (
    TEMPLATES,
    NamedCategory,
    check_templates,
    named_categories,
)
from aisle.encoders.pretrained.zero_shot import NameMatcher, NameScores
from aisle.errors import CatalogError
from aisle.metrics import per_class, wilson_interval
from aisle.models.decision_table import LISTED
from aisle.progress import Progress, silent

NOTHING_TO_COMPARE = "nothing of the product can be compared with names of categories"

_MOST_ROWS = 4_096
_MOST_CELLS = 1 << 22

_SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "category": pa.string(),
        "confidence": pa.float64(),
        "decision": pa.string(),
        "alternatives": pa.list_(
            pa.struct([("category", pa.string()), ("probability", pa.float64())])
        ),
        "modalities": pa.list_(pa.string()),
        "error": pa.string(),
    }
)


class ZeroShotClassifier:
    """Answers with the category whose name fits a product best; nothing is learned.

    Every answer goes to review: how sure one has to be can only be known from products whose
    category is known, and `ProductClassifier` learns from those.

    Parameters
    ----------
    encoder
        The name or path of an encoder folder: a pair of networks, an image encoder with an output
        in the space of a text encoder, or a text encoder.
    categories
        Names (paths such as ``Home > Kitchen > Mugs`` too), or `NamedCategory` with synonyms.
    templates
        Sentences with ``{}`` where a category's name goes.
    modalities
        Of ``text`` and ``image``; by default all that can be compared.
    columns
        By modality, the columns to read; all of the catalogue's when left out.

    Examples
    --------
    >>> from aisle.encoders.pretrained.prompts import NamedCategory
    >>> mugs = NamedCategory("Mugs", synonyms=("cups",))
    >>> classifier = ZeroShotClassifier("siglip2-base", [mugs, "Lamps"])
    >>> classifier.classes_
    ['Mugs', 'Lamps']
    """

    def __init__(
        self,
        encoder: str | Path,
        categories: Sequence[str | NamedCategory],
        *,
        templates: Sequence[str] = TEMPLATES,
        modalities: Collection[str] | None = None,
        columns: Mapping[str, Sequence[str] | None] | None = None,
    ) -> None:
        self.encoder = encoder
        self.categories = categories
        self.templates = templates
        self.modalities = modalities
        self.columns = columns

    @cached_property
    def categories_(self) -> tuple[NamedCategory, ...]:
        """The categories with tidy names; raises CatalogError if they are no choice."""
        return named_categories(self.categories, "categories")

    @property
    def classes_(self) -> list[str]:
        """The names of the categories, in the order of the probabilities."""
        return [category.name for category in self.categories_]

    @cached_property
    def matcher_(self) -> NameMatcher:
        """What compares products with names; raises EncoderError if there is no such encoder."""
        check_templates(self.templates)
        return NameMatcher(
            self.encoder,
            self.categories_,
            templates=self.templates,
            modalities=self.modalities,
            columns=self.columns,
        )

    def predict(self, catalog: object, *, progress: Progress = silent) -> pa.Table:
        """Return a category for every product, in order.

        Parameters
        ----------
        catalog
            Products, in any form that `Catalog.read` takes.
        progress
            Called as work goes on.

        Returns
        -------
        pyarrow.Table
            ``id``, ``category`` (null where nothing can be compared), ``confidence``, ``decision``
            (review), ``alternatives`` (the five most probable, with probability), ``modalities``
            (what was compared), ``error``: the columns of `ProductClassifier.predict`.

        Raises
        ------
        CatalogError
            If the catalogue has no column to compare.
        EncoderError
            If there is no such encoder, or it cannot be compared with names.
        """
        products = Catalog.read(catalog)
        self.matcher_.modalities_for(products)
        batches = self._batches(products, progress)
        return pa.concat_tables([_SCHEMA.empty_table(), *batches]).combine_chunks()

    def _batches(self, products: Catalog, progress: Progress) -> Iterator[pa.Table]:
        names = np.array([*self.classes_, None], dtype=object)[:-1]
        step = max(min(_MOST_ROWS, _MOST_CELLS // len(names)), 1)
        for start in range(0, len(products), step):
            stop = min(start + step, len(products))
            scored = self.matcher_.scores(products.slice(start, stop))
            yield _table(products.ids[start:stop], scored, names)
            progress("comparing with names", stop, len(products))


@dataclass(frozen=True)
class ZeroShotScore:
    """How often the answers are the categories that a catalogue gives.

    Parameters
    ----------
    rows
        Products whose category the catalogue gives.
    accuracy, accuracy_interval, macro_f1
        Over these; a product without an answer is an error.
    unlisted
        Products whose category is none of those to choose from, and so cannot be right.
    """

    rows: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    unlisted: int


def zero_shot_score(
    products: Catalog, answers: pa.Table, classes: Sequence[str]
) -> ZeroShotScore | None:
    """Compare answers with the target of a catalogue; None if no product has one.

    Parameters
    ----------
    products
        With a target.
    answers
        From `ZeroShotClassifier.predict`, in the same order.
    classes
        The categories that there were to choose from.

    Raises
    ------
    CatalogError
        If the target is a quantity.
    """
    if products.schema.target is None:
        return None
    if products.task is Task.REGRESS:
        raise CatalogError(
            f"the target {products.schema.target!r} is a quantity and cannot be compared with "
            "categories; name the column that holds categories, or say --task classify"
        )
    known = np.flatnonzero(products.has_target)
    if not len(known):
        return None
    truth = products.labels[known].astype(str)
    said = [name or "" for name in answers["category"].take(known).to_pylist()]
    right = int((truth == np.array(said, dtype=str)).sum())
    scores = per_class(truth, said, classes)
    # To have no answer is no category.
    occurring = {*truth.tolist(), *said} - {""}
    return ZeroShotScore(
        rows=len(known),
        accuracy=right / len(known),
        accuracy_interval=wilson_interval(right, len(known)),
        macro_f1=float(np.mean([scores[name].f1 for name in occurring])),
        unlisted=int((~np.isin(truth, list(classes))).sum()),
    )


def _table(ids: Sequence[str | None], scored: NameScores, names: np.ndarray) -> pa.Table:
    """Return the answers for some products, as `decision_table` does for a fitted classifier."""
    order = np.argsort(-scored.probabilities, axis=1, kind="stable")[:, :LISTED]
    modalities = [
        [name for name, mask in scored.present.items() if mask[row]] for row in range(len(ids))
    ]
    categories: list[str | None] = []
    alternatives: list[list[dict[str, object]]] = []
    errors: list[str | None] = []
    for row, codes in enumerate(order.tolist()):
        listed = [
            {"category": names[code], "probability": float(scored.probabilities[row, code])}
            for code in codes
            if modalities[row]
        ]
        told = [scored.errors.get(row), None if listed else NOTHING_TO_COMPARE]
        categories.append(str(listed[0]["category"]) if listed else None)
        alternatives.append(listed)
        errors.append("; ".join(one for one in told if one) or None)
    confidence = [one[0]["probability"] if one else None for one in alternatives]
    columns = [
        ids, categories, confidence, [REVIEW] * len(ids), alternatives, modalities, errors,
    ]  # fmt: skip
    arrays = [pa.array(c, kind.type) for c, kind in zip(columns, _SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)
