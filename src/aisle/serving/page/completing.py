"""What an explanation lacks that is to be drawn: places of words, frames of maps, neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aisle.catalog import Role
from aisle.insight.explaining.findings import Neighbour
from aisle.models import ProductRegressor
from aisle.serving.engine import Engine
from aisle.serving.page.fields import Model
from aisle.serving.page.frames import Frame, frames_of
from aisle.serving.page.nearest import Nearest

_UNITS = {"linear": "value", "log": "log(value)", "log1p": "log(1 + value)"}


@dataclass(frozen=True, eq=False)
class Explained:
    """A product's explanation, and what it takes to draw it.

    Parameters
    ----------
    told
        The JSON shape of a product of ``aisle explain``, words with their ``start``, pictures with
        their ``frame``.
    texts
        By column.
    frames
        Of the photograph, by expert.
    neighbours
        The nearest training products.
    """

    told: dict[str, Any]
    texts: Mapping[str, str]
    frames: Mapping[str, Frame]
    neighbours: tuple[Neighbour, ...]


def completed(
    engine: Engine,
    nearest: Nearest,
    rows: Sequence[Mapping[str, object]],
    told: Sequence[Mapping[str, Any]],
) -> list[Explained]:
    """Complete explanations with what their products hold.

    Parameters
    ----------
    engine
        That was asked.
    nearest
        Finds training products.
    rows
        The products, as `ProductReader.check` returned them.
    told
        What `Service.explain` returned for them.
    """
    reader, schema = engine.reader, engine.model.schema_
    images = reader.image_columns
    found = []
    for row, one in zip(rows, told, strict=True):
        if "modalities" not in one:
            found.append(Explained({**one, "neighbours": []}, {}, {}, ()))
            continue
        read = reader.read([row])
        product = read.products[0].values
        catalog = reader.catalog(read.products, [one["id"]])
        texts = {name: str(product.get(name) or "") for name in schema.names(Role.TEXT)}
        photographs = [each["bytes"] for name in images for each in product.get(name) or ()]
        frames = frames_of(engine.model, catalog, photographs[0]) if one["image"] else {}
        (near,), note = nearest.find(engine, catalog)
        whole = {
            **one,
            "text": [_placed(words, texts) for words in one["text"]],
            "image": [_framed(picture, frames.get(picture["expert"])) for picture in one["image"]],
            "neighbours": [each.to_dict() for each in near],
        }
        if note is not None:
            whole["neighbours_note"] = note
        found.append(Explained(whole, texts, frames, near))
    return found


def unit_of(model: Model) -> str:
    """Return what a model's evidence is measured in."""
    return _UNITS[model.scale_] if isinstance(model, ProductRegressor) else "log-odds"


def located(text: str, words: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return words with their ``start`` in a text, in which they stand one after another.

    Where one of them does not stand there as it was read, none has a place.
    """
    found, place = [], 0
    for one in words:
        start = text.find(one["word"], place)
        if start < 0:
            return [{**each, "start": None} for each in words]
        found.append({**one, "start": start})
        place = start + len(one["word"])
    return found


def _placed(words: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    places = {
        column: located(texts.get(column, ""), listed) for column, listed in words["words"].items()
    }
    return {**words, "words": places}


def _framed(picture: Mapping[str, Any], frame: Frame | None) -> dict[str, Any]:
    """Return a picture's maps with their frame; None for a photograph that is gone by now."""
    return {**picture, "frame": None if frame is None else frame.to_dict()}
