"""Where the maps of an explanation lie: the photograph as an expert sees it, and its frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aisle.catalog import Catalog
from aisle.catalog.images import Pixels
from aisle.catalog.images.decoding import decode
from aisle.encoders.pretrained.folder import ImageInput
from aisle.errors import AisleError
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.question import ClassQuestion
from aisle.insight.explaining.sights import NetworkSight, find_sight
from aisle.serving.page.fields import Model

Box = tuple[float, float, float, float]
_SIDE = 640
_WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Frame:
    """What an expert of photographs sees.

    Parameters
    ----------
    pixels
        The photograph as it sees it, uint8 (height, width, 3).
    box
        Where the edges of that lie: left, top, right and bottom in parts of the photograph's width
        and height, outside of 0 to 1 where there is a margin.
    """

    pixels: Pixels
    box: Box

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape ``{width, height, box}``."""
        height, width = self.pixels.shape[:2]
        return {"width": width, "height": height, "box": [round(edge, 6) for edge in self.box]}


def frames_of(model: Model, product: Catalog, photograph: bytes) -> Mapping[str, Frame]:
    """Return what each expert of photographs sees of a product, by its name.

    Parameters
    ----------
    model
        In service.
    product
        A catalogue of one row.
    photograph
        The product's first one that can be read.
    """
    found: dict[str, Frame] = {}
    for name, expert in model.plan_.experts.items():
        if tuple(expert.modalities) != ("image",) or not expert.trained_:
            continue
        encoders = {part: model.plan_.encoders[part] for part in expert.parts["image"]}
        # Only what the expert is shown is wanted; it is asked nothing.
        sight = find_sight(
            AskedExpert(name, expert, encoders, product, {}, ClassQuestion(0, None), {})
        )
        if sight is None:
            continue
        try:
            pixels = decode(photograph, side=_SIDE)
        except AisleError:
            pixels = sight.frame
        if isinstance(sight, NetworkSight):
            how = sight.network.how
            found[name] = Frame(sight.frame, _box(pixels, how))
        else:
            found[name] = Frame(pixels, _WHOLE)  # the same place, with more to see
    return found


def _box(photograph: Pixels, how: ImageInput) -> Box:
    """Return the edges of a network's frame; the photograph's middle is the frame's."""
    if how.fit == "stretch":
        return _WHOLE
    height, width = photograph.shape[:2]
    ratios = how.size[1] / width, how.size[0] / height
    scale = min(ratios) if how.fit == "pad" else max(ratios) / how.crop
    wide, high = ratios[0] / scale, ratios[1] / scale
    return 0.5 - wide / 2, 0.5 - high / 2, 0.5 + wide / 2, 0.5 + high / 2
