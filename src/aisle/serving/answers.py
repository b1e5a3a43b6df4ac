"""The model asked about products of any requests: `predict`'s answers with less repetition."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, nullcontext
from typing import Any

from aisle.blas import one_blas_thread
from aisle.cache import nothing_kept
from aisle.catalog import Role
from aisle.decisions import REVIEW
from aisle.models import ProductClassifier, ProductRegressor
from aisle.models.decision_table import decision_columns
from aisle.serving.products import Product, ProductReader

Answer = dict[str, Any]
"""A row of `predict` as JSON has it, without its id."""

FAILED = "could not be answered; the server's log says why, under this request's id"

_MADE_UP = {Role.TEXT: "a product", Role.CATEGORY: "some", Role.ID: "0"}


class Answerer:
    """Answers for products, in threads of whoever asks.

    Thresholds are computed once, and matrix products are kept in one thread once and for all, where
    `predict` does both at every call.

    Parameters
    ----------
    model
        A classifier or a regressor.
    reader
        Of the model's schema.
    keep_features
        Whether the feature cache on disk is asked and filled; it is of use where the same products
        come again and again.
    """

    def __init__(
        self,
        model: ProductClassifier | ProductRegressor,
        reader: ProductReader,
        *,
        keep_features: bool = False,
    ) -> None:
        self.keeping = nullcontext if keep_features else nothing_kept
        self._model = model
        self._reader = reader
        self._limit = ExitStack()
        self._thresholds: Mapping[str, float] = (
            {name: one.threshold for name, one in model.thresholds().items()}
            if isinstance(model, ProductClassifier)
            else {}
        )

    def open(self) -> Answer:
        """Keep matrix products in one thread until `close`, and answer for a made-up product."""
        self._limit.enter_context(one_blas_thread())
        made_up = {
            column.name: _MADE_UP.get(column.role, "1")
            for column in self._model.schema_
            if column.role not in (Role.TARGET, Role.IMAGE, Role.VECTOR)
        }
        read = self._reader.read([made_up])
        return self.answers(read.products)[0]

    def close(self) -> None:
        """Give matrix products their threads back."""
        self._limit.close()

    def answers(self, products: Sequence[Product]) -> list[Answer]:
        """Return the answer for every product, in order."""
        with self.keeping():
            columns = self._columns(products)
        told = zip(*columns.values(), strict=True)
        rows: list[Answer] = [dict(zip(columns, row, strict=True)) for row in told]
        for row, product in zip(rows, products, strict=True):
            if product.remarks:
                remarks = [*product.remarks, *([] if row["error"] is None else [row["error"]])]
                row["error"] = "; ".join(remarks)
            if "value" in row:
                row |= {name: _finite(row[name]) for name in ("value", "low", "high")}
        return rows

    def _columns(self, products: Sequence[Product]) -> Mapping[str, Sequence[Any]]:
        """Return what `predict` says, by column, without ids."""
        model = self._model
        catalog = model.read(self._reader.catalog(products))
        if isinstance(model, ProductRegressor):
            table = model.tabulated(catalog, model.scores(catalog))
            columns: dict[str, Sequence[Any]] = table.drop_columns(["id"]).to_pydict()
            return columns
        return decision_columns(
            catalog,
            model.scores(catalog),
            classes=model.classes_,
            thresholds=self._thresholds,
            familiarity=model.familiarity_,
        )

    def failed(self) -> Answer:
        """Return what stands in the place of an answer that could not be computed."""
        if isinstance(self._model, ProductRegressor):
            return {"value": None, "low": None, "high": None, "modalities": [], "error": FAILED}
        return {
            "category": None,
            "confidence": None,
            "decision": REVIEW,
            "alternatives": [],
            "modalities": [],
            "error": FAILED,
        }


def _finite(value: float | None) -> float | None:
    """Replace what JSON cannot say by null."""
    return value if value is not None and math.isfinite(value) else None
