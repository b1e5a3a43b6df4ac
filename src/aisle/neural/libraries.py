"""Libraries of the extras, imported when something needs them."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from aisle.errors import EncoderError


def library(name: str, extra: str) -> Any:
    """Import a library; raises EncoderError that names the extra which installs it."""
    if name.startswith("torch"):
        # Threads that spin while they wait take the cores from the other folds; read at import.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        found = import_module(name)
    except (ImportError, RuntimeError) as error:
        # A torchvision that was built for another PyTorch raises RuntimeError.
        raise EncoderError(
            f"this needs {name.partition('.')[0]}, which cannot be imported "
            f'({error}): pip install "aisle[{extra}]"'
        ) from error
    if name == "transformers":
        # Its bars would be drawn across the command line's own.
        found.utils.logging.disable_progress_bar()
    return found
