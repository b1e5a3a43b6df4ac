"""Photographs at web addresses, downloaded politely, once, and in bounded time."""

from __future__ import annotations

import http.client
import math
import time
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Literal

from aisle.cache import cache_folder
from aisle.catalog.images.addresses import host_of, web_address
from aisle.catalog.images.answers import RefusedError, answer
from aisle.catalog.images.downloads import Downloads
from aisle.catalog.images.failures import FAILURES, in_words, may_pass
from aisle.catalog.images.hosts import Hosts
from aisle.catalog.images.unreadable import UnreadableImageError
from aisle.errors import CatalogError

LIMIT_BYTES = 20 * 2**20
"""The largest photograph to download."""

MOST_REDIRECTS = 5
"""How often an address may point to another."""

LONGEST_PAUSE_SECONDS = 10.0
"""A server that asks for more patience than this gets this much."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429})


class ImageFetcher:
    """Downloads photographs; for `map_images` and from any number of threads at once.

    What was downloaded is kept on disk and not asked for again; failures are not kept. A host that
    does not answer several times in a row is left alone (see `aisle.catalog.images.hosts`), so that
    a catalogue full of dead addresses is done with soon. Proxies are taken from the environment.

    Parameters
    ----------
    timeout_seconds
        How long to wait for a connection, and for each piece of an answer.
    deadline_seconds
        How long one photograph may take in all, with redirects, retries and pauses.
    limit_bytes
        The largest photograph to download.
    retries
        How often to ask again after a time-out, a broken connection, or a server that says that it
        is busy or broken (408, 425, 429 and 5xx).
    pause_seconds
        Before the first retry, doubled for each further one, unless the server names a time.
    cache
        The folder of downloaded photographs; by default ``images`` in `aisle.cache.cache_folder`.
        False keeps nothing.

    Raises
    ------
    CatalogError
        If a number is out of range.
    """

    def __init__(
        self,
        *,
        timeout_seconds: float = 10.0,
        deadline_seconds: float = 60.0,
        limit_bytes: int = LIMIT_BYTES,
        retries: int = 2,
        pause_seconds: float = 0.5,
        cache: Path | Literal[False] | None = None,
    ) -> None:
        for name, value in (
            ("timeout_seconds", timeout_seconds),
            ("deadline_seconds", deadline_seconds),
            ("limit_bytes", limit_bytes),
        ):
            if not (value > 0 and math.isfinite(value)):
                raise CatalogError(f"{name}: expected a number above 0, found {value}")
        if retries < 0 or pause_seconds < 0:
            raise CatalogError(
                "retries and pause_seconds: expected numbers of at least 0, found "
                f"{retries} and {pause_seconds}"
            )
        self._timeout_seconds = timeout_seconds
        self._deadline_seconds = deadline_seconds
        self._limit_bytes = limit_bytes
        self._retries = retries
        self._pause_seconds = pause_seconds
        folder = cache_folder() / "images" if cache is None else cache
        self._downloads = Downloads(folder) if folder else None
        self._hosts = Hosts()

    def __call__(self, address: str) -> bytes:
        """Return what lies at a web address, which need not be an image.

        Parameters
        ----------
        address
            http or https; spaces and letters such as "ü" are encoded.

        Raises
        ------
        UnreadableImageError
            Whatever goes wrong; the message says what.
        """
        wanted = web_address(address)
        kept = self._downloads and self._downloads.read(wanted, self._limit_bytes)
        if kept:
            return kept
        content = self._followed(wanted, time.monotonic() + self._deadline_seconds)
        if self._downloads:
            self._downloads.write(wanted, content)
        return content

    def _followed(self, address: str, until: float) -> bytes:
        """Download from an address, or from where it points."""
        for _ in range(MOST_REDIRECTS + 1):
            try:
                return self._asked(address, until)
            except RefusedError as refusal:
                target = refusal.headers.get("Location")
                if refusal.status not in _REDIRECTS or not target:
                    raise UnreadableImageError(str(refusal)) from refusal
                address = web_address(target, seen_from=address)
        raise UnreadableImageError(f"more than {MOST_REDIRECTS} redirects")

    def _asked(self, address: str, until: float) -> bytes:
        """Ask for one address until it is answered, or there is no use in asking again."""
        host = host_of(address)
        attempt = 0
        while True:
            self._hosts.check(host)
            quiet = self._hosts.quiet_seconds(host)
            if time.monotonic() + quiet >= until:
                raise UnreadableImageError("the server is busy: it asks to wait for too long")
            time.sleep(quiet)
            pause = self._pause_seconds * 2**attempt
            try:
                return self._answer(host, address, until)
            except RefusedError as refusal:
                if not _passes(refusal.status) or attempt == self._retries:
                    raise
                self._hosts.hush(host, _asked_pause(refusal.headers, pause))
            except FAILURES as failure:
                late = time.monotonic() + pause >= until
                if late or not may_pass(failure) or attempt == self._retries:
                    raise UnreadableImageError(in_words(failure)) from failure
                time.sleep(pause)
            attempt += 1

    def _answer(self, host: str, address: str, until: float) -> bytes:
        """Ask once, and remember whether the host answered."""
        try:
            content = answer(
                address,
                timeout_seconds=self._timeout_seconds,
                until=until,
                limit_bytes=self._limit_bytes,
            )
        except (RefusedError, UnreadableImageError, http.client.IncompleteRead):
            self._hosts.answered(host)
            raise
        except FAILURES:
            self._hosts.failed(host)
            raise
        self._hosts.answered(host)
        return content


def default_fetcher() -> ImageFetcher:
    """Return the fetcher that everything in this process shares, with what it knows of hosts."""
    return _shared(cache_folder() / "images")


@cache
def _shared(folder: Path) -> ImageFetcher:
    return ImageFetcher(cache=folder)


def _passes(status: int) -> bool:
    return status in _PASSING or status >= 500


def _asked_pause(headers: Message, otherwise: float) -> float:
    """Return how many seconds a server wants to be left alone: a number, or until a date."""
    wanted = (headers.get("Retry-After") or "").strip()
    if wanted.isdecimal():
        seconds = float(wanted)
    else:
        try:
            seconds = parsedate_to_datetime(wanted).timestamp() - time.time()
        except (ValueError, OverflowError):
            return otherwise
    return min(seconds, LONGEST_PAUSE_SECONDS)
