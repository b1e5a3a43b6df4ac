"""Recipe `best` beside `balanced`, on Flipkart's categories."""

from __future__ import annotations

from collections import Counter

from aisle import Catalog
from aisle.experiments.comparing import Candidate
from benchmarks.balanced import FEWEST, frequent
from benchmarks.boards import board, board_table
from benchmarks.common import SPLITS, publish, shared

RECIPES = ("fast", "balanced", "best")


def main() -> None:
    path = shared("flipkart", "catalog.csv")
    publish(
        "best",
        "Recipe best beside balanced on Flipkart",
        "Differences are paired, with 95 % intervals; ± is the standard deviation between splits.",
        compared("`category` (7 classes)", Catalog.read(path, target="category")),
        compared(
            f"`subcategory` (classes with at least {FEWEST} rows)",
            frequent(Catalog.read(path, target="subcategory")),
        ),
    )


def compared(name: str, catalog: Catalog) -> str:
    """Train the recipes on the same splits."""
    candidates = [Candidate(recipe, (), recipe) for recipe in RECIPES]
    found = board(catalog, candidates, seeds=min(SPLITS, 5), baseline="balanced")
    lines = []
    for row in found.rows:
        chosen = ", ".join(f"{kind} {n} times" for kind, n in Counter(row.fusions).most_common())
        lines.append(f"* {row.name}: {chosen}.")
    return "\n\n".join(
        [
            f"## {name}",
            f"{len(catalog):,} rows, {len(found.seeds)} splits.",
            board_table(found, RECIPES),
            "Fusions chosen:\n\n" + "\n".join(lines),
        ]
    )


if __name__ == "__main__":
    main()
