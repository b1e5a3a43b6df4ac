"""The store of features under several processes, kills, forks and disks that fail."""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from aisle.cache import FeatureStore, content_key

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills and forks processes")

DIMENSION = 64
WRITE = """
import sys, time
from pathlib import Path
import numpy as np
from aisle.cache import FeatureStore, content_key
store = FeatureStore(Path(sys.argv[1]), limit_bytes=int(sys.argv[4]))
for number in range(int(sys.argv[2]), int(sys.argv[3]), 50):
    store.put_many("one", {
        content_key(str(row)): np.full(64, row, np.float32) for row in range(number, number + 50)
    })
    print(number + 50, flush=True)
    time.sleep(0.002)
"""
MUCH = 10**9


def key(row: int) -> bytes:
    return content_key(str(row))


def vector(row: int) -> np.ndarray:
    return np.full(DIMENSION, row, np.float32)


def rows(store: FeatureStore, count: int) -> set[int]:
    """Return the rows that a store knows; each must be right."""
    found = store.get_many("one", [key(row) for row in range(count)])
    known = {row for row in range(count) if key(row) in found}
    assert len(known) == len(found)
    assert all(np.array_equal(found[key(row)], vector(row)) for row in known)
    return known


def writing(folder: Path, first: int, end: int, limit: int = MUCH) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITE, folder, str(first), str(end), str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def whole(folder: Path) -> bool:
    (path,) = folder.glob("*.sqlite")
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


def test_processes_that_write_the_same_and_different_entries(tmp_path: Path) -> None:
    folder = tmp_path / "features"
    ranges = [(0, 3_000), (0, 3_000), (2_000, 5_000), (5_000, 6_000)]
    processes = [writing(folder, *rows) for rows in ranges]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    store = FeatureStore(folder)
    assert rows(store, 7_000) == set(range(6_000))
    assert store.info().entries == 6_000
    store.close()
    assert whole(folder)


