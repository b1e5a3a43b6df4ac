"""The libraries that quantise, imported when they are needed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from aisle.errors import EncoderError


def library(name: str) -> Any:
    """Import onnx or a part of ONNX Runtime that needs it; raises EncoderError without it."""
    try:
        return import_module(name)
    except ImportError as error:
        raise EncoderError(
            f"quantising a network needs {name}, which cannot be imported ({error}): "
            'pip install "aisle[deep]"'
        ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the quantiser's remarks on every single tensor away from the user.

    It writes through the root logger, which would set up logging for the whole program.
    """
    root, handler = logging.getLogger(), logging.NullHandler()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
