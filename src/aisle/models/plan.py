"""From a recipe and a catalogue to parts that can be fitted."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from aisle.catalog import Catalog, Role, Task
from aisle.encoders import (
    DescribingEncoder,
    Encoder,
    Features,
    find_encoder,
    make_encoder,
    modality_of,
    resolve_encoder,
)
from aisle.errors import RecipeError, TrainingError
from aisle.fusion import (
    EARLY,
    JOINT,
    NETWORKS,
    ClassExpert,
    ClassNetworkExpert,
    ValueExpert,
    ValueNetworkExpert,
)
from aisle.heads import Head, find_classifier, find_regressor, make_head
from aisle.models.recipe import ExpertPlan, Part, Recipe
from aisle.models.tuned import is_tuned, tuned_apart
from aisle.neural.fusing import Method, make_network
from aisle.neural.tuning.encoders import TunedEncoder
from aisle.progress import Progress, silent

logger = logging.getLogger(__name__)

_SOURCES = {
    "text": (Role.TEXT,),
    "metadata": (Role.CATEGORY, Role.NUMBER),
    "image": (Role.IMAGE,),
    "vector": (Role.VECTOR,),
}
"""The roles that feed each modality; another modality, a plug-in's, is tried on any catalogue."""


@dataclass(frozen=True)
class Plan:
    """Encoders and experts, not fitted yet.

    Parameters
    ----------
    encoders
        By name; an encoder that several experts share stands here once.
    experts
        By name; a joint expert is called as its fusion is: ``early``, ``attention``.
    """

    encoders: Mapping[str, Encoder]
    experts: Mapping[str, ClassExpert | ValueExpert]

    @property
    def tunes_networks(self) -> bool:
        """Whether fitting it takes the time of fine-tuning."""
        return any(isinstance(encoder, TunedEncoder) for encoder in self.encoders.values())

    def fresh(self, *, passing: bool = False) -> Plan:
        """Return a copy to be fitted; a passing one is given up when it has answered."""
        encoders = deepcopy(dict(self.encoders))
        for encoder in encoders.values():
            if passing and isinstance(encoder, TunedEncoder):
                encoder.passing = True
        return Plan(encoders, deepcopy(dict(self.experts)))

    def describe(self, catalog: Catalog, progress: Progress = silent) -> dict[str, Features]:
        """Return what the encoders in two stages say of `catalog` before learning anything."""
        return {
            name: encoder.describe(catalog, progress=progress)
            for name, encoder in self.encoders.items()
            if isinstance(encoder, DescribingEncoder)
        }

    def fit_encoders(
        self, catalog: Catalog, described: Mapping[str, Features]
    ) -> dict[str, Features]:
        """Fit every encoder on `catalog`, described before, and return its features."""
        return {
            name: _fitted(encoder, catalog, described.get(name))
            for name, encoder in self.encoders.items()
        }

    def transform(
        self, catalog: Catalog, described: Mapping[str, Features] | None = None
    ) -> dict[str, Features]:
        """Return the features of `catalog` by encoder name, from descriptions if there are any."""
        known = self.describe(catalog) if described is None else described
        return {
            name: encoder.transform_described(known[name])
            if isinstance(encoder, DescribingEncoder)
            else encoder.transform(catalog)
            for name, encoder in self.encoders.items()
        }

    def usable(self, described: Mapping[str, Features]) -> Plan:
        """Return the plan without encoders that found nothing in any row, not even one photograph.

        Raises
        ------
        TrainingError
            If no expert is left.
        """
        gone = {name for name, features in described.items() if not features.present.any()}
        experts: dict[str, ClassExpert | ValueExpert] = {}
        for name, expert in self.experts.items():
            kept = {m: [n for n in names if n not in gone] for m, names in expert.parts.items()}
            parts = {modality: names for modality, names in kept.items() if names}
            if parts:
                experts[name] = expert.over(parts)
        for name in gone:
            told = next(iter(described[name].errors.values()), "none is named")
            logger.warning("no row has a usable %s: left out (%s)", name.split("-")[0], told)
            if not experts:
                raise TrainingError(
                    f"not one photograph could be read, and there is nothing else to learn from "
                    f"({told}); aisle inspect lists them all"
                )
        if len(experts.keys() - set(JOINT)) == 1:
            experts = {name: expert for name, expert in experts.items() if name not in JOINT}
        return Plan({n: e for n, e in self.encoders.items() if n not in gone}, experts)

    def for_fusion(self, fusion: str) -> Plan:
        """Return the plan without joint experts of other fusions, and encoders they alone need."""
        gone = set(JOINT) - {fusion}
        experts = {name: e for name, e in self.experts.items() if name not in gone}
        used = {n for e in experts.values() for names in e.parts.values() for n in names}
        return Plan({name: e for name, e in self.encoders.items() if name in used}, experts)


def make_plan(recipe: Recipe, catalog: Catalog, *, seed: int) -> Plan:
    """Build the parts that `recipe` names and that `catalog` has columns for.

    Raises
    ------
    TrainingError
        If the catalogue has nothing that any expert of the recipe could learn from.
    """
    usable = {
        name: expert for name, expert in recipe.experts.items() if _has_columns(expert, catalog)
    }
    if not usable:
        raise TrainingError(
            "no column of the catalogue can be learned from: it needs a text, a photograph, a "
            "categorical feature, a number or a vector besides the target. Its columns are "
            + ", ".join(f"{c.name} ({c.role.value}: {c.reason})" for c in catalog.schema)
        )
    for name in recipe.experts.keys() - usable.keys():
        logger.info("the catalogue has nothing for the expert %r: left out", name)
    builder = _Builder(catalog, seed, recipe.framework)
    apart = tuned_apart(usable, catalog.task)
    experts = {name: builder.expert(name, (expert,), expert.head) for name, expert in apart.items()}
    # Features that have seen the labels would drown the others under one head.
    shared = {name: expert for name, expert in apart.items() if not is_tuned(expert)}
    if len(shared) > 1 and "early" in recipe.fusion.methods:
        experts[EARLY] = builder.expert(EARLY, tuple(shared.values()), recipe.fusion.head)
    for method in NETWORKS if len(shared) > 1 else ():
        if method in recipe.fusion.methods:
            experts[method] = builder.network(method, shared, recipe.fusion.network)
    return Plan(builder.encoders, experts)


