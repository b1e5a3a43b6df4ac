"""An explanation as `/v1/explain` gives it, brought back into the shape that pages draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aisle.catalog.images import Pixels
from aisle.catalog.images.decoding import decode, squared
from aisle.errors import AisleError
from aisle.insight.explaining import wording
from aisle.insight.explaining.deletion import Deletion
from aisle.insight.explaining.findings import (
    Columns,
    ColumnShare,
    ImageMap,
    ModalityShare,
    Passage,
    Picture,
    Piece,
    Shares,
    Words,
)
from aisle.insight.explaining.page import explanation_case
from aisle.insight.explaining.results import ExplainedProduct, Explanation
from aisle.models import ProductRegressor
from aisle.serving.page.fields import Model
from aisle.serving.page.rendering import fill

_SIDE = 320
_UNITS = {"linear": "value", "log": "log(value)", "log1p": "log(1 + value)"}
_TOLD = {
    "cam": "Class activation: the last maps of features, weighed by what they say for the answer.",
    "grad-cam": "Grad-CAM: maps of features, each weighed by the mean gradient of the answer.",
    "roll-out": "Attention roll-out: which patches reach the answer, whatever the category is.",
    "occlusion": "Occlusion: by how much the answer falls when this place is blurred.",
}


def why(
    model: Model,
    told: Mapping[str, Any],
    *,
    texts: Mapping[str, str],
    photograph: bytes | None,
    seconds: float,
) -> str:
    """Return an explanation as a part of the page.

    Parameters
    ----------
    model
        That was asked.
    told
        A product of ``/v1/explain``.
    texts
        What stands in the product's text columns.
    photograph
        The first one of the product.
    seconds
        How long it took.
    """
    product = _product(told, texts, photograph)
    found = Explanation(
        target=str(model.schema_.target),
        task=model.task.value,
        recipe=model.recipe_.name,
        fusion=str(model.metrics_["fusion"]),
        against=None,
        unit=_UNITS[model.scale_] if isinstance(model, ProductRegressor) else "log-odds",
        products=(product,),
        seconds=seconds,
    )
    return fill(
        "why.html",
        found=found,
        case=explanation_case(0, product, found),
        unit_words=wording.evidence_words(found),
        points=lambda value: wording.points(value, found),
        evidence=lambda value: wording.evidence(value, found),
        answered=lambda value: wording.shown(value, found),
        attends=any(share.attention is not None for share in product.shares.modalities),
    )


def passage(column: str, text: str, words: Sequence[Mapping[str, Any]]) -> Passage:
    """Return a column's text with its words' evidence, the words found in it one after another.

    Words that do not stand there as they were read are put one after another themselves.
    """
    pieces: list[tuple[str, str, float]] = []
    before, place = "", 0
    for at, one in enumerate(words):
        found = text.find(one["word"], place)
        if found < 0:
            return Passage(
                column, "", tuple(Piece(w["word"], " ", float(w["evidence"])) for w in words)
            )
        between = text[place:found]
        if at == 0:
            before = between
        else:
            word, _, evidence = pieces[-1]
            pieces[-1] = (word, between, evidence)
        pieces.append((one["word"], "", float(one["evidence"])))
        place = found + len(one["word"])
    if pieces:
        word, _, evidence = pieces[-1]
        pieces[-1] = (word, text[place:], evidence)
    return Passage(column, before, tuple(Piece(*one) for one in pieces))


def _product(
    told: Mapping[str, Any], texts: Mapping[str, str], photograph: bytes | None
) -> ExplainedProduct:
    value = told.get("value")
    return ExplainedProduct(
        id=str(told["id"]),
        row=0,
        title=told["title"],
        answer=told["category"] if "category" in told else str(value),
        confidence=told.get("confidence"),
        decision=told.get("decision"),
        value=value,
        low=told.get("low"),
        high=told.get("high"),
        alternatives=tuple(
            (one["category"], one["probability"]) for one in told.get("alternatives", ())
        ),
        truth=None,
        shares=_shares(told["modalities"]),
        words=tuple(_words(one, texts) for one in told["text"]),
        pictures=tuple(
            _picture(one, frame)
            for one in told["image"]
            if photograph is not None and (frame := _frame(photograph, one)) is not None
        ),
        columns=tuple(_columns(one) for one in told["metadata"]),
        neighbours=(),
        error=told["error"],
    )


def _shares(told: Mapping[str, Any]) -> Shares:
    return Shares(
        prior=told["prior"]["evidence"],
        answer=told["answer"]["evidence"],
        prior_shown=told["prior"]["shown"],
        answer_shown=told["answer"]["shown"],
        modalities=tuple(
            ModalityShare(modality=name, **one) for name, one in told["modalities"].items()
        ),
    )


def _words(told: Mapping[str, Any], texts: Mapping[str, str]) -> Words:
    return Words(
        expert=told["expert"],
        answer=told["answer"],
        methods=tuple(told["methods"].items()),
        passages=tuple(
            passage(column, texts.get(column, ""), words) for column, words in told["words"].items()
        ),
        rest=told["rest"],
        strongest=tuple((one["word"], one["evidence"]) for one in told["strongest"]),
        deletion=None if told["deletion"] is None else _deletion(told["deletion"]),
    )


def _picture(told: Mapping[str, Any], frame: Pixels) -> Picture:
    return Picture(
        expert=told["expert"],
        answer=told["answer"],
        pixels=frame,
        maps=tuple(
            ImageMap(
                method=one["method"],
                layer=one["layer"],
                grid=np.asarray(one["grid"], dtype=np.float64),
                signed=one["signed"],
                told=_TOLD.get(one["method"], ""),
                deletion=_deletion(one["deletion"]),
            )
            for one in told["maps"]
        ),
        notes=tuple(told["notes"]),
    )


def _frame(photograph: bytes, told: Mapping[str, Any]) -> Pixels | None:
    """Return the photograph in the frame of its maps: networks are shown it on a square."""
    try:
        pixels = decode(photograph, side=_SIDE)
    except AisleError:
        return None
    through_network = any(one["method"] != "occlusion" for one in told["maps"])
    return squared(pixels, _SIDE) if through_network else pixels


def _columns(told: Mapping[str, Any]) -> Columns:
    return Columns(
        expert=told["expert"],
        answer=told["answer"],
        method=told["method"],
        columns=tuple(
            ColumnShare(name, one["value"], one["evidence"])
            for name, one in told["columns"].items()
        ),
        rest=told["rest"],
    )


def _deletion(told: Mapping[str, Any]) -> Deletion:
    return Deletion(tuple(told["shares"]), tuple(told["own"]), tuple(told["random"]))
