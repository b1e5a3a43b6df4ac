"""Networks run by ONNX Runtime: one thread a run, several runs at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Self
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.folder import fingerprint
from aisle.encoders.pretrained.onnx_file import check_onnx, with_output
from aisle.errors import EncoderError
from aisle.threads import cores

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float32]

LONGEST = 2**20
"""The most numbers that a vector may have."""

_NOT_FASTER = "SkipLayerNormFusion"
"""ONNX Runtime's fused kernel sums rows one number after the other: measured, an addition and a
layer normalisation take 25 us on 110 x 384 numbers, fused 190 us."""

_ACCELERATORS = ("CUDAExecutionProvider", "CoreMLExecutionProvider", "DmlExecutionProvider")


class Session:
    """A network that is ready to run, from several threads at once.

    Each run computes in the thread that asks for it: several products at a time keep all cores
    busy, without threads that wait for one another, and what a run gives does not depend on the
    number of cores.

    Parameters
    ----------
    content
        An ONNX file.
    output
        The tensor to return: an output, or any tensor that is computed on the way.
    where
        What messages call it.

    Raises
    ------
    EncoderError
        If the file is damaged, not safe (see `check_onnx`), or computes no such tensor.
    """

    def __init__(self, content: bytes, output: str, where: str) -> None:
        self.output = output
        self.where = where
        self._content = content
        self._lock = threading.Lock()
        # More threads may ask, where photographs are fetched: each run takes memory of its own.
        self._turns = threading.BoundedSemaphore(cores())
        self._runtime: Any = None
        known = check_onnx(content, where)
        self._tensors = known.tensors

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return the session itself: it has learned nothing that a copy could change."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # What runs cannot travel; the process that gets this opens the same file.
        return shared_session, (self._content, self.output, self.where)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The names of the network's inputs."""
        return tuple(value.name for value in self._ready().get_inputs())

    @cached_property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of the output; None where it depends on the input."""
        found = next(o for o in self._ready().get_outputs() if o.name == self.output)
        return tuple(size if isinstance(size, int) else None for size in found.shape or ())

    def run(self, feeds: Mapping[str, npt.NDArray[Any]]) -> Floats:
        """Return the output for the given inputs, float32.

        Raises
        ------
        EncoderError
            If the network refuses them.
        """
        runtime = self._ready()
        try:
            with self._turns:
                (found,) = runtime.run([self.output], dict(feeds))
            return np.asarray(found, dtype=np.float32)
        except Exception as error:
            # ONNX Runtime's errors have no common class besides Exception.
            raise EncoderError(f"{self.where}: the network failed: {_short(error)}") from error

    def run_one(self, feeds: Mapping[str, npt.NDArray[Any]]) -> Floats:
        """Return the output for the inputs of one product, without its first axis, float32 (...).

        Raises
        ------
        EncoderError
            If the network refuses them, or what it gives is not one row.
        """
        found = self.run(feeds)
        if found.shape[:1] != (1,):
            raise EncoderError(
                f"{self.where}: expected one row a product of the tensor {self.output!r}, found "
                f"the shape {found.shape}"
            )
        one: Floats = found[0]
        return one

    def checked_dimension(self, dimension: int) -> int:
        """Return the length of vectors; raises EncoderError if it makes no sense."""
        if not 1 <= dimension <= LONGEST:
            raise EncoderError(
                f"{self.where}: expected vectors of 1 to {LONGEST:,} numbers, found {dimension:,}"
            )
        return dimension

    def _ready(self) -> Any:
        with self._lock:
            if self._runtime is None:
                self._runtime = self._opened()
        return self._runtime

    def _opened(self) -> Any:
        import onnxruntime

        try:
            runtime = _open(self._content)
            if self.output not in {value.name for value in runtime.get_outputs()}:
                self._check_tensor()
                runtime = _open(with_output(self._content, self.output))
        except EncoderError:
            raise
        except Exception as error:
            # As above; what C++ raises by itself comes as RuntimeError or ValueError.
            raise EncoderError(
                f"{self.where}: ONNX Runtime {onnxruntime.__version__} cannot load the "
                f"network: {_short(error)}"
            ) from error
        return runtime

    def _check_tensor(self) -> None:
        if self.output not in self._tensors:
            near = get_close_matches(self.output, self._tensors, n=3, cutoff=0.3)
            raise EncoderError(
                f"{self.where}: the network computes no tensor {self.output!r}; near it come "
                f"{', '.join(near or self._tensors[-3:])}"
            )


_OPEN: WeakValueDictionary[str, Session] = WeakValueDictionary()
_OPENING = threading.Lock()


def shared_session(content: bytes, output: str, where: str) -> Session:
    """Return a session of a network, the same one for as long as somebody uses it."""
    key = fingerprint(content, output)
    with _OPENING:
        session = _OPEN.get(key)
        if session is None:
            session = _OPEN[key] = Session(content, output, where)
        return session


def _open(content: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # A file could be read as ONNX here, and as ONNX Runtime's own format there.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("optimization.disable_specified_optimizers", _NOT_FASTER)
    here = onnxruntime.get_available_providers()
    wanted = [name for name in _ACCELERATORS if name in here]
    providers = [*wanted[:1], "CPUExecutionProvider"]
    # Falling back is told on standard output, so it is left on only where it can help.
    return onnxruntime.InferenceSession(
        content, options, providers=providers, enable_fallback=int(len(providers) > 1)
    )


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
