"""The training products that are nearest to a product, where the server was given them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from aisle.catalog import Catalog
from aisle.errors import AisleError
from aisle.insight.explaining.findings import Neighbour
from aisle.insight.explaining.neighbours import TrainingRows, neighbours
from aisle.serving.engine import Engine

VARIABLE = "AISLE_SERVE_TRAIN"
"""The catalogue that the model was trained on, for all workers; `aisle serve --train` sets it."""

READING = "the training products are still being read: ask again in a while"

_LOG = logging.getLogger(__name__)
Found = tuple[Sequence[tuple[Neighbour, ...]], str | None]
"""The neighbours of each product, and why there are none."""


class Nearest:
    """Finds the nearest training products, which it reads in the background.

    Parameters
    ----------
    path
        The catalogue that the model was trained on; without, there are no neighbours.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._engine: Engine | None = None
        self._rows: TrainingRows | None = None
        self._note: str | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="aisle-nearest")

    @classmethod
    def of_environment(cls) -> Nearest:
        """Return what the command line, or whoever started the server, asked for."""
        given = os.environ.get(VARIABLE)
        return cls(Path(given) if given else None)

    async def prepare(self, engine: Engine) -> None:
        """Begin to read the training products as a model sees them, once for each model."""
        if self._path is not None and self._engine is not engine:
            self._engine, self._rows, self._note = engine, None, READING
            asyncio.get_running_loop().run_in_executor(self._thread, self._read, engine)

    def stop(self) -> None:
        """Wait for no reading; what was begun is forgotten."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def find(self, engine: Engine, products: Catalog) -> Found:
        """Return the nearest training products of products that a model was asked about."""
        rows = self._rows if self._engine is engine else None
        if rows is None or not len(products):
            return [()] * len(products), self._note
        with engine.answerer.keeping():
            opened = engine.model.read(products)
            features = engine.model.plan_.transform(opened)
            return neighbours(engine.model, rows, opened, features), None

    def _read(self, engine: Engine) -> None:
        assert self._path is not None
        try:
            rows = training_rows(self._path, engine)
            note = None
        except AisleError as error:
            rows, note = None, str(error).replace(str(self._path), self._path.name)
            _LOG.error("there are no nearest training products: %s", error)
        except Exception:  # noqa: BLE001 - the server answers without them too
            rows, note = None, "the training products could not be read; the server's log says why"
            _LOG.exception("the training products could not be read")
        if self._engine is engine:
            self._rows, self._note = rows, note


def training_rows(path: Path, engine: Engine) -> TrainingRows:
    """Return what the training products look like to a model.

    Raises
    ------
    AisleError
        If the catalogue cannot be read, or holds no value of the target.
    """
    catalog = engine.model.read(Catalog.read(path))
    if not catalog.has_target.any():
        raise AisleError(
            f"{path}: has no value in {engine.model.schema_.target!r}; give the catalogue that the "
            "model was trained on"
        )
    labelled = catalog.take(np.flatnonzero(catalog.has_target))
    rows = TrainingRows.of(engine.model, labelled)
    _LOG.info("nearest training products are sought among %d", len(labelled))
    return rows
