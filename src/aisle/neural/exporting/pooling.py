"""Vectors of tokens into one vector, in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aisle.neural.libraries import library

Pooling = Callable[[Any, Any], Any]
"""From tokens (batch, tokens, dimension) and their mask (batch, tokens) to (batch, dimension)."""


def mean(tokens: Any, mask: Any) -> Any:
    """Average the tokens that are not padding."""
    weights = mask.unsqueeze(-1).to(tokens.dtype)
    return (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9)


def root_mean(tokens: Any, mask: Any) -> Any:
    """Add up the tokens that are not padding, over the square root of their number."""
    weights = mask.unsqueeze(-1).to(tokens.dtype)
    return (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9).sqrt()


def weighted_mean(tokens: Any, mask: Any) -> Any:
    """Average the tokens, the n-th with the weight n."""
    kept = mask.unsqueeze(-1).to(tokens.dtype)
    # In an input without padding to the left, the number of a token is the count up to it.
    weights = kept.cumsum(1) * kept
    return (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9)


def first(tokens: Any, mask: Any) -> Any:
    """Take the first token, which BERT calls [CLS]."""
    return tokens[:, 0]


def last(tokens: Any, mask: Any) -> Any:
    """Take the last token that is not padding."""
    torch = library("torch", "deep")
    where = (mask.to(torch.int64).sum(1) - 1).clamp(min=0)
    where = where[:, None, None].expand(-1, 1, tokens.shape[-1])
    return tokens.gather(1, where).squeeze(1)


def largest(tokens: Any, mask: Any) -> Any:
    """Take the largest value of each dimension."""
    return tokens.masked_fill(mask.unsqueeze(-1) == 0, -1e9).max(1).values


def unit(vectors: Any) -> Any:
    """Bring vectors to length 1."""
    return vectors / vectors.norm(dim=-1, keepdim=True).clamp(min=1e-12)


POOLINGS: dict[str, Pooling] = {"mean": mean, "cls": first, "max": largest, "last": last}
