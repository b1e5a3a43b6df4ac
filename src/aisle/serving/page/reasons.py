"""An explanation as `/v1/explain` gives it, brought back into the shape that pages draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from aisle.catalog.images import Pixels
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
from aisle.serving.page.completing import Explained, unit_of
from aisle.serving.page.fields import Model
from aisle.serving.page.rendering import fill

_SIDE = 320
_TOLD = {
    "cam": "Class activation: the last maps of features, weighed by what they say for the answer.",
    "grad-cam": "Grad-CAM: maps of features, each weighed by the mean gradient of the answer.",
    "roll-out": "Attention roll-out: which patches reach the answer, whatever the category is.",
    "occlusion": "Occlusion: by how much the answer falls when this place is blurred.",
}


def why(model: Model, explained: Explained, *, seconds: float) -> str:
    """Return an explanation as a part of the page.

    Parameters
    ----------
    model
        That was asked.
    explained
        Its answer for a product.
    seconds
        How long it took.
    """
    product = _product(explained)
    found = Explanation(
        target=str(model.schema_.target),
        task=model.task.value,
        recipe=model.recipe_.name,
        fusion=str(model.metrics_["fusion"]),
        against=None,
        unit=unit_of(model),
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
        note=explained.told.get("neighbours_note"),
    )


def passage(column: str, text: str, words: Sequence[Mapping[str, Any]]) -> Passage:
    """Return a column's text with its words' evidence.

    Words that do not stand there as they were read are put one after another themselves.
    """
    if not words or words[0]["start"] is None:
        pieces = tuple(Piece(one["word"], " ", float(one["evidence"])) for one in words)
        return Passage(column, "", pieces)
    starts = [one["start"] for one in words]
    stops = [start + len(one["word"]) for start, one in zip(starts, words, strict=True)]
    pieces = tuple(
        Piece(one["word"], text[stop:following], float(one["evidence"]))
        for one, stop, following in zip(words, stops, [*starts[1:], len(text)], strict=True)
    )
    return Passage(column, text[: starts[0]], pieces)


def _product(explained: Explained) -> ExplainedProduct:
    told = explained.told
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
        words=tuple(_words(one, explained.texts) for one in told["text"]),
        pictures=tuple(
            _picture(one, explained.frames[one["expert"]].pixels)
            for one in told["image"]
            if one["expert"] in explained.frames
        ),
        columns=tuple(_columns(one) for one in told["metadata"]),
        neighbours=explained.neighbours,
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
        pixels=_enlarged(frame),
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


def _enlarged(frame: Pixels) -> Pixels:
    """Return a frame that is large enough to be looked at: networks are shown little."""
    import cv2

    height, width = frame.shape[:2]
    ratio = _SIDE / max(height, width)
    if ratio <= 1:
        return frame
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    made: Pixels = cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC)
    return made


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
