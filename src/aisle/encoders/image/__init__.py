"""Photographs -> features: classical descriptors, no network needed."""
