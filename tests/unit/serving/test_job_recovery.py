"""Jobs that several processes share, and what a kill leaves of them."""

from __future__ import annotations

import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from aisle import ProductClassifier
from aisle.serving import Client
from aisle.serving.jobs import JobStore
from aisle.serving.settings import ServingSettings
from tests.unit.serving.processes import Start, metrics, until


def body_of(rows: list[dict[str, str]]) -> bytes:
    return "".join(["id,title\n", *(f"{row['id']},{row['title']}\n" for row in rows)]).encode()


def test_one_process_at_a_time_has_a_job(tmp_path: Path) -> None:
    settings = ServingSettings(jobs=tmp_path / "jobs")
    one, other = JobStore(settings), JobStore(settings)
    with one.incoming() as folder:
        (folder / "upload").write_text("title\nred mug\n")
        job = one.admit(folder, name="a.csv", format="csv", owner=None)
    with one.locked(job.id) as is_mine, other.locked(job.id) as is_theirs:
        assert (is_mine, is_theirs) == (True, False)
        other.cancel(job.id)
        assert one.path(job.id).is_dir(), "whoever works on it removes it"
        assert one.find(job.id) is None
    other.sweep()
    assert not one.path(job.id).exists()
    with one.locked(job.id) as is_mine:
        assert not is_mine


def test_a_killed_server_goes_on_after_its_last_finished_chunk(
    start: Start, tmp_path: Path, model: ProductClassifier
) -> None:
    told = [{"id": f"p{at}", "title": f"red mug number {at}"} for at in range(600)]
    options = ("--jobs", str(tmp_path / "jobs"), "--set", "job_chunk=16", "--set", "job_batch=2")
    process, url = start(*options)
    with Client(url) as client:
        status, body, _ = client._exchange(
            "POST", "/v1/jobs", body_of(told), {"Content-Type": "text/csv"}
        )
    assert status == 202
    id = json.loads(body)["id"]
    chunks = tmp_path / "jobs" / id / "chunks"
    until(lambda: chunks.is_dir() and len(list(chunks.glob("*.parquet"))) >= 3, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = {path.name: path.stat().st_mtime_ns for path in chunks.glob("0*.parquet")}
    kept = sum(pq.read_metadata(chunks / name).num_rows for name in before)
    assert 48 <= kept < 600
    process, url = start(*options)
    with Client(url) as client:

        def job() -> dict[str, Any]:
            return dict(json.loads(client._exchange("GET", f"/v1/jobs/{id}", None, {})[1]))

        until(lambda: job()["state"] == "done", process)
        assert (job()["done"], job()["rows"]) == (600, 600)
        assert f"aisle_job_products_total {600 - kept:.1f}" in metrics(client)
        path = f"/v1/jobs/{id}/result?format=parquet"
        table = pq.read_table(io.BytesIO(client._exchange("GET", path, None, {})[1]))
    after = {path.name: path.stat().st_mtime_ns for path in chunks.glob("0*.parquet")}
    assert {name: after[name] for name in before} == before
    expected = model.predict(told)
    assert table["id"].to_pylist() == [row["id"] for row in told]
    assert table["category"].to_pylist() == expected["category"].to_pylist()
