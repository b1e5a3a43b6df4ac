"""Findings as plain data, for JSON."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import Any


def as_plain(found: object) -> Any:
    """Return dataclasses as dictionaries and tuples as lists; what is not finite is None."""
    if is_dataclass(found) and not isinstance(found, type):
        return {one.name: as_plain(getattr(found, one.name)) for one in fields(found)}
    if isinstance(found, tuple | list):
        return [as_plain(one) for one in found]
    if isinstance(found, dict):
        return {str(key): as_plain(value) for key, value in found.items()}
    if isinstance(found, float):
        return found if math.isfinite(found) else None
    return found
