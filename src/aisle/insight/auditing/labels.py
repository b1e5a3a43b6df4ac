"""From what the experts say of every product to findings about labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aisle.catalog import Catalog, Role
from aisle.insight.auditing.confident import Joint, confident_joint
from aisle.insight.auditing.conflicts import conflicts, disagreeing_twins
from aisle.insight.auditing.findings import (
    Conflict,
    Evidence,
    Finding,
    Kind,
    Neighbour,
    Overlap,
)
from aisle.insight.auditing.likeness import Likeness, outliers
from aisle.insight.auditing.opinions import Opinions, ask
from aisle.insight.auditing.suspicion import Codes, Floats, Odds, log_odds
from aisle.models import ProductClassifier, Recipe
from aisle.progress import Progress, silent

LISTED = 0.1
"""The score from which a product is listed."""

CLEAR = 0.8
"""The score from which a label is called wrong; between the two, both classes are likely."""

DETAILED = 1_000
"""The most doubtful products, of which like products are shown."""

CROSSED = 30
"""Classes that the matrix of overlaps holds at most."""

_EXAMPLES = 6
_HALF_A_VOTE = 0.5


@dataclass(frozen=True)
class LabelFindings:
    """What is in doubt; see `Audit` for the meaning of each part."""

    recipe: str
    rows: tuple[Finding, ...]
    overlaps: tuple[Overlap, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    wrong: int = 0
    untested: tuple[tuple[str, int], ...] = ()
    names: tuple[str, ...] = ()
    joint: tuple[tuple[int, ...], ...] = ()


def doubt_labels(
    products: Catalog,
    rows: Codes,
    recipe: str | Path | Recipe | ProductClassifier,
    settings: tuple[str, ...],
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> LabelFindings:
    """Find labels in doubt, overlapping classes, conflicts and outliers.

    Parameters
    ----------
    products
        Products that all have a label.
    rows
        Their row numbers in the catalogue, int64 (products,).
    recipe, settings, seed, progress
        As for `ask`.
    """
    opinions = ask(products, recipe, settings, seed=seed, progress=progress)
    twins = disagreeing_twins(products.groups, opinions.codes)
    votes = _votes(twins, products.groups, opinions)
    odds = log_odds(opinions.pooled, opinions.codes, opinions.known, votes)
    joint = confident_joint(opinions.pooled, opinions.codes, opinions.known)
    progress("comparing products", 0, 1)
    likeness = Likeness.of(opinions, seed=seed)
    findings = _Findings(opinions, odds, joint, twins, rows).ranked(outliers(likeness))
    progress("comparing products", 1, 1)
    names, crossed = _crossed(joint, opinions.names)
    untested = Counter(opinions.names[code] for code in opinions.codes[~opinions.known])
    return LabelFindings(
        recipe=opinions.recipe,
        rows=_with_neighbours(findings, likeness, opinions, rows),
        overlaps=_overlaps(joint, opinions, odds, rows),
        conflicts=tuple(conflicts(products.groups, opinions.codes, opinions.names, rows)),
        wrong=int(joint.wrong.sum()),
        untested=tuple(sorted(untested.items(), key=lambda pair: (-pair[1], pair[0]))),
        names=names,
        joint=crossed,
    )


def _votes(twins: dict[int, list[int]], groups: Codes, opinions: Opinions) -> Floats:
    """Let near-duplicates that disagree vote: log odds to add, float64 (rows, classes)."""
    votes = np.zeros_like(opinions.pooled)
    members: dict[int, list[int]] = {}
    for row in twins:
        members.setdefault(int(groups[row]), []).append(row)
    for group in members.values():
        counts = np.bincount(opinions.codes[group], minlength=votes.shape[1]) + _HALF_A_VOTE
        for row in group:
            others = counts.copy()
            others[opinions.codes[row]] -= 1
            votes[row] = np.log(others)
    return votes


@dataclass(frozen=True, eq=False)
class _Findings:
    """Turns numbers into findings."""

    opinions: Opinions
    odds: Odds
    joint: Joint
    twins: dict[int, list[int]]
    rows: Codes

    def ranked(self, unlike: dict[int, float]) -> list[tuple[int, Finding]]:
        """Return findings with their places among the products, the most doubtful first."""
        catalog, scores = self.opinions.catalog, self.odds.score
        texts = catalog.schema.names(Role.TEXT)
        titles = catalog.strings(texts[0]) if texts else [None] * len(catalog)
        found = [(int(p), float(scores[p])) for p in np.flatnonzero(scores >= LISTED)]
        against = self.odds.against
        # Scores near 1 are told apart by what they come from.
        found.sort(key=lambda pair: (-against[pair[0]], pair[0]))
        labels = [(p, self._label(p, score, titles[p] or "")) for p, score in found]
        doubted = {place for place, _ in found}
        others = [
            (place, self._outlier(place, score, titles[place] or ""))
            for place, score in sorted(unlike.items())
            if place not in doubted and score >= LISTED
        ]
        return sorted([*labels, *others], key=lambda pair: -pair[1].score)

    def _label(self, place: int, score: float, title: str) -> Finding:
        names, other = self.opinions.names, int(self.odds.other[place])
        twins = self.twins.get(place, ())
        kind: Kind = "wrong-label" if score >= CLEAR else "ambiguous"
        if any(self.opinions.codes[twin] == other for twin in twins):
            kind = "conflicting-duplicate"
        return Finding(
            id=str(self.opinions.catalog.ids[place]),
            row=int(self.rows[place]),
            given=names[self.opinions.codes[place]],
            suggested=names[other],
            score=score,
            kind=kind,
            confident=bool(self.joint.wrong[place]),
            title=title,
            evidence=self._evidence(place, other),
            twins=tuple(int(self.rows[twin]) for twin in twins),
        )

    def _outlier(self, place: int, score: float, title: str) -> Finding:
        given = int(self.opinions.codes[place])
        return Finding(
            id=str(self.opinions.catalog.ids[place]),
            row=int(self.rows[place]),
            given=self.opinions.names[given],
            suggested=None,
            score=score,
            kind="outlier",
            title=title,
            evidence=self._evidence(place, given),
        )

    def _evidence(self, place: int, other: int) -> tuple[Evidence, ...]:
        names, given = self.opinions.names, int(self.opinions.codes[place])
        return tuple(
            Evidence(
                expert,
                float(answer.scores[place, given]),
                float(answer.scores[place, other]),
                names[int(answer.scores[place].argmax())],
            )
            for expert, answer in self.opinions.experts.items()
            if answer.present[place]
        )


def _with_neighbours(
    findings: Sequence[tuple[int, Finding]], likeness: Likeness, opinions: Opinions, rows: Codes
) -> tuple[Finding, ...]:
    """Show the most doubtful products beside those that are most like them."""
    catalog = opinions.catalog
    texts = catalog.schema.names(Role.TEXT)
    titles = catalog.strings(texts[0]) if texts else [None] * len(catalog)
    near, cosines = likeness.nearest([place for place, _ in findings[:DETAILED]])
    shown = [
        replace(
            finding,
            neighbours=tuple(
                Neighbour(
                    int(rows[other]),
                    str(catalog.ids[other]),
                    opinions.names[opinions.codes[other]],
                    titles[other] or "",
                    float(cosine),
                )
                for other, cosine in zip(others, values, strict=True)
                if other >= 0
            ),
        )
        for (_, finding), others, values in zip(findings, near, cosines, strict=False)
    ]
    return (*shown, *(finding for _, finding in findings[DETAILED:]))


def _overlaps(joint: Joint, opinions: Opinions, odds: Odds, rows: Codes) -> tuple[Overlap, ...]:
    """List the pairs of classes between which products seem to lie on the wrong side."""
    crossing = np.triu(joint.counts + joint.counts.T, 1)
    sizes = np.bincount(opinions.codes, minlength=len(opinions.names))
    worst: dict[tuple[int, int], list[int]] = {}
    listed = np.flatnonzero(odds.score >= LISTED)
    for place in listed[np.argsort(-odds.against[listed], kind="stable")]:
        pair = sorted((int(opinions.codes[place]), int(odds.other[place])))
        worst.setdefault((pair[0], pair[1]), []).append(int(rows[place]))
    found = [
        Overlap(
            opinions.names[first],
            opinions.names[second],
            int(joint.counts[first, second]),
            int(joint.counts[second, first]),
            int(sizes[first] + sizes[second]),
            tuple(worst.get((int(first), int(second)), ())[:_EXAMPLES]),
        )
        for first, second in np.argwhere(crossing > 0)
    ]
    return tuple(sorted(found, key=lambda one: (-one.rows, one.of, one.first, one.second)))


def _crossed(
    joint: Joint, names: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Return the classes that are mixed up most, and their joint counts."""
    off = joint.counts - np.diag(np.diag(joint.counts))
    mixed = off.sum(axis=0) + off.sum(axis=1)
    chosen = np.sort(np.argsort(-mixed, kind="stable")[:CROSSED])
    chosen = chosen[mixed[chosen] > 0]
    counts = joint.counts[np.ix_(chosen, chosen)]
    return tuple(names[at] for at in chosen), tuple(tuple(map(int, row)) for row in counts)