@pytest.mark.parametrize("limit", [MUCH, 1_000_000])
def test_killed_while_writing(tmp_path: Path, limit: int) -> None:
    folder = tmp_path / "features"
    chance = random.Random(limit)
    said = 0
    kept = FeatureStore(folder, limit_bytes=limit)
    kept.put_many("two", {key(row): vector(row) for row in range(100)})
    kept.close()
    for _ in range(12):
        process = writing(folder, said, said + 100_000, limit)
        assert process.stdout is not None
        process.stdout.readline()  # it is at work
        time.sleep(chance.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        rest, errors = process.communicate()
        assert errors == ""
        lines = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        said = max([said + 50, *map(int, lines)])
        known = rows(kept, said + 50)
        kept.close()
        assert whole(folder)
        if limit == MUCH:
            assert known >= set(range(said))
        else:
            assert known >= set(range(said - 50, said))
            assert kept.info().bytes <= limit + 8 * 2**20
    assert said > 1_000
    assert (len(kept.get_many("two", [key(row) for row in range(100)])) == 100) == (limit == MUCH)
    assert [path.name for path in folder.glob("*.sqlite")] == ["0001.sqlite"]


def test_cleared_while_others_write(tmp_path: Path) -> None:
    folder = tmp_path / "features"
    processes = [writing(folder, 0, 100_000), writing(folder, 100_000, 200_000)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    store = FeatureStore(folder)
    for _ in range(5):
        store.clear()
        time.sleep(0.02)
        store.clear("one")
        time.sleep(0.02)
    time.sleep(0.2)
    last = []
    for process in processes:
        process.kill()
        output, errors = process.communicate()
        assert errors == ""
        last.append(int(output.rpartition("\n")[0].rpartition("\n")[2]) - 1)
    known = rows(store, 200_000)
    assert set(last) <= known
    assert not {50, 100_050} & known
    store.close()
    assert whole(folder)


def test_damaged_while_others_use_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "features"
    one, two = FeatureStore(folder), FeatureStore(folder)
    one.put_many("one", {key(row): vector(row) for row in range(2_000)})
    one.close()
    assert rows(two, 2_000) == set(range(2_000))
    path = folder / "0001.sqlite"
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (path.stat().st_size - 100))
    for store in (one, two, one):
        store.put_many("one", {key(row): vector(row) for row in range(100)})
        assert rows(store, 2_000) >= set(range(100))
    assert [path.name for path in folder.glob("*.sqlite")] == ["0002.sqlite"]
    assert sum("damaged" in record.message for record in caplog.records) == 1


def in_child(work: Callable[[], bool]) -> bool:
    """Say what `work` answers in a forked process."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if work() else 3)
        except BaseException:  # noqa: BLE001
            os._exit(4)
    for _ in range(5_000):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")


def test_forked_with_the_store_open(tmp_path: Path) -> None:
    folder = tmp_path / "features"
    store = FeatureStore(folder)
    store.put_many("one", {key(row): vector(row) for row in range(500)})

    def work(first: int) -> bool:
        known = rows(store, 500) == set(range(500))
        store.put_many("one", {key(row): vector(row) for row in range(first, first + 500)})
        return known

    for first in (500, 1_000, 1_500):
        assert in_child(lambda first=first: work(first))
        assert rows(store, 2_000) == set(range(first + 500))
    store.close()
    assert whole(folder)


def test_forked_while_threads_write(tmp_path: Path) -> None:
    folder = tmp_path / "features"
    store = FeatureStore(folder)
    done = threading.Event()
    written = [0, 0]

    def work(part: int) -> None:
        with store.writer("one") as writer:
            while not done.is_set():
                row = 2 * written[part] + part
                writer.put(key(row), vector(row))
                written[part] += 1
                if row % 40 == part:
                    store.get("one", key(row))
                    writer.flush()

    threads = [threading.Thread(target=work, args=(part,)) for part in range(2)]
    for thread in threads:
        thread.start()
    try:
        for child in range(8):
            row = 10**7 + child

            def child_work(row: int = row) -> bool:
                store.put("one", key(row), vector(row))
                return np.array_equal(store.get("one", key(row)), vector(row))

            assert in_child(child_work)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert all(store.get("one", key(10**7 + child)) is not None for child in range(8))
    known = rows(store, 2 * max(written))
    assert all({2 * row + part for row in range(written[part])} <= known for part in range(2))
    store.close()
    assert whole(folder)


def _squares(store: FeatureStore, first: int) -> int:
    with store.writer("one") as writer:
        for row in range(first, first + 100):
            writer.put(key(row), vector(row))
    return len(rows(store, 1_000))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_of_processes_shares_the_store(tmp_path: Path, method: str) -> None:
    store = FeatureStore(tmp_path / "features")
    store.put_many("one", {key(row): vector(row) for row in range(100)})
    with multiprocessing.get_context(method).Pool(2) as pool:
        counts = pool.starmap(_squares, [(store, first) for first in range(100, 500, 100)])
    assert all(count >= 200 for count in counts)
    assert rows(store, 1_000) == set(range(500))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that other users can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def one_warning(caplog: pytest.LogCaptureFixture) -> bool:
    return sum(record.levelno >= logging.WARNING for record in caplog.records) == 1


@pytest.mark.parametrize("filled", [False, True])
def test_a_folder_that_may_not_be_written_to(
    open_folder: Path, filled: bool, caplog: pytest.LogCaptureFixture
) -> None:
    folder = open_folder / "features"
    folder.mkdir()
    if filled:
        FeatureStore(folder).put_many("one", {key(row): vector(row) for row in range(10)})
    before = sorted(folder.iterdir())
    for path in (*before, folder):
        path.chmod(0o555)

    def work() -> bool:
        if os.getuid() == 0:
            os.setuid(65534)  # root may write anywhere
        store = FeatureStore(folder)
        for _ in range(3):
            store.put_many("one", {key(row): vector(row) for row in range(20)})
            rows(store, 20)
        return one_warning(caplog)

    assert in_child(work)
    folder.chmod(0o755)
    assert not filled or rows(FeatureStore(folder), 20) == set(range(10))


def test_a_full_disk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    import resource

    folder = tmp_path / "features"
    FeatureStore(folder).put_many("one", {key(row): vector(row) for row in range(200)})

    def work() -> bool:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        store = FeatureStore(folder)
        for first in range(0, 20_000, 500):
            store.put_many("one", {key(row): vector(row) for row in range(first, first + 500)})
        store.get_many("one", [key(0)])
        return one_warning(caplog)

    assert in_child(work)
    store = FeatureStore(folder)
    assert rows(store, 20_000) >= set(range(200))
    store.put_many("one", {key(row): vector(row) for row in range(20_000)})
    assert rows(store, 20_000) == set(range(20_000))
    store.close()
    assert whole(folder)
