"""What to do after looking at a catalogue, as commands."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aisle import pages
from aisle.catalog import Role, Task

if TYPE_CHECKING:
    from aisle.insight.inspecting.inspection import Inspection


@dataclass(frozen=True)
class Typed:
    """What a user typed to name a catalogue, quoted for a shell.

    Parameters
    ----------
    catalog
        The file.
    reading
        Options on how it is read.
    roles
        Options on what its columns are, without the target.
    """

    catalog: str = "CATALOG"
    reading: str = ""
    roles: str = ""


def next_steps(found: Inspection, typed: Typed) -> list[pages.Step]:
    """Return the commands that a person would type next."""
    whole = " ".join(word for word in (typed.catalog, typed.roles, typed.reading) if word)
    if found.target is None or (len(found.classes) < 2 and not found.quantiles):
        return [
            pages.Step(
                "Name the column that a model shall learn, and look again.",
                f"aisle inspect {whole} --target COLUMN --html inspection.html",
            )
        ]
    target = f"--target {shlex.quote(found.target)}"
    roles = f" {typed.roles}" if typed.roles else ""
    steps = [
        pages.Step(
            "Set products aside for a test that nobody trains on; near-duplicates stay together.",
            f"aisle split {whole} {target} --test 0.25 --seed 0 -o parts",
        ),
        pages.Step(
            "Train on the others.",
            f"aisle train parts/train.parquet {target}{roles} -o model.aisle",
        ),
        pages.Step(
            "See how well it does, and which products can be accepted without a person.",
            "aisle evaluate model.aisle parts/test.parquet --html report.html",
        ),
    ]
    if found.task is Task.CLASSIFY and found.twins is not None and found.twins.conflicting:
        steps.insert(
            0,
            pages.Step(
                "Near-duplicates have different classes: see which labels are likely wrong before "
                "a model learns them.",
                f"aisle audit {whole} {target} --html audit.html --rows review.csv",
            ),
        )
    if found.leaks:
        name = shlex.quote(found.leaks[0].name)
        role = Role.NUMBER if found.task is Task.REGRESS else Role.CATEGORY
        steps.append(
            pages.Step(
                "If a column is no leak after all, because it is known before anybody files the "
                "product, give it a role and look again.",
                f"aisle inspect {whole} {target} --{role.value} {name}",
            )
        )
    return steps
