"""Make a catalogue of Amazon Reviews 2023: products of one or more of its 33 departments.

The data are the item metadata of McAuley Lab at UC San Diego (Hou et al., 2024, "Bridging Language
and Items for Retrieval and Recommendation", arXiv:2403.03952), a file of JSON lines a department.
They come without a licence, for research; texts and photographs remain their owners'. Departments
are named as in the files: All_Beauty and Gift_Cards are small, Appliances, Office_Products and
Electronics are large (gigabytes). A file that you have is taken instead of a name.

    python examples/prepare_amazon.py All_Beauty Gift_Cards Software -o amazon --limit 20000
    aisle inspect amazon/catalog.parquet --target department
    aisle train amazon/catalog.parquet --target department --recipe fast -o amazon.aisle

Within one department the category at a depth of its own tree is the target:

    python examples/prepare_amazon.py Appliances -o appliances --level 2 --images
    aisle train appliances/catalog.parquet --target category -o appliances.aisle
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
from downloading import downloaded
from preparing import Row, Tally, arguments, joined, make_catalog, number, objects, positive, run

ADDRESS = (
    "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_2023/raw/meta_categories/"
    "meta_{name}.jsonl.gz"
)

COLUMNS = pa.schema(
    [
        ("parent_asin", pa.string()),
        ("title", pa.string()),
        ("features", pa.string()),
        ("description", pa.string()),
        ("store", pa.string()),
        ("price", pa.float64()),
        ("average_rating", pa.float64()),
        ("rating_number", pa.int64()),
        ("department", pa.string()),
        ("category", pa.string()),
        ("category_path", pa.string()),
        ("image", pa.string()),
    ]
)


def main(given: Sequence[str] | None = None) -> None:
    parser = arguments(__doc__)
    parser.add_argument("departments", nargs="+", help="names of departments, or files")
    parser.add_argument(
        "--level",
        type=positive,
        default=1,
        help="depth of the category; 1 is the department's root",
    )
    asked = parser.parse_args(given)
    tally = Tally()
    parts = [department(name, asked.output / "source") for name in asked.departments]
    # The limit holds for each department, so that it does not fill with the first of them.
    limit, asked.limit = asked.limit, None
    rows = chain.from_iterable(
        islice(products(path, name, asked.level, tally), limit) for name, path in parts
    )
    make_catalog(rows, COLUMNS, asked, tally)


def department(given: str, folder: Path) -> tuple[str, Path]:
    """Return the name of a department, and its file, downloaded unless it is one."""
    path = Path(given)
    if path.is_file():
        return path.name.removeprefix("meta_").partition(".")[0], path
    return given, downloaded(ADDRESS.format(name=given), folder)


def products(source: Path, name: str, level: int, tally: Tally) -> Iterator[Row]:
    """Yield the products of a department; `level` counts from its root, 1."""
    for found in objects(source, tally):
        path = [str(part) for part in found.get("categories") or ()]
        title = str(found.get("title") or "").strip()
        if not title or not found.get("parent_asin"):
            tally.skipped["no title"] += 1
            continue
        if level > 1 and len(path) < level:
            tally.skipped[f"no category at level {level}"] += 1
            continue
        yield {
            "parent_asin": str(found["parent_asin"]),
            "title": title,
            "features": joined(found.get("features")),
            "description": joined(found.get("description")),
            "store": joined(found.get("store"), " "),
            "price": number(found.get("price")),
            "average_rating": number(found.get("average_rating")),
            "rating_number": found.get("rating_number"),
            "department": name.replace("_", " "),
            "category": path[level - 1] if len(path) >= level else None,
            "category_path": " > ".join(path) or None,
            "image": main_image(found.get("images")),
        }


def main_image(images: Any) -> str | None:
    """Return the address of the main photograph, in the size that a model needs."""
    if isinstance(images, dict):  # exports by column hold lists of addresses instead
        images = [
            dict(zip(images, values, strict=True)) for values in zip(*images.values(), strict=False)
        ]
    found = [image for image in images or () if isinstance(image, dict)]
    found.sort(key=lambda image: image.get("variant") != "MAIN")
    for image in found:
        for size in ("large", "hi_res", "thumb"):
            if image.get(size):
                return str(image[size])
    return None


if __name__ == "__main__":
    sys.exit(run(main))
