"""A catalogue's inspection as one HTML page: columns, classes, problems, and what to do next."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from aisle import pages
from aisle.catalog import Column, Problem, Role, Task
from aisle.insight.inspection import Inspection

_CLASSES_SHOWN = 40
_ONE_CHART = 10

_MEND_FIRST = frozenset(
    {
        "broken-image",
        "broken-row",
        "conflicting-label",
        "duplicate-id",
        "empty-text",
        "missing-id",
        "missing-target",
        "no-category",
        "unclosed-quote",
        "unreadable-folder",
    }
)
_GOOD_TO_KNOW = frozenset(
    {"duplicate-text", "missing-value", "near-duplicate", "not-an-image", "other-file"}
)
_LEVELS: tuple[tuple[str, Literal["bad", "warn", ""]], ...] = (
    ("mend first", "bad"),
    ("look at", "warn"),
    ("good to know", ""),
)
_USED = (Role.TEXT, Role.IMAGE, Role.NUMBER, Role.CATEGORY, Role.VECTOR)
_QUANTILES = ("Minimum", "Lower quartile", "Median", "Upper quartile", "Maximum")


@dataclass(frozen=True)
class _ColumnRow:
    """One column as the table shows it; `filled` is a share of the rows."""

    column: Column
    tone: str
    muted: bool
    filled: float | None
    distinct: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class _Trouble:
    """A problem with its severity."""

    severity: str
    tone: str
    kind: str
    message: str
    rows: int
    examples: tuple[int, ...]


def inspection_page(inspection: Inspection) -> str:
    """Return an inspection as a self-contained HTML page.

    Parameters
    ----------
    inspection
        What `inspect` found.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    problems = sorted(map(_trouble, inspection.problems), key=_urgency)
    charts, words, rest = _classes(inspection)
    quantiles = inspection.quantiles
    five = len(quantiles) == len(_QUANTILES)
    return pages.render(
        "inspection.html",
        found=inspection,
        task_words=_task_words(inspection),
        verdict=_verdict(inspection, problems),
        facts=_facts(inspection),
        sections=_sections(classes=bool(charts), values=five),
        problems=problems,
        columns=_columns(inspection),
        class_bars=charts,
        class_words=words,
        rest_words=rest,
        box_chart=pages.box(
            "Values of the target", quantiles, label=pages.shorten(inspection.target or "", 30)
        )
        if five
        else None,
        quantiles=tuple(zip(_QUANTILES, quantiles, strict=True)) if five else (),
        steps=_steps(inspection),
    )


def _trouble(problem: Problem) -> _Trouble:
    level = 0 if problem.kind in _MEND_FIRST else 2 if problem.kind in _GOOD_TO_KNOW else 1
    severity, tone = _LEVELS[level]
    return _Trouble(severity, tone, problem.kind, problem.message, problem.rows, problem.examples)


def _urgency(trouble: _Trouble) -> tuple[int, int]:
    names = [severity for severity, _ in _LEVELS]
    return names.index(trouble.severity), -trouble.rows


def _task_words(inspection: Inspection) -> str:
    if inspection.task is None:
        return "name a target to see classes and leaks"
    if inspection.task is Task.CLASSIFY:
        return f"a classification into {pages.plural(len(inspection.classes), 'class', 'classes')}"
    return "a regression: the target is a quantity"


def _verdict(inspection: Inspection, problems: list[_Trouble]) -> pages.Verdict:
    used = [row.column for row in inspection.columns if row.column.role in _USED]
    if inspection.target is None:
        return pages.Verdict(
            "warn",
            "Choose the column to learn",
            ("Without a target, leaks cannot be found and nothing can be trained.",),
        )
    if not used:
        return pages.Verdict(
            "bad",
            "There is nothing to learn from",
            ("No column is text, an image, a number or a category that may be used.",),
        )
    first, look = (sum(t.severity == severity for t in problems) for severity, _ in _LEVELS[:2])
    leaks = len(inspection.leaks)
    told = (
        f"{pages.plural(leaks, 'column')} that would give the target away "
        f"{'is' if leaks == 1 else 'are'} ignored."
        if leaks
        else "No column gives the target away."
    )
    if first:
        words = f"{pages.plural(first, 'kind')} of trouble to mend first"
        return pages.Verdict("warn", f"It can be learned, with {words}", (told,))
    if look:
        words = f"{pages.plural(look, 'thing')} to look at"
        return pages.Verdict("good", f"Ready to train, with {words}", (told,))
    return pages.Verdict("good", "Ready to train", (told,))


