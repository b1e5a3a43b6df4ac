"""A deletion curve as a picture."""

from __future__ import annotations

from markupsafe import Markup

from aisle import pages
from aisle.insight.explaining.deletion import Deletion
from aisle.insight.explaining.results import Explanation
from aisle.pages.drawing import svg


def curve(deletion: Deletion, what: str, found: Explanation) -> Markup:
    """Draw what is left of an answer, beside random order."""
    levels = [*deletion.own, *deletion.random]
    classify = found.task == "classify"
    y = pages.Axis(
        "Probability" if classify else "Change of the value",
        0.0 if classify else min(levels),
        1.0 if classify else max(*levels, min(levels) + 1e-9),
        percent=classify,
    )
    own = list(zip(deletion.shares, deletion.own, strict=True))
    random = list(zip(deletion.shares, deletion.random, strict=True))
    return svg(
        pages.Plot(
            title=f"Taking {what} away",
            description=f"{deletion.words()} Solid: the strongest first. Dashed: random order.",
            x=pages.Axis(f"Share of {what} taken away", 0.0, 1.0, percent=True),
            y=y,
            series=(
                pages.Series("random order", random, "line", "muted", dashed=True),
                pages.Series("strongest first", own, "both"),
            ),
        )
    )
