"""What a fusing network looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from aisle.errors import RecipeError

Method = Literal["concatenation", "gated", "attention"]

METHODS: tuple[Method, ...] = get_args(Method)
"""The ways of fusing tokens, the simplest first."""


@dataclass(frozen=True)
class Design:
    """The shape of a fusing network.

    Parameters
    ----------
    method
        ``concatenation`` puts the tokens side by side under a perceptron; ``gated`` adds them up,
        weighed by gates that all of them open together (Arevalo et al., 2017); in ``attention`` one
        token more, for the class, attends to them in transformer blocks (Vaswani et al., 2017).
    width
        Numbers in a token, and in hidden layers.
    blocks, heads
        Transformer blocks, and the heads of each; for ``attention`` alone.
    dropout
        The share of a token's numbers that are left out in training.
    modality_dropout
        How often a modality that is present is shown as absent in training; never all of them.

    Raises
    ------
    RecipeError
        If a value makes no sense.
    """

    method: Method
    width: int = 64
    blocks: int = 1
    heads: int = 4
    dropout: float = 0.2
    modality_dropout: float = 0.25

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise RecipeError(
                f"fusion: expected one of {', '.join(METHODS)}, found {self.method!r}"
            )
        for name in ("width", "blocks", "heads"):
            if not _whole(getattr(self, name)):
                raise self._refused(name, "a whole number of at least 1")
        for name in ("dropout", "modality_dropout"):
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not 0 <= value < 1:
                raise self._refused(name, "a number from 0 to less than 1")
        if self.width % self.heads:
            raise self._refused("width", f"a multiple of the {self.heads} heads")

    def _refused(self, name: str, expected: str) -> RecipeError:
        return RecipeError(
            f"fusion.network.{name}: expected {expected}, found {getattr(self, name)!r}"
        )


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
