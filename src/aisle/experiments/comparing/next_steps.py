"""What to type after a comparison."""

from __future__ import annotations

import shlex

from aisle.experiments.comparing.leaderboard import Row


def train_command(row: Row, catalog: str, given: str) -> str:
    """Return the command that trains a candidate on all rows.

    Parameters
    ----------
    row
        The candidate.
    catalog, given
        The catalogue and the options of its columns, as they are typed.
    """
    settings = " ".join(f"--set {shlex.quote(setting)}" for setting in row.settings)
    recipe = f"--recipe {shlex.quote(row.recipe)}"
    parts = ("aisle train", catalog, given, recipe, settings, "-o model.aisle")
    return " ".join(part for part in parts if part)
