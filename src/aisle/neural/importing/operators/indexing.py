"""What looks up, selects and compares by place."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from aisle.neural.importing.graph import Node
from aisle.neural.importing.operators.types import Operator, Tensor


def gather(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    """Look up along one dimension; a negative index counts from the end."""
    axis = node.get("axis", 0) % x.ndim
    indices = _from_start(indices, x.shape[axis])
    if axis == 0 and x.ndim == 2:
        return functional.embedding(indices, x)
    found = x.index_select(axis, indices.reshape(-1))
    return found.reshape(x.shape[:axis] + indices.shape + x.shape[axis + 1 :])


def gather_elements(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    """Look up every element along one dimension."""
    axis = node.get("axis", 0) % x.ndim
    return torch.gather(x, axis, _from_start(indices, x.shape[axis]))


def gather_places(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    """Look up by tuples of indices, in the last dimension; the first dimensions may be shared."""
    shared = node.get("batch_dims", 0)
    places = [
        _from_start(column, x.shape[shared + number])
        for number, column in enumerate(indices.unbind(-1))
    ]
    free = indices.ndim - 1
    rows = [
        torch.arange(x.shape[axis], device=x.device).reshape([-1] + [1] * (free - 1 - axis))
        for axis in range(shared)
    ]
    return x[tuple(rows + places)]


def piece(
    node: Node,
    x: Tensor,
    *how: Tensor | None,
) -> Tensor:
    """Cut ranges out of some dimensions: from, to, which dimensions, in which steps."""
    starts, ends, axes, steps = (*how, None, None, None, None)[:4]
    first = node.get("starts") if starts is None else starts.tolist()
    last = node.get("ends") if ends is None else ends.tolist()
    among = node.get("axes", range(len(first))) if axes is None else axes.tolist()
    strides = [1] * len(first) if steps is None else steps.tolist()
    for start, end, axis, step in zip(first, last, among, strides, strict=True):
        where = axis % x.ndim
        if step > 0:
            x = x[(slice(None),) * where + (slice(start, end, step),)]
        else:
            places = range(*slice(start, end, step).indices(x.shape[where]))
            x = x.index_select(where, torch.tensor(list(places), dtype=torch.long, device=x.device))
    return x


def top(node: Node, x: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """Return the largest (or smallest) along a dimension, and their places."""
    found = torch.topk(
        x,
        int(count.reshape(-1)[0]),
        node.get("axis", -1),
        bool(node.get("largest", 1)),
        bool(node.get("sorted", 1)),
    )
    return found.values, found.indices


def place_of_largest(node: Node, x: Tensor) -> Tensor:
    """Return where the largest number stands; the first one of several."""
    return _place(node, x, torch.argmax)


def place_of_smallest(node: Node, x: Tensor) -> Tensor:
    """Return where the smallest number stands; the first one of several."""
    return _place(node, x, torch.argmin)


def one_hot(node: Node, indices: Tensor, depth: Tensor, values: Tensor) -> Tensor:
    """Write one value at the index's place and another everywhere else."""
    size = int(depth.reshape(-1)[0])
    there = _from_start(indices, size).unsqueeze(-1) == torch.arange(size, device=indices.device)
    found = torch.where(there, values[1], values[0])
    return found.movedim(-1, node.get("axis", -1))


def triangle(node: Node, x: Tensor, diagonal: Tensor | None = None) -> Tensor:
    """Keep what is above (or below) a diagonal."""
    which = 0 if diagonal is None else int(diagonal.item())
    return torch.triu(x, which) if node.get("upper", 1) else torch.tril(x, which)


def scatter_elements(node: Node, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """Write elements to places along one dimension."""
    axis, how = node.get("axis", 0), node.get("reduction", "none")
    indices = _from_start(indices, x.shape[axis])
    if how == "add":
        return x.scatter_add(axis, indices, updates)
    if how != "none":
        raise ValueError(f"the reduction {how!r} cannot be trained")
    return x.scatter(axis, indices, updates)


def scatter_places(node: Node, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    """Write to places named by tuples of indices, in the last dimension."""
    how = node.get("reduction", "none")
    if how not in {"none", "add"}:
        raise ValueError(f"the reduction {how!r} cannot be trained")
    return x.index_put(tuple(indices.unbind(-1)), updates, accumulate=how == "add")


def _place(node: Node, x: Tensor, find: Any) -> Tensor:
    axis, keep = node.get("axis", 0), bool(node.get("keepdims", 1))
    if node.get("select_last_index", 0):
        return x.shape[axis] - 1 - find(x.flip(axis), axis, keep)
    return find(x, axis, keep)


def _from_start(indices: Tensor, size: int) -> Tensor:
    indices = indices.long()
    return torch.where(indices < 0, indices + size, indices)


INDEXING: dict[str, Operator] = {
    "ArgMax": place_of_largest,
    "ArgMin": place_of_smallest,
    "Gather": gather,
    "GatherElements": gather_elements,
    "GatherND": gather_places,
    "NonZero": lambda node, x: torch.nonzero(x).T,
    "OneHot": one_hot,
    "ScatterElements": scatter_elements,
    "ScatterND": scatter_places,
    "Slice": piece,
    "TopK": top,
    "Trilu": triangle,
    "Where": lambda node, condition, x, y: torch.where(condition.bool(), x, y),
}
