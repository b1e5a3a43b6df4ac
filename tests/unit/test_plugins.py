"""Classes by name: Aisle's own first, then what plug-ins register, with messages that help."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from aisle import plugins
from aisle.component import Component
from aisle.errors import RecipeError

OWN = {"path": "pathlib:Path"}
GROUP = "aisle.things"

Register = Callable[..., None]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Give a function that makes entry points of ``name="module:attribute"`` pairs."""

    def put(*points: tuple[str, str]) -> None:
        found = EntryPoints(EntryPoint(name, value, GROUP) for name, value in points)
        monkeypatch.setattr(plugins, "entry_points", lambda group: found.select(group=group))
        plugins._installed.cache_clear()

    monkeypatch.setattr(plugins, "_installed", plugins._installed)
    put()
    return put


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield
    plugins._installed.cache_clear()


def find(name: str) -> type:
    return plugins.find(name, group=GROUP, own=OWN, kind="thing")


def test_own_classes_are_found_and_stand_first(register: Register) -> None:
    register(("z", "decimal:Decimal"), ("a", "fractions:Fraction"))
    assert find("path") is Path
    assert find("z").__name__ == "Decimal"
    assert plugins.names(GROUP, OWN) == ["path", "a", "z"]


def test_a_plug_in_cannot_replace_an_own_class(register: Register) -> None:
    register(("path", "decimal:Decimal"))
    assert find("path") is Path
    assert plugins.names(GROUP, OWN) == ["path"]


def test_an_unknown_name_gets_a_suggestion_and_the_list(register: Register) -> None:
    register(("decimal", "decimal:Decimal"))
    with pytest.raises(RecipeError, match=r"no thing 'dezimal'\. Did you mean 'decimal'\?") as told:
        find("dezimal")
    assert "Installed: path, decimal" in str(told.value)
    assert "'aisle.things'" in str(told.value)


def test_a_name_that_two_plug_ins_bring_is_refused(register: Register) -> None:
    register(("x", "decimal:Decimal"), ("x", "fractions:Fraction"))
    with pytest.raises(RecipeError, match=r"2 plug-ins bring the thing 'x' \(decimal:Decimal, fr"):
        find("x")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("no_such_module:X", "does not import: No module named"),
        ("decimal:Dezimal", "does not import: .*Dezimal"),
        ("broken_plug_in:X", "does not import: .*syntax"),
        ("decimal:getcontext", "is no class"),
    ],
)
def test_a_plug_in_that_fails_is_named(
    value: str,
    message: str,
    register: Register,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "broken_plug_in.py").write_text("class X(:\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    register(("x", value))
    with pytest.raises(RecipeError, match=message):
        find("x")


class Part(Component):
    def __init__(self, needed: int, other: int = 2) -> None:
        self.needed = needed
        self.other = other


class Bare(Component):
    pass


def test_parts_are_built_from_parameters() -> None:
    built = plugins.build(Part, {"needed": 1, "other": 5}, "the part")
    assert (built.needed, built.other) == (1, 5)
    assert isinstance(plugins.build(Bare, {}, "the part"), Bare)


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        (Part, {"othr": 1}, "^the part has no parameter 'othr'; did you mean 'other'.* It has nee"),
        (Part, {"zzz": 1}, r"^the part has no parameter 'zzz'\. It has needed, other"),
        (Part, {"other": 1}, "^the part needs a value for needed$"),
        (Bare, {"x": 1}, r"has no parameter 'x'\. It has none"),
    ],
)
def test_wrong_parameters_are_explained(
    kind: type[Component], params: dict[str, int], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        plugins.build(kind, params, "the part")
