"""An exported network beside its original, on the same inputs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.onnx_file import check_onnx
from aisle.errors import EncoderError
from aisle.neural.exporting.draft import EMBEDDING, Arrays, Traced
from aisle.neural.libraries import library

LARGEST_DIFFERENCE = 1e-3
"""As a share of the largest magnitude that the original gave."""

LOWEST_COSINE = 0.9999


@dataclass(frozen=True)
class Agreement:
    """How far a network agrees with its original.

    Parameters
    ----------
    difference
        The largest absolute difference of any output.
    relative
        The same as a share of the output's largest magnitude.
    cosine
        The lowest cosine of two embeddings.
    checked
        How many inputs were compared.
    """

    difference: float
    relative: float
    cosine: float
    checked: int


def compare(network: Traced) -> Agreement:
    """Run a network in ONNX Runtime and its original on the same inputs.

    Raises
    ------
    EncoderError
        If the file is not valid ONNX, does not run, or the two do not agree.
    """
    session = _session(network)
    outputs = [output.name for output in session.get_outputs()]
    found: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in outputs}
    expected: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in outputs}
    for case in network.cases:
        for name, values in zip(outputs, _run(session, outputs, case.inputs, network), strict=True):
            found[name].append(values)
        for inputs in case.originals or (case.inputs,):
            for name, values in network.original(inputs).items():
                expected[name].append(values)
    pairs = {name: _stacked(name, found[name], expected[name], network) for name in outputs}
    agreement = Agreement(
        max(float(np.abs(a - b).max()) for a, b in pairs.values()),
        max(float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-12)) for a, b in pairs.values()),
        float(cosines(*pairs[EMBEDDING]).min()),
        len(pairs[EMBEDDING][0]),
    )
    if agreement.relative > LARGEST_DIFFERENCE or agreement.cosine < LOWEST_COSINE:
        raise EncoderError(
            f"{network.file}: does not agree with the original: the outputs differ by up to "
            f"{agreement.difference:.3g} ({agreement.relative:.3g} of the largest value; at most "
            f"{LARGEST_DIFFERENCE} is allowed), the lowest cosine is {agreement.cosine:.6f} (at "
            f"least {LOWEST_COSINE}) over {agreement.checked} inputs. Nothing was written; this "
            "architecture cannot be exported faithfully with the installed libraries"
        )
    return agreement


def together(agreements: Iterable[Agreement]) -> Agreement:
    """Return the worst of several networks' agreements."""
    listed = list(agreements)
    return Agreement(
        max(a.difference for a in listed),
        max(a.relative for a in listed),
        min(a.cosine for a in listed),
        sum(a.checked for a in listed),
    )


def cosines(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the cosine of every pair of rows, (rows,); two rows of zeros agree."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    both_empty = ~a.any(axis=1) & ~b.any(axis=1)
    cosine = (a * b).sum(axis=1) / np.where(lengths > 0, lengths, 1)
    return np.where(both_empty, 1.0, cosine)


def _session(network: Traced) -> Any:
    import onnxruntime as ort

    onnx = library("onnx", "deep")
    try:
        onnx.checker.check_model(onnx.load_from_string(network.content), full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise EncoderError(f"{network.file}: the export is not valid ONNX: {error}") from error
    # What the engine would refuse to load must not be written.
    check_onnx(network.content, network.file)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(network.content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # ONNX Runtime raises classes of its own, each a direct subclass of Exception.
        raise EncoderError(f"{network.file}: ONNX Runtime cannot load it: {error}") from error


def _run(session: Any, outputs: list[str], inputs: Arrays, network: Traced) -> list[Any]:
    known = {one.name for one in session.get_inputs()}
    try:
        found = session.run(outputs, {k: v for k, v in inputs.items() if k in known})
    except Exception as error:
        shapes = ", ".join(f"{name} {values.shape}" for name, values in inputs.items())
        raise EncoderError(
            f"{network.file}: ONNX Runtime cannot run it on {shapes}: {error}"
        ) from error
    return list(found)


def _stacked(
    name: str,
    found: list[npt.NDArray[Any]],
    expected: list[npt.NDArray[Any]],
    network: Traced,
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    a, b = np.concatenate(found), np.concatenate(expected)
    if a.ndim != 2 or a.shape != b.shape:
        raise EncoderError(
            f"{network.file}: its output {name!r} has the shape {a.shape}, the original's "
            f"{b.shape}; expected both to be the same (rows, dimension)"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise EncoderError(f"{network.file}: its output {name!r} holds values that are not finite")
    return a, b
