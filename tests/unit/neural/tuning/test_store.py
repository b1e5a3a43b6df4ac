"""Tuned networks on disk, and what their trainings took."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from aisle.neural.tuning import counting_spared
from aisle.neural.tuning import store as module
from aisle.neural.tuning.spared import note_spared
from aisle.neural.tuning.store import Kept, TunedStore

CURVES = {"training_loss": [0.5, 0.25]}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path))
    return tmp_path / "tuned"


def with_checkpoint(key: str = "key") -> tuple[TunedStore, Path]:
    store = TunedStore(key)
    assert store.checkpoint is not None
    store.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    store.checkpoint.write_bytes(b"training")
    return store, store.checkpoint


def test_what_was_kept_is_found_with_the_seconds_that_it_took(cache: Path) -> None:
    assert TunedStore("key").get() is None
    TunedStore("key").put(Kept(b"network", CURVES, 12.5))
    found = TunedStore("key").get()
    assert found is not None
    assert (found.content, found.curves, found.seconds) == (b"network", CURVES, 12.5)


def test_what_an_older_version_kept_is_found_too(cache: Path) -> None:
    TunedStore("key").put(Kept(b"network", CURVES, 12.5))
    (cache / "key" / "curves.json").write_text(json.dumps(CURVES))
    found = TunedStore("key").get()
    assert found is not None
    assert (found.content, found.curves, found.seconds) == (b"network", CURVES, 0.0)


@pytest.mark.parametrize("told", ["{", "[]", "3", '{"curves": 1, "seconds": 1}', '{"curves": {}}'])
def test_what_makes_no_sense_is_tuned_anew(cache: Path, told: str) -> None:
    TunedStore("key").put(Kept(b"network", CURVES, 12.5))
    (cache / "key" / "curves.json").write_text(told)
    assert TunedStore("key").get() is None


def test_the_training_is_forgotten_when_the_network_is_kept(cache: Path) -> None:
    store, checkpoint = with_checkpoint()
    store.put(Kept(b"network", CURVES, 1.0))
    assert not checkpoint.exists()


def test_a_training_that_outlived_its_network_by_a_kill_is_forgotten_when_that_is_met(
    cache: Path,
) -> None:
    TunedStore("key").put(Kept(b"network", CURVES, 1.0))
    store, checkpoint = with_checkpoint()
    assert store.get() is not None
    assert not checkpoint.exists()


def test_the_training_stays_where_the_network_cannot_be_kept(
    cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, checkpoint = with_checkpoint()
    (cache / "key" / "curves.json").mkdir()
    store.put(Kept(b"network", CURVES, 1.0))
    assert checkpoint.exists()
    assert "is not kept" in caplog.text


def test_a_folder_that_cannot_be_listed_costs_no_training(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(self: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refused)
    with caplog.at_level(logging.WARNING):
        TunedStore("key").put(Kept(b"network", CURVES, 1.0))
    assert "make no room" in caplog.text
    assert TunedStore("key").get() is not None


def test_the_longest_unused_make_room(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT", 250)
    for key in ("a", "b", "c"):
        TunedStore(key).put(Kept(bytes(100), CURVES, 1.0))
    assert [key for key in "abc" if TunedStore(key).get()] == ["c"]
    shutil.rmtree(cache)


def test_each_training_is_spared_once() -> None:
    note_spared("before", 100.0)
    with counting_spared() as outer, counting_spared() as counted:
        note_spared("one", 2.5)
        note_spared("one", 2.5)
        note_spared("made here", 0.0)
        note_spared("made here", 30.0)
        note_spared("begun before a kill", 4.0)
    note_spared("after", 100.0)
    assert counted.seconds == outer.seconds == 6.5
