"""The module that runs an ONNX graph node by node; imported only where something is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.checkpoint import checkpoint

from aisle.errors import EncoderError
from aisle.neural.importing.gelu import with_gelu
from aisle.neural.importing.graph import Array, Graph, Node
from aisle.neural.importing.linear import with_linear
from aisle.neural.importing.operators import OPERATORS, Operator
from aisle.neural.importing.operators.types import torch_type
from aisle.neural.importing.roles import settings, trainable

Tensor = Any


@dataclass(frozen=True)
class Step:
    """A node, what computes it, and which values nobody reads after it."""

    run: Operator
    node: Node
    settings: tuple[int, ...]
    last_use: tuple[str, ...]


@dataclass(frozen=True)
class Segment:
    """Steps in a row, the values that they read from before, and those that are read later."""

    steps: tuple[Step, ...]
    reads: tuple[str, ...]
    keeps: tuple[str, ...]


class ImportedNetwork(torch.nn.Module):  # type: ignore[misc]
    """A network in ONNX as a module: its weights are parameters, its nodes run in order.

    Parameters
    ----------
    graph
        What the file holds.

    Attributes
    ----------
    inputs
        The names of what `forward` takes.
    outputs
        The names of what it returns.
    initialisers
        What the file calls each parameter, by the parameter's name; in the order of first use.
    where
        The file, for messages.

    Raises
    ------
    EncoderError
        If an operator is not known, or a part of the network that depends on no input fails.

    Notes
    -----
    Sizes and other settings are computed on the processor wherever the weights are, so that a
    graphics card never waits for them. Kernels of convolutions lie channels last, which is the
    faster layout for float32 and bfloat16 alike.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.where = graph.where
        self.inputs = tuple(graph.inputs)
        self.outputs = graph.outputs
        self.graph_nodes = graph.nodes
        self._input_types = {name: torch_type(kind) for name, kind in graph.inputs.items()}
        self.initialisers: dict[str, str] = {}
        for name in trainable(graph):
            attribute = self._attribute(name)
            values = _tensor(graph.initialisers[name])
            if values.ndim == 4:
                values = values.contiguous(memory_format=torch.channels_last)
            self.register_parameter(attribute, torch.nn.Parameter(values))
            self.initialisers[attribute] = name
        learnt = set(self.initialisers.values())
        fixed = {**graph.initialisers, **graph.constants}
        known = {name: _tensor(array) for name, array in fixed.items() if name not in learnt}
        nodes = with_gelu(self._computed_once(known), known, self.outputs)
        learning = {name: getattr(self, own) for own, name in self.initialisers.items()}
        nodes = with_linear(nodes, learning, self.outputs)
        self._steps = _steps(nodes, self.outputs)
        read = {name for node in nodes for name in node.inputs} | set(self.outputs)
        self._constants = {name: value for name, value in known.items() if name in read}
        self._moved: dict[str, dict[str, Tensor]] = {}
        self._segments: list[Segment] = []

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        """Compute the outputs.

        Parameters
        ----------
        **inputs
            The file's inputs by name, as tensors of its shapes.

        Returns
        -------
        dict of str to Tensor
            The file's outputs by name.

        Raises
        ------
        EncoderError
            If an input is missing, or is none of the file's.
        """
        if inputs.keys() != self._input_types.keys():
            raise EncoderError(
                f"{self.where}: takes the inputs {', '.join(self.inputs)}, and was given "
                f"{', '.join(inputs) or 'none'}"
            )
        values: dict[str, Tensor] = dict(self._constants)
        for parameter, name in self.initialisers.items():
            values[name] = getattr(self, parameter)
        device = next(
            (tensor.device for tensor in (*inputs.values(), *self.parameters())),
            torch.device("cpu"),
        )
        for name, kind in self._input_types.items():
            values[name] = inputs[name].to(kind)
        if self._segments and torch.is_grad_enabled():
            self._take_again(values, device)
        else:
            for step in self._steps:
                self._take(step, values, device)
        return {name: values[name] for name in self.outputs}

    def gradient_checkpointing_enable(self) -> None:
        """Keep only what stands between stretches of the network, and compute the rest again.

        Of n nodes in stretches of the square root of n, about twice that many values are kept in
        memory at a time, for one more forward pass (Chen et al., 2016, Training deep nets with
        sublinear memory cost).
        """
        length = max(1, round(len(self._steps) ** 0.5))
        self._segments = [
            self._segment(start, min(start + length, len(self._steps)))
            for start in range(0, len(self._steps), length)
        ]

    def _segment(self, start: int, stop: int) -> Segment:
        """Return some steps, what they read from before and what is read of them later."""
        steps = tuple(self._steps[start:stop])
        made = {name for step in steps for name in step.node.outputs if name}
        read = dict.fromkeys(name for step in steps for name in step.node.inputs if name)
        later = {name for step in self._steps[stop:] for name in step.node.inputs}
        kept = made & (later | set(self.outputs))
        return Segment(steps, tuple(n for n in read if n not in made), tuple(sorted(kept)))

    def _take_again(self, values: dict[str, Tensor], device: Any) -> None:
        """Run stretch by stretch; what is computed within one is not kept for the gradient."""
        for segment in self._segments:
            found = checkpoint(
                self._taken,
                segment,
                device,
                *(values[name] for name in segment.reads),
                use_reentrant=False,
            )
            values.update(zip(segment.keeps, found, strict=True))

    def _taken(self, segment: Segment, device: Any, *given: Tensor) -> tuple[Tensor, ...]:
        values = dict(zip(segment.reads, given, strict=True))
        for step in segment.steps:
            self._take(step, values, device)
        return tuple(values[name] for name in segment.keeps)

    def _take(self, step: Step, values: dict[str, Tensor], device: Any) -> None:
        given = [values[name] if name else None for name in step.node.inputs]
        if device.type != "cpu":
            given = list(self._together(step, given, device))
        try:
            found = step.run(step.node, *given)
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            error.add_note(f"{self.where}: at {step.node.operator} node {step.node.name!r}")
            raise
        outputs = step.node.outputs
        if len(outputs) == 1 and not isinstance(found, tuple):
            values[outputs[0]] = found
        else:
            several = found if isinstance(found, tuple) else (found,)
            values.update(zip(outputs, several, strict=False))
        for name in step.last_use:
            values.pop(name, None)

    def _together(self, step: Step, given: list[Tensor], device: Any) -> Iterator[Tensor]:
        """Move tensors to the graphics card if another of the node's lies there."""
        data = [one for at, one in enumerate(given) if at not in step.settings and one is not None]
        if all(one.device.type == "cpu" for one in data):
            yield from given
            return
        for at, (name, one) in enumerate(zip(step.node.inputs, given, strict=True)):
            if one is None or at in step.settings or one.device.type != "cpu":
                yield one
            elif name in self._constants:
                moved = self._moved.setdefault(str(device), {})
                if name not in moved:
                    moved[name] = one.to(device)
                yield moved[name]
            else:
                yield one.to(device)

    def _computed_once(self, known: dict[str, Tensor]) -> list[Node]:
        """Compute what depends on constants alone; return the other nodes."""
        left: list[Node] = []
        unknown: dict[str, str] = {}
        for node in self.graph_nodes:
            run = OPERATORS.get(node.operator)
            if run is None:
                unknown.setdefault(node.operator, node.name)
            elif all(name in known for name in node.inputs if name):
                step = Step(run, node, settings(node), ())
                with torch.no_grad():
                    self._take(step, known, torch.device("cpu"))
            else:
                left.append(node)
        if unknown:
            listed = ", ".join(f"{operator} (node {name!r})" for operator, name in unknown.items())
            raise EncoderError(
                f"{self.where}: has operators that cannot be trained here: {listed}. Export the "
                "network in evaluation mode with ONNX's plain operators (opset 17), or fine-tune "
                "another encoder"
            )
        return left

    def _attribute(self, name: str) -> str:
        """Return a name for a parameter that Python and PyTorch allow and that is free."""
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        if not plain or plain[0].isdigit() or hasattr(self, plain):
            plain = f"weight_{plain}"
        while hasattr(self, plain):
            plain += "_"
        return plain


def _tensor(array: Array) -> Tensor:
    kind = torch_type(array.dtype)
    numbers = array.astype(np.float32) if kind == torch.float32 else np.array(array)
    return torch.from_numpy(np.ascontiguousarray(numbers).reshape(array.shape)).clone()


def _steps(nodes: list[Node], outputs: tuple[str, ...]) -> list[Step]:
    """Return the nodes with what computes them, each told which values end with it."""
    seen, steps = set(outputs), []
    for node in reversed(nodes):
        ending = tuple(name for name in dict.fromkeys(node.inputs) if name and name not in seen)
        unread = tuple(name for name in node.outputs if name and name not in seen)
        seen.update(ending, node.outputs)
        steps.append(Step(OPERATORS[node.operator], node, settings(node), (*ending, *unread)))
    return steps[::-1]
