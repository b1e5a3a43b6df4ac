"""The candidates that are compared where nobody names any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import get_args

from aisle.catalog import Catalog, Task
from aisle.encoders.pretrained.finding import list_folders
from aisle.encoders.registry import modality_of
from aisle.errors import AisleError, RecipeError
from aisle.experiments.comparing.candidates import (
    FUSIONS_WITHOUT_NETWORK,
    Candidate,
    typed,
)
from aisle.experiments.comparing.estimating import expected_seconds
from aisle.heads import find_classifier, find_regressor, head_names
from aisle.models.recipe import METHODS, NAMED, Recipe, lacking_networks, recipe_of_auto

__all__ = ["default_candidates", "expected_seconds"]

_TEXT_ENCODERS = {
    "tfidf-words": {"use": "tfidf", "analyzer": "word", "ngrams": [1, 2]},
    "tfidf-characters": {"use": "tfidf", "analyzer": "char", "ngrams": [3, 5]},
    "bag-of-words": {"use": "bag-of-words"},
}
_COMPACT_TEXT = {"use": "tfidf", "analyzer": "word", "maximum": 1_000}
_COMPACT_HEADS: dict[str, dict[str, object]] = {
    "lightgbm": {"use": "lightgbm", "rounds": 50},
    "mlp": {"use": "mlp"},
}
"""Heads that take long over tens of thousands of columns."""

_LIBRARIES = {"torch": "torch", "tensorflow": "tensorflow"}


def default_candidates(
    catalog: Catalog,
    recipe: str = "auto",
    settings: Sequence[str] = (),
    *,
    encoders_text: Sequence[str] | None = None,
    encoders_image: Sequence[str] | None = None,
) -> tuple[Candidate, ...]:
    """List candidates that a catalogue allows: modalities, encoders, heads, fusions, recipes.

    Parameters
    ----------
    catalog
        The products; candidates that need a modality which it lacks are left out.
    recipe
        What the candidates vary.
    settings
        Changes that every candidate gets before its own.
    encoders_text, encoders_image
        Encoders to try alone; when left out, the classical ones and those whose folders are at
        hand. Heads that are networks or boosted trees, slow over many columns, stand on the last
        text encoder, which is a pretrained one if there is any.

    Raises
    ------
    RecipeError
        If the recipe or a setting is not valid.
    AisleError
        If the catalogue has nothing that the recipe could learn from.
    """
    distinct: dict[str, Candidate] = {}
    for candidate in _Grid(catalog, recipe, settings, encoders_text, encoders_image).candidates():
        whole = candidate.load(catalog.task).model_dump_json(exclude={"name"})
        distinct.setdefault(whole, candidate)
    return tuple(distinct.values())


class _Grid:
    """Makes candidates from a recipe and what a catalogue has."""

    def __init__(
        self,
        catalog: Catalog,
        recipe: str,
        settings: Sequence[str],
        encoders_text: Sequence[str] | None,
        encoders_image: Sequence[str] | None,
    ) -> None:
        self._catalog = catalog
        self._task = catalog.task
        self._recipe = recipe
        if recipe.lower() == "auto":
            self._recipe = recipe_of_auto(catalog.modalities)
        self._settings = tuple(settings)
        base = Recipe.load(self._recipe, self._task, self._settings)
        self._heads = {name: expert.head.use for name, expert in base.experts.items()}
        self._modality = {
            name: modality_of(expert.encoders[0].use, expert.encoders[0].params)
            for name, expert in base.experts.items()
        }
        self._named = {"text": encoders_text, "image": encoders_image}
        self._usable = [name for name, m in self._modality.items() if m in catalog.modalities]
        if not self._usable:
            raise AisleError(
                f"the recipe {recipe} knows {', '.join(self._modality.values())}, and the "
                f"catalogue has {', '.join(catalog.modalities) or 'no column to learn from'}"
            )

    def candidates(self) -> Iterator[Candidate]:
        yield from self._modalities()
        for name in ("text", "image"):
            yield from self._encoders(name)
        yield from self._head_candidates()
        yield from self._fusions()
        yield from self._recipes()

    def _alone(self, kept: Sequence[str]) -> tuple[str, ...]:
        """Return settings under which only the given experts are left."""
        return (*self._settings, *(f"{name}=null" for name in self._usable if name not in kept))

    def _of(self, modality: str) -> list[str]:
        return [name for name in self._usable if self._modality[name] == modality]

    def _modalities(self) -> Iterator[Candidate]:
        modalities = list(dict.fromkeys(self._modality[name] for name in self._usable))
        for modality in modalities:
            settings = self._alone(self._of(modality))
            yield Candidate(modality, settings, self._recipe, "modality")

    def _encoders(self, modality: str) -> Iterator[Candidate]:
        """Yield one candidate an encoder, under the first expert of the modality."""
        for expert in self._of(modality)[:1]:
            for name, value in self._parts(modality).items():
                yield Candidate(
                    f"{modality}: {name}",
                    (*self._alone([expert]), f"{expert}.encoders={value}"),
                    self._recipe,
                    "encoder",
                )

    def _parts(self, modality: str) -> dict[str, str]:
        """Return encoders of a modality by name, as they are typed."""
        named = self._named[modality]
        if named is not None:
            return {name: name for name in named}
        own = (
            {name: typed(part) for name, part in _TEXT_ENCODERS.items()}
            if modality == "text"
            else {"descriptors": "descriptors"}
        )
        at_hand = [f.description for f in list_folders() if f.description.commercial]
        networks = [d.name for d in at_hand if modality_of(d.name, {}) == modality]
        return own | {name: name for name in networks}

    def _head_candidates(self) -> Iterator[Candidate]:
        """Yield the other heads over the modality that is there, text before photographs."""
        modality = next((m for m in ("text", "image") if self._of(m)), None)
        expert = self._of(modality)[0] if modality else self._usable[0]
        label = modality or self._modality[expert]
        for head in self._fitting_heads():
            if head == self._heads[expert]:
                continue
            settings = self._alone([expert])
            if head not in _COMPACT_HEADS:
                yield self._head(f"{label}-{head}", settings, expert, head)
                continue
            if modality == "text":
                settings = (*settings, f"{expert}.encoders={self._compact()}")
            for name, entry in _variants(head):
                yield self._head(f"{label}-{name}", settings, expert, typed(entry))

    def _head(self, name: str, settings: tuple[str, ...], expert: str, value: str) -> Candidate:
        return Candidate(name, (*settings, f"{expert}.head={value}"), self._recipe, "head")

    def _fitting_heads(self) -> list[str]:
        """Return the heads for the task; a network only where a library trains it."""
        find = find_classifier if self._task is Task.CLASSIFY else find_regressor
        fitting = []
        for name in head_names():
            try:
                find(name)
            except (RecipeError, ImportError):
                continue  # of the other task, or of a plug-in that does not import
            fitting.append(name)
        return fitting

    def _compact(self) -> str:
        """Return a text encoder of a thousand columns at most: a pretrained one if there is."""
        named = self._named["text"]
        parts = list(named if named is not None else self._parts("text"))
        networks = [part for part in parts if part not in _TEXT_ENCODERS]
        return networks[-1] if networks else typed(_COMPACT_TEXT)

    def _fusions(self) -> Iterator[Candidate]:
        if len(self._usable) < 2:
            return
        trained = find_spec("torch") is not None
        for method in METHODS if trained else FUSIONS_WITHOUT_NETWORK:
            settings = (*self._settings, f"fusion={method}")
            yield Candidate(f"fusion: {method}", settings, self._recipe, "fusion")

    def _recipes(self) -> Iterator[Candidate]:
        names = dict.fromkeys([self._recipe, *(n for n in NAMED if n in ("fast", "balanced"))])
        for name in names:
            if name == self._recipe and len(self._usable) < 2:
                continue  # it is the one modality alone
            if name == self._recipe or not lacking_networks(name, self._catalog.modalities):
                yield Candidate(f"recipe: {name}", self._settings, name, "recipe")


def _variants(head: str) -> list[tuple[str, dict[str, object]]]:
    """Return a head once for each library that is installed to train it."""
    entry = _COMPACT_HEADS[head]
    if head != "mlp":
        return [(head, dict(entry))]
    return [
        (f"{head}-{framework}", {**entry, "framework": framework})
        for framework, library in _LIBRARIES.items()
        if framework in _frameworks() and find_spec(library) is not None
    ]


def _frameworks() -> tuple[str, ...]:
    """Return the frameworks that a recipe knows for its networks."""
    known = Recipe.model_fields.get("framework")
    return tuple(get_args(known.annotation)) if known is not None else ("torch",)
