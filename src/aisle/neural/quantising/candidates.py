"""The networks of a tower that are measured: those of the folder, and new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aisle.encoders.pretrained.choosing import AGREES
from aisle.encoders.pretrained.folder import EncoderFolder, Network, Tower
from aisle.encoders.pretrained.onnx_file import check_onnx
from aisle.errors import EncoderError
from aisle.neural.quantising.dynamic import int8_dynamic
from aisle.neural.quantising.measuring import Runner, cosine
from aisle.neural.quantising.static import int8_static
from aisle.neural.quantising.towers import Side
from aisle.progress import Progress

FLOAT32 = "float32"

_ENOUGH = AGREES + 0.004
"""Asked for on the inputs for calibration, as on others a network agrees less."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A network of a tower.

    Parameters
    ----------
    network
        As it stands, or would stand, in ``encoder.json``.
    content
        The ONNX file; empty if it could not be made.
    new
        It is not in the folder yet.
    runner
        Runs it on what is measured; None if it cannot be run.
    fault
        Why not.
    """

    network: Network
    content: bytes
    new: bool
    runner: Runner | None = None
    fault: str = ""


def candidates(
    folder: EncoderFolder, side: Side, methods: Sequence[str], progress: Progress
) -> list[Candidate]:
    """Return the folder's networks of a tower, float32 first, and new ones made from that.

    Raises
    ------
    EncoderError
        If the folder has no float32 network of the tower, or that cannot be run.
    """
    source = float32_network(folder, side.name)
    content = folder.read(source.file)
    first = _runnable(side, Candidate(source, content, new=False))
    if first.runner is None:
        raise EncoderError(f"{folder.path}: its float32 network cannot be run: {first.fault}")
    new = []
    for done, method in enumerate(methods):
        progress(f"quantising the {side.name} network", done, len(methods))
        new.append(_quantised(side, source, content, method))
    progress(f"quantising the {side.name} network", len(methods), len(methods))
    old = [
        _runnable(side, Candidate(network, folder.read(network.file), new=False))
        for network in folder.description.of_tower(side.name)
        if network.file != source.file
    ]
    return [first, *old, *new]


def float32_network(folder: EncoderFolder, tower: Tower) -> Network:
    """Return the network that all others should agree with; raises EncoderError without one."""
    there = folder.description.of_tower(tower)
    for network in there:
        if network.precision == FLOAT32:
            return network
    raise EncoderError(
        f"{folder.path}: has no float32 network that reads {tower}, only "
        f"{', '.join(n.precision for n in there)}; export the encoder again from its original"
    )


def _quantised(side: Side, source: Network, content: bytes, method: str) -> Candidate:
    stem = source.file.removesuffix(".onnx").removesuffix(f".{FLOAT32}")
    network = source.model_copy(
        update={
            "file": f"{stem}.{method}.onnx",
            "precision": method,
            "seconds": None,
            "agreement": None,
        }
    )
    try:
        made = _made(side, source, content, method)
    except EncoderError:
        raise
    except Exception as error:
        # The quantiser, ONNX and ONNX Runtime raise classes without a common base; one network
        # that it cannot treat is told like one that does not agree.
        if isinstance(error, MemoryError):
            raise
        return Candidate(network, b"", new=True, fault=f"cannot be quantised: {_short(error)}")
    return _runnable(side, Candidate(network, made, new=True))


def _made(side: Side, source: Network, content: bytes, method: str) -> bytes:
    if method == "int8-dynamic":
        return int8_dynamic(content, side.single_tokens)
    expected = side.runner(source, content, calibration=True)()

    def agreement(made: bytes) -> float:
        return float(cosine(side.runner(source, made, calibration=True)(), expected).min())

    return int8_static(content, source.output, side.feeds(content), agreement, _ENOUGH)


def _runnable(side: Side, candidate: Candidate) -> Candidate:
    """Run a network once, so that one that cannot be run is not measured."""
    try:
        runner = side.runner(candidate.network, candidate.content)
        runner()
    except EncoderError as error:
        return Candidate(candidate.network, candidate.content, candidate.new, fault=str(error))
    return Candidate(candidate.network, candidate.content, candidate.new, runner)


def computes(content: bytes, tensor: str) -> bool:
    """Say whether an ONNX file computes a tensor of that name."""
    return tensor in check_onnx(content, tensor).tensors


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
