"""Roles: named, overridden, and carried through JSON."""

from __future__ import annotations

import pytest

from aisle.catalog import Column, Problem, Role, Schema
from aisle.errors import CatalogError

SCHEMA = Schema(
    (
        Column("sku", Role.ID, "codes"),
        Column("title", Role.TEXT, "words"),
        Column("department", Role.IGNORED, "gives the target away", leak=True),
        Column("category", Role.TARGET, "named as the target"),
    )
)


def test_columns_are_found_by_role_and_by_name() -> None:
    assert (SCHEMA.id, SCHEMA.target) == ("sku", "category")
    assert SCHEMA.names(Role.TEXT) == ("title",)
    assert SCHEMA.only(Role.GROUP) is None
    assert SCHEMA["title"].role is Role.TEXT
    with pytest.raises(KeyError):
        SCHEMA["colour"]


def test_a_role_given_by_a_person_replaces_the_inferred_one_and_lifts_the_leak() -> None:
    changed = SCHEMA.with_roles({"department": "category"}, "as you said")
    assert changed["department"] == Column("department", Role.CATEGORY, "as you said")
    assert changed["title"] == SCHEMA["title"]


@pytest.mark.parametrize(
    ("roles", "said"),
    [({"colour": "text"}, "no column 'colour'"), ({"title": "prose"}, "'prose' is not a role")],
)
def test_roles_that_cannot_be_are_named_with_what_could_be(
    roles: dict[str, str], said: str
) -> None:
    with pytest.raises(CatalogError, match=said) as caught:
        SCHEMA.with_roles(roles, "as you said")
    assert "title" in str(caught.value)


def test_a_schema_survives_json() -> None:
    assert Schema.from_list(SCHEMA.to_list()) == SCHEMA
    assert SCHEMA.to_list()[2] == {
        "name": "department",
        "role": "ignored",
        "reason": "gives the target away",
        "leak": True,
    }


def test_a_problem_has_the_json_shape_of_inspect() -> None:
    problem = Problem("rare-class", 3, "three rows", (1, 2))
    assert problem.to_dict() == {
        "kind": "rare-class",
        "rows": 3,
        "message": "three rows",
        "examples": [1, 2],
    }
