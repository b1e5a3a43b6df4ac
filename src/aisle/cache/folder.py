"""Where Aisle keeps what it can get again: downloaded photographs, computed features, encoders."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from aisle.errors import AisleError


def cache_folder() -> Path:
    """Return the folder of the caches, which need not exist yet.

    Returns
    -------
    pathlib.Path
        `AISLE_CACHE` if it is set; else `aisle` in the user's folder of caches: `XDG_CACHE_HOME` or
        ``~/.cache``, on Windows ``%LOCALAPPDATA%``.

    Raises
    ------
    AisleError
        If no variable is set and the user has no home folder.
    """
    own = os.environ.get("AISLE_CACHE")
    if own:
        return _expanded(own).absolute()
    variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    users = os.environ.get(variable)
    # The XDG specification asks to ignore relative paths.
    if users and Path(users).is_absolute():
        return Path(users) / "aisle"
    return _expanded("~/.cache/aisle")


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise AisleError(
            f"{path}: this user has no home folder to keep caches in; set AISLE_CACHE to a folder "
            "that may be written to"
        ) from error
