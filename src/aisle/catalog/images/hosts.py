"""What a fetcher has learnt about the hosts it asks: which do not answer, which want a pause."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass

from aisle.catalog.images.unreadable import UnreadableImageError

PATIENCE = 5
"""A host that fails to answer so many times in a row is left alone."""

REST_SECONDS = 600.0
"""For how long it is left alone before it is asked once more."""


@dataclass
class _Host:
    failures: int = 0
    left_alone_until: float = 0.0
    quiet_until: float = 0.0


class Hosts:
    """Memory about hosts, shared by the threads of one fetcher."""

    def __init__(self) -> None:
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._lock = threading.Lock()

    def check(self, name: str) -> None:
        """Raise an `UnreadableImageError` if the host is left alone."""
        with self._lock:
            host = self._hosts[name]
            failures, until = host.failures, host.left_alone_until
        if time.monotonic() < until:
            raise UnreadableImageError(
                f"the host {name} did not answer {failures} times in a row; not asked again"
            )

    def answered(self, name: str) -> None:
        """Note that the host answered, whatever it said."""
        with self._lock:
            self._hosts[name].failures = 0

    def failed(self, name: str) -> None:
        """Note that the host could not be reached, or did not answer in time."""
        with self._lock:
            host = self._hosts[name]
            host.failures += 1
            if host.failures >= PATIENCE:
                host.left_alone_until = time.monotonic() + REST_SECONDS

    def hush(self, name: str, seconds: float) -> None:
        """Note that the host wants nobody to ask for a while."""
        with self._lock:
            host = self._hosts[name]
            host.quiet_until = max(host.quiet_until, time.monotonic() + seconds)

    def quiet_seconds(self, name: str) -> float:
        """Return how long the host still wants nobody to ask; 0 if it does not mind."""
        with self._lock:
            return max(0.0, self._hosts[name].quiet_until - time.monotonic())
