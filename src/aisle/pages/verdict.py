"""What numbers mean for a shop, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """A headline and a few sentences; the tone colours them."""

    tone: Literal["good", "warn", "bad"]
    headline: str
    details: tuple[str, ...] = ()
