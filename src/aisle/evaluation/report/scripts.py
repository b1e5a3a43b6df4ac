"""The scripts of an evaluation's page: a plotting library once, and what draws and moves."""

from __future__ import annotations

from aisle import pages


def scripts() -> tuple[str, ...]:
    """Return the scripts that both pages carry."""
    return pages.plotting_library(), pages.script("charts.js"), pages.script("report.js")
