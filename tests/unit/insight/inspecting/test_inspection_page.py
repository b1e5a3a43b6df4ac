from __future__ import annotations

import re
import shlex
from html import unescape
from html.parser import HTMLParser

import pytest

from aisle.catalog import Column, Problem, Role, Task
from aisle.insight import ColumnSummary, Inspection
from aisle.insight.inspecting.page import inspection_page

HOSTILE = (
    "<script>alert(1)</script>",
    "</title></style></script><b>",
    "' onmouseover='alert(1)",
    "x" * 500,
    "{{ 7 * 7 }}",
    "قمصان",
    "\u202eturned",
    "",
)


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", " ".join(Elements(page).words))


def summary(name: str, role: Role, *, leak: bool = False, reason: str = "why") -> ColumnSummary:
    return ColumnSummary(Column(name, role, reason, leak), 8, 5, ("one", "two"))


def inspection(
    *,
    target: str | None = "category",
    task: Task | None = Task.CLASSIFY,
    columns: tuple[ColumnSummary, ...] | None = None,
    classes: tuple[tuple[str, int], ...] = (("Shoes", 6), ("Hats", 4)),
    quantiles: tuple[float, ...] = (),
    problems: tuple[Problem, ...] = (),
) -> Inspection:
    return Inspection(
        rows=10,
        target=target,
        task=task,
        columns=(
            summary("title", Role.TEXT),
            summary("path", Role.IGNORED, leak=True),
            summary("category", Role.TARGET),
        )
        if columns is None
        else columns,
        classes=classes,
        quantiles=quantiles,
        text_characters=(0, 40, 90),
        problems=problems,
    )


def test_roles_leaks_and_classes_are_told() -> None:
    page = inspection_page(inspection())
    text = text_of(page)
    assert "a classification into 2 classes" in text
    assert "1 column that would give the target away is ignored." in text
    assert len(re.findall(r'<tr class="leak">', page)) == 1
    assert "Shoes: 6 (60.0%); Hats: 4 (40.0%)" in text
    assert "80.0%" in text


def test_the_most_serious_problems_come_first_and_then_the_largest() -> None:
    kinds = [("missing-value", 9), ("imbalance", 3), ("made-up", 5), ("broken-row", 1)]
    found = tuple(Problem(kind, rows, f"message of {kind}", (0, 4)) for kind, rows in kinds)
    page = inspection_page(inspection(problems=found))
    told = re.findall(r"<p>message of ([\w-]+)</p>", page)
    assert told == ["broken-row", "made-up", "imbalance", "missing-value"]
    assert "rows 0, 4 …" in text_of(page)
    assert "with 1 kind of trouble to mend first" in page


def test_classes_beyond_forty_are_summed_up() -> None:
    classes = tuple((f"class {at}", 100 - at) for at in range(45))
    page = inspection_page(inspection(classes=classes))
    assert page.count('class="bar accent"') == 40
    assert "And 5 smaller classes with 290 products together (8.3%)." in text_of(page)


def test_a_quantity_shows_its_quantiles() -> None:
    page = inspection_page(
        inspection(task=Task.REGRESS, classes=(), quantiles=(1.0, 10.0, 50.0, 200.0, 9000.0))
    )
    text = text_of(page)
    assert "median 50, upper quartile 200, maximum 9k" in text
    assert "Upper quartile 200" in text
    assert 'id="classes"' not in page


@pytest.mark.parametrize("target", ["category", "it's; rm -rf", "$(reboot)", '"', "a b"])
def test_the_commands_can_be_pasted_whatever_the_target_is_called(target: str) -> None:
    page = inspection_page(inspection(target=target))
    commands = [unescape(found) for found in re.findall(r"<code>(.*?)</code>", page)]
    assert [shlex.split(command)[1] for command in commands] == [
        "split",
        "train",
        "evaluate",
        "inspect",
    ]
    assert all(target in shlex.split(command) for command in commands[:2])


def test_without_a_target_the_next_step_is_to_name_one() -> None:
    page = inspection_page(inspection(target=None, task=None, classes=()))
    assert "Choose the column to learn" in page
    assert "aisle inspect CATALOG --target COLUMN" in page


def test_a_catalogue_with_nothing_to_learn_from() -> None:
    page = inspection_page(inspection(columns=(summary("category", Role.TARGET),)))
    assert "There is nothing to learn from" in page


def test_an_empty_catalogue_has_a_page() -> None:
    page = inspection_page(Inspection(0, None, None, (), (), (), None, ()))
    assert "products</strong> in 0 columns" in page
    assert "Nothing was found" in page


def test_hostile_names_are_harmless() -> None:
    columns = tuple(
        ColumnSummary(Column(name, Role.TEXT, name, True), 1, 1, (name,)) for name in HOSTILE
    )
    page = inspection_page(
        inspection(
            target=HOSTILE[0],
            columns=columns,
            classes=tuple((name, 3) for name in HOSTILE),
            problems=tuple(Problem(name, 1, name) for name in HOSTILE),
        )
    )
    elements = Elements(page).found
    assert sum(tag == "script" for tag, _ in elements) == 1
    assert not {tag for tag, _ in elements} & {"b", "img", "iframe", "object"}
    assert not [name for _, attributes in elements for name in attributes if name.startswith("on")]
    for _, attributes in elements:
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
