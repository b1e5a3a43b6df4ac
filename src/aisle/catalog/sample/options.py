"""What a sample catalogue should be like."""

from __future__ import annotations

from dataclasses import dataclass

from aisle.catalog.sample.vocabulary import vocabulary
from aisle.errors import CatalogError


@dataclass(frozen=True)
class SampleOptions:
    """The size and the faults of a sample catalogue.

    Parameters
    ----------
    products
        How many rows.
    categories
        How many leaf categories; the first 26 are written by hand, up to 600 more are composed
        ("Vintage Mugs") for tests of scale.
    missing_text
        Share of rows without a description; a third of these lose their title too.
    missing_image
        Share of rows without a photograph.
    label_noise
        Share of products filed under a wrong sibling category.
    near_duplicates
        Share of rows that repeat an earlier product with a small change.
    images
        Whether photographs are drawn; without, the `image` column is empty.
    image_size
        Width and height of a photograph in pixels.
    seed
        The same options give the same bytes.

    Raises
    ------
    CatalogError
        If a value is out of range.
    """

    products: int = 1200
    categories: int = 12
    missing_text: float = 0.05
    missing_image: float = 0.08
    label_noise: float = 0.02
    near_duplicates: float = 0.06
    images: bool = True
    image_size: int = 224
    seed: int = 0

    def __post_init__(self) -> None:
        most = len(vocabulary().categories)
        self._expect_whole("products", 1, 100_000_000)
        self._expect_whole("categories", 2, most)
        self._expect_whole("image_size", 16, 4096)
        self._expect_whole("seed", 0, 2**63 - 1)
        for name in ("missing_text", "missing_image", "label_noise", "near_duplicates"):
            share = getattr(self, name)
            if not 0.0 <= share <= 1.0:
                raise CatalogError(
                    f"sample option {name}: expected a share between 0 and 1, found {share!r}"
                )

    def _expect_whole(self, name: str, least: int, most: int) -> None:
        value = getattr(self, name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise CatalogError(
                f"sample option {name}: expected a whole number from {least} to {most}, "
                f"found {value!r}"
            )
