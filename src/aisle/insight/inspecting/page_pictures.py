"""Photographs and near-duplicates, as the page of an inspection shows them."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from aisle import pages
from aisle.catalog import Catalog
from aisle.evaluation.report.pictures import Looks, looks
from aisle.insight.inspecting.inspection import Inspection
from aisle.insight.inspecting.page_texts import boxes
from aisle.insight.inspecting.photographs import Extreme, Measure, Photographs
from aisle.insight.inspecting.twins import TwinGroup, Twins
from aisle.pages.histogram import histogram

GROUPS = 12
"""How many groups of near-duplicates are shown."""

_SIDE_BY_SIDE = 6
_BY_GROUP = ("brightness", "sharpness")

_HINTS = {
    "pixels": "Below about 200 pixels, little is left to be seen.",
    "shape": "1 is square; above it is wider than high.",
    "brightness": "White backgrounds make photographs bright.",
    "sharpness": "Low values are blurred or plain; measured at a reduced scale.",
    "kilobytes": "Very small files are often icons or placeholders.",
}


@dataclass(frozen=True)
class Seen:
    """A product with its picture, its class and a remark."""

    id: str
    looks: Looks
    label: str
    note: str


@dataclass(frozen=True)
class MeasureView:
    """A measure, drawn; without a chart where all photographs are alike."""

    title: str
    words: str
    chart: Markup | None
    by_group: Markup | None


@dataclass(frozen=True)
class PhotographsView:
    """The photographs: words, measures and extremes."""

    words: str
    measures: list[MeasureView]
    extremes: list[tuple[str, list[Seen]]]


@dataclass(frozen=True)
class TwinView:
    """A group of near-duplicates; `rest` says how many more are in it."""

    group: TwinGroup
    members: list[Seen]
    rest: int


@dataclass(frozen=True)
class TwinsView:
    """The near-duplicates: words, and some groups with pictures."""

    words: str
    groups: list[TwinView]
    rest: str


def picture_views(
    inspection: Inspection, kind: str
) -> tuple[PhotographsView | None, TwinsView | None]:
    """Show photographs and near-duplicates; every photograph is read once."""
    found, twins, catalog = inspection.photographs, inspection.twins, inspection.catalog
    extremes = found.extremes if found is not None else ()
    groups = twins.named[:GROUPS] if twins is not None else ()
    if catalog is None:
        extremes, groups = (), ()
    rows = [row for one in extremes for row in one.rows]
    rows += [row for group in groups for row in group.rows[:_SIDE_BY_SIDE]]
    album = _Album(catalog, looks(catalog, rows))
    return (
        None if found is None else _photographs(found, extremes, album, kind),
        None if twins is None or not twins.groups else _twins(twins, groups, album),
    )


@dataclass(frozen=True)
class _Album:
    """The pictures that a page shows, by row."""

    catalog: Catalog | None
    looks: dict[int, Looks]

    def seen(self, row: int, label: str, note: str = "") -> Seen:
        name = str(self.catalog.ids[row]) if self.catalog is not None else str(row)
        return Seen(name, self.looks[row], label, note)

    def label(self, row: int) -> str:
        """Return the class of a row, or its value; empty without."""
        if self.catalog is None or self.catalog.schema.target is None:
            return ""
        return str(self.catalog.labels[row] or "")


def _photographs(
    found: Photographs, extremes: tuple[Extreme, ...], album: _Album, kind: str
) -> PhotographsView:
    left = found.products - found.read
    words = f"The first readable photograph of {pages.plural(found.read, 'product')} was looked at"
    words += f"; {pages.count(left)} {'has' if left == 1 else 'have'} none. " if left else ". "
    if found.sizes:
        told = ", ".join(f"{size} ({pages.count(rows)})" for size, rows in found.sizes[:4])
        words += f"The most frequent sizes in pixels: {told}."
    return PhotographsView(
        words=words,
        measures=[_measure(measure, kind) for measure in found.measures],
        extremes=[
            (
                f"The {one.name}",
                [
                    album.seen(row, album.label(row), pages.number(value))
                    for row, value in zip(one.rows, one.values, strict=True)
                ],
            )
            for one in extremes
        ],
    )


def _measure(measure: Measure, kind: str) -> MeasureView:
    lies = measure.distribution
    title, _, unit = measure.label.partition(", ")
    if lies.quantiles[0] == lies.quantiles[-1]:
        words = f"{pages.number(lies.median)} in every photograph."
        return MeasureView(title, words, None, None)
    label = unit or f"{measure.label[:1].lower()}{measure.label[1:]}"
    chart = histogram(
        measure.label, lies.edges, lies.counts, label=label, log=lies.log, middle=lies.median
    )
    by_group = (
        boxes(f"{title}, by {kind}", measure.by_group, log=lies.log)
        if measure.name in _BY_GROUP
        else None
    )
    return MeasureView(title, _HINTS[measure.name], chart, by_group)


def _twins(twins: Twins, groups: tuple[TwinGroup, ...], album: _Album) -> TwinsView:
    words = (
        f"{pages.plural(twins.products, 'product')} in {pages.plural(twins.groups, 'group')}, the "
        f"largest of {pages.count(twins.largest)}: nearly the same text, nearly the same "
        "photograph, or one family. They stay on one side of every split."
    )
    if twins.conflicting:
        have = "group has" if twins.conflicting == 1 else "groups have"
        words += f" {pages.count(twins.conflicting)} {have} different classes: these come first."
    left = twins.groups - len(groups)
    return TwinsView(
        words=words,
        groups=[_twin(group, album) for group in groups],
        rest=f"And {pages.plural(left, 'more group')}." if left and groups else "",
    )


def _twin(group: TwinGroup, album: _Album) -> TwinView:
    rows = group.rows[:_SIDE_BY_SIDE]
    labels = group.labels or tuple(album.label(row) for row in group.rows)
    members = [album.seen(row, label) for row, label in zip(rows, labels, strict=False)]
    return TwinView(group, members, group.size - len(members))
