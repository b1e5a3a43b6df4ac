"""Jobs as the client asks for them, against a real server on a socket."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import uvicorn

from aisle import Catalog, ProductClassifier
from aisle.errors import AisleError
from aisle.serving import Client, ServerError, ServingSettings, make_app
from aisle.serving.jobs.remote import RemoteJob
from aisle.serving.keys import VARIABLE, digest

TITLES = [f"red mug number {at}" for at in range(40)]
CSV = "".join(["id,title\n", *(f"p{at},{title}\n" for at, title in enumerate(TITLES))]).encode()


@pytest.fixture(scope="module")
def app(model: ProductClassifier, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, f"ann:{digest('a')} bob:{digest('b')}")
        folder = tmp_path_factory.mktemp("jobs")
        yield make_app(model, ServingSettings(jobs=folder, job_chunk=16, job_batch=8))


@pytest.fixture(scope="module")
def url(app: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    end = time.monotonic() + 60
    while not (server.started and app.state.service.is_ready):
        assert thread.is_alive()
        assert time.monotonic() < end
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url, key="a") as found:
        yield found


@pytest.mark.parametrize("packed", [False, True])
def test_a_catalogue_goes_there_and_its_answers_come_back(
    client: Client, model: ProductClassifier, tmp_path: Path, packed: bool
) -> None:
    file = tmp_path / ("shop.csv.gz" if packed else "shop.csv")
    file.write_bytes(gzip.compress(CSV) if packed else CSV)
    sent = client.jobs.submit(file)
    assert (sent.name, sent.state, sent.rows) == (file.name, "queued", None)
    seen: list[RemoteJob] = []
    job = client.jobs.wait(sent.id, seconds=60, every=0.02, progress=seen.append)
    assert (job.state, job.rows, job.done, job.is_over) == ("done", 40, 40, True)
    assert seen[-1] == job
    assert client.jobs.status(job.id) == job
    assert job.id in [one.id for one in client.jobs.all()]
    expected = model.predict([{"title": title} for title in TITLES])["category"].to_pylist()
    for name in ("answers.parquet", "answers.csv", "answers.jsonl"):
        path = client.jobs.result(job.id, tmp_path / name)
        assert path == tmp_path / name
        table = Catalog.read(path).table
        assert table["category"].to_pylist() == expected
        assert table["id"].to_pylist() == [f"p{at}" for at in range(40)]
    client.jobs.cancel(job.id)
    with pytest.raises(ServerError, match="no job") as caught:
        client.jobs.status(job.id)
    assert caught.value.status == 404


def test_content_has_a_name(client: Client) -> None:
    job = client.jobs.submit(CSV, name="my shop & more.csv")
    assert job.name == "my shop & more.csv"
    client.jobs.cancel(job.id)
    with pytest.raises(AisleError, match="name one"):
        client.jobs.submit(CSV)


def test_a_job_that_runs_is_given_in_part_where_that_is_asked_for(
    client: Client, app: Any, tmp_path: Path
) -> None:
    target = tmp_path / "answers.parquet"
    job = client.jobs.submit(CSV, name="a.csv")
    # Only chunks that are finished count.
    while client.jobs.status(job.id).done < 16:
        time.sleep(0.002)
    with app.state.service._batcher.room(1):
        told = client.jobs.status(job.id)
        if not told.is_over:
            with pytest.raises(ServerError, match="products are answered") as caught:
                client.jobs.result(job.id, target)
            assert caught.value.kind == "not-done"
            assert not target.exists()
        client.jobs.result(job.id, target, partial=True)
        rows = pq.read_table(target)["id"].to_pylist()
        assert len(rows) % 16 == 0 or len(rows) == 40
        assert rows == [f"p{at}" for at in range(len(rows))]
    client.jobs.wait(job.id, seconds=60, every=0.02)
    client.jobs.result(job.id, target)
    assert pq.read_metadata(target).num_rows == 40


def test_waiting_ends(client: Client, app: Any) -> None:
    with app.state.service._batcher.room(1):  # somebody's product waits, so the job does
        job = client.jobs.submit(CSV, name="a.csv")
        with pytest.raises(ServerError, match="cancel") as caught:
            client.jobs.wait(job.id, seconds=0.1, every=0.05)
        assert caught.value.kind == "not-done"
    client.jobs.cancel(job.id)


def test_a_job_that_failed_says_why(client: Client, tmp_path: Path) -> None:
    job = client.jobs.submit(b"abc,xyz\n1,2\n", name="mine.csv")
    with pytest.raises(ServerError, match="column that the model reads") as caught:
        client.jobs.wait(job.id, seconds=60, every=0.02)
    assert caught.value.kind == "job-failed"
    with pytest.raises(ServerError, match="send the catalogue again"):
        client.jobs.result(job.id, tmp_path / "a.csv", partial=True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_somebody_else_s(client: Client, url: str) -> None:
    job = client.jobs.submit(CSV, name="a.csv")
    with Client(url, key="b") as other:
        assert other.jobs.all() == []
        with pytest.raises(ServerError, match="no job"):
            other.jobs.cancel(job.id)
    with Client(url) as stranger, pytest.raises(ServerError, match="Bearer KEY"):
        stranger.jobs.submit(CSV, name="a.csv")
    client.jobs.cancel(job.id)


def test_mistakes_that_need_no_server(tmp_path: Path) -> None:
    client = Client("http://127.0.0.1:9", retries=0)
    with pytest.raises(AisleError, match="no such file"):
        client.jobs.submit(tmp_path / "none.csv")
    with pytest.raises(AisleError, match="parquet, csv, jsonl"):
        client.jobs.result("0" * 16, tmp_path / "answers.xlsx")
    with pytest.raises(ServerError, match="cannot be reached"):
        client.jobs.submit(CSV, name="a.csv")


def test_a_server_that_does_not_answer_is_waited_for_and_no_longer_than_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("aisle.serving.jobs.remote.time.monotonic", lambda: now[0])

    def pause(seconds: float) -> None:
        now[0] += seconds

    client = Client("http://127.0.0.1:9", retries=0, pause=pause)
    with pytest.raises(ServerError, match="cannot be reached"):
        client.jobs.wait("0" * 16, every=7)
    assert 60 < now[0] < 75
