"""Several tensors of one network at once, for those who look into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from aisle.encoders.pretrained.onnx_file import with_output
from aisle.encoders.pretrained.session import Session
from aisle.errors import EncoderError

Array = npt.NDArray[Any]


class Probe(Session):
    """A network that hands out tensors on the way to its output.

    Parameters
    ----------
    content
        An ONNX file.
    tensors
        The tensors to hand out, at least one.
    where
        What messages call it.
    """

    def __init__(self, content: bytes, tensors: Sequence[str], where: str) -> None:
        super().__init__(content, tensors[0], where)
        self._wanted = tuple(tensors)

    @property
    def known(self) -> Sequence[str]:
        """The names of all that the network computes, in order."""
        return tuple(self._tensors)

    def look(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Return the tensors by name, for the given inputs.

        Raises
        ------
        EncoderError
            If the network refuses them.
        """
        runtime = self._ready()
        try:
            with self._turns:
                found = runtime.run(list(self._wanted), dict(feeds))
        except Exception as error:
            # ONNX Runtime's errors have no common class besides Exception.
            raise EncoderError(f"{self.where}: the network failed: {error}") from error
        return dict(zip(self._wanted, found, strict=True))

    def _opened(self) -> Any:
        runtime = super()._opened()
        declared = {value.name for value in runtime.get_outputs()}
        missing = [name for name in self._wanted if name not in declared]
        if not missing:
            return runtime
        for name in missing:
            self._content = with_output(self._content, name)
        return super()._opened()
