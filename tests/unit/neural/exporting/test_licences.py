"""Licences of model cards."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisle.errors import EncoderError
from aisle.neural.exporting.licences import check_licence, is_commercial, licence_of


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: apache-2.0\ntags: [a]\n---\n# Model", "apache-2.0"),
        ("---\nlicense: other\nlicense_name: apple-ascl\n---\n", "apple-ascl"),
        ("---\nlicense: [mit, cc-by-nc-4.0]\n---\n", "mit, cc-by-nc-4.0"),
        ("---\ntags: [a]\n---\n", "unknown"),
        ("---\nlicense: [\n---\n", "unknown"),
        ("# Model\nlicense: mit", "unknown"),
    ],
)
def test_a_card_is_read(card: str, licence: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(card)
    assert licence_of(tmp_path) == licence


def test_without_a_card_the_licence_is_unknown(tmp_path: Path) -> None:
    assert licence_of(tmp_path) == "unknown"


@pytest.mark.parametrize(
    "licence",
    ["cc-by-nc-4.0", "CC-BY-NC-SA-4.0", "fair-noncommercial-research-license", "Non-Commercial"],
)
def test_what_forbids_commercial_use(licence: str) -> None:
    assert not is_commercial(licence)
    with pytest.raises(EncoderError, match="forbids commercial use"):
        check_licence("model", licence, accepted=False)
    check_licence("model", licence, accepted=True)


@pytest.mark.parametrize("licence", ["apache-2.0", "mit", "cc-by-4.0", "ncsa", "openrail"])
def test_what_does_not(licence: str) -> None:
    assert is_commercial(licence)
