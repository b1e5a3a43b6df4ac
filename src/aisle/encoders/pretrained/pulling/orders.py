"""What was asked for of the Hugging Face hub, and the terms on which it may be had."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from aisle.encoders.pretrained.finding import VARIABLE, plain_name
from aisle.encoders.pretrained.known import KnownEncoder, Precision, find_known, similar_known
from aisle.encoders.pretrained.pulling.downloads import Repository
from aisle.errors import EncoderError
from aisle.progress import Progress, silent

STAGING = ".pulling"
"""Where downloads lie until their encoder folder is written; what was cut off goes on there."""

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_UNCOMMERCIAL = re.compile(r"(^|-)nc(-|$)|non-?commercial|research-only", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    """An encoder that was asked for, and what is known of it.

    Parameters
    ----------
    name
        Of its encoder folder.
    repository
        Its original weights on the hub, as ``OWNER/NAME``.
    known
        What is known of it by name; None for any other repository.
    home
        The folder in which its encoder folder is written.
    precision
        The one that was asked for.
    accept_licence
        Take it although its licence forbids commercial use.
    progress
        Told the bytes that are there.
    """

    name: str
    repository: str
    known: KnownEncoder | None
    home: Path
    precision: Precision | None = None
    accept_licence: bool = False
    progress: Progress = silent

    @property
    def revision(self) -> str:
        """The branch, tag or commit of the repository."""
        return self.known.revision if self.known is not None else "main"

    @property
    def staging(self) -> Path:
        """Where its files lie until its encoder folder is written."""
        return self.home / STAGING / self.name

    @property
    def by_hand(self) -> str:
        """What can be done without the hub."""
        return (
            f"Without the hub: copy an encoder folder to {self.home / self.name}, or name the "
            f"folder that holds it with --encoders DIR or {VARIABLE}"
        )

    def check_licence(self, repository: Repository | None = None) -> None:
        """Refuse a licence that forbids commercial use, unless it was accepted.

        Parameters
        ----------
        repository
            What says the licence of an encoder that is not known by name.

        Raises
        ------
        EncoderError
            If it was not accepted.
        """
        licence, commercial = self.terms(repository)
        if not commercial and not self.accept_licence:
            raise EncoderError(
                f"{self.name}: its licence {licence} forbids commercial use; read it at "
                f"{self.repository}, and pull with --accept-licence if your use is allowed"
            )

    def terms(self, repository: Repository | None) -> tuple[str, bool]:
        """Return the licence of the weights, and whether it leaves commercial use open."""
        if self.known is not None:
            return self.known.licence, self.known.commercial
        licence = (repository.licence if repository is not None else None) or "unknown"
        return licence, _UNCOMMERCIAL.search(licence) is None


def take_order(
    name: str,
    home: Path,
    *,
    precision: str | None = None,
    accept_licence: bool = False,
    progress: Progress = silent,
) -> Order:
    """Return the order for an encoder by its name.

    Parameters
    ----------
    name
        A known encoder's, or a repository of the hub as ``OWNER/NAME``.
    home
        The folder in which the encoder folder is written.
    precision
        ``int8`` stands for ``int8-dynamic``.
    accept_licence, progress
        As in `Order`.

    Raises
    ------
    EncoderError
        If there is no such encoder on the hub, or no such precision.
    """
    known = find_known(name)
    repository = known.repository if known is not None else name.strip()
    if known is None and not _HUB_ID.fullmatch(repository or ""):
        near = similar_known(name)
        hint = f" Did you mean {near!r}?" if near else ""
        raise EncoderError(
            f"there is no known encoder {name!r}.{hint} 'aisle encoders list' shows them; anything "
            "else of the Hugging Face hub is named OWNER/NAME"
        )
    own = known.name if known is not None else plain_name(name).split("/")[-1]
    if repository is None:
        raise EncoderError(
            f"{own}: is not on the Hugging Face hub; copy its encoder folder to {home / own}, or "
            f"name the folder that holds it with --encoders DIR or {VARIABLE}"
        )
    asked = _precision(precision)
    return Order(own, repository, known, home, asked, accept_licence, progress)


def _precision(precision: str | None) -> Precision | None:
    asked = "int8-dynamic" if precision == "int8" else precision
    if asked is not None and asked not in get_args(Precision):
        raise EncoderError(
            f"--precision {precision}: expected one of {', '.join(get_args(Precision))}"
        )
    return cast("Precision | None", asked)
