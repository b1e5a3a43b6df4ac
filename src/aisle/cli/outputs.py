"""Looking at where results shall go before any work is done."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aisle.errors import AisleError

STANDARD_OUTPUT = Path("-")
PAGES = (".html", ".htm")


@dataclass(frozen=True)
class Output:
    """A file that a command will write.

    Parameters
    ----------
    option
        How the user named it, for messages.
    path
        None where it was not asked for.
    suffixes
        What it may end in; empty for anything.
    """

    option: str
    path: Path | None
    suffixes: tuple[str, ...] = ()


def check_outputs(outputs: Iterable[Output], *, inputs: Iterable[Path] = ()) -> None:
    """Refuse outputs that could not be written, or that would replace what is read.

    Raises
    ------
    AisleError
        If an output is a folder, lies below a file or in a folder that may not be written to, has
        another suffix than its format needs, is an input, or is named twice.
    """
    taken = {path.resolve(): f"{path} is read by this command" for path in inputs}
    for output in outputs:
        path = output.path
        if path is None or path == STANDARD_OUTPUT:
            continue
        if path.is_dir():
            raise AisleError(
                f"{output.option} {path}: a folder stands where a file is to be written; "
                f"name a file, such as {path / ('result' + (output.suffixes or ('',))[0])}"
            )
        if output.suffixes and path.suffix.lower() not in output.suffixes:
            found = f"found {path.suffix!r}" if path.suffix else "found none"
            raise AisleError(
                f"{output.option} {path}: the suffix says the format; expected "
                f"{' or '.join(output.suffixes)}, {found}"
            )
        _check_folder(output.option, path)
        if (reason := taken.get(path.resolve())) is not None:
            raise AisleError(f"{output.option} {path}: {reason}; write to another file")
        taken[path.resolve()] = f"{output.option} writes there too"


def _check_folder(option: str, path: Path) -> None:
    """Refuse a path below a file, or in a folder that may not be written to."""
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise AisleError(f"{option} {path}: {folder} is a file, and no folder can be made there")
    if not os.access(folder, os.W_OK):
        raise AisleError(f"{option} {path}: {folder} may not be written to; choose another folder")
