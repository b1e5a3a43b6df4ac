"""What the pages of the documentation tell people to type exists."""

from __future__ import annotations

import ast
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.main import get_command

from aisle.catalog import Task
from aisle.cli.main import app
from aisle.models import Recipe

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
STARTERS = ("aisle", "pip", "python", "docker", "mkdir", "export", ".", "curl", "printf")


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def console_lines(page: Path) -> list[str]:
    found = [block.replace("\\\n", " ").splitlines() for block in blocks(page, "console")]
    return [line for lines in found for line in lines]


def each_command() -> list[Any]:
    """Every call of aisle in a console block, those inside containers too."""
    found = []
    for page in PAGES:
        for line in console_lines(page):
            words = shlex.split(line, comments=True)
            if words[:2] == ["docker", "compose"] and "run" in words:
                words = words[words.index("--rm") + 1 :]
            elif words[:2] == ["docker", "run"]:
                if "aisle" not in words:  # an image whose entry point has the command already
                    continue
                words = words[words.index("aisle") :]
            if words[:1] == ["aisle"]:
                found.append(pytest.param(words, id=f"{page.stem}: {' '.join(words)}"[:90]))
    return found


def parsed(words: list[str]) -> Any:
    """Parse a call as the command line does, and return the context of its last command."""
    command, context = get_command(app), None
    name, *rest = words
    while True:
        below = getattr(command, "commands", None)
        if below is None:
            return command.make_context(name, rest, parent=context)
        context = command.make_context(name, rest[:0], parent=context, resilient_parsing=True)
        assert rest, f"{' '.join(words)}: a command is missing"
        name, *rest = rest
        assert name in below, f"there is no command {name!r} among {', '.join(below)}"
        command = below[name]


def test_there_are_pages_with_commands() -> None:
    assert len(PAGES) >= 15
    assert len(each_command()) >= 50


@pytest.mark.parametrize("words", each_command())
def test_a_command_and_its_options_exist(words: list[str]) -> None:
    context = parsed(words)
    settings = context.params.get("settings") or ()
    if context.command_path == "aisle train":
        Recipe.load("fast", Task.CLASSIFY, [s for s in settings if not s.startswith("text.tune")])


@pytest.mark.parametrize(
    "words", [["aisle", "trian"], ["aisle", "split", "c.csv"], ["aisle", "demo", "--sample", "3"]]
)
def test_the_check_itself_refuses_what_does_not_exist(words: list[str]) -> None:
    with pytest.raises((AssertionError, typer.TyperException)):
        parsed(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_console_blocks_hold_commands_that_the_check_knows(page: Path) -> None:
    strange = [line for line in console_lines(page) if line.split()[0] not in STARTERS]
    assert not strange


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_blocks_import_what_exists(page: Path) -> None:
    for block in blocks(page, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("aisle"):
                module = import_module(str(node.module))
                missing = [name.name for name in node.names if not hasattr(module, name.name)]
                assert not missing, f"{node.module} has no {', '.join(missing)}"


def test_the_encoder_that_is_shown_works() -> None:
    (code,) = blocks(ROOT / "docs" / "reference" / "contracts.md", "python")
    names: dict[str, Any] = {}
    exec(code, names)
    rows = [{"title": "a red mug", "kind": "mug"}, {"title": None, "kind": "mug"}]
    catalog = names["Catalog"].read(rows, target="kind")
    features = names["TitleLength"]().fit(catalog).transform(catalog)
    assert features.matrix.tolist() == [[1.0], [0.0]]
    assert features.present.tolist() == [True, False]


def test_the_recipe_that_is_shown_is_one(tmp_path: Path) -> None:
    (text,) = blocks(ROOT / "docs" / "reference" / "recipes.md", "yaml")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    recipe = Recipe.load(tmp_path / "mine.yaml", Task.CLASSIFY)
    assert recipe.decisions.precision == 0.97
    assert "metadata" not in recipe.experts


def test_schemas_that_are_shown_are_yaml() -> None:
    for name in ("how-to/data-scientist.md", "troubleshooting.md"):
        (text,) = blocks(ROOT / "docs" / name, "yaml")
        assert set(yaml.safe_load(text)) == {"target", "roles"}


def test_figures_name_where_they_come_from() -> None:
    """A file under results/ that a page names exists, with the command that the page names."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in re.finditer(r"results/(\w+)\.md", text):
            result = (ROOT / found[0]).read_text(encoding="utf-8")
            assert f"python -m benchmarks {found[1]}" in result
            assert f"python -m benchmarks {found[1]}" in text
