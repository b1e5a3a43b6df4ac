"""Readers: files, folders of images and frames in memory become `Loaded` rows."""

from aisle.catalog.readers.dispatch import read_table as read_table
from aisle.catalog.readers.join import join_by_id as join_by_id
from aisle.catalog.readers.loaded import Loaded as Loaded

__all__ = ["Loaded", "join_by_id", "read_table"]
