"""Experts whose networks are fine-tuned, apart from those that are not."""

from __future__ import annotations

from collections.abc import Mapping

from aisle.catalog import Task
from aisle.encoders import resolve_encoder
from aisle.errors import RecipeError
from aisle.models.recipe import ExpertPlan, Part
from aisle.neural.tuning import Tuning
from aisle.neural.tuning.settings import Modality

_TUNED = {"text-network": "tuned-text", "image-network": "tuned-image"}
_NOT_TUNED = ("precision", "layer")


def tuned_apart(experts: Mapping[str, ExpertPlan], task: Task) -> dict[str, ExpertPlan]:
    """Give networks that are to be tuned an expert of their own.

    A tuned network has seen the labels of its training rows, so that what it says of them is far
    surer than what it will say of new ones. Under one head with other encoders it would drown
    them; as an expert, it is weighed on out-of-fold rows like any other. An expert of networks
    alone is tuned as it is; of another, the networks become the expert ``NAME-tuned``.

    Raises
    ------
    RecipeError
        If an expert is to be tuned that has no pretrained network, or in a way that makes no sense
        for the task.
    """
    found: dict[str, ExpertPlan] = {}
    for name, expert in experts.items():
        if expert.tune is None:
            found[name] = expert
            continue
        tuned = [part for part in expert.encoders if _kind(part) in _TUNED]
        others = [part for part in expert.encoders if _kind(part) not in _TUNED]
        if not tuned:
            raise RecipeError(
                f"{name}.tune: the expert {name!r} has no pretrained network to tune; it has "
                f"{', '.join(part.use for part in expert.encoders)}. Name one, for example "
                f"{name}.encoders=all-minilm-l6-v2"
            )
        parts = [_tuned(part, expert.tune, task) for part in tuned]
        if others:
            found[name] = ExpertPlan(encoders=tuple(others), head=expert.head)
        if others and f"{name}-tuned" in experts:
            raise RecipeError(
                f"{name}.tune: the tuned networks become the expert '{name}-tuned', and the recipe "
                "has one of that name already; call it something else"
            )
        found[f"{name}-tuned" if others else name] = ExpertPlan(
            encoders=tuple(parts), head=expert.head
        )
    return found


def tunings(experts: Mapping[str, ExpertPlan], task: Task) -> list[tuple[Modality, Tuning]]:
    """Return what each network that is to be tuned reads, and how it is tuned.

    Raises
    ------
    RecipeError
        As `tuned_apart`.
    """
    parts = [part for expert in tuned_apart(experts, task).values() for part in expert.encoders]
    kinds: dict[str, Modality] = {"tuned-text": "text", "tuned-image": "image"}
    return [
        (kinds[part.use], Tuning.of(part.params["tune"], kinds[part.use], task=task))
        for part in parts
        if part.use in kinds and "tune" in part.params
    ]


def is_tuned(expert: ExpertPlan) -> bool:
    """Say whether an expert's features have seen the labels."""
    return any(part.use in _TUNED.values() for part in expert.encoders)


def _kind(part: Part) -> str:
    return resolve_encoder(part.use, part.params)[0]


def _tuned(part: Part, tune: Mapping[str, object], task: Task) -> Part:
    kind, params = resolve_encoder(part.use, part.params)
    for name in _NOT_TUNED:
        if params.pop(name, None) is not None:
            raise RecipeError(
                f"{part.use}: {name} cannot be chosen for a network that is tuned: its float32 "
                "network and its embedding are"
            )
    # A mistake is told now, and not after the folds have begun.
    Tuning.of(tune, "text" if kind == "text-network" else "image", task=task)
    return Part.model_validate({**params, "use": _TUNED[kind], "tune": dict(tune)})
