from __future__ import annotations

from dataclasses import replace

from aisle.insight import Inspection
from aisle.insight.inspecting.steps import Typed, next_steps
from aisle.insight.inspecting.twins import Twins


def test_commands_name_what_the_user_typed(inspected: Inspection) -> None:
    typed = Typed("'my file.csv'", "--sample 5", "--text title")
    commands = [step.command for step in next_steps(inspected, typed)]
    assert commands[0].startswith("aisle split 'my file.csv' --text title --sample 5 --target kind")
    assert "parts/train.parquet --target kind --text title -o" in commands[1]


def test_conflicting_labels_are_audited_first(inspected: Inspection) -> None:
    conflicting = replace(inspected, twins=Twins(4, 2, 1, 2, ()))
    assert next_steps(conflicting, Typed())[0].command.startswith("aisle audit CATALOG ")
    assert not [s for s in next_steps(inspected, Typed()) if s.command.startswith("aisle audit")]


def test_a_leak_may_be_given_a_role(inspected: Inspection) -> None:
    assert next_steps(inspected, Typed())[-1].command.endswith("--target kind --category path")
