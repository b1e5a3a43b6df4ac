"""A client of the server, with nothing but the standard library."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aisle.serving.connection import Connection, ServerError, content_of

if TYPE_CHECKING:
    from aisle.serving.jobs.remote import Jobs

__all__ = ["Alternative", "Client", "Prediction", "Predictions", "ServerError"]


@dataclass(frozen=True)
class Alternative:
    """A category and how likely it is."""

    category: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """The answer for one product: of a classifier, or of a regressor.

    Parameters
    ----------
    id
        As it was sent; the position where none was.
    category, confidence, decision, alternatives
        Of a classifier.
    value, low, high
        Of a regressor.
    modalities
        Which were present.
    error
        What could not be read.
    """

    id: str | None
    category: str | None = None
    confidence: float | None = None
    decision: str | None = None
    alternatives: tuple[Alternative, ...] = ()
    value: float | None = None
    low: float | None = None
    high: float | None = None
    modalities: tuple[str, ...] = ()
    error: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Prediction:
        """Build an answer from its JSON shape."""
        others = tuple(Alternative(**one) for one in told.get("alternatives", ()))
        kept = {name: told[name] for name in cls.__dataclass_fields__ if name in told}
        return cls(**kept | {"alternatives": others, "modalities": tuple(told["modalities"])})


@dataclass(frozen=True)
class Predictions:
    """The answers of one request, in order, and the columns that the model does not read."""

    model: str
    predictions: tuple[Prediction, ...]
    ignored: tuple[str, ...]


class Client(Connection):
    """Asks a server; a connection is kept between requests, so use one client a thread.

    Parameters
    ----------
    url
        Where the server is, such as ``http://127.0.0.1:8000``.
    key
        To present, if the server wants one.
    timeout_seconds
        For a connection, and for each piece of an answer.
    retries
        How often to ask again where the server has no room (429), is not ready (503) or cannot be
        reached; after as long as it says.
    pause
        Waits for so many seconds.

    Examples
    --------
    >>> client = Client("http://127.0.0.1:8000")
    >>> client.predict([{"title": "red mug"}]).predictions[0].category  # doctest: +SKIP
    'Mugs'
    """

    def predict(
        self, products: Iterable[Mapping[str, object]], *, deadline_ms: float | None = None
    ) -> Predictions:
        """Return the answers for products.

        Parameters
        ----------
        products
            Column to value; a photograph is bytes, a `pathlib.Path` of a file here, or text.
        deadline_ms
            How long the answer is of use, pauses before asking again included.

        Raises
        ------
        ServerError
            If the server refuses or cannot be reached.
        """
        sent = {"products": [_sendable(product) for product in products]}
        told = self._ask("POST", "/v1/predict", sent, deadline_ms)
        return Predictions(
            told["model"],
            tuple(map(Prediction.of, told["predictions"])),
            tuple(told["ignored"]),
        )

    def explain(
        self,
        products: Iterable[Mapping[str, object]],
        *,
        against: str | None = None,
        deadline_ms: float | None = None,
    ) -> list[dict[str, Any]]:
        """Return why products get their answers, in the JSON shape of ``aisle explain``.

        Parameters
        ----------
        products, deadline_ms
            As for `predict`.
        against
            Compare the answer with this category instead of with all others together.

        Raises
        ------
        ServerError
            As `predict` does, and if the model knows no category `against`.
        """
        sent = {"products": [_sendable(product) for product in products], "against": against}
        found = self._ask("POST", "/v1/explain", sent, deadline_ms)
        told: list[dict[str, Any]] = found["products"]
        return told

    @cached_property
    def jobs(self) -> Jobs:
        """Whole catalogues that the server answers in the background."""
        from aisle.serving.jobs.remote import Jobs

        return Jobs(self)

    def model(self) -> dict[str, Any]:
        """Return what the server tells of its model; raises ServerError."""
        return self._ask("GET", "/v1/model")

    def reload(self, *, whatever: bool = False) -> dict[str, Any]:
        """Have the server load its bundle anew, and return what became of that.

        Parameters
        ----------
        whatever
            Take a model of another target, and one that is much worse by its own account.

        Raises
        ------
        ServerError
            If it may not be asked for, or the model in service stays: the message says why.
        """
        return self._ask("POST", "/v1/model/reload", {"whatever": whatever})

    def experiment(self) -> dict[str, Any]:
        """Return what two models answered, and which is better so far; raises ServerError."""
        return self._ask("GET", "/v1/experiment")

    def feedback(self, truths: Mapping[str, str]) -> int:
        """Tell the server the true categories of products that it answered in an experiment.

        Parameters
        ----------
        truths
            Category by the id that was sent with the product.

        Returns
        -------
        int
            How many of the products it remembers.

        Raises
        ------
        ServerError
            If it remembers none of them, or there is no experiment.
        """
        told = [{"id": id, "category": category} for id, category in truths.items()]
        return int(self._ask("POST", "/v1/feedback", {"feedback": told})["taken"])

    def _ask(
        self,
        method: str,
        path: str,
        content: object = None,
        deadline_ms: float | None = None,
    ) -> dict[str, Any]:
        body = None if content is None else json.dumps(content, allow_nan=False).encode()
        return content_of(
            *self.ask(method, path, body, "application/json", deadline_ms=deadline_ms), self.url
        )


def _sendable(product: Mapping[str, object]) -> dict[str, object]:
    return {name: _value(value) for name, value in product.items()}


def _value(value: object) -> object:
    if isinstance(value, Path):
        value = value.read_bytes()
    if isinstance(value, bytes | bytearray | memoryview):
        return f"data:image/unknown;base64,{base64.b64encode(value).decode('ascii')}"
    if isinstance(value, list | tuple):
        return [_value(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
