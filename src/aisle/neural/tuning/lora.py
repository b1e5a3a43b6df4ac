"""Low-rank changes to matrices; imported only where something is trained."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils import parametrize

RANK = 8


class LowRank(torch.nn.Module):  # type: ignore[misc]
    """A matrix plus the product of two narrow ones, which alone are trained.

    Parameters
    ----------
    shape
        Of the matrix, (rows, columns).
    rank
        The narrow side.

    References
    ----------
    Hu et al. (2022), LoRA: low-rank adaptation of large language models.
    """

    def __init__(self, shape: tuple[int, int], rank: int) -> None:
        super().__init__()
        self.down = torch.nn.Parameter(torch.randn(rank, shape[1]) / rank)
        self.up = torch.nn.Parameter(torch.zeros(shape[0], rank))

    def forward(self, matrix: Any) -> Any:
        """Return the changed matrix; at first it is unchanged."""
        return matrix + self.up @ self.down


def add_low_rank(network: Any, names: list[str], rank: int) -> list[str]:
    """Let matrices of a network change by a low rank; returns the names of those that can."""
    changed = []
    for name in names:
        values = getattr(network, name)
        if values.ndim == 2 and min(values.shape) > 2 * rank:
            values.requires_grad_(False)
            change = LowRank(tuple(values.shape), rank)
            parametrize.register_parametrization(network, name, change)
            changed.append(name)
    return changed


def merge(network: Any, names: list[str]) -> None:
    """Make the changes part of the matrices."""
    for name in names:
        parametrize.remove_parametrizations(network, name, leave_parametrized=True)
