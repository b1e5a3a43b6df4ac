"""An audit as one HTML page: doubtful products with their pictures, and what to do about them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from aisle import pages
from aisle.catalog import Catalog, Role, Task
from aisle.evaluation.report.pictures import Looks, looks
from aisle.insight.auditing.auditing import ACCEPTED, Audit
from aisle.insight.auditing.findings import Conflict, Finding, Kind, Overlap
from aisle.insight.auditing.labels import CLEAR

SHOWN = 120
"""How many findings a page shows with their pictures."""

OF_EACH_KIND = 12
"""Of every kind at least so many, where there are."""

CONFLICTS = 20
OVERLAPS = 12
_SIDE_BY_SIDE = 6
_PICTURES = 4
_STEPS = (0.02, 0.05, 0.1)

KINDS: dict[Kind, tuple[str, str, Literal["bad", "warn", ""]]] = {
    "wrong-label": ("wrong label", "wrong labels", "bad"),
    "conflicting-duplicate": ("conflicting duplicate", "conflicting duplicates", "bad"),
    "ambiguous": ("ambiguous", "ambiguous", "warn"),
    "outlier": ("outlier", "outliers", ""),
    "unlikely-value": ("unlikely value", "unlikely values", "warn"),
}
"""What a kind is called, one and many, and its tone."""


@dataclass(frozen=True)
class _Card:
    """A finding as the gallery shows it; `group` is the place of its class in the choice."""

    finding: Finding
    looks: Looks
    kind: str
    tone: str
    group: int

    @property
    def id(self) -> str:
        """The identifier, as the gallery of an evaluation calls it."""
        return self.finding.id


@dataclass(frozen=True)
class _Pair:
    """Two classes that are mixed up, with pictures of what lies between them."""

    overlap: Overlap
    cards: tuple[_Seen, ...]


@dataclass(frozen=True)
class _Seen:
    """A product in a pair or a group."""

    id: str
    looks: Looks
    label: str
    note: str = ""


@dataclass(frozen=True)
class _Group:
    """Near-duplicates side by side; `rest` says how many more there are."""

    members: tuple[_Seen, ...]
    labels: tuple[str, ...]
    rest: int


@dataclass(frozen=True)
class _Cell:
    """A cell of the overlaps: how many products, and how strongly it is coloured."""

    rows: int
    style: str


def audit_page(found: Audit) -> str:
    """Return an audit as a self-contained HTML page.

    Parameters
    ----------
    found
        What `audit` found.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    shown = chosen(found.rows)
    pairs = found.overlaps[:OVERLAPS]
    groups = found.conflicts[:CONFLICTS]
    seen = looks(_with_titles(found.catalog), list(_pictured(shown, pairs, groups)))
    classes = sorted({f.given for f in shown}, key=lambda name: (name.casefold(), name))
    values = found.task is Task.REGRESS
    return pages.render(
        "audit.html",
        scripts=(pages.script("report.js"),),
        found=found,
        values=values,
        verdict=_verdict(found),
        facts=_facts(found),
        sections=_sections(found),
        kinds=_kinds(shown),
        cards=[_card(finding, seen, classes) for finding in shown],
        classes=() if values else classes,
        pairs=[_pair(overlap, seen, found) for overlap in pairs],
        names=found.names,
        cells=_cells(found),
        groups=[_group(conflict, seen, found) for conflict in groups],
        likely=sum(f.score >= 0.5 for f in found.rows),
        steps=_steps(found),
    )


def chosen(findings: tuple[Finding, ...]) -> list[Finding]:
    """Choose what a page shows: the most doubtful, and some of every kind."""
    kept = dict.fromkeys(range(min(SHOWN, len(findings))))
    for kind in KINDS:
        own = [at for at, finding in enumerate(findings) if finding.kind == kind]
        kept |= dict.fromkeys(own[:OF_EACH_KIND])
    return [findings[at] for at in sorted(kept)]


def _with_titles(catalog: Catalog) -> Catalog | None:
    shows = catalog.schema.names(Role.TEXT) or catalog.schema.names(Role.IMAGE)
    return catalog if shows or len(catalog) else None


def _pictured(
    shown: list[Finding], pairs: tuple[Overlap, ...], groups: tuple[Conflict, ...]
) -> Iterable[int]:
    yield from (finding.row for finding in shown)
    for overlap in pairs:
        yield from overlap.examples[:_PICTURES]
    for conflict in groups:
        yield from conflict.rows[:_SIDE_BY_SIDE]


def _card(finding: Finding, seen: dict[int, Looks], classes: list[str]) -> _Card:
    one, _, tone = KINDS[finding.kind]
    return _Card(finding, seen[finding.row], one, tone, classes.index(finding.given))


def _pair(overlap: Overlap, seen: dict[int, Looks], found: Audit) -> _Pair:
    doubted = {finding.row: finding for finding in found.rows}
    members = []
    for row in overlap.examples[:_PICTURES]:
        finding = doubted.get(row)
        label = finding.given if finding else str(found.catalog.labels[row])
        note = f"or {finding.suggested}" if finding and finding.suggested else ""
        members.append(_Seen(str(found.catalog.ids[row]), seen[row], label, note))
    return _Pair(overlap, tuple(members))


