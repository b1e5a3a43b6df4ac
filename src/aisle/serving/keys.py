"""Who may ask: keys that callers present, of which the server knows digests alone.

A key that is entered on the page becomes a mark in a cookie: signed, for half a day, of no use
anywhere else, and void as soon as its key is.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
import time
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from aisle.errors import AisleError

VARIABLE = "AISLE_SERVE_KEYS"
"""Digests in the environment, between spaces or commas, as ``name:digest`` or ``digest``."""

SECRET = "AISLE_SERVE_SECRET"
"""What signs cookies; drawn at the start where it is not given, and shared by all workers."""

OPEN = frozenset(
    {
        *("/ping", "/v2/health/live", "/v2/health/ready"),
        *("/", "/page/key", "/page/style.css", "/page/program.js"),
    }
)
"""What everybody may ask: whoever restarts containers has no key, nor has the page that asks for
one; it tells nothing of the model before."""

COOKIE = "aisle-page"
"""What the page's mark is called."""

COOKIE_SECONDS = 12 * 3_600
"""How long a key that was entered on the page is remembered there."""

_LOG = logging.getLogger(__name__)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[^\s:#,][^:#,\r\n]{0,63}")
# No header can hold it, so no key that is presented is taken for a mark.
_MARK = "\0"
_LOOK_SECONDS = 1.0
_KEY_BYTES = 32


def digest(key: str) -> str:
    """Return the SHA-256 of a key in hexadecimal, as ``sha256sum`` writes it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class Keys:
    """The callers that are known.

    Parameters
    ----------
    digests
        By the name of the caller.
    path
        The file that they are from: a change of it counts within a second or two.
    """

    def __init__(self, digests: Mapping[str, str], *, path: Path | None = None) -> None:
        self._digests = dict(digests)
        self._wanted = bool(digests)
        self._path = path
        self._stamp = _stamp(path)
        self._next = 0.0
        self._was_empty = False

    def __bool__(self) -> bool:
        """Say whether callers need a key; a file that was emptied later opens no door."""
        return self._wanted

    def caller(self, presented: str | None) -> str | None:
        """Return the name of whoever presents a key, or the page's mark; None for a stranger.

        Every digest is compared, each in constant time, so the time taken tells nothing.
        """
        self._refresh()
        if presented is None:
            return None
        mark = presented.removeprefix(_MARK) if presented.startswith(_MARK) else None
        told = digest(presented) if mark is None else ""
        found: str | None = None
        for name, known in self._digests.items():
            if hmac.compare_digest(told, known) if mark is None else _is_mark_of(mark, known):
                found = name
        return found

    def _refresh(self) -> None:
        """Read the file again where it has changed; one that cannot be read changes nothing."""
        now = time.monotonic()
        if self._path is None or now < self._next:
            return
        self._next = now + _LOOK_SECONDS
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        try:
            digests = _of_environment(_of_file(self._path))
        except AisleError as error:
            self._stamp = stamp
            _LOG.error("the keys stay as they were: %s", error)
            return
        if not digests and not self._was_empty:
            self._was_empty = True  # an editor may be about to write it; looked at once more
            return
        self._stamp, self._was_empty = stamp, False
        gone = sorted(self._digests.items() - digests.items())
        come = sorted(digests.items() - self._digests.items())
        facts = {"known": len(digests), "new": [n for n, _ in come], "void": [n for n, _ in gone]}
        _LOG.info("the keys have changed", extra={"facts": facts})
        self._digests = digests


def read_keys(path: Path | None) -> Keys:
    """Return the keys of a file and of the environment; none means that everybody may ask.

    A line of the file is ``name:digest`` or ``digest``; ``#`` begins a comment.

    Raises
    ------
    AisleError
        If the file cannot be read, or a line holds anything else, a key in plain text for one.
    """
    _secret()  # before there are workers, so that all of them have the same
    digests = {} if path is None else _of_file(path)
    if path is not None and not digests:
        raise AisleError(
            f"{path}: holds no key, so nobody could ask; add one with "
            f"aisle serve MODEL --keys {path} --new-key NAME"
        )
    return Keys(_of_environment(digests), path=path)


def add_key(path: Path, name: str) -> str:
    """Make a key for a caller, write its digest into a file, and return the key.

    The file is made, for its owner alone, where there is none.

    Raises
    ------
    AisleError
        If the name is taken or cannot stand in the file, or the file cannot be written.
    """
    if not _NAME.fullmatch(name) or name != name.strip():
        raise AisleError(
            f"{name!r} cannot name a caller; use up to 64 letters without ':', '#' or ','"
        )
    if name in (_of_file(path) if path.exists() else {}):
        raise AisleError(
            f"{path}: a caller {name!r} is there already; give the new key another name, and "
            "remove the old line when nobody uses it any more"
        )
    key = secrets.token_urlsafe(_KEY_BYTES)
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            missing = b"" if file.read(1) in (b"", b"\n") else b"\n"
            file.write(missing + f"{name}:{digest(key)}\n".encode())
    except OSError as error:
        raise AisleError(
            f"{path}: the key could not be written ({error.strerror or error}); name a file that "
            "you may write to with --keys"
        ) from error
    return key


def presented(headers: Mapping[str, str]) -> str | None:
    """Return the key of a request: ``Authorization: Bearer KEY`` or ``X-API-Key: KEY``.

    Where there is neither, the mark in the page's cookie, if the page itself asks.
    """
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    if given := headers.get("x-api-key"):
        return given
    found = cookie_of(headers)
    return _MARK + found if found is not None and _is_from_page(headers) else None


def cookie_of(headers: Mapping[str, str]) -> str | None:
    """Return the page's mark; nobody has looked yet whether it is good."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return None if found is None or not found.value else found.value


def page_mark(key: str) -> str:
    """Return what stands in the page's cookie for a key, whether that is known or not."""
    until = str(int(time.time()) + COOKIE_SECONDS)
    return f"{until}.{_signed(until, digest(key))}"


def _is_mark_of(mark: str, known: str) -> bool:
    until, _, signed = mark.partition(".")
    is_signed = hmac.compare_digest(signed.encode(), _signed(until, known).encode())
    return is_signed and until.isascii() and until.isdecimal() and int(until) > time.time()


def _signed(until: str, known: str) -> str:
    return hmac.new(_secret(), f"{until}.{known}".encode(), hashlib.sha256).hexdigest()


def _secret() -> bytes:
    if not os.environ.get(SECRET):
        os.environ[SECRET] = secrets.token_hex(_KEY_BYTES)
    return os.environ[SECRET].encode()


def _is_from_page(headers: Mapping[str, str]) -> bool:
    """Say whether a request with a cookie is the page's own, and no other site's doing.

    Sites on other ports of this host get past ``SameSite``. None of them can send the page's own
    header, or pretend an origin.
    """
    if "x-aisle-part" in headers:
        return True
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _of_file(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise AisleError(
            f"{path}: there is no such file of keys; make one with "
            f"aisle serve MODEL --keys {path} --new-key NAME"
        ) from None
    except UnicodeDecodeError:
        raise AisleError(
            f"{path}: is no file of keys, which is text: a line for each caller, name:SHA-256"
        ) from None
    except OSError as error:
        raise AisleError(
            f"{path}: the keys could not be read ({error.strerror or error}); let the user that "
            "runs the server read the file"
        ) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        entry = line.partition("#")[0].strip()
        if entry:
            _add(found, entry, f"{path}, line {number}")
    return found


def _of_environment(digests: dict[str, str]) -> dict[str, str]:
    """Return digests with those of the environment."""
    for entry in os.environ.get(VARIABLE, "").replace(",", " ").split():
        _add(digests, entry, f"the environment's {VARIABLE}")
    return digests


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


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    """Return what changes when a file does; None where there is none."""
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)
