from __future__ import annotations

from typing import Any

import pytest

from aisle.errors import RecipeError
from aisle.neural.fusing import METHODS, Design, make_network


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "sum"},
        {"width": 0},
        {"width": 30},
        {"blocks": 1.5},
        {"heads": True},
        {"dropout": 1.0},
        {"modality_dropout": -0.1},
        {"modality_dropout": "often"},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="expected"):
        Design(**{"method": "gated", **wrong})


def test_methods_stand_in_order_of_complexity() -> None:
    assert METHODS == ("concatenation", "gated", "attention")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"widht": 32}, "did you mean 'width'"),
        ({"epochs": 0}, "epochs"),
        ({"components": 0}, "components"),
        ({"width": 30}, "multiple of the 4 heads"),
    ],
)
def test_a_recipes_parameters_are_checked_before_training(
    params: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        make_network("attention", params)
