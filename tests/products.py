"""Small catalogues on which models train in a second."""

from __future__ import annotations

import numpy as np

WORDS = {
    "Mugs": ("mug", "ceramic", "coffee", "handle"),
    "Lamps": ("lamp", "bulb", "shade", "light"),
    "Boots": ("boot", "leather", "sole", "laces"),
}


def product_rows(count: int = 60, seed: int = 0) -> list[dict[str, object]]:
    """Make products whose titles and brands tell their kind, and whose price follows it."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    kinds = list(WORDS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        words = [str(rng.choice(WORDS[kind])) for _ in range(3)]
        noise = [str(rng.choice(["new", "blue", "classic", "small", "gift"])) for _ in range(3)]
        price = 10.0 * (1 + kinds.index(kind)) ** 2 * float(np.exp(rng.normal(0, 0.1)))
        rows.append(
            {
                "sku": f"S{number:04d}",
                "title": " ".join([*words, *noise, f"n{number}"]),
                "maker": str(rng.choice([f"{kind[:2]}co", "Acme"])),
                "price": round(price, 2),
                "kind": kind,
            }
        )
    return rows
