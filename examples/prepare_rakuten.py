"""Make a catalogue of the Rakuten France multimodal challenge: 84,916 products in 27 categories.

The data are those of "Rakuten France Multimodal Product Data Classification" on ENS Challenge Data
(challenge 35; also the SIGIR eCom'20 data challenge). They are for participants who have accepted
its rules, so this script downloads nothing: register, download X_train_update.csv,
Y_train_CVw08PX.csv and the folder of images, and name them here. Texts are French mostly.

    python examples/prepare_rakuten.py X_train_update.csv Y_train_CVw08PX.csv \\
        --images images/image_train -o rakuten
    aisle inspect rakuten/catalog.parquet --target prdtypecode
    aisle train rakuten/catalog.parquet --target prdtypecode --task classify -o rakuten.aisle

X_test without Y is prepared in the same way, for `aisle predict`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from preparing import Row, Tally, arguments, make_catalog, run, table_rows

from aisle import AisleError

COLUMNS = pa.schema(
    [
        ("id", pa.string()),
        ("designation", pa.string()),
        ("description", pa.string()),
        ("productid", pa.string()),
        ("imageid", pa.string()),
        ("prdtypecode", pa.string()),
        ("image", pa.string()),
    ]
)


def main(given: Sequence[str] | None = None) -> None:
    parser = arguments(__doc__, downloads=False)
    parser.add_argument("products", type=Path, help="X_train_update.csv, or X_test_update.csv")
    parser.add_argument("types", type=Path, nargs="?", help="Y_train_CVw08PX.csv")
    parser.add_argument(
        "--images", type=Path, help="folder with image_<imageid>_product_<productid>.jpg"
    )
    asked = parser.parse_args(given)
    if asked.images is not None and not asked.images.is_dir():
        raise AisleError(f"{asked.images}: expected the folder of images, found none")
    tally = Tally()
    rows = products(asked.products, asked.types, asked.images, tally)
    make_catalog(rows, COLUMNS, asked, tally)


def products(source: Path, types: Path | None, images: Path | None, tally: Tally) -> Iterator[Row]:
    """Yield the products with their types; the two files are joined by their first column."""
    known = {} if types is None else codes(types)
    for found in table_rows(source, "designation", "productid", "imageid"):
        key = found[next(iter(found))]
        if types is not None and key not in known:
            tally.skipped[f"no type in {types.name}"] += 1
            continue
        yield {
            "id": key,
            "designation": found["designation"],
            "description": found.get("description") or None,
            "productid": found["productid"],
            "imageid": found["imageid"],
            "prdtypecode": known.get(key),
            "image": None if images is None else image(found, images, tally),
        }


def codes(path: Path) -> dict[str, str]:
    """Return the type of each product by the first column, which numbers the products."""
    return {row[next(iter(row))]: row["prdtypecode"] for row in table_rows(path, "prdtypecode")}


def image(found: Row, folder: Path, tally: Tally) -> str | None:
    """Return the absolute path of a product's photograph; None, and a note, where there is none."""
    path = folder / f"image_{found['imageid']}_product_{found['productid']}.jpg"
    if path.is_file():
        tally.photographs += 1
        return str(path.resolve())
    tally.missing.append((found["productid"], str(path), "no such file"))
    return None


if __name__ == "__main__":
    sys.exit(run(main))
