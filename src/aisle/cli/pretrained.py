"""What commands on pretrained encoders share: options, and how a folder is shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from aisle.cli.screen import Screen
from aisle.errors import EncoderError

if TYPE_CHECKING:
    from aisle.encoders.pretrained.folder import EncoderFolder

EncodersDir = Annotated[
    Path | None,
    typer.Option("--encoders", metavar="DIR", help="A folder that holds encoder folders."),
]
AcceptLicence = Annotated[
    bool,
    typer.Option("--accept-licence", help="Take it although its licence forbids commercial use."),
]


def look_in(folder: Path | None) -> None:
    """Let encoders be looked for in `folder` first, for the rest of this process.

    Raises
    ------
    EncoderError
        If there is no such folder.
    """
    from aisle.encoders.pretrained.finding import VARIABLE

    if folder is None:
        return
    if not folder.is_dir():
        raise EncoderError(f"--encoders {folder}: there is no such folder")
    others = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = os.pathsep.join([str(folder.absolute()), *([others] if others else [])])


def take_licences(accepted: bool) -> None:
    """Let every licence count as accepted from here on, if the user said so."""
    from aisle.encoders.pretrained.finding import ACCEPTED

    if accepted:
        os.environ[ACCEPTED] = "1"


def show_folder(screen: Screen, folder: EncoderFolder) -> None:
    """Print what an encoder reads, and on what terms."""
    description = folder.description
    about = f"reads {' and '.join(description.towers)}s, {description.dimension:,} numbers each"
    screen.say(Text.assemble((description.name, "bold"), f", {about}"))
    terms = "" if description.commercial else ", no commercial use"
    screen.say(f"{description.licence}{terms}; from {description.source}")


def described(folder: EncoderFolder) -> dict[str, Any]:
    """Return what is told of an encoder folder to machines."""
    description = folder.description
    return {
        "name": description.name,
        "modality": description.modality,
        "dimension": description.dimension,
        "licence": description.licence,
        "commercial": description.commercial,
        "source": description.source,
        "path": str(folder.path),
        "networks": [
            {
                "file": network.file,
                "precision": network.precision,
                "bytes": (folder.path / network.file).stat().st_size,
            }
            for network in description.networks
        ],
    }
