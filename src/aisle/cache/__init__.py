"""What can be got again: where it is kept, and the store of computed features."""

from __future__ import annotations

from aisle.cache.folder import cache_folder
from aisle.cache.packing import content_key
from aisle.cache.rows import EncoderInfo
from aisle.cache.settings import nothing_kept
from aisle.cache.store import FeatureStore, StoreInfo, default_store
from aisle.cache.writer import FeatureWriter

__all__ = [
    "EncoderInfo",
    "FeatureStore",
    "FeatureWriter",
    "StoreInfo",
    "cache_folder",
    "content_key",
    "default_store",
    "nothing_kept",
]
