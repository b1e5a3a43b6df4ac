"""Saving what was found, in the form that a file's suffix names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aisle import files
from aisle.errors import AisleError


def save_report(
    path: str | Path,
    what: str,
    *,
    data: Callable[[], Any],
    page: Callable[[], str],
    table: Callable[[str | Path], None] | None = None,
) -> None:
    """Write JSON, an HTML page or a table, atomically.

    Parameters
    ----------
    path
        Ends in ``.json``, ``.html``, ``.htm`` or, where there is a table, ``.csv``.
    what
        What messages call it, with its article: ``an audit``.
    data
        Makes what stands in the JSON file.
    page
        Makes the HTML page.
    table
        Writes the table to a path.

    Raises
    ------
    AisleError
        If the suffix is another, or the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".json":
        files.write_text(path, json.dumps(data(), indent=2, ensure_ascii=False) + "\n")
    elif suffix in (".html", ".htm"):
        files.write_text(path, page())
    elif suffix == ".csv" and table is not None:
        table(path)
    else:
        known = ".json or .html" if table is None else ".json, .html or .csv"
        raise AisleError(f"{path}: {what} is saved as {known}, not {suffix or 'no suffix'!r}")
