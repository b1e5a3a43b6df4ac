"""Image references of a catalogue: read, matched by file name, and checked without decoding."""

from __future__ import annotations

from aisle.catalog.images.checks import ImageCheck, check_images, image_problems
from aisle.catalog.images.decoding import Pixels, decode, squared
from aisle.catalog.images.folder import MatchedImages, match_folder
from aisle.catalog.images.groups import (
    PhotographGroups,
    grouped,
    image_groups,
    photograph_hashes,
)
from aisle.catalog.images.photograph_checks import photograph_problems
from aisle.catalog.images.reading import Fetch, ImageResult, load, map_contents, map_images
from aisle.catalog.images.references import (
    IMAGE_SUFFIXES,
    ImageReference,
    looks_like_image_reference,
    references,
)
from aisle.catalog.images.unreadable import UnreadableImageError

__all__ = [
    "IMAGE_SUFFIXES",
    "Fetch",
    "ImageCheck",
    "ImageReference",
    "ImageResult",
    "MatchedImages",
    "PhotographGroups",
    "Pixels",
    "UnreadableImageError",
    "check_images",
    "decode",
    "grouped",
    "image_groups",
    "image_problems",
    "load",
    "looks_like_image_reference",
    "map_contents",
    "map_images",
    "match_folder",
    "photograph_hashes",
    "photograph_problems",
    "references",
    "squared",
]
