"""The one error of a photograph: it costs that image, never the batch."""

from __future__ import annotations

from aisle.errors import AisleError


class UnreadableImageError(AisleError):
    """An image cannot be read; the message says why in a few words, without the location."""


class MissingImageError(UnreadableImageError):
    """There is no such file."""
