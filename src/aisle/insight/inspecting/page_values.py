"""Numbers, categories, attributes and modalities, as the page of an inspection shows them."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from aisle import pages
from aisle.insight.inspecting.attributes import Attribute, Attributes
from aisle.insight.inspecting.categories import Categories
from aisle.insight.inspecting.numbers import Numbers
from aisle.insight.inspecting.page_texts import GROUPS, boxes, drawn_words, rest_words
from aisle.insight.inspecting.presence import Presence
from aisle.pages.histogram import histogram

_NUMBERS = 12
_ATTRIBUTES = 30
_HEAT = 24
_STEPS = (0.25, 0.5, 0.75)
_MARKED_DOWN = 0.05


@dataclass(frozen=True)
class NumbersView:
    """One column of numbers, drawn and in words."""

    numbers: Numbers
    words: str
    chart: Markup
    by_group: Markup | None
    rest: str


@dataclass(frozen=True)
class HeatCell:
    """A cell of a heat map: what it says, and its style."""

    shown: str
    style: str


@dataclass(frozen=True)
class AttributesView:
    """What one column lists: words, a heat map by group, and the most frequent values."""

    column: str
    words: str
    groups: tuple[str, ...]
    groups_rest: str
    heat: list[tuple[str, float, list[HeatCell]]]
    table: tuple[Attribute, ...]
    rest: str


@dataclass(frozen=True)
class CategoriesRow:
    """One categorical column; `once` and the values' shares are of its filled products."""

    found: Categories
    filled: float
    values: list[tuple[str, str]]


@dataclass(frozen=True)
class PresenceView:
    """Which modalities products have; the shares of groups come with a style."""

    found: Presence
    patterns: list[tuple[tuple[bool, ...], int, float]]
    groups: list[tuple[str, int, list[tuple[float, bool]]]]


def numbers_views(
    found: tuple[Numbers, ...], rows: int, kind: str, groups: int
) -> list[NumbersView]:
    """Draw the columns of numbers, of which the first `_NUMBERS` are shown."""
    return [_numbers_view(one, rows, kind, groups) for one in found[:_NUMBERS]]


def numbers_rest(found: tuple[Numbers, ...]) -> str:
    """Say how many columns are not drawn; empty for none."""
    left = len(found) - _NUMBERS
    return f"And {pages.plural(left, 'more column', 'more columns')}." if left > 0 else ""


def _numbers_view(found: Numbers, rows: int, kind: str, groups: int) -> NumbersView:
    lies = found.distribution
    label = pages.shorten(found.column, 30)
    return NumbersView(
        numbers=found,
        words=_number_words(found, rows),
        chart=histogram(
            f"Values of {found.column}",
            lies.edges,
            lies.counts,
            label=label,
            log=lies.log,
            middle=lies.median,
        ),
        by_group=boxes(f"{found.column}, by {kind}", found.by_group, log=lies.log),
        rest=rest_words(groups, GROUPS, kind),
    )


def _number_words(found: Numbers, rows: int) -> str:
    lies = found.distribution
    told = [
        f"{pages.plural(lies.rows, 'product')} ({pages.share(lies.rows / max(rows, 1))}) "
        f"{'has' if lies.rows == 1 else 'have'} it: {pages.number(lies.quantiles[0])} to "
        f"{pages.number(lies.quantiles[-1])}, {pages.number(lies.median)} in the middle, "
        f"{pages.number(lies.mean)} on average."
    ]
    if lies.beyond:
        told.append(f"{pages.plural(lies.beyond, 'product')} lie beyond the ends of the chart.")
    if found.correlation is not None:
        told.append(f"Its rank correlation with the target is {pages.score(found.correlation, 2)}.")
    return " ".join(told)


def attributes_view(found: Attributes, rows: int, kind: str, groups: int) -> AttributesView:
    """Draw what one column lists."""
    words = (
        f"{pages.plural(found.listed, 'product')} of {pages.count(found.looked_at)} list "
        f"attributes, {pages.number(found.median)} each in the middle; there are "
        f"{pages.count(found.found)} different ones."
    )
    if found.looked_at < rows:
        words += f" {drawn_words(found.looked_at, rows)}"
    left = found.found - min(_ATTRIBUTES, len(found.attributes))
    return AttributesView(
        column=found.column,
        words=words,
        groups=found.groups,
        groups_rest=rest_words(groups, len(found.groups), kind),
        heat=[
            (one.name, one.coverage, [_heat_cell(share) for share in one.by_group])
            for one in _chosen(found)
        ]
        if len(found.groups) > 1
        else [],
        table=found.attributes[:_ATTRIBUTES],
        rest=f"And {pages.plural(left, 'rarer attribute')}." if left > 0 else "",
    )


def _chosen(found: Attributes) -> list[Attribute]:
    """Choose what the heat map shows: half the most frequent, half the most telling of a group."""
    frequent = list(found.attributes[: _HEAT // 2])
    telling = sorted(
        found.attributes[_HEAT // 2 :],
        key=lambda one: (-max(one.by_group, default=0.0), -one.rows),
    )
    return frequent + telling[: _HEAT - len(frequent)]


def _heat_cell(share: float) -> HeatCell:
    if not share:
        return HeatCell("", "")
    return HeatCell(
        pages.share(share, 0).removesuffix("%"),
        f"right-{1 + sum(share >= step for step in _STEPS)}",
    )


def categories_rows(found: tuple[Categories, ...], rows: int) -> list[CategoriesRow]:
    """Return the categorical columns as a table shows them."""
    return [
        CategoriesRow(
            found=one,
            filled=one.filled / max(rows, 1),
            values=[
                (value, pages.share(count / max(one.filled, 1), 0)) for value, count in one.values
            ],
        )
        for one in found
    ]


def presence_view(found: Presence | None, rows: int) -> PresenceView | None:
    """Return the modalities as a table shows them; None where there are none."""
    if found is None:
        return None
    return PresenceView(
        found=found,
        patterns=[(one.has, one.rows, one.rows / rows) for one in found.patterns],
        groups=[
            (
                one.group,
                one.rows,
                [
                    (own, own < share - _MARKED_DOWN)
                    for own, share in zip(one.shares, found.shares, strict=True)
                ],
            )
            for one in found.groups
        ],
    )
