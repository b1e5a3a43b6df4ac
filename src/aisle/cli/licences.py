"""Taking encoders whose licence forbids commercial use, for the rest of a process."""

from __future__ import annotations

import os


def take_licences(accepted: bool) -> None:
    """Let every licence count as accepted from here on, if the user said so."""
    from aisle.encoders.pretrained.finding import ACCEPTED

    if accepted:
        os.environ[ACCEPTED] = "1"
