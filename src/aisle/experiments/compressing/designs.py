"""What the smaller model may be made of."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

from aisle.encoders import Encoder, find_encoder, resolve_encoder
from aisle.encoders.text.lexical import LexicalEncoder, TfidfEncoder
from aisle.errors import AisleError
from aisle.fusion import JOINT, BestSingle, ClassExpert, Late
from aisle.heads import ClassifierHead
from aisle.heads.linear import LogisticHead
from aisle.models import ProductClassifier, Recipe
from aisle.models.plan import Plan
from aisle.models.recipe import ExpertPlan, FusionPlan, Part

_LEAST_WEIGHT = 0.01
"""An expert of a pool that weighs less than this is not needed."""

_TEXT = {"use": "tfidf", "analyzer": "word", "ngrams": [1, 2], "minimum": 2}


@dataclass(frozen=True, eq=False)
class Design:
    """A composition to be fitted.

    Parameters
    ----------
    name
        ``distilled``, ``cheaper parts`` or ``refitted``.
    plan
        Encoders and experts, to be fitted anew; networks are those of the model.
    recipe
        What says the same in words.
    soft
        Whether it learns what the model says of rows with a known class, or that class alone.
    more
        Whether it learns what the model says of unlabelled rows.
    """

    name: str
    plan: Plan
    recipe: Recipe
    soft: bool
    more: bool


def students(model: ProductClassifier, *, only_needed: bool) -> tuple[Design, Design]:
    """Return the composition of a student: per modality, a linear head over cheap encoders.

    Of texts, terms are counted and no network runs; other modalities keep their encoders. Joint
    experts are left out. It is tried with soft labels and without: on a few hundred rows, a
    teacher's mistakes about them may cost more than its doubts are worth.

    Parameters
    ----------
    model
        The teacher.
    only_needed
        Keep one expert alone, the best out of fold; products that lack its modality are then not
        answered.
    """
    experts = _alone(model)
    if only_needed:
        known: Mapping[str, float] = model.metrics_["experts"]
        best = max(experts, key=lambda name: known.get(name, 0.0))
        experts = {best: experts[best]}
    encoders = dict(model.plan_.encoders)
    made: dict[str, ClassExpert] = {}
    plans: dict[str, ExpertPlan] = {}
    for name, expert in experts.items():
        parts = {modality: list(names) for modality, names in expert.parts.items()}
        listed = list(model.recipe_.experts[name].encoders)
        if "text" in parts:
            parts["text"] = [n for n in parts["text"] if isinstance(encoders[n], LexicalEncoder)]
            listed = [part for part in listed if _is_lexical(part)]
            if not parts["text"]:
                encoders["text-terms"] = TfidfEncoder(ngrams=(1, 2), minimum=2)
                parts["text"], listed = ["text-terms"], [Part.model_validate(_TEXT)]
        head, described = _head(model, name, expert)
        made[name] = ClassExpert(parts, head)
        tune = None if "text" in parts else model.recipe_.experts[name].tune
        plans[name] = ExpertPlan(encoders=tuple(listed), head=described, tune=tune)
    methods = ("best-single", "late") if len(made) > 1 else ("best-single",)
    fusion = FusionPlan(methods=methods, head=model.recipe_.fusion.head)
    recipe = _recipe(model, {"experts": plans, "fusion": fusion})
    smaller = _composed(encoders, made)
    return (
        Design("distilled", smaller.fresh(), recipe, soft=True, more=True),
        Design("cheaper parts", smaller.fresh(), recipe, soft=False, more=True),
    )


def as_it_is(model: ProductClassifier, *, only_needed: bool) -> Design:
    """Return the model's own composition, without what its fusion does not use if so asked."""
    experts = {n: e for n, e in model.plan_.experts.items() if isinstance(e, ClassExpert)}
    if only_needed:
        needed = _needed(model)
        experts = {name: expert for name, expert in experts.items() if name in needed}
    listed = model.recipe_.experts
    kept = {name: plan for name, plan in listed.items() if name in experts} or dict(listed)
    methods = (model.metrics_["fusion"],)
    fusion = model.recipe_.fusion.model_copy(update={"methods": methods})
    recipe = _recipe(model, {"experts": kept, "fusion": fusion})
    plan = _composed(model.plan_.encoders, experts)
    return Design("refitted", plan.fresh(), recipe, soft=False, more=False)


def _composed(encoders: Mapping[str, Encoder], experts: Mapping[str, ClassExpert]) -> Plan:
    """Join experts and the encoders that some of them read."""
    used = {name for e in experts.values() for names in e.parts.values() for name in names}
    return Plan({name: encoder for name, encoder in encoders.items() if name in used}, experts)


def _alone(model: ProductClassifier) -> dict[str, ClassExpert]:
    """Return the experts of one modality that the recipe names; tuned ones set apart are left."""
    found = {
        name: expert
        for name, expert in model.plan_.experts.items()
        if name not in JOINT and name in model.recipe_.experts and isinstance(expert, ClassExpert)
    }
    if not found:
        raise AisleError(
            "the model has no expert of one modality that its recipe names: it cannot be compressed"
        )
    return found


def _needed(model: ProductClassifier) -> set[str]:
    """Name the experts whose answers reach the fused one, where every modality is present."""
    fusion = model.fusion_
    if isinstance(fusion, BestSingle):
        return {fusion.ranking_[0]}
    if type(fusion) is Late:
        pairs = zip(fusion.experts_, fusion.weights_, strict=True)
        if needed := {name for name, weight in pairs if weight >= _LEAST_WEIGHT}:
            return needed
    return set(model.plan_.experts)


def _is_lexical(part: Part) -> bool:
    try:
        name, _ = resolve_encoder(part.use, part.params)
        return issubclass(find_encoder(name), LexicalEncoder)
    except AisleError:
        return False  # a network whose folder is not on this machine


def _head(model: ProductClassifier, name: str, expert: ClassExpert) -> tuple[ClassifierHead, Part]:
    """Keep a head that is linear or needs its encoder's form; give others a linear one."""
    if isinstance(expert.head, LogisticHead) or expert.head.wants_native:
        return deepcopy(expert.head), model.recipe_.experts[name].head
    strength = 30.0 if "text" in expert.parts else 10.0
    return LogisticHead(C=strength), Part.model_validate({"use": "logistic", "C": strength})


def _recipe(model: ProductClassifier, changes: Mapping[str, object]) -> Recipe:
    name = f"{model.recipe_.name.removesuffix(', compressed')}, compressed"
    return model.recipe_.model_copy(update={"name": name, "learning_curve": False, **changes})
