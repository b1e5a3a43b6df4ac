"""Keys of callers."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisle.errors import AisleError
from aisle.serving.keys import VARIABLE, Keys, digest, presented, read_keys


def test_a_file_of_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"till:{digest('three')}")
    file = tmp_path / "keys.txt"
    file.write_text(f"# callers\nshop: {digest('one').upper()}\n{digest('two')} # spare\n\n")
    keys = read_keys(file)
    assert [keys.caller(key) for key in ("one", "two", "three")] == ["shop", "key-2", "till"]
    assert [keys.caller(key) for key in ("four", "", digest("one"), None)] == [None] * 4
    assert keys.caller("one\ud800") is None


def test_without_keys_everybody_may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert not read_keys(None)
    assert Keys({"shop": digest("one")})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("shop:secret\n", "line 1: expected name:digest"),
        ("# nothing\n", "holds no key"),
        (f"a:{digest('1')}\na:{digest('2')}\n", "stands there twice"),
        (None, "could not be read"),
    ],
)
def test_a_file_that_is_wrong_is_refused(content: str | None, words: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    if content is not None:
        file.write_text(content)
    with pytest.raises(AisleError, match=words) as caught:
        read_keys(file)
    assert "secret" not in str(caught.value).replace("SHA-256", "")


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"authorization": "Bearer one"}, "one"),
        ({"authorization": "bearer  one "}, "one"),
        ({"x-api-key": "one"}, "one"),
        ({"authorization": "Basic b25l", "x-api-key": "one"}, "one"),
        ({"authorization": "Bearer "}, None),
        ({}, None),
    ],
)
def test_where_a_key_stands(headers: dict[str, str], key: str | None) -> None:
    assert presented(headers) == key
