"""Image references of a catalogue: read, matched by file name, and checked without decoding."""

from __future__ import annotations

from aisle.catalog.images.checks import ImageCheck, check_images, image_problems
from aisle.catalog.images.folder import MatchedImages, match_folder
from aisle.catalog.images.references import (
    IMAGE_SUFFIXES,
    ImageReference,
    looks_like_image_reference,
    references,
)

__all__ = [
    "IMAGE_SUFFIXES",
    "ImageCheck",
    "ImageReference",
    "MatchedImages",
    "check_images",
    "image_problems",
    "looks_like_image_reference",
    "match_folder",
    "references",
]
