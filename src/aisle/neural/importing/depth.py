"""How deep each parameter of an imported network lies, and which of them make a layer."""

from __future__ import annotations

import re
from typing import Any

from aisle.neural.importing.uses import Use, first_uses

Layer = tuple[int, ...]
"""Which layer a parameter belongs to, such as the first of the second stage."""

_BLOCK = re.compile(r"(?:^|\.)(?:res)?blocks?[._]?\d+(?:\.\d+)*(?=[._]|$)")
_LAYER = re.compile(r"(?:^|\.)(?:layers?|h)[._]?\d+(?:\.\d+)*(?=[._]|$)")
_NUMBER = re.compile(r"(?:(?<=[._])|(?<=block)|(?<=layer)|(?<=blocks)|(?<=layers))\d+")


def layer_order(module: Any) -> list[str]:
    """Return the names of a network's parameters from its input to its output.

    Parameters
    ----------
    module
        From `import_network`.

    Returns
    -------
    list of str
        As ``named_parameters`` calls them, in the order in which the graph first uses them.
    """
    return list(module.initialisers)


def blocks(module: Any) -> list[list[str]]:
    """Return a network's parameters cut into layers, from its input to its output.

    Where most parameters carry the number of a layer (``encoder.layer.3.``) in their own name or
    in that of the node that reads them, a block is such a layer. What comes before the first one,
    embeddings say, is a block; what comes between belongs to the layer before it, and what comes
    after, such as a last normalisation or projection, to the last layer. Otherwise a block is one
    convolution or matrix with its bias and what follows it up to the next.

    Parameters
    ----------
    module
        From `import_network`.

    Returns
    -------
    list of list of str
        Every parameter's name once. The last three layers are ``blocks(module)[-3:]``.
    """
    order = layer_order(module)
    found = first_uses(module.graph_nodes, module.initialisers.values())
    uses = {name: found[initialiser] for name, initialiser in module.initialisers.items()}
    named = {name: _layer(module.initialisers[name], uses[name].node) for name in order}
    if 2 * sum(layer is not None for layer in named.values()) > len(order):
        return _by_name(order, named)
    return _by_weight(order, uses)


def _layer(initialiser: str, node: str) -> Layer | None:
    """Return the numbers in a name up to that of its layer: stage 1, layer 0, say.

    The words before them may differ between a weight's name and a node's.
    """
    for name in (initialiser, node):
        plain = name.replace("/", ".").strip(".")
        for pattern in (_BLOCK, _LAYER):
            found = pattern.search(plain)
            if found is not None:
                return tuple(map(int, _NUMBER.findall(plain[: found.end()])))
    return None


def _by_name(order: list[str], named: dict[str, Layer | None]) -> list[list[str]]:
    found: dict[Layer, list[str]] = {(): []}
    layer: Layer = ()
    for name in order:
        layer = named[name] or layer
        found.setdefault(layer, []).append(name)
    return [names for names in found.values() if names]


def _by_weight(order: list[str], uses: dict[str, Use]) -> list[list[str]]:
    found: list[list[str]] = []
    begun = False
    for name in order:
        if not found or (uses[name].weighs and begun):
            found.append([])
        found[-1].append(name)
        begun = begun or uses[name].weighs
    return found
