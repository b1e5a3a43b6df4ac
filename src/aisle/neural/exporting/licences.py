"""What a model card says about the licence of the weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from aisle.errors import EncoderError

UNKNOWN = "unknown"

_UNCOMMERCIAL = re.compile(r"(^|[^a-z])nc([^a-z]|$)|non-?_?commercial|research-only", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*(\n|\Z)", re.DOTALL)


def model_card(folder: Path) -> Mapping[str, Any]:
    """Return the front matter of a folder's README.md; empty where there is none."""
    try:
        text = (folder / "README.md").read_text("utf-8", errors="replace")
    except OSError:
        return {}
    found = _FRONT_MATTER.match(text)
    if found is None:
        return {}
    try:
        card = yaml.safe_load(found[1])
    except yaml.YAMLError:
        return {}
    return card if isinstance(card, dict) else {}


def licence_of(folder: Path) -> str:
    """Return the licence that a folder's model card names, or ``unknown``."""
    card = model_card(folder)
    told = card.get("license")
    if told == "other":
        told = card.get("license_name") or told
    if isinstance(told, list):
        told = ", ".join(str(one) for one in told)
    return str(told) if told else UNKNOWN


def is_commercial(licence: str) -> bool:
    """Say whether a licence's name leaves commercial use open."""
    return _UNCOMMERCIAL.search(licence) is None


def check_licence(source: str, licence: str, accepted: bool) -> None:
    """Raise EncoderError if a licence forbids commercial use and was not accepted."""
    if not is_commercial(licence) and not accepted:
        raise EncoderError(
            f"{source}: its licence {licence} forbids commercial use; read it, and export with "
            "--accept-licence if your use is allowed. Nothing was written"
        )
