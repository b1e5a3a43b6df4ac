"""Keys of callers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from aisle.errors import AisleError
from aisle.serving.keys import (
    COOKIE,
    COOKIE_SECONDS,
    SECRET,
    VARIABLE,
    Keys,
    add_key,
    digest,
    page_mark,
    presented,
    read_keys,
)


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
        (None, "no such file of keys; make one with aisle serve"),
        ("\udcff", "no file of keys"),
    ],
)
def test_a_file_that_is_wrong_is_refused(content: str | None, words: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    if content is not None:
        file.write_text(content, errors="surrogateescape")
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


def changed(keys: Keys) -> None:
    """Have the file looked at now instead of in a second."""
    keys._next = 0.0


def test_a_changed_file_counts_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    file = tmp_path / "keys.txt"
    file.write_text(f"shop:{digest('one')}\n")
    keys = read_keys(file)
    file.write_text(f"shop:{digest('two')}\ntill:{digest('three')}\n")
    changed(keys)
    assert [keys.caller(key) for key in ("one", "two", "three")] == [None, "shop", "till"]
    file.write_text("shop: plain text\n")
    changed(keys)
    assert keys.caller("two") == "shop", "a file that is wrong changes nothing"
    assert "stay as they were" in caplog.text
    file.unlink()
    changed(keys)
    assert keys.caller("two") == "shop"


def test_an_emptied_file_opens_no_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    file = tmp_path / "keys.txt"
    file.write_text(f"shop:{digest('one')}\n")
    keys = read_keys(file)
    file.write_text("")
    changed(keys)
    assert keys.caller("one") == "shop", "an editor may be about to write it"
    changed(keys)
    assert keys.caller("one") is None
    assert keys, "callers still need a key"


def test_a_key_is_made_and_shown_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    file = tmp_path / "keys.txt"
    first = add_key(file, "web shop")
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(file.read_text().rstrip("\n"))  # as some editors leave it
    second = add_key(file, "till")
    assert first != second
    assert first not in file.read_text()
    keys = read_keys(file)
    assert (keys.caller(first), keys.caller(second)) == ("web shop", "till")
    with pytest.raises(AisleError, match="there already"):
        add_key(file, "till")
    for name in ("", "a:b", "#a", " a", "a\nb", "a" * 65):
        with pytest.raises(AisleError, match="cannot name a caller"):
            add_key(file, name)
    with pytest.raises(AisleError, match="could not be written"):
        add_key(tmp_path / "none" / "keys.txt", "a")


def cookie(told: str, **headers: str) -> dict[str, str]:
    return {"cookie": f"other=1; {COOKIE}={told}", "host": "shop:8000", **headers}


def test_a_mark_of_the_page_stands_for_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET, raising=False)
    keys = Keys({"shop": digest("one")})
    mark = page_mark("one")
    assert keys.caller(presented(cookie(mark))) == "shop"
    assert keys.caller(presented(cookie(page_mark("two")))) is None
    assert keys.caller(mark) is None, "a mark is no key"
    assert "one" not in mark
    assert digest("one") not in mark
    until, _, signed = mark.partition(".")
    for other in (
        f"{int(until) + 9}.{signed}",
        f"{until}.{signed}0",
        f".{signed}",
        "x",
        "\u00b2.x",
    ):
        assert keys.caller(presented(cookie(other))) is None
    assert Keys({"shop": digest("new")}).caller(presented(cookie(mark))) is None
    monkeypatch.setenv(SECRET, "another server's")
    assert keys.caller(presented(cookie(mark))) is None


def test_a_mark_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    mark, keys = page_mark("one"), Keys({"shop": digest("one")})
    told = presented(cookie(mark))
    now = time.time()
    monkeypatch.setattr("aisle.serving.keys.time.time", lambda: now + COOKIE_SECONDS - 60)
    assert keys.caller(told) == "shop"
    monkeypatch.setattr("aisle.serving.keys.time.time", lambda: now + COOKIE_SECONDS + 60)
    assert keys.caller(told) is None


@pytest.mark.parametrize(
    ("headers", "counts"),
    [
        ({}, True),
        ({"origin": "http://shop:8000"}, True),
        ({"origin": "http://shop:3000"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://shop:3000", "x-aisle-part": "1"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site", "origin": "http://shop:8000"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
    ],
)
def test_other_sites_cannot_use_the_cookie(headers: dict[str, str], counts: bool) -> None:
    found = Keys({"shop": digest("one")}).caller(presented(cookie(page_mark("one"), **headers)))
    assert found == ("shop" if counts else None)


def test_a_key_that_is_presented_comes_before_the_cookie() -> None:
    assert presented(cookie(page_mark("one"), authorization="Bearer two")) == "two"
