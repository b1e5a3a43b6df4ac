"""What a search may change at one expert: its encoders and its head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aisle.catalog import Task
from aisle.encoders import modality_of, resolve_encoder
from aisle.encoders.pretrained.finding import check_licence, list_folders
from aisle.errors import EncoderError, RecipeError
from aisle.experiments.searching.head_space import HeadSpace
from aisle.experiments.searching.knobs import Choice, Suggests
from aisle.models.recipe import ExpertPlan, Part

RECIPE = "recipe"
"""The choice that leaves the encoders of a recipe as they are."""

_NONE = "none"
_NETWORKS = ("text-network", "image-network")
_CLASSICAL = {
    "text": (RECIPE, "words", "characters", "words+characters"),
    "image": (RECIPE, "descriptors"),
}
_WORDS = ("1-1", "1-2", "1-3")
_CHARACTERS = ("2-4", "3-5", "3-6")
_MINIMUM = (1, 2, 3)
_WEIGHTS = (0.7, 1.0, 1.5, 2.0, 3.0)
_READING = (
    *("columns", "lowercase", "accents", "html", "urls", "morphology", "language"),
    "mask_prices",
)
"""What a recipe says of reading texts holds for the encoders that are tried in their place."""


@dataclass(frozen=True)
class Space:
    """The plans that may be tried in the place of one expert's.

    Parameters
    ----------
    own
        The recipe's plan.
    modality
        What the expert reads.
    networks
        Encoder folders of this modality to try.
    heads
        Heads to try.
    """

    own: ExpertPlan
    modality: str
    networks: tuple[str, ...]
    heads: HeadSpace

    @classmethod
    def of(cls, own: ExpertPlan, task: Task, *, slow: bool) -> Space:
        """List what is at hand for an expert.

        Parameters
        ----------
        own, task
            The recipe's plan, and what it learns.
        slow
            There is time for heads that take long.
        """
        modality = modality_of(own.encoders[0].use, own.encoders[0].params)
        named = {part.use for part in own.encoders}
        networks = [n for n in _folders() if n not in named and modality_of(n, {}) == modality]
        heads = HeadSpace.of(own.head, task, slow=slow, few_columns=modality == "metadata")
        return cls(own, modality, tuple(networks), heads)

    def suggest(self, trial: Suggests) -> ExpertPlan | None:
        """Return a plan to try; None where what was suggested leaves the expert no encoder."""
        encoders = self._encoders(trial)
        if not encoders:
            return None
        wide = self.modality == "text" and any(not _is_network(part) for part in encoders)
        head = self.heads.suggest(trial, wide=wide)
        return self.own.model_copy(update={"encoders": encoders, "head": head})

    def start(self) -> dict[str, Choice]:
        """Return the values of knobs that stand for the recipe's own plan."""
        wide = self.modality == "text" and any(not _is_network(p) for p in self.own.encoders)
        return {"encoders": RECIPE, "network": RECIPE, **self.heads.start(wide=wide)}

    def _encoders(self, trial: Suggests) -> tuple[Part, ...]:
        if self.modality == "metadata":
            return tuple(_metadata(trial, part) for part in self.own.encoders)
        choices = _CLASSICAL.get(self.modality)
        if choices is None:
            return self.own.encoders
        own_networks = any(map(_is_network, self.own.encoders))
        if own_networks or self.networks:
            choices = (*choices, _NONE)
        classical = str(trial.suggest_categorical("encoders", choices))
        network = RECIPE
        if own_networks or self.networks:
            networks = (RECIPE, *((_NONE,) if own_networks else ()), *self.networks)
            network = str(trial.suggest_categorical("network", networks))
        if classical == network == RECIPE:
            return self.own.encoders
        beside = self._classical(trial, classical)
        return (*beside, *self._network(trial, network, weighed=bool(beside)))

    def _classical(self, trial: Suggests, choice: str) -> tuple[Part, ...]:
        """Return the encoders that learn from the catalogue alone."""
        if choice == RECIPE:
            return tuple(part for part in self.own.encoders if not _is_network(part))
        if choice == _NONE:
            return ()
        if choice == "descriptors":
            return (Part.model_validate({"use": "descriptors", **self._read(("columns",))}),)
        grams = []
        if "words" in choice:
            grams.append(("word", str(trial.suggest_categorical("words", _WORDS))))
        if "characters" in choice:
            grams.append(("char", str(trial.suggest_categorical("characters", _CHARACTERS))))
        minimum = int(trial.suggest_categorical("minimum", _MINIMUM))
        return tuple(
            Part.model_validate(
                {
                    "use": "tfidf",
                    "analyzer": analyzer,
                    "ngrams": [int(n) for n in lengths.split("-")],
                    "minimum": minimum,
                    **self._read(_READING),
                }
            )
            for analyzer, lengths in grams
        )

    def _network(self, trial: Suggests, choice: str, *, weighed: bool) -> tuple[Part, ...]:
        """Return the pretrained encoders, beside others at a volume of their own."""
        if choice == RECIPE:
            return tuple(part for part in self.own.encoders if _is_network(part))
        if choice == _NONE:
            return ()
        part: dict[str, Any] = {"use": choice, **self._read(("columns",))}
        if weighed:
            part["weight"] = float(trial.suggest_categorical("weight", _WEIGHTS))
        return (Part.model_validate(part),)

    def _read(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return what the recipe's first encoder says of what is read, and how."""
        first = next((p for p in self.own.encoders if not _is_network(p)), self.own.encoders[0])
        return {name: first.params[name] for name in names if name in first.params}


def described(plan: ExpertPlan) -> str:
    """Write an expert's plan on one line: ``tfidf word 1-2 + all-minilm-l6-v2; svm C=0.3``."""
    return f"{' + '.join(map(_encoder_words, plan.encoders))}; {_words(plan.head)}"


def _encoder_words(part: Part) -> str:
    params = dict(part.params)
    said = [str(params.pop("analyzer", ""))]
    lengths = params.pop("ngrams", None)
    if isinstance(lengths, list | tuple):
        said.append("-".join(map(str, lengths)))
    return " ".join([part.use, *filter(None, said), *_told(params)])


def _words(part: Part) -> str:
    return " ".join([part.use, *_told(part.params)])


def _told(params: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in params.items()
        if value is not None
    ]


def _metadata(trial: Suggests, part: Part) -> Part:
    if part.use != "metadata":
        return part
    minimum = int(trial.suggest_categorical("metadata.minimum", (1, 2, 5)))
    if minimum == part.params.get("minimum", 2):
        return part
    return Part.model_validate({**part.params, "use": part.use, "minimum": minimum})


def _is_network(part: Part) -> bool:
    try:
        return resolve_encoder(part.use, part.params)[0] in _NETWORKS
    except RecipeError:
        return True  # a folder that is not at hand


def _folders() -> list[str]:
    """Name the encoder folders that may be used."""
    names = []
    for folder in list_folders():
        try:
            check_licence(folder)
        except EncoderError:
            continue
        names.append(folder.description.name)
    return names
