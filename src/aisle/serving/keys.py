"""Who may ask: keys that callers present, of which the server knows digests alone."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from pathlib import Path

from aisle.errors import AisleError

VARIABLE = "AISLE_SERVE_KEYS"
"""Digests in the environment, between spaces or commas, as ``name:digest`` or ``digest``."""

OPEN = frozenset(
    {"/ping", "/v2/health/live", "/v2/health/ready", "/", "/page/style.css", "/page/program.js"}
)
"""What everybody may ask: whoever restarts containers has no key, nor has the page that asks for
one; it tells nothing of the model before."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest(key: str) -> str:
    """Return the SHA-256 of a key in hexadecimal, as ``sha256sum`` writes it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class Keys:
    """The callers that are known.

    Parameters
    ----------
    digests
        By the name of the caller.
    """

    def __init__(self, digests: Mapping[str, str]) -> None:
        self._digests = dict(digests)

    def __bool__(self) -> bool:
        return bool(self._digests)

    def caller(self, presented: str | None) -> str | None:
        """Return the name of whoever presents a key; None for a stranger.

        Every digest is compared, each in constant time, so the time taken tells nothing.
        """
        if presented is None:
            return None
        told = digest(presented)
        found: str | None = None
        for name, known in self._digests.items():
            if hmac.compare_digest(told, known):
                found = name
        return found


def read_keys(path: Path | None) -> Keys:
    """Return the keys of a file and of the environment; none means that everybody may ask.

    A line of the file is ``name:digest`` or ``digest``; ``#`` begins a comment.

    Raises
    ------
    AisleError
        If the file cannot be read, or a line holds anything else, a key in plain text for one.
    """
    digests: dict[str, str] = {}
    if path is not None:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise AisleError(f"{path}: the keys could not be read ({error})") from error
        for number, line in enumerate(lines, start=1):
            entry = line.partition("#")[0].strip()
            if entry:
                _add(digests, entry, f"{path}, line {number}")
        if not digests:
            raise AisleError(
                f"{path}: holds no key, so nobody could ask; add a line such as "
                "'shop:' followed by the SHA-256 of the key (printf %s KEY | sha256sum)"
            )
    for entry in os.environ.get(VARIABLE, "").replace(",", " ").split():
        _add(digests, entry, f"the environment's {VARIABLE}")
    return Keys(digests)


def presented(headers: Mapping[str, str]) -> str | None:
    """Return the key of a request: ``Authorization: Bearer KEY`` or ``X-API-Key: KEY``."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    return headers.get("x-api-key") or None


def _add(digests: dict[str, str], entry: str, where: str) -> None:
    name, colon, told = entry.rpartition(":")
    told = told.strip().lower()
    if not _DIGEST.fullmatch(told):
        raise AisleError(
            f"{where}: expected name:digest with the SHA-256 of a key, 64 hexadecimal digits "
            "(printf %s KEY | sha256sum); keys themselves are not written down"
        )
    named = name.strip() if colon else f"key-{len(digests) + 1}"
    if digests.get(named, told) != told:
        raise AisleError(f"{where}: the name {named!r} stands there twice; give each its own")
    digests[named] = told
