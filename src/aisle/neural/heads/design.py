"""What a multilayer perceptron looks like, and the weights that it has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from aisle.errors import RecipeError

Floats32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

Activation = Literal["relu", "gelu", "silu", "elu", "tanh"]
Framework = Literal["torch", "tensorflow"]

MOST_LAYERS = 4
MOST_UNITS = 16_384
EPSILON = 1e-5
"""What batch normalisation adds to variances, in both frameworks."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One matrix product.

    Parameters
    ----------
    weight
        float32 (inputs, outputs).
    bias
        float32 (outputs,).
    """

    weight: Floats32
    bias: Floats32


@dataclass(frozen=True, eq=False)
class Norm:
    """A batch normalisation as it answers: means and variances of training.

    Parameters
    ----------
    scale, shift, mean, variance
        Each (units,).
    """

    scale: npt.NDArray[np.floating]
    shift: npt.NDArray[np.floating]
    mean: npt.NDArray[np.floating]
    variance: npt.NDArray[np.floating]

    def folded(self, before: Layer) -> Layer:
        """Return a layer that computes `before` and this normalisation at once."""
        factor = self.scale.astype(np.float64) / np.sqrt(self.variance.astype(np.float64) + EPSILON)
        bias = (before.bias.astype(np.float64) - self.mean) * factor + self.shift
        return Layer((before.weight * factor).astype(np.float32), bias.astype(np.float32))


@dataclass(frozen=True)
class Design:
    """Hidden layers, each a product, a normalisation, an activation and dropout; then a product.

    Parameters
    ----------
    columns
        Of the features.
    layers
        Units of each hidden layer.
    outputs
        Classes, or 1 for a value.
    activation, batch_norm, dropout
        Of every hidden layer.
    """

    columns: int
    layers: tuple[int, ...]
    outputs: int
    activation: Activation = "relu"
    batch_norm: bool = True
    dropout: float = 0.5

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Inputs and outputs of every product, in order."""
        widths = (self.columns, *self.layers, self.outputs)
        return tuple(pairwise(widths))

    def first_weights(self, seed: int) -> tuple[Layer, ...]:
        """Draw the weights that training begins with, the same ones for either framework.

        He et al., Delving deep into rectifiers, 2015; the last product is drawn at half the
        variance, since no activation follows it.
        """
        dice = np.random.default_rng([seed, 1])
        drawn = []
        for number, (inputs, outputs) in enumerate(self.sizes):
            gain = 2.0 if number < len(self.layers) else 1.0
            bound = math.sqrt(3.0 * gain / inputs)
            weight = dice.random((inputs, outputs), dtype=np.float32)
            weight *= np.float32(2 * bound)
            weight -= np.float32(bound)
            drawn.append(Layer(weight, np.zeros(outputs, dtype=np.float32)))
        return tuple(drawn)


def checked_layers(layers: Any) -> tuple[int, ...]:
    """Return the units of hidden layers as they stand in a recipe, a number or a list of them.

    Raises
    ------
    RecipeError
        If they are not 1 to 4 whole numbers from 1 to 16,384.
    """
    listed = layers if isinstance(layers, Sequence) and not isinstance(layers, str) else [layers]
    fine = [_whole(units) and 1 <= units <= MOST_UNITS for units in listed]
    if not 1 <= len(fine) <= MOST_LAYERS or not all(fine):
        raise RecipeError(
            f"layers: expected 1 to {MOST_LAYERS} whole numbers from 1 to {MOST_UNITS:,}, such as "
            f"[256, 128], found {layers!r}"
        )
    return tuple(int(units) for units in listed)


def check_choice(name: str, value: Any, choices: Any) -> None:
    """Refuse a value that is none of a Literal's; raises RecipeError."""
    known = get_args(choices)
    if value not in known:
        raise RecipeError(f"{name}: expected one of {', '.join(known)}, found {value!r}")


def check_dropout(value: Any) -> None:
    """Refuse a share of units that cannot be dropped; raises RecipeError."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and 0 <= value < 1):
        raise RecipeError(f"dropout: expected a number from 0 to less than 1, found {value!r}")


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
