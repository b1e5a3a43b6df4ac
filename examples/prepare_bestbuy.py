"""Make a catalogue of Best Buy's open data set: 51,646 products with text, price and photograph.

The data are `products.json` of the repository BestBuyAPIs/open-data-set on GitHub, which dedicates
them to the public domain (CC0 1.0); the photographs remain their owners'. Addresses of photographs
are from 2016, and some answer no longer: such products are kept without one, and listed in
missing-images.csv.

    python examples/prepare_bestbuy.py -o bestbuy --images
    aisle inspect bestbuy/catalog.parquet --target category
    aisle train bestbuy/catalog.parquet --target category -o bestbuy.aisle

A target of prices works as well: aisle train bestbuy/catalog.parquet --target price
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from downloading import downloaded
from preparing import Row, Tally, arguments, joined, make_catalog, number, objects, positive, run

ADDRESS = "https://raw.githubusercontent.com/BestBuyAPIs/open-data-set/master/products.json"

COLUMNS = pa.schema(
    [
        ("sku", pa.string()),
        ("name", pa.string()),
        ("description", pa.string()),
        ("manufacturer", pa.string()),
        ("model", pa.string()),
        ("type", pa.string()),
        ("price", pa.float64()),
        ("category", pa.string()),
        ("category_path", pa.string()),
        ("image", pa.string()),
    ]
)


def main(given: Sequence[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("--source", type=Path, help="products.json that you have; else downloaded")
    parser.add_argument(
        "--level",
        type=positive,
        default=1,
        help="depth of the category to learn; 1 is the department",
    )
    parser.add_argument(
        "--least", type=positive, default=1, help="leave out categories with fewer products"
    )
    asked = parser.parse_args(given)
    source = asked.source or downloaded(ADDRESS, asked.output / "source")
    tally = Tally()
    rows = products(source, asked.level, tally)
    if asked.least > 1:
        # The file is read twice, because a category's size is known only at its end.
        sizes = Counter(row["category"] for row in products(source, asked.level, Tally()))
        rows = large_enough(rows, sizes, asked.least, tally)
    make_catalog(rows, COLUMNS, asked, tally)


def products(source: Path, level: int, tally: Tally) -> Iterator[Row]:
    """Yield the products of a file; `level` counts from the department, 1."""
    for found in objects(source, tally):
        parts = found.get("category") or ()
        named = [joined(p.get("name"), " ") for p in parts if isinstance(p, dict)]
        path = [name for name in named if name]
        if not joined(found.get("name")) or "sku" not in found:
            tally.skipped["no name"] += 1
        elif len(path) < level:
            tally.skipped[f"no category at level {level}"] += 1
        else:
            yield {
                "sku": str(found["sku"]),
                "name": joined(found["name"], " "),
                "description": joined(found.get("description")),
                "manufacturer": joined(found.get("manufacturer"), " "),
                "model": joined(found.get("model"), " "),
                "type": joined(found.get("type"), " "),
                "price": number(found.get("price")),
                "category": path[level - 1],
                "category_path": " > ".join(path),
                "image": first_text(found.get("image")),
            }


def first_text(found: Any) -> str | None:
    """Return a text, or the first one of a list."""
    listed = found if isinstance(found, list) else [found]
    return next((one for one in listed if isinstance(one, str) and one), None)


def large_enough(
    rows: Iterator[Row], sizes: Counter[str], least: int, tally: Tally
) -> Iterator[Row]:
    """Leave out the products of small categories."""
    for row in rows:
        if sizes[row["category"]] >= least:
            yield row
        else:
            tally.skipped[f"in a category with fewer than {least} products"] += 1


if __name__ == "__main__":
    sys.exit(run(main))
