"""Where encoder folders are looked for, and finding one by its name."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from aisle.cache import cache_folder
from aisle.encoders.pretrained.folder import DESCRIPTION, EncoderFolder, open_folder
from aisle.errors import AisleError, EncoderError

logger = logging.getLogger(__name__)

VARIABLE = "AISLE_ENCODERS"
ACCEPTED = "AISLE_ACCEPT_LICENCE"


def encoder_homes() -> list[Path]:
    """Return the folders in which encoder folders lie: ``AISLE_ENCODERS``, then the user's cache.

    The variable may name several, separated as in ``PATH``. Where the user has no folder for
    caches, it is these alone.
    """
    named = [part for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    homes = [_expanded(part) for part in named]
    try:
        return [*homes, pulled_home()]
    except AisleError as error:
        logger.debug("no encoders were pulled: %s", error)
        return homes


def pulled_home() -> Path:
    """Return the folder into which encoders are pulled."""
    return cache_folder() / "encoders"


def plain_name(name: str) -> str:
    """Return a name without what does not matter in it: case, and ``-`` or ``_``."""
    return name.strip().lower().replace("_", "-")


def list_folders() -> list[EncoderFolder]:
    """Return the encoder folders at hand, the first of each name, in alphabetical order.

    One that is damaged is left out with a warning.
    """
    found: dict[str, EncoderFolder] = {}
    for path in _candidates():
        try:
            folder = open_folder(path)
        except EncoderError as error:
            logger.warning("%s", error)
            continue
        found.setdefault(plain_name(folder.description.name), folder)
    return [found[name] for name in sorted(found)]


def find_folder(name: str | Path) -> EncoderFolder:
    """Return an encoder folder by its name, or by its path.

    Parameters
    ----------
    name
        Such as ``all-minilm-l6-v2`` (case and ``-`` or ``_`` do not matter), or the path of a
        folder.

    Raises
    ------
    EncoderError
        If there is none.
    """
    wanted = plain_name(str(name))
    path = _expanded(name)
    if _is_encoder(path):
        return open_folder(path)
    names = []
    for path in _candidates():
        # The folder's own name is the rule, so that one damaged folder hides no other.
        if plain_name(path.name) == wanted:
            return open_folder(path)
        names.append(path.name)
    for folder in list_folders():
        if plain_name(folder.description.name) == wanted:
            return folder
    near = get_close_matches(wanted, [plain_name(n) for n in names], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    homes = ", ".join(str(home) for home in encoder_homes()) or "no folder"
    raise EncoderError(
        f"there is no encoder {str(name)!r}.{hint} Looked in {homes}"
        f"{' and found ' + ', '.join(sorted(set(names))) if names else ', and found none'}. "
        f"'aisle encoders pull {name}' gets a known one; --encoders DIR or {VARIABLE} names a "
        "folder that holds encoder folders"
    )


def check_licence(folder: EncoderFolder) -> None:
    """Refuse weights whose licence forbids commercial use, unless the user has accepted it.

    Raises
    ------
    EncoderError
        If the licence is not accepted: ``AISLE_ACCEPT_LICENCE`` is not set.
    """
    description = folder.description
    if not description.commercial and not os.environ.get(ACCEPTED):
        raise EncoderError(
            f"{description.name}: its licence, {description.licence}, forbids commercial use. If "
            f"that suits you, say --accept-licence, or set {ACCEPTED}=1"
        )


def has_folder(name: str) -> bool:
    """Say whether there is an encoder folder of that name that can be opened."""
    try:
        find_folder(name)
    except EncoderError:
        return False
    return True


def _candidates() -> Iterator[Path]:
    for home in encoder_homes():
        try:
            inside = sorted(path for path in home.iterdir() if _is_encoder(path))
        except OSError:
            continue
        yield from (path for path in inside if not path.name.startswith("."))


def _is_encoder(path: Path) -> bool:
    """Say whether a path is an encoder folder; one that may not be looked into is none."""
    try:
        return (path / DESCRIPTION).is_file()
    except OSError:
        return False


def _expanded(path: str | Path) -> Path:
    """Return a path in which ``~`` is the user's folder, if there is such a user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
