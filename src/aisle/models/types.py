"""What a bundle may hold: the components and dataclasses by the names that stand in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aisle.decisions import ResidualQuantiles, TemperatureCalibrator
from aisle.encoders import encoder_names, find_encoder
from aisle.encoders.image.projection import Projection
from aisle.encoders.image.scaling import BlockScale
from aisle.encoders.image.words import VisualWords
from aisle.encoders.metadata import NumberScale
from aisle.errors import RecipeError
from aisle.fusion import (
    Attention,
    AttentionValue,
    BestSingle,
    BestSingleValue,
    ClassExpert,
    ClassNetworkExpert,
    Concatenation,
    ConcatenationValue,
    Early,
    EarlyValue,
    Gated,
    GatedValue,
    Late,
    LateValue,
    Mean,
    MeanValue,
    Stack,
    StackValue,
    ValueExpert,
    ValueNetworkExpert,
    Vote,
    VoteValue,
)
from aisle.heads import find_classifier, find_regressor, head_names
from aisle.models.confidence import Confidence
from aisle.models.familiarity import Familiarity
from aisle.models.spread import Spread
from aisle.neural.fusing import FusionNetwork

_OWN: dict[str, type] = {
    "class-expert": ClassExpert,
    "value-expert": ValueExpert,
    "class-network-expert": ClassNetworkExpert,
    "value-network-expert": ValueNetworkExpert,
    "fusion-network": FusionNetwork,
    "fusion.best-single": BestSingle,
    "fusion.mean": Mean,
    "fusion.vote": Vote,
    "fusion.late": Late,
    "fusion.stack": Stack,
    "fusion.early": Early,
    "fusion.concatenation": Concatenation,
    "fusion.gated": Gated,
    "fusion.attention": Attention,
    "value-fusion.best-single": BestSingleValue,
    "value-fusion.mean": MeanValue,
    "value-fusion.vote": VoteValue,
    "value-fusion.late": LateValue,
    "value-fusion.stack": StackValue,
    "value-fusion.early": EarlyValue,
    "value-fusion.concatenation": ConcatenationValue,
    "value-fusion.gated": GatedValue,
    "value-fusion.attention": AttentionValue,
    "temperature": TemperatureCalibrator,
    "residual-quantiles": ResidualQuantiles,
    "number-scale": NumberScale,
    "block-scale": BlockScale,
    "visual-words": VisualWords,
    "projection": Projection,
    "familiarity": Familiarity,
    "confidence": Confidence,
    "spread": Spread,
}


def component_types() -> dict[str, type]:
    """Return every class that a bundle may name, those of installed plug-ins included.

    A plug-in that does not import is left out: a bundle that needs it then says so by name.
    """
    types = dict(_OWN)
    _add(types, "encoder", encoder_names(), find_encoder)
    _add(types, "classifier", head_names(), find_classifier)
    _add(types, "regressor", head_names(), find_regressor)
    return types


def _add(
    types: dict[str, type], kind: str, names: Iterable[str], find: Callable[[str], type]
) -> None:
    for name in names:
        try:
            found = find(name)
        except RecipeError:
            continue
        if found not in types.values():
            types[f"{kind}.{name}"] = found