def _group(conflict: Conflict, seen: dict[int, Looks], found: Audit) -> _Group:
    doubted = {finding.row: finding for finding in found.rows}
    order = sorted(
        range(len(conflict.rows)),
        key=lambda at: -(doubted[conflict.rows[at]].score if conflict.rows[at] in doubted else 0),
    )
    members = []
    for at in order[:_SIDE_BY_SIDE]:
        row = conflict.rows[at]
        finding = doubted.get(row)
        note = (
            f"{pages.share(finding.score, 0)} for {finding.suggested}"
            if finding is not None and finding.suggested
            else ""
        )
        members.append(_Seen(str(found.catalog.ids[row]), seen[row], conflict.labels[at], note))
    return _Group(tuple(members), tuple(dict.fromkeys(conflict.labels)), len(order) - len(members))


def _cells(found: Audit) -> list[list[_Cell]]:
    """Colour the overlaps by their share of the products with that label."""
    sizes = dict(found.classes)
    return [
        [
            _Cell(rows, "" if at == row or not rows else _style(rows / max(sizes[name], 1)))
            for at, rows in enumerate(line)
        ]
        for row, (name, line) in enumerate(zip(found.names, found.joint, strict=True))
    ]


def _style(share: float) -> str:
    return f"wrong-{1 + sum(share >= step for step in _STEPS)}"


def _kinds(shown: list[Finding]) -> list[tuple[str, str]]:
    there = {finding.kind for finding in shown}
    named = [(str(kind), many.capitalize()) for kind, (_, many, _) in KINDS.items()]
    kinds = [(kind, many) for kind, many in named if kind in there]
    return [("", "All"), *kinds] if len(kinds) > 1 else [("", "All")]


def _verdict(found: Audit) -> pages.Verdict:
    if found.task is Task.REGRESS:
        return _value_verdict(found)
    wrong = sum(f.score >= CLEAR and f.kind != "outlier" for f in found.rows)
    share = wrong / found.products
    judged = (
        "Every product was judged by experts that had not seen it, nor its near-duplicates, and "
        "a second time by experts that had not seen the most suspicious labels either."
    )
    estimate = (
        f"Confident learning, which asks for more, takes {pages.plural(found.wrong, 'label')} for "
        f"wrong."
    )
    if not wrong:
        return pages.Verdict("good", "No label stands out as wrong", (estimate, judged))
    words = (
        f"{pages.plural(wrong, 'label')} ({pages.share(share)}) "
        f"{'is' if wrong == 1 else 'are'} likely wrong"
    )
    return pages.Verdict("good" if share < 0.01 else "warn", words, (estimate, judged))


def _value_verdict(found: Audit) -> pages.Verdict:
    told = "Every value was predicted by a model that had not seen it."
    if not found.rows:
        return pages.Verdict("good", "No value stands out", (told,))
    return pages.Verdict(
        "warn",
        f"{pages.plural(len(found.rows), 'value')} far from what such products have",
        (told, "A value may be far off and right: look at the product before changing it."),
    )


def _facts(found: Audit) -> list[tuple[str, str, str]]:
    kinds = found.kinds
    if found.task is Task.REGRESS:
        return []
    facts = [
        (
            "Wrong labels",
            pages.count(kinds.get("wrong-label", 0)),
            f"Another class is at least {CLEAR / (1 - CLEAR):.0f} times as likely.",
        ),
        (
            "Ambiguous",
            pages.count(kinds.get("ambiguous", 0)),
            "Two classes are both likely: often the classes overlap, and no label is wrong.",
        ),
        (
            "Conflicting duplicates",
            pages.plural(len(found.conflicts), "group"),
            "Near-duplicates with different labels.",
        ),
        ("Outliers", pages.count(kinds.get("outlier", 0)), "Products unlike all others."),
    ]
    if found.untested:
        rows = sum(count for _, count in found.untested)
        words = (
            f"Of {pages.plural(len(found.untested), 'class', 'classes')} too small to be judged."
        )
        facts.append(("Not checked", pages.plural(rows, "product"), words))
    return facts


def _sections(found: Audit) -> list[tuple[str, str]]:
    return [
        ("findings", "Findings"),
        *([("overlaps", "Overlapping classes")] if found.overlaps else []),
        *([("conflicts", "Near-duplicates")] if found.conflicts else []),
        *([("unchecked", "Not checked")] if found.untested else []),
        ("next", "What next"),
    ]


def _steps(found: Audit) -> list[pages.Step]:
    target = shlex.quote(found.target)
    audit = f"aisle audit CATALOG --target {target}"
    steps = [
        pages.Step(
            "Write the findings to a table. Fill in its column label where you disagree with the "
            "catalogue; what you leave empty stays as it is.",
            f"{audit} --rows review.csv",
        ),
        pages.Step(
            "Write a catalogue with your decisions.",
            f"{audit} --decisions review.csv --corrected corrected.parquet",
        ),
    ]
    if found.task is Task.CLASSIFY:
        steps.append(
            pages.Step(
                "Or take over the surest suggestions as they are.",
                f"{audit} --at-least {ACCEPTED} --corrected corrected.parquet",
            )
        )
    steps.append(
        pages.Step(
            "Train on it.", f"aisle train corrected.parquet --target {target} -o model.aisle"
        )
    )
    return steps
