"""A training kept on disk between epochs."""

from __future__ import annotations

import io
import logging
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aisle.files import write_bytes

logger = logging.getLogger(__name__)

_FORMAT = 1


def write(path: Path, state: Mapping[str, Any], of: str) -> None:
    """Keep a training's state, atomically.

    Parameters
    ----------
    path
        The file.
    state
        Tensors, numbers, texts, lists and dictionaries of these.
    of
        Tells the training from others.
    """
    import torch

    buffer = io.BytesIO()
    torch.save({"format": _FORMAT, "of": of, "state": dict(state)}, buffer)
    write_bytes(path, buffer.getvalue())


def read(path: Path, of: str) -> dict[str, Any] | None:
    """Return a training's state, or None if there is none that fits.

    Nothing in the file is run: PyTorch reads it with ``weights_only``.
    """
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        logger.warning("%s: the checkpoint cannot be read, training begins anew (%s)", path, error)
        return None
    if not isinstance(found, dict) or found.get("format") != _FORMAT or found.get("of") != of:
        logger.warning("%s: the checkpoint is of another training, which begins anew", path)
        return None
    state: dict[str, Any] = found["state"]
    return state
