"""How long work tells whoever waits for it how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as work goes on; the command line draws a bar from it."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say that `done` of `total` steps of `what` are finished."""


def silent(what: str, done: int, total: int) -> None:
    """Ignore progress: the library's default."""
