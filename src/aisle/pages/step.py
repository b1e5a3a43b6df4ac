"""What a page says to do next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A command, and what it is for."""

    words: str
    command: str
