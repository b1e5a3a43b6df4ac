"""Where a network first uses each of its weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aisle.neural.importing.graph import Node

_WEIGHTS = {"Conv": (1,), "Gemm": (0, 1), "MatMul": (0, 1), "Gather": (0,), "Einsum": (0, 1)}
_HANDING_ON = frozenset({"Identity", "Transpose", "Cast", "Reshape"})


@dataclass(frozen=True)
class Use:
    """Which node reads a weight first, and as which of its inputs."""

    node: str
    operator: str
    place: int

    @property
    def weighs(self) -> bool:
        """Whether the weight is a kernel, a matrix or a table there, and no bias."""
        return self.place in _WEIGHTS.get(self.operator, ())


def first_uses(nodes: Iterable[Node], weights: Iterable[str]) -> dict[str, Use]:
    """Return the first use of each weight, in that order.

    A node that only hands a weight on is no use of it: exports store equal weights once, and hand
    them on to the layers at the beginning of the graph.

    Parameters
    ----------
    nodes
        In the order in which they run.
    weights
        What the file calls them.

    Returns
    -------
    dict of str to Use
        By the weight's name; one that only goes to an output comes last.
    """
    known = {weight: weight for weight in weights}
    found: dict[str, Use] = {}
    handed: dict[str, Use] = {}
    for node in nodes:
        for place, value in enumerate(node.inputs):
            if value not in known:
                continue
            use = Use(node.name, node.operator, place)
            if node.operator in _HANDING_ON:
                handed.setdefault(known[value], use)
                known[node.outputs[0]] = known[value]
            else:
                found.setdefault(known[value], use)
    return found | {weight: use for weight, use in handed.items() if weight not in found}
