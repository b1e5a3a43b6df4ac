"""Jobs whose disk is full, whose rows vanish, or whose model is another one meanwhile."""

from __future__ import annotations

import errno
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aisle import ProductClassifier, ProductRegressor
from aisle.errors import AisleError
from aisle.serving.jobs import Job, JobStore, running, tables
from tests.unit.serving.catalogues import CSV, as_csv, finished, plain, wait_for
from tests.unit.serving.conftest import Serve


@pytest.fixture
def client(serve: Serve, model: ProductClassifier, tmp_path: Path) -> TestClient:
    """An application that takes jobs in small chunks."""
    return serve(model, jobs=tmp_path / "jobs", job_chunk=16, job_batch=7, job_bytes=500_000)


def test_answers_so_far_are_given_where_they_are_asked_for(
    client: TestClient, rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tables.write_chunk

    def fails_at_the_third(folder: Path, job: Job, *rest: Any, **more: Any) -> Job:
        if job.chunks == 2:
            raise ValueError("a bug")
        return written(folder, job, *rest, **more)

    monkeypatch.setattr(tables, "write_chunk", fails_at_the_third)
    id = client.post("/v1/jobs", content=as_csv(plain(rows)), headers=CSV).json()["id"]
    job = finished(client, id)
    assert (job["state"], job["done"], job["rows"]) == ("failed", 32, 40)
    refused = client.get(f"/v1/jobs/{id}/result").json()["error"]
    assert "?partial=true: 32 of 40 products are answered" in refused["do"]
    address = f"/v1/jobs/{id}/result?partial=true&format="
    for _ in range(2):
        given = client.get(address + "jsonl")
        assert given.headers["X-Aisle-Rows"] == "32/40"
        assert f"{id}-part.jsonl" in given.headers["content-disposition"]
        told = [json.loads(line)["id"] for line in given.text.splitlines()]
        assert told == [row["id"] for row in rows[:32]]
    assert len(client.get(address + "csv").text.splitlines()) == 33


class Full:
    """A disk that has no room from some chunk on, until there is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, chunk: int) -> None:
        self.is_full = True
        written = tables.write_chunk

        def write(folder: Path, job: Job, *rest: Any, **more: Any) -> Job:
            if self.is_full and job.chunks >= chunk:
                full = OSError(errno.ENOSPC, "No space left on device")
                raise AisleError("a chunk could not be written") from full
            return written(folder, job, *rest, **more)

        monkeypatch.setattr(tables, "write_chunk", write)
        monkeypatch.setattr(running, "_FULL_SECONDS", 0.05)


def test_a_disk_that_is_full_is_waited_for(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, model: ProductClassifier
) -> None:
    disk = Full(monkeypatch, chunk=1)
    told = [{"title": f"red mug {at}"} for at in range(40)]
    id = client.post("/v1/jobs", content=as_csv(told), headers=CSV).json()["id"]

    def job() -> dict[str, Any]:
        return dict(client.get(f"/v1/jobs/{id}").json())

    wait_for(lambda: "disk" in (job()["message"] or ""))
    time.sleep(0.3)  # more often than a chunk may end the process
    assert (job()["state"], job()["done"]) == ("running", 16)
    assert "free some space" in job()["message"]
    small = client.post("/v1/jobs", content=as_csv(told[:5]), headers=CSV).json()["id"]
    assert finished(client, small)["state"] == "done", "one that fits need not wait"
    disk.is_full = False
    done = finished(client, id)
    assert (done["state"], done["done"], done["message"]) == ("done", 40, None)
    assert "aisle_job_products_total" in client.get("/metrics").text
    lines = client.get(f"/v1/jobs/{id}/result?format=jsonl").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [str(at) for at in range(40)]


def test_a_job_waits_even_where_not_even_that_can_be_written(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Full(monkeypatch, chunk=1)
    saved = JobStore.save

    def save(self: JobStore, job: Job) -> Job:
        if disk.is_full and job.chunks:
            raise AisleError("state.json") from OSError(errno.ENOSPC, "No space left on device")
        return saved(self, job)

    monkeypatch.setattr(JobStore, "save", save)
    content = as_csv([{"title": f"red mug {at}"} for at in range(40)])
    id = client.post("/v1/jobs", content=content, headers=CSV).json()["id"]
    wait_for(lambda: "disk" in (client.get(f"/v1/jobs/{id}").json()["message"] or ""))
    disk.is_full = False
    job = finished(client, id)
    assert (job["state"], job["done"], job["message"]) == ("done", 40, None)


def test_an_upload_for_which_there_is_no_room_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Job:
        raise AisleError("/secret/state.json") from OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(JobStore, "admit", full)
    refused = client.post("/v1/jobs", content=b"title\nred mug\n", headers=CSV)
    assert (refused.status_code, refused.json()["error"]["kind"]) == (507, "no-space")
    assert "secret" not in refused.text


@pytest.mark.parametrize("what", ["rows.parquet", "everything"])
def test_rows_that_somebody_removes_end_the_job_with_words(
    client: TestClient, tmp_path: Path, what: str
) -> None:
    content = as_csv([{"title": f"red mug {at}"} for at in range(40)])
    with client.app.state.service._batcher.room(1):
        id = client.post("/v1/jobs?name=my.csv", content=content).json()["id"]
        folder = tmp_path / "jobs" / id
        wait_for((folder / "rows.parquet").exists)
        wait_for(lambda: client.get(f"/v1/jobs/{id}").json()["rows"] == 40)
        if what == "everything":
            shutil.rmtree(folder)
        else:
            (folder / what).unlink()
    if what == "everything":
        other = client.post("/v1/jobs", content=content, headers=CSV).json()["id"]
        assert finished(client, other)["state"] == "done"
        assert client.get(f"/v1/jobs/{id}").status_code == 404
        assert not folder.exists(), "what was removed stays removed"
        return
    job = finished(client, id)
    assert job["state"] == "failed"
    assert job["message"].startswith("my.csv: its rows were removed")
    assert "send the catalogue again" in job["message"]


def test_a_job_that_two_models_answered_says_so(
    serve: Serve,
    model: ProductClassifier,
    other_model: ProductClassifier,
    bundle: Path,
    tmp_path: Path,
) -> None:
    path = tmp_path / "served.aisle"
    shutil.copy(bundle, path)
    client = serve(
        model, path=path, host="127.0.0.1", jobs=tmp_path / "jobs", job_chunk=8, reload_drop=1
    )
    service = client.app.state.service
    before = service.engine.version
    content = as_csv([{"title": f"red mug {at}"} for at in range(400)])
    id = client.post("/v1/jobs", content=content, headers=CSV).json()["id"]
    wait_for(lambda: client.get(f"/v1/jobs/{id}").json()["done"] >= 8)
    with service._batcher.room(1):
        other_model.save(path)
        assert client.post("/v1/model/reload").json()["outcome"] == "swapped"
    job = finished(client, id)
    assert (job["state"], job["done"]) == ("done", 400)
    assert sum(job["versions"].values()) == 400
    assert list(job["versions"]) == [before, service.engine.version]
    assert "2 versions, in the order of the rows" in job["message"]
    assert f"{job['versions'][before]} by {before}" in job["message"]


def test_a_model_of_another_kind_does_not_finish_a_job(
    serve: Serve, model: ProductClassifier, regressor: ProductRegressor, tmp_path: Path
) -> None:
    folder = tmp_path / "jobs"
    first = serve(model, jobs=folder, job_chunk=8)
    content = as_csv([{"title": f"red mug {at}"} for at in range(400)])
    id = first.post("/v1/jobs", content=content, headers=CSV).json()["id"]
    wait_for(lambda: first.get(f"/v1/jobs/{id}").json()["done"] >= 8)
    first.app.state.runner._stopping = True
    wait_for(first.app.state.runner._task.done)
    job = finished(serve(regressor, jobs=folder), id)
    assert job["state"] == "failed"
    assert "another kind of model is in service" in job["message"]
