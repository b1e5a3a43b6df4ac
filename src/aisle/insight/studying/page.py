"""A study as one HTML page: what separates, which encoder sees it, and the products in a plane."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from aisle import pages
from aisle.insight.studying import wording
from aisle.insight.studying.distances import JUDGED
from aisle.insight.studying.judging import Confusion
from aisle.insight.studying.projecting import NAMES, has_umap
from aisle.insight.studying.results import Result, Study
from aisle.insight.studying.scatter import carried, drawing, groupings
from aisle.insight.studying.views import Family

CLASSES_SHOWN = 24
"""Classes of the confusion, those that are scattered most."""

_ROOM = 32

FAMILIES: tuple[Family, ...] = ("classical", "deep")


@dataclass(frozen=True)
class _Line:
    """A result as the table shows it."""

    result: Result
    projection: str


def study_page(found: Study) -> str:
    """Return a study as a self-contained HTML page.

    Parameters
    ----------
    found
        What `study` found.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    shown = groupings(found.picture, found.target, _cluster_names(found))
    return pages.render(
        "study.html",
        scripts=(pages.plotting_library(), pages.script("charts.js"), pages.script("study.js")),
        found=found,
        best=found.best,
        big=f"{wording.measure(found.best):.2f}",
        measured=wording.measured(found),
        measured_title=_headed(wording.measured(found)),
        verdict=wording.verdict(found),
        facts=_facts(found),
        sections=_sections(found),
        lines=[_Line(result, NAMES[result.projection]) for result in found.results],
        bars=_bars(found),
        families=wording.families(found),
        family_bars=_family_bars(found),
        variants=wording.variants(found),
        variant_bars=_variant_bars(found),
        number_of_clusters=wording.number_of_clusters(found),
        shown=shown,
        carried=pages.as_json(carried(found.picture, found.catalog, shown)),
        plane=drawing(found.picture, shown[0]),
        planed=NAMES[found.picture.projection],
        heat=None if found.confusion is None else _heat(found.confusion),
        clusters=[] if found.confusion is None else wording.clusters(found.confusion),
        hidden=max(len(found.classes) - CLASSES_SHOWN, 0),
        judged=JUDGED,
        umap=has_umap(),
        steps=wording.steps(found),
    )


def _cluster_names(found: Study) -> list[str]:
    """Name clusters by the class that most of their products have."""
    names = []
    for cluster in range(int(found.picture.clusters.max()) + 1):
        own = found.picture.classes[found.picture.clusters == cluster]
        usual = Counter(str(name) for name in own if name is not None).most_common(1)
        most = f": mostly {usual[0][0]}" if usual else ""
        names.append(f"{cluster + 1}{most}" if most else f"cluster {cluster + 1}")
    return names


def _facts(found: Study) -> list[tuple[str, str, str]]:
    best = found.best
    facts = [
        (
            "Silhouette",
            f"{best.silhouette:.2f}",
            "Of the best encoder's clusters, over ways from neighbour to neighbour.",
        ),
        ("Clusters", pages.count(best.clusters), wording.number_of_clusters(found)),
        (
            "Stability",
            f"{best.stability:.2f}",
            f"How alike the clusters of {pages.plural(found.seeds, 'seed')} are; 1 is the same.",
        ),
    ]
    if best.ami is not None:
        facts.append(
            (
                "Mutual information",
                f"{best.ami:.2f}",
                "Adjusted, of clusters and classes: 0 is chance, 1 the same.",
            )
        )
    return facts


def _sections(found: Study) -> list[tuple[str, str]]:
    return [
        ("plane", "Products in a plane"),
        ("encoders", "Encoders"),
        *([("confusion", "Clusters and classes")] if found.confusion is not None else []),
        ("results", "All results"),
        ("next", "What next"),
    ]


def _bars(found: Study) -> Markup:
    title = f"{_headed(wording.measured(found))} by encoder"
    order = sorted(found.chosen, key=wording.measure, reverse=True)
    return pages.bars(title, [_bar(result) for result in order], maximum=_full(found))


def _full(found: Study) -> float:
    """Return the value of a full bar, the same for all charts."""
    return max(0.05, *(wording.measure(r) + _deviation(r) for r in found.chosen))


def _deviation(result: Result) -> float:
    return result.silhouette_deviation if result.ari is None else result.ari_deviation or 0.0


def _headed(words: str) -> str:
    """Begin with a capital letter, and leave the others alone."""
    return words[:1].upper() + words[1:]


def _bar(result: Result, note: str | None = None) -> pages.Bar:
    value, deviation = wording.measure(result), _deviation(result)
    label = pages.shorten(result.encoder, _ROOM)
    if note is None:
        note = NAMES[result.projection] if result.projection != "none" else ""
    return pages.Bar(
        label,
        max(value, 0.0),
        f"{value:.2f} ± {deviation:.2f}",
        note if len(label) + len(note) <= _ROOM else "",
        low=max(value - deviation, 0.0),
        high=max(value + deviation, 0.0),
        tone="accent" if result.family == "deep" else "muted",
    )


def _family_bars(found: Study) -> Markup | None:
    items = []
    for modality in ("text", "image"):
        for family in FAMILIES:
            best = wording.ablest(found, modality, family)
            if best is not None:
                items.append(_bar(best, f"{family} {modality}"))
    if len(items) < 2:
        return None
    return pages.bars("Classical against deep features", items, maximum=_full(found))


def _variant_bars(found: Study) -> Markup | None:
    kinds = ("plain", "lemmas", "stems")
    there = [best for kind in kinds if (best := found.best_of("text", variant=kind)) is not None]
    if len(there) < 2:
        return None
    items = [_bar(result, result.variant) for result in there]
    return pages.bars("Words as they are, lemmas, stems", items, maximum=_full(found))


def _heat(found: Confusion) -> pages.Heat:
    """Draw the classes that are scattered most, with the clusters that match them."""
    counts = np.asarray(found.counts, dtype=np.int64)
    classes = len(found.classes)
    own = np.diagonal(counts[:, :classes])
    strays = counts.sum(axis=1) - own
    order = np.sort(np.argsort(-strays, kind="stable")[:CLASSES_SHOWN])
    inside = counts[np.ix_(order, order)]
    beside = counts[order].sum(axis=1) - inside.sum(axis=1)
    names = [found.classes[at] for at in order]
    cells: list[list[int | None]] = [[int(v) or None for v in row] for row in inside]
    totals = [int(value) for value in counts[order].sum(axis=1)]
    if beside.any():
        names.append("another cluster")
        cells = [[*row, int(rest) or None] for row, rest in zip(cells, beside, strict=True)]
        cells.append([None] * len(names))
        totals.append(0)
    return pages.Heat(
        "Clusters and classes",
        f"{pages.share(float(own.sum()) / max(int(counts.sum()), 1), 0)} of the products lie in "
        "the cluster that matches their class",
        names,
        cells,
        totals,
        across="The cluster that matches",
    )
