"""Encoder folders by name and by path, in several homes, damaged neighbours or not."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from aisle.encoders.pretrained import finding
from aisle.encoders.pretrained.finding import (
    check_licence,
    encoder_homes,
    find_folder,
    has_folder,
    list_folders,
)
from aisle.encoders.pretrained.folder import DESCRIPTION
from aisle.encoders.registry import resolve_encoder
from aisle.errors import AisleError, EncoderError, RecipeError
from tests.unit.encoders.pretrained.networks import image_folder, text_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder in which encoders are looked for, besides an empty cache."""
    monkeypatch.setenv("AISLE_ENCODERS", str(tmp_path / "home"))
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "home"


def test_a_folder_is_found_by_name_and_by_path(home: Path) -> None:
    made = text_folder(home)
    for name in ("tiny-text", "Tiny_TEXT", " tiny-text ", str(made.path), made.path):
        assert find_folder(name) == made


def test_the_name_in_the_description_counts_where_the_folder_is_called_otherwise(
    home: Path,
) -> None:
    made = text_folder(home)
    made.path.rename(home / "downloaded")
    assert find_folder("tiny-text").path == home / "downloaded"
    assert [folder.path.name for folder in list_folders()] == ["downloaded"]


def test_the_first_home_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes = [tmp_path / "one", tmp_path / "two"]
    monkeypatch.setenv(
        "AISLE_ENCODERS", os.pathsep.join(["", str(tmp_path / "none"), *map(str, homes)])
    )
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    second, pulled = text_folder(homes[1]), image_folder(tmp_path / "cache" / "encoders")
    assert find_folder("tiny-text") == second
    first = text_folder(homes[0], dimension=8)
    assert find_folder("tiny-text") == first
    assert list_folders() == [pulled, first]
    assert encoder_homes()[-1] == tmp_path / "cache" / "encoders"


def test_what_is_not_there_is_told_with_what_is(home: Path) -> None:
    with pytest.raises(EncoderError, match=r"(?s)no encoder 'x'.*found none.*encoders pull x"):
        find_folder("x")
    text_folder(home)
    with pytest.raises(EncoderError, match="Did you mean 'tiny-text'") as caught:
        find_folder("tiny-txt")
    assert str(home) in str(caught.value)
    assert has_folder("tiny-text")
    assert not has_folder("tiny-txt")


@pytest.mark.parametrize(
    "name", ["", ".", "/", "..", "~nobody-here/x", "x" * 5000, "a\0b", "line\nbreak", "größe", "%s"]
)
def test_strange_names_are_not_there(home: Path, name: str) -> None:
    assert not has_folder(name)
    with pytest.raises(EncoderError, match="there is no encoder"):
        find_folder(name)
    with pytest.raises(RecipeError, match="there is no encoder"):
        resolve_encoder(name, {})


def test_a_damaged_folder_hides_no_other(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = image_folder(home)
    for name in ("aa", "zz"):
        (home / name).mkdir()
        (home / name / DESCRIPTION).write_text("{")
    (home / ".tiny-text.x.partial").mkdir()
    (home / ".tiny-text.x.partial" / DESCRIPTION).write_text("{")
    (home / "notes.txt").write_text("no folder")
    with caplog.at_level(logging.WARNING):
        assert list_folders() == [made]
    assert len(caplog.records) == 2
    assert find_folder("tiny-image") == made
    with pytest.raises(EncoderError, match="not valid JSON"):
        find_folder("zz")
    assert not has_folder("zz")


def test_a_folder_that_may_not_be_looked_into_hides_no_other(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = image_folder(home)
    (home / "secret").mkdir()
    is_file = Path.is_file

    def denied(self: Path) -> bool:
        if self.parent.name == "secret":
            raise PermissionError(13, "Permission denied")
        return is_file(self)

    monkeypatch.setattr(Path, "is_file", denied)
    assert list_folders() == [made]
    assert not has_folder(str(home / "secret"))


def test_a_user_without_a_home_has_encoders_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise AisleError("this user has no home folder")

    monkeypatch.setattr(finding, "cache_folder", homeless)
    made = text_folder(home)
    assert find_folder("tiny-text") == made
    monkeypatch.delenv("AISLE_ENCODERS")
    with pytest.raises(EncoderError, match="Looked in no folder, and found none"):
        find_folder("tiny-text")


def test_a_licence_that_forbids_commercial_use_is_accepted_by_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AISLE_ACCEPT_LICENCE", raising=False)
    check_licence(text_folder(home))
    made = image_folder(home, commercial=False, licence="CC-BY-NC-4.0")
    with pytest.raises(EncoderError, match=r"CC-BY-NC-4.0.*--accept-licence"):
        check_licence(made)
    monkeypatch.setenv("AISLE_ACCEPT_LICENCE", "1")
    check_licence(made)


def test_a_name_in_a_recipe_stands_for_an_encoder_or_a_network(home: Path) -> None:
    text_folder(home)
    image_folder(home)
    assert resolve_encoder("tfidf", {"minimum": 2}) == ("tfidf", {"minimum": 2})
    assert resolve_encoder("tiny_image", {"components": 3}) == (
        "image-network",
        {"network": "tiny_image", "components": 3},
    )
    assert resolve_encoder("tiny-text", {})[0] == "text-network"
    assert resolve_encoder(str(home / "tiny-text"), {})[0] == "text-network"
    with pytest.raises(RecipeError, match=r"(?s)'descriptor'.*Did you mean 'descriptors'.*tiny"):
        resolve_encoder("descriptor", {})
