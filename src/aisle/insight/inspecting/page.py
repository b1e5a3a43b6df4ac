"""A catalogue's inspection as one HTML page: what is there, what is wrong, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from aisle import pages
from aisle.catalog import Role, Task
from aisle.insight.inspecting.columns import USED
from aisle.insight.inspecting.inspection import Inspection
from aisle.insight.inspecting.page_basics import (
    LEVELS,
    Trouble,
    classes_view,
    column_rows,
    leak_views,
    tree_view,
    troubles,
)
from aisle.insight.inspecting.page_pictures import picture_views
from aisle.insight.inspecting.page_texts import texts_view
from aisle.insight.inspecting.page_values import (
    attributes_view,
    categories_rows,
    numbers_rest,
    numbers_views,
    presence_view,
)
from aisle.insight.inspecting.steps import Typed, next_steps

_QUANTILES = ("Minimum", "Lower quartile", "Median", "Upper quartile", "Maximum")


def inspection_page(inspection: Inspection, typed: Typed | None = None) -> str:
    """Return an inspection as a self-contained HTML page.

    Parameters
    ----------
    inspection
        What `inspect` found.
    typed
        How the user named the catalogue, for the commands on the page.

    Returns
    -------
    str
        HTML, to be written as UTF-8.
    """
    found, rows = inspection, inspection.rows
    kind = "band" if found.task is Task.REGRESS else "class"
    groups = len(found.classes)
    problems = troubles(found)
    photographs, twins = picture_views(found, kind)
    five = len(found.quantiles) == len(_QUANTILES)
    shown = {
        "leaks": leak_views(found),
        "classes": classes_view(found),
        "tree": tree_view(found.tree),
        "texts": texts_view(found.texts, rows, kind, groups),
        "numbers": numbers_views(found.numbers, rows, kind, groups),
        "categories": categories_rows(found.categories, rows),
        "attributes": [attributes_view(one, rows, kind, groups) for one in found.attributes],
        "photographs": photographs,
        "twins": twins,
        "presence": presence_view(found.presence, rows),
    }
    return pages.render(
        "inspection.html",
        scripts=(pages.script("icicle.js"),) if shown["tree"] else (),
        found=found,
        kind=kind,
        task_words=_task_words(found),
        verdict=_verdict(found, problems),
        facts=_facts(found),
        sections=_sections(shown, values=five),
        problems=problems,
        columns=column_rows(found),
        box_chart=pages.box(
            "Values of the target", found.quantiles, label=pages.shorten(found.target or "", 30)
        )
        if five
        else None,
        quantiles=tuple(zip(_QUANTILES, found.quantiles, strict=True)) if five else (),
        numbers_rest=numbers_rest(found.numbers),
        steps=next_steps(found, typed or Typed()),
        **shown,
    )


def _task_words(inspection: Inspection) -> str:
    if inspection.task is None:
        return "name a target to see classes and leaks"
    if inspection.task is Task.CLASSIFY:
        return f"a classification into {pages.plural(len(inspection.classes), 'class', 'classes')}"
    return "a regression: the target is a quantity"


def _verdict(inspection: Inspection, problems: list[Trouble]) -> pages.Verdict:
    used = [row.column for row in inspection.columns if row.column.role in USED]
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
    first, look = (sum(t.severity == severity for t in problems) for severity, _ in LEVELS[:2])
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
    used = ", ".join(f"{roles[role]} {role.value}" for role in USED if roles[role])
    facts = [
        (
            "Columns to learn from",
            pages.count(sum(roles[role] for role in USED)),
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
    return facts + _more_facts(inspection)


def _more_facts(inspection: Inspection) -> list[tuple[str, str, str]]:
    facts = []
    if inspection.photographs is not None and inspection.rows:
        part = inspection.photographs.read / inspection.rows
        facts.append(("With a photograph", pages.share(part), "Products whose picture is read."))
    if inspection.twins is not None and inspection.rows:
        part = inspection.twins.products / inspection.rows
        words = f"In {pages.plural(inspection.twins.groups, 'group')}; kept together in splits."
        facts.append(("Near-duplicates", pages.share(part), words))
    return facts


def _sections(shown: Mapping[str, object], *, values: bool) -> list[tuple[str, str]]:
    names = [
        ("problems", "Problems", True),
        ("columns", "Columns", True),
        ("leaks", "Leaks", shown["leaks"]),
        ("classes", "Classes", shown["classes"]),
        ("values", "Values", values),
        ("tree", "Category tree", shown["tree"]),
        ("texts", "Texts", shown["texts"]),
        ("numbers", "Numbers", shown["numbers"]),
        ("categories", "Categories", shown["categories"]),
        ("attributes", "Attributes", shown["attributes"]),
        ("photographs", "Photographs", shown["photographs"]),
        ("twins", "Near-duplicates", shown["twins"]),
        ("presence", "Modalities", shown["presence"]),
        ("next", "What next", True),
    ]
    return [(key, label) for key, label, there in names if there]
