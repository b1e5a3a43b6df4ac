"""What makes tensors, and changes their shape or type."""

from __future__ import annotations

import torch
from torch.nn import functional

from aisle.neural.importing.graph import Node
from aisle.neural.importing.operators.types import Operator, Tensor, torch_type

_MODES = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def shape(node: Node, x: Tensor) -> Tensor:
    """Return the sizes of the dimensions, which stay with the processor."""
    return torch.tensor(x.shape[node.get("start", 0) : node.get("end")], dtype=torch.long)


def reshape(node: Node, x: Tensor, sizes: Tensor) -> Tensor:
    """Give another shape; 0 keeps a size, -1 takes what is left."""
    wanted = sizes.tolist()
    if not node.get("allowzero", 0):
        wanted = [x.shape[at] if size == 0 else size for at, size in enumerate(wanted)]
    return x.reshape(wanted)


def flatten(node: Node, x: Tensor) -> Tensor:
    """Make a matrix; rows are the dimensions before the axis."""
    axis = node.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    return x.reshape(x.shape[:axis].numel(), x.shape[axis:].numel())


def expand(node: Node, x: Tensor, sizes: Tensor) -> Tensor:
    """Repeat to a shape, as in arithmetic."""
    return x.expand(torch.broadcast_shapes(x.shape, tuple(sizes.tolist())))


def squeeze(node: Node, x: Tensor, axes: Tensor | None = None) -> Tensor:
    """Take dimensions of size 1 away."""
    among = node.get("axes") if axes is None else tuple(axes.tolist())
    return x.squeeze() if among is None else x.squeeze(tuple(among))


def unsqueeze(node: Node, x: Tensor, axes: Tensor | None = None) -> Tensor:
    """Put dimensions of size 1 in."""
    among = node.get("axes") if axes is None else axes.reshape(-1).tolist()
    whole = x.ndim + len(among)
    for axis in sorted(at % whole for at in among):
        x = x.unsqueeze(axis)
    return x


def transpose(node: Node, x: Tensor) -> Tensor:
    """Change the order of the dimensions; without one, turn it around."""
    return x.permute(node.get("perm", tuple(reversed(range(x.ndim)))))


def split(node: Node, x: Tensor, sizes: Tensor | None = None) -> tuple[Tensor, ...]:
    """Cut a dimension into pieces."""
    axis, given = node.get("axis", 0), node.get("split") if sizes is None else sizes.tolist()
    if given is None:
        given = -(-x.shape[axis] // node.get("num_outputs", len(node.outputs)))
    pieces = given if isinstance(given, int) else list(given)
    found: tuple[Tensor, ...] = torch.split(x, pieces, axis)
    return found


def pad(
    node: Node,
    x: Tensor,
    pads: Tensor | None = None,
    value: Tensor | None = None,
    axes: Tensor | None = None,
) -> Tensor:
    """Put numbers around a tensor."""
    given = list(node.get("pads", ())) if pads is None else pads.tolist()
    among = list(range(x.ndim)) if axes is None else [axis % x.ndim for axis in axes.tolist()]
    widths = [[0, 0] for _ in range(x.ndim)]
    for place, axis in enumerate(among):
        widths[axis] = [given[place], given[place + len(among)]]
    mode = _MODES[node.get("mode", "constant")]
    if mode == "constant":
        filling = node.get("value", 0.0) if value is None else value.item()
        return functional.pad(
            x, [width for pair in reversed(widths) for width in pair], "constant", filling
        )
    # PyTorch repeats and mirrors only the dimensions behind rows and channels.
    flat = [width for pair in reversed(widths[2:]) for width in pair]
    if any(width for pair in widths[:2] for width in pair):
        raise ValueError(f"padding of kind {mode} goes around places, not rows and channels")
    return functional.pad(x, flat, mode)


def constant_of_shape(node: Node, sizes: Tensor) -> Tensor:
    """Return a tensor that holds one number everywhere."""
    value = node.get("value")
    if value is None:
        return torch.zeros(sizes.tolist())
    return torch.full(sizes.tolist(), value.item(), dtype=torch_type(value.dtype))


def cast(node: Node, x: Tensor) -> Tensor:
    """Change the type; floats of any size are computed as float32."""
    return x.to(torch_type(node.get("to")))


def numbers(node: Node, start: Tensor, limit: Tensor, step: Tensor) -> Tensor:
    """Count from a start to before a limit."""
    return torch.arange(start.item(), limit.item(), step.item(), dtype=start.dtype)


SHAPES: dict[str, Operator] = {
    "Cast": cast,
    "CastLike": lambda node, x, like: x.to(like.dtype),
    "Concat": lambda node, *given: torch.cat(given, node.get("axis")),
    "ConstantOfShape": constant_of_shape,
    "Expand": expand,
    "Flatten": flatten,
    "Identity": lambda node, x: x,
    "Pad": pad,
    "Range": numbers,
    "Reshape": reshape,
    "Shape": shape,
    "Size": lambda node, x: torch.tensor(x.numel()),
    "Split": split,
    "Squeeze": squeeze,
    "Tile": lambda node, x, repeats: x.repeat(repeats.tolist()),
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}