def _fitted(encoder: Encoder, catalog: Catalog, described: Features | None) -> Features:
    """Fit an encoder, and return the features of the rows that it was fitted on."""
    if isinstance(encoder, DescribingEncoder) and described is not None:
        return encoder.fit_described(described).transform_described(described)
    if isinstance(encoder, TunedEncoder):
        return encoder.fit_transform(catalog)
    return encoder.fit(catalog).transform(catalog)


def roles_read(plan: Plan) -> set[Role]:
    """Return the roles of the columns that the plan's encoders read."""
    modalities = {encoder.modality for encoder in plan.encoders.values()}
    everything = tuple(role for roles in _SOURCES.values() for role in roles)
    return {role for modality in modalities for role in _SOURCES.get(modality, everything)}


def _has_columns(expert: ExpertPlan, catalog: Catalog) -> bool:
    first = expert.encoders[0]
    roles = _SOURCES.get(modality_of(first.use, first.params))
    return roles is None or any(catalog.schema.names(role) for role in roles)


class _Builder:
    """Builds experts, each distinct encoder once."""

    def __init__(self, catalog: Catalog, seed: int, framework: str) -> None:
        self.encoders: dict[str, Encoder] = {}
        self._catalog = catalog
        self._seed = seed
        self._framework = framework
        self._masking = catalog.task is Task.REGRESS and _target_is_told(catalog)

    def expert(
        self, name: str, plans: tuple[ExpertPlan, ...], head: Part
    ) -> ClassExpert | ValueExpert:
        """Build one expert over the encoders of `plans`."""
        built = self._head(head)
        parts: dict[str, list[str]] = {}
        for plan in plans:
            for part in plan.encoders:
                encoder = self._encoder(part, native=built.wants_native)
                parts.setdefault(encoder.modality, []).append(self._name(encoder))
        if name != EARLY and len(parts) > 1:
            raise TrainingError(
                f"the expert {name!r} mixes encoders of {' and '.join(parts)}: an expert knows one "
                "modality, and fusion joins them"
            )
        kind = ClassExpert if self._catalog.task is Task.CLASSIFY else ValueExpert
        return kind(parts, built)

    def network(
        self, method: Method, plans: Mapping[str, ExpertPlan], params: Mapping[str, Any]
    ) -> ClassNetworkExpert | ValueNetworkExpert:
        """Build the network that fuses what the experts of `plans` read."""
        parts: dict[str, list[str]] = {}
        readers: dict[str, str] = {}
        for name, plan in plans.items():
            for part in plan.encoders:
                encoder = self._encoder(part, native=False)
                names = parts.setdefault(encoder.modality, [])
                if (known := self._name(encoder)) not in names:
                    names.append(known)
                readers[name] = encoder.modality
        if self._catalog.task is Task.REGRESS and params.get("label_smoothing"):
            raise RecipeError(
                "fusion.network.label_smoothing: it changes how classes are learned, and the "
                "target is a number; leave it out"
            )
        network = make_network(method, {"seed": self._seed, **params})
        if self._catalog.task is Task.CLASSIFY:
            return ClassNetworkExpert(parts, network, readers)
        return ValueNetworkExpert(parts, network, readers)

    def _encoder(self, part: Part, *, native: bool) -> Encoder:
        name, params = resolve_encoder(part.use, part.params)
        known = find_encoder(name).parameter_names()
        if "form" in known:
            params.setdefault("form", "native" if native else "one-hot")
        if "mask_prices" in known and self._masking:
            params.setdefault("mask_prices", True)
        if "tune" in known:
            params.setdefault("seed", self._seed)
        return make_encoder(name, params)

    def _name(self, encoder: Encoder) -> str:
        """Return the name under which an equal encoder stands, after adding it if it is new."""
        for name, other in self.encoders.items():
            if type(other) is type(encoder) and other.get_params() == encoder.get_params():
                return name
        twins = sum(e.modality == encoder.modality for e in self.encoders.values())
        name = f"{encoder.modality}-{twins}"
        self.encoders[name] = encoder
        return name

    def _head(self, part: Part) -> Head:
        find = find_classifier if self._catalog.task is Task.CLASSIFY else find_regressor
        kind: type[Head] = find(part.use)
        params = part.params
        if "seed" in kind.parameter_names():
            params.setdefault("seed", self._seed)
        if "framework" in kind.parameter_names():
            params.setdefault("framework", self._framework)
        head: Head = make_head(kind, params)
        return head


def _target_is_told(catalog: Catalog) -> bool:
    """Say whether the target stands in more than one text of a hundred."""
    from aisle.catalog.prices import count_mentions

    if not catalog.schema.names(Role.TEXT):
        return False
    told = count_mentions(catalog.texts(), catalog.values)
    known = max(1, int(np.isfinite(catalog.values).sum()))
    return float(told.sum()) > 0.01 * known
