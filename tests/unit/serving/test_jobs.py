"""Whole catalogues in the background: uploads, answers, limits, and what a kill leaves."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from aisle import ProductClassifier, ProductRegressor
from aisle.serving.jobs import JobStore
from aisle.serving.settings import ServingSettings
from tests.products import product_rows
from tests.unit.serving.catalogues import CSV, as_csv, as_jsonl, finished, plain, wait_for
from tests.unit.serving.conftest import Serve


@pytest.fixture
def client(serve: Serve, model: ProductClassifier, tmp_path: Path) -> TestClient:
    """An application that takes jobs in small chunks."""
    return serve(model, jobs=tmp_path / "jobs", job_chunk=16, job_batch=7, job_bytes=500_000)


def test_a_catalogue_is_answered_as_predict_does(
    client: TestClient, rows: list[dict[str, Any]], model: ProductClassifier
) -> None:
    expected = model.predict(rows)
    given = client.post("/v1/jobs?name=shop.jsonl", content=as_jsonl(rows))
    assert given.status_code == 202
    assert given.headers["Location"] == f"/v1/jobs/{given.json()['id']}"
    job = finished(client, given.json()["id"])
    assert (job["state"], job["rows"], job["done"], job["name"]) == ("done", 40, 40, "shop.jsonl")
    assert job["seconds"] > 0
    assert job["errors"] == sum(e is not None for e in expected["error"].to_pylist())
    assert [one["id"] for one in client.get("/v1/jobs").json()["jobs"]] == [job["id"]]
    answer = client.get(f"/v1/jobs/{job['id']}/result?format=parquet")
    table = pq.read_table(io.BytesIO(answer.content))
    assert table.schema.names == expected.schema.names
    for name in ("id", "category", "decision", "modalities", "error"):
        assert table[name].to_pylist() == expected[name].to_pylist()
    assert table["confidence"].to_pylist() == pytest.approx(expected["confidence"].to_pylist())


def test_results_come_in_three_formats_that_agree(
    client: TestClient, rows: list[dict[str, Any]]
) -> None:
    id = client.post("/v1/jobs", content=as_csv(plain(rows)), headers=CSV).json()["id"]
    assert finished(client, id)["state"] == "done"
    address = f"/v1/jobs/{id}/result?format="
    lines = [json.loads(one) for one in client.get(address + "jsonl").text.splitlines()]
    fields = list(csv.DictReader(io.StringIO(client.get(address + "csv").text)))
    table = pq.read_table(io.BytesIO(client.get(address + "parquet").content)).to_pylist()
    assert lines == table
    assert len(fields) == 40
    assert [one["category"] for one in fields] == [one["category"] for one in table]
    assert [json.loads(one["modalities"]) for one in fields] == [one["modalities"] for one in table]
    assert client.get(address + "xml").json()["error"]["where"] == "format"


@pytest.mark.parametrize("format", ["form", "tsv", "parquet"])
def test_other_uploads_are_answered_alike(
    client: TestClient, rows: list[dict[str, Any]], model: ProductClassifier, format: str
) -> None:
    told = plain(rows[:5])
    if format == "form":
        given = client.post("/v1/jobs", files={"file": ("a.csv", as_csv(told), "text/csv")})
    elif format == "tsv":
        lines = [list(told[0]), *([str(v or "") for v in row.values()] for row in told)]
        content = "\n".join("\t".join(" ".join(c.split()) for c in line) for line in lines)
        given = client.post("/v1/jobs?name=a.tsv", content=content.encode())
    else:
        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(told), out)
        given = client.post("/v1/jobs?name=a.parquet", content=out.getvalue())
    job = finished(client, given.json()["id"])
    assert (job["state"], job["rows"], job["message"]) == ("done", 5, None)
    result = client.get(f"/v1/jobs/{job['id']}/result?format=jsonl").text.splitlines()
    expected = model.predict(told)["category"].to_pylist()
    assert [json.loads(one)["category"] for one in result] == expected


def test_rows_without_ids_are_numbered_through_all_chunks(client: TestClient) -> None:
    content = as_csv([{"title": f"red mug {at}"} for at in range(35)])
    id = client.post("/v1/jobs", content=content, headers=CSV).json()["id"]
    finished(client, id)
    lines = client.get(f"/v1/jobs/{id}/result?format=jsonl").text.splitlines()
    assert [json.loads(one)["id"] for one in lines] == [str(at) for at in range(35)]


def test_paths_of_the_server_are_not_read_and_a_bad_row_fails_alone(
    serve: Serve, model: ProductClassifier, tmp_path: Path, sample: Path
) -> None:
    client = serve(model, jobs=tmp_path / "jobs", max_text=1_000)
    photograph = next((sample.parent / "images").rglob("*.jpg"), None)
    assert photograph is not None
    told = [
        {"title": "red mug", "image": str(photograph)},
        {"title": "m" * 1_001, "image": ""},
        {"title": "red mug", "image": ""},
    ]
    id = client.post("/v1/jobs", content=as_csv(told), headers=CSV).json()["id"]
    job = finished(client, id)
    assert (job["state"], job["errors"]) == ("done", 2)
    lines = client.get(f"/v1/jobs/{id}/result?format=jsonl").text.splitlines()
    found = [json.loads(one) for one in lines]
    assert "reads no files of its machine" in found[0]["error"]
    assert "image" not in found[0]["modalities"]
    assert "1,001 characters" in found[1]["error"]
    assert found[2]["error"] is None


def test_a_job_waits_while_requests_do(client: TestClient) -> None:
    content = as_csv([{"title": f"red mug {at}"} for at in range(35)])
    with client.app.state.service._batcher.room(1):  # somebody's product waits
        id = client.post("/v1/jobs", content=content, headers=CSV).json()["id"]
        wait_for(lambda: client.get(f"/v1/jobs/{id}").json()["rows"] == 35)
        time.sleep(0.2)
        assert client.get(f"/v1/jobs/{id}").json()["done"] == 0
        refused = client.get(f"/v1/jobs/{id}/result")
        assert (refused.status_code, refused.json()["error"]["kind"]) == (409, "not-done")
        assert "aisle_job_products_total 0.0" in client.get("/metrics").text
    assert finished(client, id)["done"] == 35
    assert "aisle_job_products_total 35.0" in client.get("/metrics").text


def test_a_job_is_cancelled_and_removed(client: TestClient, tmp_path: Path) -> None:
    content = as_csv([{"title": f"red mug {at}"} for at in range(35)])
    with client.app.state.service._batcher.room(1):
        id = client.post("/v1/jobs", content=content, headers=CSV).json()["id"]
        wait_for(lambda: client.get(f"/v1/jobs/{id}").json()["state"] == "running")
        assert client.delete(f"/v1/jobs/{id}").json() == {"id": id, "removed": True}
        assert client.get(f"/v1/jobs/{id}").status_code == 404
        assert client.delete(f"/v1/jobs/{id}").status_code == 404
    wait_for(lambda: not (tmp_path / "jobs" / id).exists())
    other = client.post("/v1/jobs", content=content, headers=CSV).json()["id"]
    finished(client, other)
    client.delete(f"/v1/jobs/{other}")
    # Whoever told that it is done may still hold it for a moment.
    wait_for(lambda: not (tmp_path / "jobs" / other).exists())
    assert client.get("/v1/jobs").json()["jobs"] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"xyz,abc\nred,3\n", "column that the model reads"),
        (b"title\n", "no rows"),
        (b"PAR1 and then nothing", "parquet"),
    ],
)
def test_a_file_that_cannot_be_answered_fails_with_its_reason(
    client: TestClient, content: bytes, words: str, tmp_path: Path
) -> None:
    id = client.post("/v1/jobs?name=mine.csv", content=content).json()["id"]
    job = finished(client, id)
    assert job["state"] == "failed"
    assert words in job["message"]
    assert str(tmp_path) not in job["message"]
    assert client.get(f"/v1/jobs/{id}/result").json()["error"]["kind"] == "job-failed"


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_too_many_products_are_refused(
    serve: Serve, model: ProductClassifier, tmp_path: Path, format: str
) -> None:
    client = serve(model, jobs=tmp_path / "jobs", job_rows=3, job_bytes=100_000)
    told = [{"title": f"red mug {at}"} for at in range(4)]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(told), out)
    content = out.getvalue() if format == "parquet" else as_csv(told)
    id = client.post(f"/v1/jobs?name=a.{format}", content=content).json()["id"]
    assert "4 products, more than 3" in finished(client, id)["message"]


def test_a_small_file_of_much_is_refused(
    serve: Serve, model: ProductClassifier, tmp_path: Path
) -> None:
    client = serve(model, jobs=tmp_path / "jobs", job_bytes=100_000)
    out = io.BytesIO()
    table = pa.table({"title": ["m" * 200_000]})
    pq.write_table(table, out, compression="zstd", use_dictionary=False)
    assert len(out.getvalue()) < 10_000
    id = client.post("/v1/jobs?name=a.parquet", content=out.getvalue()).json()["id"]
    assert "when it is unpacked" in finished(client, id)["message"]


def test_without_a_folder_there_are_no_jobs(serve: Serve, model: ProductClassifier) -> None:
    client = serve(model)
    for given in (client.get("/v1/jobs"), client.post("/v1/jobs", content=b"a", headers=CSV)):
        assert given.status_code == 501
        assert "--jobs" in given.json()["error"]["do"]


def test_jobs_are_bounded_and_expire(
    serve: Serve, model: ProductClassifier, tmp_path: Path
) -> None:
    client = serve(model, jobs=tmp_path / "jobs", jobs_most=2)
    ids = [
        client.post("/v1/jobs", content=b"title\nred mug\n", headers=CSV).json()["id"]
        for _ in range(2)
    ]
    refused = client.post("/v1/jobs", content=b"title\nred mug\n", headers=CSV)
    assert refused.status_code == 429
    assert "DELETE" in refused.json()["error"]["do"]
    for id in ids:
        finished(client, id)
    store = JobStore(ServingSettings(jobs=tmp_path / "jobs"))
    old = store.find(ids[0])
    assert old is not None
    assert old.finished is not None
    store.save(old.model_copy(update={"finished": old.finished - 25 * 3_600}))
    store.sweep()
    assert [job.id for job in store.jobs()] == [ids[1]]


def test_callers_see_their_own_jobs_alone(
    serve: Serve, model: ProductClassifier, tmp_path: Path
) -> None:
    from aisle.serving.keys import digest

    keys = tmp_path / "keys.txt"
    keys.write_text(f"ann:{digest('a')}\nbob:{digest('b')}\n")
    client = serve(model, jobs=tmp_path / "jobs", keys_file=keys)
    ann, bob = {"X-API-Key": "a"}, {"X-API-Key": "b"}
    id = client.post("/v1/jobs", content=b"title\nred mug\n", headers={**CSV, **ann}).json()["id"]
    assert client.get(f"/v1/jobs/{id}", headers=ann).status_code == 200
    assert client.get(f"/v1/jobs/{id}", headers=bob).status_code == 404
    assert client.delete(f"/v1/jobs/{id}", headers=bob).status_code == 404
    assert client.get("/v1/jobs", headers=bob).json()["jobs"] == []
    for other in ("..", "%2e%2e", "0" * 16, "../" + id, id.upper() + "x"):
        assert client.get(f"/v1/jobs/{other}", headers=ann).status_code in (404, 200)
        assert "state" not in client.get(f"/v1/jobs/{other}", headers=ann).json()


def test_a_regressor_s_values_are_kept(
    serve: Serve, regressor: ProductRegressor, tmp_path: Path
) -> None:
    client = serve(regressor, jobs=tmp_path / "jobs")
    told = [{k: v for k, v in row.items() if k != "price"} for row in product_rows(12)]
    id = client.post("/v1/jobs?name=a.jsonl", content=as_jsonl(told)).json()["id"]
    assert finished(client, id)["state"] == "done"
    answer = client.get(f"/v1/jobs/{id}/result?format=parquet").content
    table, expected = pq.read_table(io.BytesIO(answer)), regressor.predict(told)
    assert table.schema.names == expected.schema.names
    for name in ("value", "low", "high"):
        assert table[name].to_pylist() == pytest.approx(expected[name].to_pylist())


def test_a_chunk_that_ends_the_process_again_and_again_is_given_up(
    serve: Serve, model: ProductClassifier, tmp_path: Path
) -> None:
    store = JobStore(ServingSettings(jobs=tmp_path / "jobs"))
    ids = []
    for attempts in (2, 3):
        with store.incoming() as folder:
            (folder / "upload").write_text("title\nred mug\n")
            job = store.admit(folder, name="a.csv", format="csv", owner=None)
        ids.append(store.save(job.model_copy(update={"attempts": attempts})).id)
    client = serve(model, jobs=tmp_path / "jobs")
    assert finished(client, ids[0])["state"] == "done"
    job_given_up = finished(client, ids[1])
    assert job_given_up["state"] == "failed"
    assert "ended 3 times" in job_given_up["message"]
