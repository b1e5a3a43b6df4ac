"""The network in PyTorch: tokens, modality dropout, and three ways of fusing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from aisle.neural.fusing.design import Design
from aisle.neural.libraries import library

Tensor = Any
Module = Any


def build_module(design: Design, sizes: Sequence[int], outputs: int) -> Module:
    """Build the network with new weights.

    It is called with ``present``, bool (rows, tokens), and ``token_0``, ``token_1`` and so on,
    float32 (rows, size), and gives scores, float32 (rows, outputs). ``fused(projected, present)``
    goes on from projected tokens, (rows, width) each, and gives scores and each token's weight.
    """
    torch = library("torch", "deep")
    nn = torch.nn
    tokens, width = len(sizes), design.width
    pooling = {"concatenation": _concatenating, "gated": _gating, "attention": _attending}

    class FusingModule(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.projections = nn.ModuleList(nn.Linear(size, width) for size in sizes)
            self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in sizes)
            self.absent = nn.Parameter(0.1 * torch.randn(tokens, width))
            self.dropout = nn.Dropout(design.dropout)
            self.pool = pooling[design.method](design, tokens)
            self.last = nn.Linear(width, outputs)

        def forward(self, present: Tensor, **seen: Tensor) -> Tensor:
            projected = [
                layer(seen[f"token_{number}"]) for number, layer in enumerate(self.projections)
            ]
            if self.training and design.modality_dropout:
                present = _some_of(present, design.modality_dropout)
            return self.fused(projected, present)[0]

        def fused(self, projected: list[Tensor], present: Tensor) -> tuple[Tensor, Tensor]:
            made = [
                torch.where(
                    present[:, number, None],
                    nn.functional.gelu(self.norms[number](one)),
                    self.absent[number],
                )
                for number, one in enumerate(projected)
            ]
            pooled, weights = self.pool(self.dropout(torch.stack(made, 1)), present)
            return self.last(self.dropout(pooled)), weights

    return FusingModule()


def _some_of(present: Tensor, rate: float) -> Tensor:
    """Show some of what is present as absent, but never all of it."""
    torch = library("torch", "deep")
    dice = torch.rand(present.shape, device=present.device)
    surest = torch.where(present, dice, -1.0).argmax(1, keepdim=True)
    return present & (dice >= rate).scatter(1, surest, True)


def _concatenating(design: Design, tokens: int) -> Module:
    """Tokens side by side; each that is present has an equal share."""
    torch = library("torch", "deep")
    nn = torch.nn

    class Concatenating(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(tokens * design.width, design.width)

        def forward(self, made: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
            hidden = nn.functional.gelu(self.layer(made.flatten(1)))
            shares = present.to(made.dtype)
            return hidden, shares / shares.sum(1, keepdim=True).clamp(min=1)

    return Concatenating()


def _gating(design: Design, tokens: int) -> Module:
    """Each number of the sum is shared out among the tokens by a softmax that sees all of them."""
    torch = library("torch", "deep")
    nn = torch.nn
    width = design.width

    class Gating(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.values = nn.ModuleList(nn.Linear(width, width) for _ in range(tokens))
            self.gates = nn.Linear(tokens * width, tokens * width)

        def forward(self, made: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
            values = torch.stack(
                [torch.tanh(layer(made[:, n])) for n, layer in enumerate(self.values)], 1
            )
            gates = self.gates(made.flatten(1)).reshape(-1, tokens, width).softmax(1)
            return (gates * values).sum(1), gates.mean(2)

    return Gating()


def _attending(design: Design, tokens: int) -> Module:
    """A token for the class attends to those of the modalities, before what each block adds."""
    torch = library("torch", "deep")
    nn = torch.nn
    width, heads = design.width, design.heads

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
            self.queries, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
            self.dropout = nn.Dropout(design.dropout)

        def forward(self, sequence: Tensor) -> tuple[Tensor, Tensor]:
            parts = self.queries(self.norm(sequence)).reshape(
                -1, tokens + 1, 3, heads, width // heads
            )
            query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)  # rows, heads, tokens, size
            scores = query @ key.transpose(2, 3) / math.sqrt(width // heads)
            shares = scores.softmax(3)
            met = (shares @ value).transpose(1, 2).reshape(-1, tokens + 1, width)
            sequence = sequence + self.dropout(self.out(met))
            inner = nn.functional.gelu(self.wide(self.second(sequence)))
            return sequence + self.dropout(self.narrow(inner)), shares

    class Attending(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.own = nn.Parameter(0.1 * torch.randn(1, 1, width))
            self.kinds = nn.Parameter(0.1 * torch.randn(tokens, width))
            self.blocks = nn.ModuleList(Block() for _ in range(design.blocks))
            self.norm = nn.LayerNorm(width)

        def forward(self, made: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
            own = self.own.expand(made.shape[0], 1, width)
            sequence = torch.cat([own, made + self.kinds], 1)
            for block in self.blocks:
                sequence, shares = block(sequence)
            weights = shares[:, :, 0, 1:].mean(1)
            return self.norm(sequence[:, 0]), weights / weights.sum(1, keepdim=True)

    return Attending()
