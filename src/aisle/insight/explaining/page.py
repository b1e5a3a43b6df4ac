"""An explanation as one HTML page: a product, or a gallery of them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from markupsafe import Markup

from aisle import pages
from aisle.insight.explaining import wording
from aisle.insight.explaining.colouring import ColouredText, coloured
from aisle.insight.explaining.curve import curve
from aisle.insight.explaining.findings import ImageMap, Neighbour, Picture
from aisle.insight.explaining.overlay import overlay
from aisle.insight.explaining.results import ExplainedProduct, Explanation
from aisle.insight.explaining.waterfall import Bar, Step, bars, waterfall

_SIDE = 320
_SMALL = 96
_ALTERNATIVES = 3
_METHODS = {
    "cam": "Class activation",
    "grad-cam": "Grad-CAM",
    "roll-out": "Attention roll-out",
    "occlusion": "Occlusion",
}


@dataclass(frozen=True)
class _Layer:
    """One map over a photograph."""

    key: str
    label: str
    note: str
    picture: str
    trusted: bool
    verdict: str
    told: str
    curve: Markup


@dataclass(frozen=True)
class _View:
    """A photograph and its maps."""

    picture: Picture
    answer: str
    photograph: str
    wide: int
    high: int
    layers: tuple[_Layer, ...]


@dataclass(frozen=True)
class _Table:
    """Columns of metadata with their bars."""

    answer: str
    method: str
    bars: tuple[Bar, ...]
    rest: str


@dataclass(frozen=True)
class _Near:
    """A neighbour, and whether it has the label that the model answers."""

    neighbour: Neighbour
    agrees: bool
    shown: str
    by_expert: str


@dataclass(frozen=True)
class Case:
    """One product as the page shows it."""

    key: str
    product: ExplainedProduct
    big: str
    photograph: str | None
    headline: str
    details: tuple[str, ...]
    steps: tuple[Step, ...]
    texts: tuple[ColouredText, ...]
    views: tuple[_View, ...]
    tables: tuple[_Table, ...]
    neighbours: tuple[_Near, ...]
    alternatives: tuple[tuple[str, str], ...]
    wrong: bool


def explanation_page(found: Explanation) -> str:
    """Return an explanation as a self-contained HTML page.

    Parameters
    ----------
    found
        What `explain` found.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    return pages.render(
        "explanation.html",
        scripts=(pages.script("explanation.js"),),
        found=found,
        cases=[
            explanation_case(number, product, found)
            for number, product in enumerate(found.products)
        ],
        unit_words=wording.evidence_words(found),
        points=lambda value: wording.points(value, found),
        evidence=lambda value: wording.evidence(value, found),
        answered=lambda value: wording.shown(value, found),
        attends=any(s.attention is not None for p in found.products for s in p.shares.modalities),
        steps=_next(found),
    )


def explanation_case(number: int, product: ExplainedProduct, found: Explanation) -> Case:
    """Return one product as templates show it; `number` keeps its element names apart."""
    key = f"p{number}"
    views = tuple(_view(f"{key}-{at}", one, found) for at, one in enumerate(product.pictures))
    small = pages.thumbnail(product.pictures[0].pixels, _SMALL) if product.pictures else None
    return Case(
        key=key,
        product=product,
        big=_big(product, found),
        photograph=small,
        headline=wording.headline(product, found),
        details=wording.details(product, found),
        steps=waterfall(product, found),
        texts=tuple(coloured(one, found) for one in product.words),
        views=views,
        tables=tuple(
            _Table(
                answer=wording.shown(one.answer, found),
                method=one.method,
                bars=bars(
                    [(c.column, c.value or "missing", c.evidence) for c in one.columns], found
                ),
                rest=wording.evidence(one.rest, found),
            )
            for one in product.columns
        ),
        neighbours=tuple(_near(one, product) for one in product.neighbours),
        alternatives=tuple(
            (name, pages.share(share)) for name, share in product.alternatives[1:][:_ALTERNATIVES]
        ),
        wrong=product.truth is not None
        and found.task == "classify"
        and product.truth != product.answer,
    )


def _big(product: ExplainedProduct, found: Explanation) -> str:
    if found.task == "classify":
        return pages.share(product.confidence)
    return pages.number(product.value)


def _view(key: str, picture: Picture, found: Explanation) -> _View:
    high, wide = picture.pixels.shape[:2]
    return _View(
        picture=picture,
        answer=wording.shown(picture.answer, found),
        photograph=pages.thumbnail(picture.pixels, _SIDE),
        wide=wide,
        high=high,
        layers=tuple(_layer(f"{key}-{at}", one, found) for at, one in enumerate(picture.maps)),
    )


def _layer(key: str, one: ImageMap, found: Explanation) -> _Layer:
    rows, columns = one.grid.shape
    return _Layer(
        key=key,
        label=f"{_METHODS.get(one.method, one.method)}, {rows} × {columns}",
        note=one.layer,
        picture=overlay(one),
        trusted=one.deletion.trusted,
        verdict=one.deletion.words(),
        told=one.told,
        curve=curve(one.deletion, "places", found),
    )


def _near(one: Neighbour, product: ExplainedProduct) -> _Near:
    by = ", ".join(f"{name} {value:.2f}" for name, value in one.by_expert.items())
    agrees = product.value is None and one.label == product.answer
    return _Near(one, agrees, f"{one.similarity:.2f}", by)


def _next(found: Explanation) -> list[tuple[str, str]]:
    steps = []
    if found.products and found.against is None and found.task == "classify":
        first = found.products[0]
        if len(first.alternatives) > 1:
            rival = shlex.quote(first.alternatives[1][0])
            steps.append(
                (
                    "Why not the next most probable category?",
                    f"aisle explain MODEL CATALOG --id {shlex.quote(first.id)} --against {rival}",
                )
            )
    if not any(product.neighbours for product in found.products):
        steps.append(
            (
                "Which training products are like this one?",
                "aisle explain MODEL CATALOG --id ID --train TRAIN --html why.html",
            )
        )
    if any(
        p.truth is not None and found.task == "classify" and p.truth != p.answer
        for p in found.products
    ):
        steps.append(
            (
                "A label that the evidence contradicts may be wrong: look for others like it.",
                f"aisle audit CATALOG --target {shlex.quote(found.target)} --html audit.html",
            )
        )
    return steps
