"""Which modalities products have, and in which groups that differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog, Role
from aisle.insight.inspecting.grouping import Grouping

Bools = npt.NDArray[np.bool_]

PATTERNS = 16
GROUPS = 12
_DIFFERS = 0.05
_LEAST = 5
_METADATA = (Role.CATEGORY, Role.NUMBER)


@dataclass(frozen=True)
class Pattern:
    """What some products have together: a flag for each modality, and how many products."""

    has: tuple[bool, ...]
    rows: int


@dataclass(frozen=True)
class Differing:
    """A group that has modalities more or less often than the catalogue: its shares."""

    group: str
    rows: int
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Presence:
    """Which modalities products have.

    Parameters
    ----------
    modalities
        The catalogue's, in the order of all flags and shares here. A photograph counts where it
        can be read, metadata where at least one value is there.
    shares
        Of the products, those that have each.
    patterns
        What products have together, the most frequent first.
    groups
        Groups in which a modality is present far more or less often than in all products, the
        largest differences first.
    """

    modalities: tuple[str, ...]
    shares: tuple[float, ...]
    patterns: tuple[Pattern, ...]
    groups: tuple[Differing, ...]


def presence(
    catalog: Catalog, grouping: Grouping | None, *, pictured: Bools | None
) -> Presence | None:
    """Count which modalities products have; None where the catalogue has none, or no rows.

    Parameters
    ----------
    catalog
        The products.
    grouping
        The groups to compare, if any.
    pictured
        Which products have a photograph that can be read, bool (rows,).
    """
    names = catalog.modalities
    if not names or not len(catalog):
        return None
    flags = np.stack([_present(catalog, name, pictured) for name in names], axis=1)
    shares = flags.mean(axis=0)
    patterns, counts = np.unique(flags, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:PATTERNS]
    return Presence(
        modalities=names,
        shares=tuple(float(share) for share in shares),
        patterns=tuple(
            Pattern(tuple(bool(flag) for flag in patterns[at]), int(counts[at])) for at in order
        ),
        groups=_differing(flags, shares, grouping),
    )


def _present(catalog: Catalog, modality: str, pictured: Bools | None) -> Bools:
    if modality == "text":
        return np.array([bool(text) for text in catalog.texts()], dtype=bool)
    if modality == "image":
        if pictured is not None:
            return pictured
        return np.array([bool(named) for named in catalog.images()], dtype=bool)
    roles = _METADATA if modality == "metadata" else (Role.VECTOR,)
    names = [name for role in roles for name in catalog.schema.names(role)]
    filled: Bools = np.logical_or.reduce([catalog.filled(name) for name in names])
    return filled


def _differing(
    flags: Bools, shares: npt.NDArray[np.float64], grouping: Grouping | None
) -> tuple[Differing, ...]:
    """Return groups whose share differs by more than `_DIFFERS` and more than chance would."""
    if grouping is None:
        return ()
    found: list[tuple[float, Differing]] = []
    for group, name in enumerate(grouping.names):
        rows = int(grouping.sizes[group])
        if rows < _LEAST:
            continue
        own = flags[grouping.codes == group].mean(axis=0)
        gap = np.abs(own - shares)
        chance = 3 * np.sqrt(shares * (1 - shares) / rows)
        if ((gap > _DIFFERS) & (gap > chance)).any():
            told = Differing(name, rows, tuple(float(share) for share in own))
            found.append((float(gap.max()), told))
    found.sort(key=lambda one: -one[0])
    return tuple(told for _, told in found[:GROUPS])
