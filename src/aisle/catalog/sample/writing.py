"""Writing a sample catalogue: a CSV file and a folder of photographs."""

from __future__ import annotations

import csv
from pathlib import Path

from aisle.catalog.sample.options import SampleOptions
from aisle.catalog.sample.products import SCHEMA, Product, sample_products
from aisle.files import atomic_path

_JPEG_QUALITY = 85


def make_sample(folder: str | Path, options: SampleOptions | None = None) -> Path:
    """Write a sample catalogue: `catalog.csv` and, if asked for, `images/<id>.jpg`.

    The CSV is written last, so where it stands the photographs are complete. Files of the same
    names are replaced; other files in the folder are left alone.

    Parameters
    ----------
    folder
        Where to write; made if missing.
    options
        Size, faults and seed; without, the defaults of `SampleOptions`. The same options give the
        same bytes.

    Returns
    -------
    pathlib.Path
        The path of `catalog.csv`.

    Raises
    ------
    AisleError
        If the folder cannot be written to.
    """
    options = options or SampleOptions()
    root = Path(folder)
    target = root / "catalog.csv"
    with atomic_path(target) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(SCHEMA.names)
        for product in sample_products(options):
            if product.image is not None:
                _photograph(product, root / product.image, options.image_size)
            writer.writerow(_fields(product))
    return target


def _photograph(product: Product, path: Path, size: int) -> None:
    # Pillow is needed only by those who want pictures.
    from aisle.catalog.sample.drawing import draw_product

    picture = draw_product(product, size)
    with atomic_path(path, durable=False) as temporary:
        picture.save(temporary, "JPEG", quality=_JPEG_QUALITY)


def _fields(product: Product) -> list[str]:
    row = []
    for name in SCHEMA.names:
        value = getattr(product, name)
        if value is None:
            row.append("")
        elif name == "price":
            row.append(f"{value:.2f}")
        elif name == "weight_g":
            row.append(f"{value:.0f}")
        elif name == "created_at":
            row.append(value.isoformat(sep=" "))
        else:
            row.append(value)
    return row
