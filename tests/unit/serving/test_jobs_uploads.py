"""Catalogues on their way to a job: packed, refused, and no larger than they may be."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aisle import ProductClassifier
from aisle.serving.jobs import uploads
from tests.unit.serving.catalogues import CSV, as_csv, finished
from tests.unit.serving.conftest import Serve


@pytest.fixture
def client(serve: Serve, model: ProductClassifier, tmp_path: Path) -> TestClient:
    """An application that takes jobs in small chunks."""
    return serve(model, jobs=tmp_path / "jobs", job_chunk=16, job_batch=7, job_bytes=500_000)


@pytest.mark.parametrize(
    ("name", "times", "headers"),
    [
        ("a.csv.gz", 1, {}),
        ("a.CSV.GZ", 1, {}),
        ("a.csv", 1, {"Content-Encoding": "gzip"}),
        ("a.csv", 1, {}),
        ("a.csv.gz", 2, {"Content-Encoding": "gzip"}),
    ],
)
def test_what_gzip_packed_is_unpacked(
    client: TestClient, name: str, times: int, headers: dict[str, str]
) -> None:
    told = [{"id": f"p{at}", "title": f"red mug {at}"} for at in range(20)]
    content = as_csv(told)
    # A file in two parts, one packed behind the other.
    packed = gzip.compress(content[:100]) + gzip.compress(content[100:])
    for _ in range(times - 1):
        packed = gzip.compress(packed)
    given = client.post(f"/v1/jobs?name={name}", content=packed, headers=headers)
    assert given.status_code == 202, given.text
    assert given.json()["name"] == name
    job = finished(client, given.json()["id"])
    assert (job["state"], job["rows"]) == ("done", 20)
    form = client.post("/v1/jobs", files={"file": (name, packed, "application/gzip")})
    if times == 1:
        assert finished(client, form.json()["id"])["rows"] == 20


def test_a_bomb_is_refused_before_it_has_gone_off(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    flush = uploads._flush

    async def counted(held: bytearray, *rest: Any) -> None:
        written.append(len(held))
        await flush(held, *rest)

    monkeypatch.setattr(uploads, "_flush", counted)
    bomb = gzip.compress(bytes(300 * 2**20), compresslevel=1)
    assert len(bomb) > 1_000_000
    bomb = gzip.compress(bomb)
    assert len(bomb) < 500_000
    refused = client.post("/v1/jobs?name=a.csv.gz", content=bomb)
    assert refused.status_code == 413
    assert "when it is unpacked" in refused.json()["error"]["what"]
    assert sum(written) <= 2**20


@pytest.mark.parametrize(
    ("content", "headers", "query", "status", "kind"),
    [
        (b"a,b\n1,2\n", {}, "", 415, "content-type"),
        (b"", CSV, "", 400, "bad-request"),
        (b"\x1f\x8b1234", CSV, "", 400, "bad-request"),
        (gzip.compress(b"title\nred mug\n" * 99)[:-9], CSV, "", 400, "bad-request"),
        (gzip.compress(b"x" * 500_001), CSV, "", 413, "too-large"),
        (gzip.compress(gzip.compress(b"x" * 500_001)), CSV, "", 413, "too-large"),
        (gzip.compress(b"x" * 400_000) * 2, CSV, "", 413, "too-large"),
        (gzip.compress(b""), CSV, "", 400, "bad-request"),
        (b"a", CSV | {"Content-Encoding": "br"}, "", 415, "encoding"),
        (b"x" * 500_001, CSV, "", 413, "too-large"),
        (b"a,b\n", {"Content-Type": "text/csv"}, "?name=x.exe", 202, None),
    ],
)
def test_uploads_that_are_refused_leave_nothing(
    client: TestClient,
    tmp_path: Path,
    content: bytes,
    headers: dict[str, str],
    query: str,
    status: int,
    kind: str | None,
) -> None:
    given = client.post(f"/v1/jobs{query}", content=content, headers=headers)
    assert given.status_code == status
    if kind is not None:
        assert given.json()["error"]["kind"] == kind
        assert [one.name for one in (tmp_path / "jobs").iterdir()] == ["lock"]


def test_a_form_that_is_too_large_is_refused(client: TestClient, tmp_path: Path) -> None:
    given = client.post("/v1/jobs", files={"file": ("a.csv", b"x" * 500_001, "text/csv")})
    assert given.json()["error"]["kind"] == "too-large"
    assert [one.name for one in (tmp_path / "jobs").iterdir()] == ["lock"]
