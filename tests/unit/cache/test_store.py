"""The store of computed features: what is kept, what is forgotten, and what never fails."""

from __future__ import annotations

import copy
import logging
import os
import pickle
import sqlite3
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from aisle.cache import FeatureStore, content_key, database, default_store, store
from aisle.cache.network import network_of
from aisle.cache.settings import bytes_in
from aisle.errors import AisleError

HOUR = 3600
Vectors = dict[bytes, np.ndarray]


def vectors(count: int, dimension: int = 8, seed: int = 0) -> Vectors:
    made = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return {content_key(f"{seed}-{row}"): vector for row, vector in enumerate(made)}


def same(found: Vectors, expected: Vectors) -> bool:
    return found.keys() == expected.keys() and all(
        np.array_equal(found[key], expected[key]) for key in expected
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "features"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the time, in seconds."""

    def set_to(seconds: int) -> None:
        monkeypatch.setattr(store.time, "time", lambda: float(seconds))

    return set_to


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AISLE_CACHE_LIMIT", "AISLE_FEATURE_CACHE"):
        monkeypatch.delenv(name, raising=False)


def file_of(folder: Path) -> Path:
    (path,) = folder.glob("*.sqlite")
    return path


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_what_was_put_is_got_bit_by_bit(folder: Path) -> None:
    kept = vectors(3)
    odd = np.array([np.nan, np.inf, -0.0, 1e-45], np.float32)
    kept[content_key(b"odd")] = odd
    kept[content_key("empty")] = np.zeros(0, np.float32)
    FeatureStore(folder).put_many("one", kept)
    found = FeatureStore(folder).get_many("one", [*kept, content_key("unknown")])
    assert found.keys() == kept.keys()
    for key, vector in kept.items():
        assert found[key].dtype == np.float32
        assert found[key].tobytes() == vector.tobytes()


def test_encoders_do_not_see_each_others_vectors(folder: Path) -> None:
    kept = FeatureStore(folder)
    kept.put("one", b"key", np.ones(2, np.float32))
    kept.put("two", b"key", np.zeros(3, np.float32))
    assert kept.get("one", b"key").tolist() == [1, 1]
    assert kept.get("two", b"key").tolist() == [0, 0, 0]
    assert kept.get("three", b"key") is None


def test_more_keys_than_one_question_holds_and_repeated_ones(folder: Path) -> None:
    kept = FeatureStore(folder)
    many = vectors(2_500, 3)
    kept.put_many("one", many)
    assert same(kept.get_many("one", [*many, *many, *vectors(2_500, 3, seed=1)]), many)


def test_only_vectors_are_kept(folder: Path) -> None:
    kept = FeatureStore(folder)
    with pytest.raises(ValueError, match=r"one dimension, found shape \(1, 2\)"):
        kept.put("one", b"key", np.zeros((1, 2), np.float32))
    with kept.writer("one") as writer, pytest.raises(ValueError, match="one dimension"):
        writer.put(b"key", np.float32(1))


def test_looking_makes_no_file(folder: Path) -> None:
    kept = FeatureStore(folder)
    assert kept.get_many("one", [b"key"]) == {}
    assert kept.get_many("one", []) == {}
    assert kept.clear() == kept.clear("one") == 0
    assert (kept.info().entries, kept.info().bytes, kept.info().path) == (0, 0, folder)
    kept.put_many("one", {})
    assert not folder.exists()


def test_what_is_there_stays_and_is_counted_once(folder: Path) -> None:
    kept = FeatureStore(folder)
    kept.put_many("one", vectors(10))
    kept.put_many("one", vectors(15))
    kept.put("one", next(iter(vectors(1))), np.full(8, 9, np.float32))
    assert same(kept.get_many("one", list(vectors(15))), vectors(15))
    assert kept.info().entries == 15


def test_keys_of_contents() -> None:
    assert len(content_key(b"")) == 16
    assert content_key("é") == content_key("é".encode()) != content_key("e")
    assert content_key("\ud800") != content_key("")


def test_a_writer_gathers_from_several_threads(folder: Path) -> None:
    kept = FeatureStore(folder)
    many = vectors(1_500)
    with kept.writer("one", name="a-network") as writer, ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda item: writer.put(*item), many.items()))
    assert same(kept.get_many("one", list(many)), many)
    assert [(one.name, one.entries) for one in kept.info().encoders] == [("a-network", 1_500)]


def test_a_writer_keeps_what_was_put_before_an_interrupt(folder: Path) -> None:
    kept = FeatureStore(folder)

    def work() -> None:
        with kept.writer("one") as writer:
            for key, vector in vectors(7).items():
                writer.put(key, vector)
            assert kept.info().entries == 0
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert same(kept.get_many("one", list(vectors(7))), vectors(7))


def test_a_writer_keeps_what_an_interrupt_kept_it_from_writing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = FeatureStore(folder)
    usual = kept._insert

    def interrupted(*_: object) -> None:
        monkeypatch.setattr(kept, "_insert", usual)
        raise KeyboardInterrupt

    def work() -> None:
        with kept.writer("one") as writer:
            for key, vector in vectors(7).items():
                writer.put(key, vector)
            monkeypatch.setattr(kept, "_insert", interrupted)
            writer.flush()

    with pytest.raises(KeyboardInterrupt):
        work()
    assert kept.info().entries == 7


def test_a_vector_may_change_once_it_is_put(folder: Path) -> None:
    kept = FeatureStore(folder)
    vector = np.ones(4, np.float32)
    with kept.writer("one") as writer:
        writer.put(b"key", vector)
        vector[:] = 0
    assert kept.get("one", b"key").tolist() == [1, 1, 1, 1]


def test_info_counts_by_encoder(folder: Path, clock: Callable[[int], None]) -> None:
    clock(100 * HOUR)
    kept = FeatureStore(folder, limit_bytes=10**9)
    kept.register("f1", "small")
    kept.put_many("f1", vectors(5))
    kept.put_many("f2", vectors(1_000, 100))
    kept.register("f2", "large")
    found = kept.info()
    assert (found.entries, found.limit_bytes, found.switched_off) == (1_005, 10**9, False)
    assert [(one.name, one.fingerprint, one.entries) for one in found.encoders] == [
        ("large", "f2", 1_000),
        ("small", "f1", 5),
    ]
    assert found.encoders[0].bytes == 1_000 * 404
    assert found.encoders[1].last_used == datetime.fromtimestamp(100 * HOUR, UTC)
    assert found.bytes == sum(path.stat().st_size for path in folder.iterdir()) > 404_000


def test_use_is_noted_by_batch_and_once_an_hour(folder: Path, clock: Callable[[int], None]) -> None:
    clock(100 * HOUR)
    kept = FeatureStore(folder)
    many = vectors(1_000)
    kept.put_many("one", many)
    other = sqlite3.connect(file_of(folder))

    def version() -> int:
        return other.execute("PRAGMA data_version").fetchone()[0]

    before = version()
    clock(101 * HOUR - 1)
    kept.get_many("one", list(many))
    assert version() == before
    clock(102 * HOUR)
    kept.get_many("one", list(many))
    assert version() != before
    assert [row[0] for row in other.execute("SELECT used FROM batches")] == [102 * HOUR] * 2
    other.close()


def test_the_longest_unused_make_room(folder: Path, clock: Callable[[int], None]) -> None:
    limit = 2_000_000
    kept = FeatureStore(folder, limit_bytes=limit)
    parts = [vectors(200, 250, seed=seed) for seed in range(30)]  # 6 MB
    for hour, part in enumerate(parts):
        clock((100 + 2 * hour) * HOUR)
        kept.put_many("one", part)
        assert len(kept.get_many("one", list(parts[0]))) == 200
        assert file_of(folder).stat().st_size <= limit
    assert same(kept.get_many("one", list(parts[-1])), parts[-1])
    assert [len(kept.get_many("one", list(part))) for part in parts[2:10]] == [0] * 8
    assert 1_000 < kept.info().entries < 2_000
    kept.close()
    assert sum(path.stat().st_size for path in folder.iterdir()) <= limit


def test_a_lower_limit_is_reached_step_by_step(folder: Path) -> None:
    kept = FeatureStore(folder)
    for seed in range(10):
        kept.put_many("one", vectors(512, 500, seed=seed))
    kept.close()
    before = file_of(folder).stat().st_size
    small = FeatureStore(folder, limit_bytes=2_000_000)
    for seed in range(20, 40):
        small.put_many("one", vectors(20, 500, seed=seed))
    small.close()
    assert before > 10_000_000
    assert file_of(folder).stat().st_size <= 2_000_000
    assert same(kept.get_many("one", list(vectors(20, 500, 39))), vectors(20, 500, 39))


def test_what_is_larger_than_the_limit_is_left_out_alone(folder: Path) -> None:
    kept = FeatureStore(folder, limit_bytes=1_000_000)
    kept.put_many("one", vectors(10))
    kept.put("one", b"huge", np.zeros(300_000, np.float32))
    assert kept.get("one", b"huge") is None
    assert same(kept.get_many("one", list(vectors(10))), vectors(10))


def test_clearing_one_encoder_leaves_the_others(folder: Path) -> None:
    kept = FeatureStore(folder)
    kept.put_many("one", vectors(3_000, 100))
    kept.put_many("two", vectors(50))
    freed = kept.clear("one")
    assert 1_200_000 < freed < 1_500_000
    assert same(kept.get_many("two", list(vectors(50))), vectors(50))
    assert [one.fingerprint for one in kept.info().encoders] == ["two"]
    kept.close()
    assert file_of(folder).stat().st_size < 300_000
    assert kept.clear("unknown") == 0


def test_clearing_all_is_noticed_by_other_stores(folder: Path) -> None:
    one, other = FeatureStore(folder), FeatureStore(folder)
    one.put_many("one", vectors(2_000, 100))
    assert len(other.get_many("one", list(vectors(2_000, 100)))) == 2_000
    assert one.clear() > 800_000
    assert other.get_many("one", list(vectors(2_000, 100))) == {}
    other.put_many("one", vectors(5, seed=1))
    assert same(one.get_many("one", list(vectors(5, seed=1))), vectors(5, seed=1))
    assert file_of(folder).name == "0002.sqlite"


def test_a_deleted_folder_is_an_empty_one(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = FeatureStore(folder)
    kept.put_many("one", vectors(5))
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert kept.get_many("one", list(vectors(5))) == {}
    kept.put_many("one", vectors(5))
    assert same(kept.get_many("one", list(vectors(5))), vectors(5))
    assert warnings(caplog) == []


def flip(path: Path, what: bytes) -> None:
    content = path.read_bytes()
    place = content.index(what)
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])


def test_a_damaged_row_is_not_there_and_may_be_put_again(folder: Path) -> None:
    kept = FeatureStore(folder)
    many = vectors(20)
    kept.put_many("one", many)
    kept.close()
    first, *rest = many
    flip(file_of(folder), many[first].tobytes())
    found = kept.get_many("one", list(many))
    assert set(found) == set(rest)
    assert kept.info().entries == 19
    kept.put("one", first, many[first])
    assert same(kept.get_many("one", list(many)), many)


def test_a_row_under_another_key_or_encoder_is_not_taken_for_it(folder: Path) -> None:
    kept = FeatureStore(folder)
    kept.put("one", b"a", np.ones(4, np.float32))
    kept.put("two", b"a", np.zeros(4, np.float32))
    with sqlite3.connect(file_of(folder)) as connection:
        connection.execute("UPDATE vectors SET key = x'62' WHERE encoder = 1")
        connection.execute("UPDATE vectors SET encoder = 1 WHERE encoder = 2")
    connection.close()
    assert kept.get("one", b"a") is None
    assert kept.get("one", b"b") is None


def foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()


def older(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 0")
    connection.close()


def hole(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(os.urandom(50_000)),
        lambda path: path.write_bytes(b"no database\n"),
        lambda path: path.write_bytes(path.read_bytes()[:40_000]),
        lambda path: path.write_bytes(path.read_bytes()[:70]),
        hole,
        foreign,
        older,
    ],
    ids=["garbage", "words", "truncated", "truncated-header", "hole", "foreign", "older"],
)
def test_a_damaged_file_is_replaced(
    folder: Path, damage: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    before = FeatureStore(folder)
    before.put_many("one", vectors(200, 100))
    before.close()
    damage(file_of(folder))
    kept = FeatureStore(folder)
    assert kept.get_many("one", list(vectors(200, 100))) == {}
    kept.put_many("one", vectors(5))
    assert same(FeatureStore(folder).get_many("one", list(vectors(5))), vectors(5))
    assert file_of(folder).name == "0002.sqlite"
    (message,) = warnings(caplog)
    assert "0001.sqlite: the feature cache is damaged" in message


def test_an_empty_file_is_an_empty_database(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.mkdir()
    (folder / "0001.sqlite").touch()
    kept = FeatureStore(folder)
    kept.put_many("one", vectors(5))
    assert same(kept.get_many("one", list(vectors(5))), vectors(5))
    assert warnings(caplog) == []


def test_no_folder_can_be_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    kept = FeatureStore(tmp_path / "file" / "features")
    for _ in range(3):
        kept.put_many("one", vectors(5))
        assert kept.get_many("one", list(vectors(5))) == {}
    assert kept.info().entries == kept.clear() == kept.clear("one") == 0
    (message,) = warnings(caplog)
    assert str(tmp_path / "file") in message
    assert "AISLE_CACHE" in message


def test_whoever_locks_the_database_stops_nobody(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aisle.cache.connection.BUSY_SECONDS", 0.05)
    kept = FeatureStore(folder)
    kept.put_many("one", vectors(5))
    other = sqlite3.connect(file_of(folder), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert same(kept.get_many("one", list(vectors(5))), vectors(5))
    kept.put_many("one", vectors(5, seed=1))
    kept.put_many("one", vectors(5, seed=2))
    (message,) = warnings(caplog)
    assert "locked" in message
    other.execute("ROLLBACK")
    other.close()
    assert kept.get_many("one", list(vectors(5))) == {}  # it rests
    monkeypatch.setattr(kept._database, "_resting_until", 0.0)
    kept.put_many("one", vectors(5, seed=2))
    assert kept.info().entries == 10


def test_reading_does_not_wait_to_note_the_use(folder: Path, clock: Callable[[int], None]) -> None:
    clock(100 * HOUR)
    kept = FeatureStore(folder)
    kept.put_many("one", vectors(5))
    other = sqlite3.connect(file_of(folder), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    clock(200 * HOUR)
    assert same(kept.get_many("one", list(vectors(5))), vectors(5))
    other.execute("ROLLBACK")
    other.close()
    assert kept.info().encoders[0].last_used == datetime.fromtimestamp(100 * HOUR, UTC)


def test_without_a_write_ahead_log_nothing_is_kept(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "network_of", lambda _: "nfs4")
    kept = FeatureStore(folder)
    kept.put_many("one", vectors(5))
    assert kept.get_many("one", list(vectors(5))) == {}
    assert not folder.exists()
    (message,) = warnings(caplog)
    assert "nfs4" in message


def test_network_file_systems_are_known(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    place = (tmp_path / "a b").resolve()
    escaped = str(place).replace(" ", r"\040")
    mounts.write_text(f"/dev/x / ext4 rw 0 0\nhost:/home {escaped} nfs4 rw 0 0\n")
    assert network_of(place / "features", mounts) == "nfs4"
    assert network_of(tmp_path, mounts) is None
    assert network_of(place, tmp_path / "absent") is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_that_python_did_not_see_leaves_the_files_alone(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = FeatureStore(folder)
    kept.put_many("one", vectors(5))
    usual = os.getpid()
    monkeypatch.setattr(database.os, "getpid", lambda: usual + 1)
    assert kept.get_many("one", list(vectors(5))) == {}
    kept.put_many("one", vectors(5, seed=1))
    (message,) = warnings(caplog)
    assert "forked" in message


@pytest.mark.parametrize("word", ["off", "0", "OFF", "no"])
def test_it_can_be_switched_off(folder: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    FeatureStore(folder).put_many("one", vectors(5))
    monkeypatch.setenv("AISLE_FEATURE_CACHE", word)
    kept = FeatureStore(folder)
    assert kept.get_many("one", list(vectors(5))) == {}
    kept.put_many("one", vectors(9))
    with kept.writer("one") as writer:
        writer.put(b"key", np.zeros(2, np.float32))
    assert (kept.info().switched_off, kept.info().entries) == (True, 5)
    assert kept.clear() > 0
    monkeypatch.setenv("AISLE_FEATURE_CACHE", "perhaps")
    with pytest.raises(AisleError, match="expected on or off, found 'perhaps'"):
        FeatureStore(folder)


def test_the_limit_comes_from_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FeatureStore(folder).info().limit_bytes == 20 * 10**9
    monkeypatch.setenv("AISLE_CACHE_LIMIT", "500MB")
    assert FeatureStore(folder).info().limit_bytes == 500 * 10**6
    assert FeatureStore(folder, limit_bytes=7).info().limit_bytes == 7
    monkeypatch.setenv("AISLE_CACHE_LIMIT", "much")
    with pytest.raises(AisleError, match="AISLE_CACHE_LIMIT: 'much' is no size"):
        FeatureStore(folder)
    with pytest.raises(AisleError, match="found -1"):
        FeatureStore(folder, limit_bytes=-1)


@pytest.mark.parametrize(
    ("words", "size"),
    [("0", 0), ("1048576", 2**20), (" 1.5 gb ", 1_500_000_000), ("2GiB", 2**31), ("3k", 3000)],
)
def test_sizes(words: str, size: int) -> None:
    assert bytes_in(words) == size


@pytest.mark.parametrize("words", ["", "-1", "GB", "1e9", "1 XB", "1ib", "nan"])
def test_what_is_no_size(words: str) -> None:
    with pytest.raises(AisleError, match="is no size"):
        bytes_in(words)


def test_by_default_it_lies_in_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path))
    assert default_store() is default_store()
    default_store().put_many("one", vectors(5))
    assert (tmp_path / "features" / "0001.sqlite").is_file()
    monkeypatch.setenv("AISLE_FEATURE_CACHE", "off")
    assert default_store().get_many("one", list(vectors(5))) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has folders of its own")
def test_without_a_home_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def homeless() -> Path:
        raise AisleError("this user has no home folder; set AISLE_CACHE")

    store._homeless.cache_clear()
    monkeypatch.setattr(store, "cache_folder", homeless)
    for kept in (FeatureStore(), FeatureStore()):
        kept.put_many("one", vectors(5))
        assert kept.get_many("one", list(vectors(5))) == {}
        assert kept.info().path is None
        assert kept.clear() == 0
        kept.close()
    assert warnings(caplog) == [
        "features are not kept: this user has no home folder; set AISLE_CACHE"
    ]


def test_copies_open_the_same_files(folder: Path) -> None:
    kept = FeatureStore(folder, limit_bytes=10**7)
    kept.put_many("one", vectors(5))
    for other in (copy.deepcopy(kept), pickle.loads(pickle.dumps(kept))):  # noqa: S301
        assert same(other.get_many("one", list(vectors(5))), vectors(5))
        assert other.info().limit_bytes == 10**7
