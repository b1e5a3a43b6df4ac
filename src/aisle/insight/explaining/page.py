"""An explanation as one HTML page: a product, or a gallery of them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from markupsafe import Markup

from aisle import pages
from aisle.insight.explaining import wording
from aisle.insight.explaining.deletion import Deletion
from aisle.insight.explaining.explaining import ExplainedProduct, Explanation
from aisle.insight.explaining.findings import ImageMap, Neighbour, Passage, Picture, Words
from aisle.insight.explaining.overlay import overlay
from aisle.pages.drawing import svg

_SIDE = 320
_SMALL = 96
_FAINT = 0.07
_ALTERNATIVES = 3
_METHODS = {
    "cam": "Class activation",
    "grad-cam": "Grad-CAM",
    "roll-out": "Attention roll-out",
    "occlusion": "Occlusion",
}


@dataclass(frozen=True)
class _Step:
    """A bar of a waterfall, in per cent of its width; `tone` is for, against or whole."""

    name: str
    shown: str
    left: float
    width: float
    tone: str
    note: str = ""


@dataclass(frozen=True)
class _Bar:
    """A bar to the right or to the left of the middle, in per cent of half of the width."""

    name: str
    note: str
    shown: str
    value: float
    width: float
    tone: str


@dataclass(frozen=True)
class _Run:
    """Some text, and how strongly to colour it, from 0 to 1; `hint` says by how much it speaks."""

    text: str
    strength: float
    tone: str
    hint: str


@dataclass(frozen=True)
class _Told:
    """A text of the product in its colours."""

    column: str
    shown: str
    runs: tuple[_Run, ...]
    long: bool


@dataclass(frozen=True)
class _Text:
    """The words of one expert."""

    words: Words
    answer: str
    passages: tuple[_Told, ...]
    bars: tuple[_Bar, ...]
    rest: str
    curve: Markup | None


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
    bars: tuple[_Bar, ...]
    rest: str


@dataclass(frozen=True)
class _Near:
    """A neighbour, and whether it has the label that the model answers."""

    neighbour: Neighbour
    agrees: bool
    shown: str
    by_expert: str


@dataclass(frozen=True)
class _Case:
    """One product as the page shows it."""

    key: str
    product: ExplainedProduct
    big: str
    photograph: str | None
    headline: str
    details: tuple[str, ...]
    steps: tuple[_Step, ...]
    texts: tuple[_Text, ...]
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
        cases=[_case(number, product, found) for number, product in enumerate(found.products)],
        unit_words=wording.evidence_words(found),
        points=lambda value: wording.points(value, found),
        evidence=lambda value: wording.evidence(value, found),
        answered=lambda value: wording.shown(value, found),
        attends=any(s.attention is not None for p in found.products for s in p.shares.modalities),
        steps=_next(found),
    )


def _case(number: int, product: ExplainedProduct, found: Explanation) -> _Case:
    key = f"p{number}"
    views = tuple(_view(f"{key}-{at}", one, found) for at, one in enumerate(product.pictures))
    small = pages.thumbnail(product.pictures[0].pixels, _SMALL) if product.pictures else None
    return _Case(
        key=key,
        product=product,
        big=_big(product, found),
        photograph=small,
        headline=wording.headline(product, found),
        details=wording.details(product, found),
        steps=_waterfall(product, found),
        texts=tuple(_text(one, found) for one in product.words),
        views=views,
        tables=tuple(
            _Table(
                answer=wording.shown(one.answer, found),
                method=one.method,
                bars=_bars(
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


def _waterfall(product: ExplainedProduct, found: Explanation) -> tuple[_Step, ...]:
    """Return the way from the prior to the answer, modality by modality."""
    shares = product.shares
    levels = [shares.prior_shown]
    for share in shares.modalities:
        levels.append(levels[-1] + share.points)
    low, high = min(0.0, *levels), max(*levels, 1.0 if found.task == "classify" else 0.0)
    span = (high - low) or 1.0

    def bar(start: float, end: float) -> tuple[float, float]:
        left = 100 * (min(start, end) - low) / span
        return left, max(100 * abs(end - start) / span, 0.4)

    steps = [
        _Step(
            "Any product",
            wording.shown(shares.prior_shown, found),
            *bar(0.0, shares.prior_shown),
            "whole",
        )
    ]
    for share, before, after in zip(shares.modalities, levels, levels[1:], strict=False):
        tone = "for" if share.points >= 0 else "against"
        note = "" if share.present else "missing"
        steps.append(
            _Step(
                share.modality.capitalize(),
                wording.points(share.points, found) if share.present else "–",
                *bar(before, after),
                tone if share.present else "none",
                note,
            )
        )
    answer = shares.answer_shown
    steps.append(_Step("This product", wording.shown(answer, found), *bar(0.0, answer), "whole"))
    return tuple(steps)


def _bars(items: list[tuple[str, str, float]], found: Explanation) -> tuple[_Bar, ...]:
    loudest = max((abs(value) for *_, value in items), default=0.0) or 1.0
    return tuple(
        _Bar(
            name,
            note,
            wording.evidence(value, found),
            value,
            100 * abs(value) / loudest,
            "for" if value >= 0 else "against",
        )
        for name, note, value in items
    )


def _text(words: Words, found: Explanation) -> _Text:
    values = sorted((abs(p.evidence) for one in words.passages for p in one.pieces), reverse=True)
    # A single very loud word would leave all others pale.
    scale = values[min(2, len(values) - 1)] or 1.0
    return _Text(
        words=words,
        answer=wording.shown(words.answer, found),
        passages=tuple(_told(one, scale, found) for one in words.passages),
        bars=_bars([(word, "", value) for word, value in words.strongest], found),
        rest=wording.evidence(words.rest, found),
        curve=None if words.deletion is None else _curve(words.deletion, "words", found),
    )


def _told(passage: Passage, scale: float, found: Explanation) -> _Told:
    runs: list[_Run] = []
    plain = passage.before
    for piece in passage.pieces:
        strength = min(abs(piece.evidence) / scale, 1.0)
        if strength < _FAINT or not any(map(str.isalnum, piece.text)):
            plain += piece.text + piece.after
            continue
        if plain:
            runs.append(_Run(plain, 0.0, "", ""))
        tone = "for" if piece.evidence > 0 else "against"
        hint = wording.evidence(piece.evidence, found)
        runs.append(_Run(piece.text, round(strength, 2), tone, hint))
        plain = piece.after
    if plain:
        runs.append(_Run(plain, 0.0, "", ""))
    size = sum(len(run.text) for run in runs)
    return _Told(passage.column, wording.evidence(passage.evidence, found), tuple(runs), size > 600)


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
        curve=_curve(one.deletion, "places", found),
    )


def _curve(deletion: Deletion, what: str, found: Explanation) -> Markup:
    """Draw what is left of an answer, beside random order."""
    levels = [*deletion.own, *deletion.random]
    classify = found.task == "classify"
    y = pages.Axis(
        "Probability" if classify else "Change of the value",
        0.0 if classify else min(levels),
        1.0 if classify else max(*levels, min(levels) + 1e-9),
        percent=classify,
    )
    own = list(zip(deletion.shares, deletion.own, strict=True))
    random = list(zip(deletion.shares, deletion.random, strict=True))
    return svg(
        pages.Plot(
            title=f"Taking {what} away",
            description=f"{deletion.words()} Solid: the strongest first. Dashed: random order.",
            x=pages.Axis(f"Share of {what} taken away", 0.0, 1.0, percent=True),
            y=y,
            series=(
                pages.Series("random order", random, "line", "muted", dashed=True),
                pages.Series("strongest first", own, "both"),
            ),
        )
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
