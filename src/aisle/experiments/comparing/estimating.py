"""About how long a recipe takes, told before it starts."""

from __future__ import annotations

from aisle.catalog import Catalog
from aisle.errors import AisleError
from aisle.experiments.comparing.candidates import FUSIONS_WITHOUT_NETWORK, usable_experts
from aisle.models.recipe import Recipe
from aisle.models.tuned import tunings

_SECONDS = {"forest": 20.0, "lightgbm": 30.0, "mlp": 40.0}
_PLAIN_SECONDS = 8.0
_IMAGE_SECONDS = 12.0
_FUSED_SECONDS = 25.0
_NETWORK_SECONDS = 60.0

_TUNED_SECONDS = {"text": (200.0, 300.0), "image": (20.0, 150.0)}
"""Of an epoch: where the last layers alone are tuned, and else."""


def expected_seconds(recipe: Recipe, catalog: Catalog) -> float:
    """Return about how long one run of a recipe takes, in seconds.

    Rough: from times on two cores with 1,000 products of seven classes, taken as proportional to
    rows. Networks are taken as not tuned yet, all folds of them.
    """
    experts = usable_experts(recipe, catalog)
    heads = {expert.head.use for expert in experts.values()}
    slow = max((_SECONDS.get(head, _PLAIN_SECONDS) for head in heads), default=_PLAIN_SECONDS)
    image = _IMAGE_SECONDS if "image" in experts else 0.0
    fused = _FUSED_SECONDS if len(experts) > 1 else 0.0
    if len(experts) > 1 and set(recipe.fusion.methods) - set(FUSIONS_WITHOUT_NETWORK):
        fused = _NETWORK_SECONDS
    return (slow + max(image, fused)) * len(catalog) / 1_000 + tuning_seconds(recipe, catalog)


def tuning_seconds(recipe: Recipe, catalog: Catalog) -> float:
    """Return about how much of a run fine-tuning takes, in seconds; as rough."""
    try:
        found = tunings(usable_experts(recipe, catalog), catalog.task)
    except AisleError:
        return 0.0  # it will be refused before anything is tuned
    # Each fold tunes on the rows of the others, and the model on all.
    rows = recipe.folds * len(catalog)
    return sum(
        _TUNED_SECONDS[modality][tuning.layers is None] * tuning.training.epochs * rows / 1_000
        for modality, tuning in found
    )