def _facts(inspection: Inspection) -> list[tuple[str, str, str]]:
    roles = Counter(row.column.role for row in inspection.columns)
    used = ", ".join(f"{roles[role]} {role.value}" for role in _USED if roles[role])
    facts = [
        (
            "Columns to learn from",
            pages.count(sum(roles[role] for role in _USED)),
            f"{used}." if used else "None.",
        ),
        (
            "Columns ignored",
            pages.count(roles[Role.IGNORED]),
            f"{pages.count(len(inspection.leaks))} of them because they are leaks.",
        ),
    ]
    if inspection.text_characters is not None:
        shortest, median, longest = map(pages.count, inspection.text_characters)
        words = f"Characters in a product’s text, the median; from {shortest} to {longest}."
        facts.append(("Text length", median, words))
    if inspection.classes:
        (_, most), (_, least) = inspection.classes[0], inspection.classes[-1]
        words = f"Products a class, from the smallest to the largest ({pages.count(least)} to "
        facts.append(
            ("Classes", pages.count(len(inspection.classes)), f"{words}{pages.count(most)}).")
        )
    return facts


def _sections(*, classes: bool, values: bool) -> list[tuple[str, str]]:
    return [
        ("problems", "Problems"),
        ("columns", "Columns"),
        *([("classes", "Classes")] if classes else []),
        *([("values", "Values")] if values else []),
        ("next", "What next"),
    ]


def _columns(inspection: Inspection) -> list[_ColumnRow]:
    return [
        _ColumnRow(
            column=row.column,
            tone="warn"
            if row.column.role is Role.TARGET
            else "good"
            if row.column.role in _USED
            else "",
            muted=row.column.role is Role.IGNORED,
            filled=row.filled / inspection.rows if inspection.rows else None,
            distinct=row.distinct,
            examples=row.examples,
        )
        for row in inspection.columns
    ]


def _classes(inspection: Inspection) -> tuple[list[Markup], str, str]:
    """Return the bars in one chart or two, and words on the whole and on what is not shown."""
    classes = inspection.classes
    if not classes:
        return [], "", ""
    total = sum(rows for _, rows in classes)
    shown, rest = classes[:_CLASSES_SHOWN], classes[_CLASSES_SHOWN:]
    items = [
        pages.Bar(name, float(rows), pages.count(rows), pages.share(rows / total))
        for name, rows in shown
    ]
    half = len(items) if len(items) <= _ONE_CHART else (len(items) + 1) // 2
    charts = [
        pages.bars("Products a class", items[at : at + half], maximum=float(classes[0][1]))
        for at in range(0, len(items), half)
    ]
    words = (
        f"{pages.plural(total, 'product')} in {pages.plural(len(classes), 'class', 'classes')}, "
        "the largest first."
    )
    if not rest:
        return charts, words, ""
    left = sum(rows for _, rows in rest)
    return (
        charts,
        words,
        f"And {pages.plural(len(rest), 'smaller class', 'smaller classes')} with "
        f"{pages.plural(left, 'product')} together ({pages.share(left / total)}).",
    )


def _steps(inspection: Inspection) -> list[pages.Step]:
    if inspection.target is None:
        return [
            pages.Step(
                "Name the column that a model shall learn, and look again.",
                "aisle inspect CATALOG --target COLUMN --html inspection.html",
            )
        ]
    target = shlex.quote(inspection.target)
    return [
        pages.Step(
            "Set products aside for a test that nobody trains on; near-duplicates stay together.",
            f"aisle split CATALOG --target {target} --test 0.25 --seed 0 -o parts",
        ),
        pages.Step(
            "Train on the others.",
            f"aisle train parts/train.parquet --target {target} -o model.aisle",
        ),
        pages.Step(
            "See how well it does, and which products can be accepted without a person.",
            "aisle evaluate model.aisle parts/test.parquet --html report.html",
        ),
    ]
