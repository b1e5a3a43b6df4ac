"""GELU as one operator, where a file spells it out in five."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aisle.neural.importing.graph import Node

_ROOT = math.sqrt(2)
_CLOSE = 1e-3


def with_gelu(
    nodes: Sequence[Node], known: Mapping[str, Any], outputs: Collection[str]
) -> list[Node]:
    """Let one node stand for ``x * (1 + erf(x / sqrt(2))) / 2``, in any order of its products.

    Five passes over a large value, and as many kept for the gradient, become one: of a step of a
    small transformer on a processor two fifths.

    Parameters
    ----------
    nodes
        In the order in which they run.
    known
        Tensors by name, of what depends on no input.
    outputs
        The values that are asked for.

    Returns
    -------
    list of Node
        The others as they were.
    """
    pattern = _Pattern(nodes, known, outputs)
    gone: set[int] = set()
    instead: dict[int, Node] = {}
    for node in nodes:
        found = pattern.around(node) if node.operator == "Erf" else None
        if found is None:
            continue
        source, members = found
        last = max(members, key=lambda one: pattern.place[id(one)])
        gone.update(id(one) for one in members)
        instead[id(last)] = replace(
            last, operator="Gelu", inputs=(source,), opset=20, attributes={"approximate": "none"}
        )
    left = [instead.get(id(node), None if id(node) in gone else node) for node in nodes]
    return [node for node in left if node is not None]


class _Pattern:
    """Who makes and who reads each value."""

    def __init__(
        self, nodes: Sequence[Node], known: Mapping[str, Any], outputs: Collection[str]
    ) -> None:
        self.place = {id(node): at for at, node in enumerate(nodes)}
        self._known, self._outputs = known, outputs
        self._maker = {name: node for node in nodes for name in node.outputs}
        self._readers: dict[str, list[Node]] = defaultdict(list)
        for node in nodes:
            for name in node.inputs:
                self._readers[name].append(node)

    def around(self, erf: Node) -> tuple[str, list[Node]] | None:
        """Return the value that GELU is taken of, and the nodes that spell it out."""
        scaled = self._maker.get(erf.inputs[0])
        added = self._only_reader(erf)
        if scaled is None or added is None or self._only_reader(scaled) is not erf:
            return None
        source = self._times(scaled, 1 / _ROOT)
        if source is None or added.operator != "Add" or self._number(added) != 1:
            return None
        products = self._products(added, source)
        return None if products is None else (source, [scaled, erf, added, *products])

    def _products(self, added: Node, source: str) -> list[Node] | None:
        """Return the two products that are left, one with the source and one with a half."""
        first = self._only_reader(added)
        if first is None:
            return None
        half = self._maker.get(self._beside(first, added))
        if half is not None and self._times(half, 0.5) == source:
            return [half, first] if self._only_reader(half) is first else None
        second = self._only_reader(first)
        if second is None:
            return None
        for halving, product, value in ((first, second, first), (second, first, added)):
            if self._times(halving, 0.5) is not None and self._beside(product, value) == source:
                return [first, second]
        return None

    def _beside(self, product: Node, value: Node) -> str:
        """Return what a node multiplies another's value by, or nothing."""
        others = [name for name in product.inputs if name != value.outputs[0]]
        return others[0] if product.operator == "Mul" and len(others) == 1 else ""

    def _only_reader(self, node: Node) -> Node | None:
        """Return the one node that reads what another makes, if nobody else wants it."""
        readers = self._readers[node.outputs[0]]
        return readers[0] if len(readers) == 1 and node.outputs[0] not in self._outputs else None

    def _times(self, node: Node, factor: float) -> str | None:
        """Return what a node multiplies by a factor, or None if it does something else."""
        number = self._number(node)
        if number is None or not number:
            return None
        dividing = node.operator == "Div" and node.inputs[1] in self._known
        found = 1 / number if dividing else number if node.operator == "Mul" else math.inf
        if abs(found - factor) > _CLOSE * factor:
            return None
        return next(name for name in node.inputs if name not in self._known)

    def _number(self, node: Node) -> float | None:
        """Return the one number that a node of two inputs has besides a value."""
        numbers = [name for name in node.inputs if name in self._known]
        if len(node.inputs) != 2 or len(numbers) != 1:
            return None
        tensor = self._known[numbers[0]]
        return float(tensor) if tensor.numel() == 1 else None
