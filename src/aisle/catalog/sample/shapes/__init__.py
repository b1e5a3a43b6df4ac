"""The silhouettes of the sample catalogue, by the name that the vocabulary gives them."""

from __future__ import annotations

from aisle.catalog.sample.shapes import accessories, fashion, home, leisure
from aisle.catalog.sample.shapes.kit import Paint, Silhouette

SILHOUETTES: dict[str, Silhouette] = {
    "mug": home.mug,
    "bowl": home.bowl,
    "kettle": home.kettle,
    "knife": home.knife,
    "lamp": home.lamp,
    "chair": home.chair,
    "sofa": home.sofa,
    "tshirt": fashion.tshirt,
    "blouse": fashion.blouse,
    "dress": fashion.dress,
    "sneaker": fashion.sneaker,
    "boot": fashion.boot,
    "watch": accessories.watch,
    "smartwatch": accessories.smartwatch,
    "headphones": accessories.headphones,
    "phone": accessories.phone,
    "necklace": accessories.necklace,
    "perfume": accessories.perfume,
    "umbrella": accessories.umbrella,
    "bottle": leisure.bottle,
    "backpack": leisure.backpack,
    "tent": leisure.tent,
    "ball": leisure.ball,
    "toycar": leisure.toycar,
    "teddy": leisure.teddy,
    "book": leisure.book,
}

__all__ = ["SILHOUETTES", "Paint", "Silhouette"]
