"""TensorFlow imported without its greetings."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aisle.errors import TrainingError
from aisle.neural.libraries import library

_BACKEND = {"KERAS_BACKEND": "tensorflow"}
_ONCE = threading.Lock()
_GREETING = re.compile(
    rb"WARNING: All log messages before absl|[IW]\d{4} |\d{4}-\d\d-\d\d [\d:.]+: [IW] "
    rb"|To enable the"
)


def keras_on_tensorflow() -> tuple[Any, Any]:
    """Import Keras and TensorFlow.

    Returns
    -------
    tuple
        The two modules.

    Raises
    ------
    EncoderError
        If one is not installed.
    TrainingError
        If Keras was imported before with another backend.
    """
    with _ONCE:
        if "tensorflow" not in sys.modules:
            with _without_greetings():
                tf = library("tensorflow", "keras")
                # It greets once more when it first computes.
                tf.linalg.matmul(tf.zeros((1, 1)), tf.zeros((1, 1)))
        tf = library("tensorflow", "keras")
        with _environment(_BACKEND):
            keras = library("keras", "keras")
    found = keras.backend.backend()
    if found != "tensorflow":
        raise TrainingError(
            f"this process imported Keras with the backend {found}; the framework tensorflow needs "
            "KERAS_BACKEND=tensorflow before the first import of keras"
        )
    return keras, tf


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set what the libraries read while they are imported, where the user has not set it."""
    added = [name for name in wanted if name not in os.environ]
    os.environ.update({name: wanted[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextmanager
def _without_greetings() -> Iterator[None]:
    """Keep from standard error what TensorFlow says of the processor, and hand on the rest.

    It writes from C++, before any setting of its log is read.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as told, _environment(_BACKEND):
        kept = os.dup(2)
        os.dup2(told.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            told.seek(0)
            for line in told:
                if not _GREETING.match(line):
                    os.write(2, line)
