"""Where caches are kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aisle.cache import cache_folder
from aisle.errors import AisleError

unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has folders of its own")


def test_the_users_choice_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AISLE_CACHE", "relative")
    assert cache_folder() == tmp_path / "relative"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AISLE_CACHE", "~/kept")
    assert sys.platform == "win32" or cache_folder() == tmp_path / "home" / "kept"


@unix
def test_else_it_is_the_folder_of_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AISLE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "aisle"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for unset in ("relative", ""):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        assert cache_folder() == tmp_path / "home" / ".cache" / "aisle"


@unix
def test_without_a_home_the_message_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AISLE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless(self: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    with pytest.raises(AisleError, match="set AISLE_CACHE"):
        cache_folder()
