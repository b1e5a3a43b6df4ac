"""What a search is known by, so that finished trials are found again and never those of another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from aisle.catalog import Catalog
from aisle.experiments.comparing.runs import fingerprint
from aisle.experiments.encoder_digests import encoder_digests
from aisle.experiments.searching.space import Space
from aisle.models.recipe import Recipe

_FORMAT = 2


def search_key(rows: Catalog, base: Recipe, spaces: Mapping[str, Space], seed: int) -> str:
    """Return what a search is known by: equal keys give equal trials.

    Parameters
    ----------
    rows
        To search on.
    base
        The recipe to begin with.
    spaces
        By expert, what may be tried.
    seed
        Of folds, heads and sampler.
    """
    entries = base.model_dump(mode="json", exclude={"name"})
    tried = {name: _plain(space) for name, space in spaces.items()}
    versions = [version("aisle"), version("optuna")]
    # The plans of all spaces name encoder folders, whose networks may come to be others.
    networks = [name for space in spaces.values() for name in space.networks]
    encoders = encoder_digests([space.own for space in spaces.values()], networks)
    said = [_FORMAT, versions, fingerprint(rows), entries, tried, encoders, seed]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _plain(space: Space) -> dict[str, Any]:
    return {"networks": space.networks, "heads": [space.heads.quick, space.heads.heavy]}
