"""Problems, columns, leaks and classes, as the page of an inspection shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from aisle import pages
from aisle.catalog import Column, Problem, Role
from aisle.insight.inspecting.balance import Balance
from aisle.insight.inspecting.columns import USED
from aisle.insight.inspecting.inspection import Inspection
from aisle.insight.inspecting.leaking import Leak
from aisle.insight.inspecting.tree import CategoryTree
from aisle.pages.icicle import Node, icicle

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
        "nothing-to-learn-from",
        "unclosed-quote",
        "unreadable-folder",
    }
)
_GOOD_TO_KNOW = frozenset(
    {"duplicate-text", "missing-value", "near-duplicate", "not-an-image", "other-file"}
)
LEVELS: tuple[tuple[str, Literal["bad", "warn", ""]], ...] = (
    ("mend first", "bad"),
    ("look at", "warn"),
    ("good to know", ""),
)
"""How serious a problem is, and its tone; the most serious first."""


@dataclass(frozen=True)
class ColumnRow:
    """One column as the table shows it; `filled` is a share of the rows."""

    column: Column
    tone: str
    muted: bool
    filled: float | None
    distinct: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Trouble:
    """A problem with its severity."""

    severity: str
    tone: str
    kind: str
    message: str
    rows: int
    examples: tuple[int, ...]


@dataclass(frozen=True)
class ClassesView:
    """The classes in one chart or two, and words on the whole, on balance and on the rest."""

    charts: list[Markup]
    words: str
    balance: str
    rest: str


@dataclass(frozen=True)
class TreeView:
    """A category tree: the drawing, and words on it."""

    chart: Markup
    words: str
    reading: str


@dataclass(frozen=True)
class LeakView:
    """A leak, and in words why it is one and how much it gives away."""

    leak: Leak
    words: str


def troubles(inspection: Inspection) -> list[Trouble]:
    """Return the problems, the most serious first, and then those of most rows."""
    return sorted(map(_trouble, inspection.problems), key=_urgency)


def _trouble(problem: Problem) -> Trouble:
    level = 0 if problem.kind in _MEND_FIRST else 2 if problem.kind in _GOOD_TO_KNOW else 1
    severity, tone = LEVELS[level]
    return Trouble(severity, tone, problem.kind, problem.message, problem.rows, problem.examples)


def _urgency(trouble: Trouble) -> tuple[int, int]:
    names = [severity for severity, _ in LEVELS]
    return names.index(trouble.severity), -trouble.rows


def column_rows(inspection: Inspection) -> list[ColumnRow]:
    """Return the columns in the order of the table."""
    return [
        ColumnRow(
            column=row.column,
            tone="warn"
            if row.column.role is Role.TARGET
            else "good"
            if row.column.role in USED
            else "",
            muted=row.column.role is Role.IGNORED,
            filled=row.filled / inspection.rows if inspection.rows else None,
            distinct=row.distinct,
            examples=row.examples,
        )
        for row in inspection.columns
    ]


def classes_view(inspection: Inspection) -> ClassesView | None:
    """Draw the classes; None without any."""
    classes, balance = inspection.classes, inspection.balance
    if balance is None:
        return None
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
    left = sum(rows for _, rows in rest)
    more = (
        f"And {pages.plural(len(rest), 'smaller class', 'smaller classes')} with "
        f"{pages.plural(left, 'product')} together ({pages.share(left / total)})."
        if rest
        else ""
    )
    return ClassesView(charts, words, _balance_words(balance, len(classes)), more)


def _balance_words(balance: Balance, classes: int) -> str:
    if classes == 1:
        return "There is one class alone, so there is nothing to tell apart."
    if balance.largest == balance.smallest:
        return "All classes are equally large."
    told = (
        f"The largest is {pages.number(balance.ratio)} times as large as the smallest; half of all "
        f"products are in {pages.plural(balance.half, 'class', 'classes')}. They are as varied as "
        f"{pages.number(balance.effective)} equally large classes would be."
    )
    if balance.rare:
        have = "class has" if balance.rare == 1 else "classes have"
        told += f" {pages.count(balance.rare)} {have} too few products to be learned well."
    return told


def tree_view(tree: CategoryTree | None) -> TreeView | None:
    """Draw the category tree; None without one."""
    if tree is None:
        return None
    nodes = [
        Node(branch.name or f"and {pages.count(branch.merged)} more", branch.parent, branch.rows)
        for branch in tree.branches
    ]
    levels = ", ".join(
        f"{depth} {'level' if depth == 1 else 'levels'} in {pages.count(rows)}"
        for depth, rows in enumerate(tree.levels, start=1)
        if rows
    )
    merged = sum(branch.merged for branch in tree.branches)
    words = (
        f"The paths of {pages.plural(tree.rows, 'product')} in the column {tree.column} span "
        f"{pages.plural(tree.categories, 'category', 'categories')}, {pages.count(tree.tops)} at "
        f"the top and {pages.count(tree.leaves)} without any below. Their depth: {levels}."
    )
    reading = "Every category is as high as its share of the products; those below it stand right."
    if merged:
        reading += " Small categories are summed up."
    return TreeView(icicle("Category tree", nodes), words, reading)


def leak_views(inspection: Inspection) -> list[LeakView]:
    """Say of every leak how much it gives away."""
    return [LeakView(leak, _leak_words(leak)) for leak in inspection.leak_details]


def _leak_words(leak: Leak) -> str:
    reason = leak.reason.removeprefix("gives the target away: ")
    told = f"{reason[:1].upper()}{reason[1:]}."
    if leak.right is None:
        return f"{told} Its values beside those of the target:"
    if leak.follows:
        return (
            f"{told} It follows from the class: {pages.share(leak.right)} of "
            f"{pages.plural(leak.repeated, 'product')} have the value that others of their class "
            "have, so it was likely filled in when they were filed."
        )
    return (
        f"{told} Whoever knew it would answer rightly for {pages.share(leak.right)} of the "
        f"{pages.plural(leak.repeated, 'product')} whose value another product has too."
    )
