"""Catalogues as jobs take them, and jobs as tests wait for them."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

CSV = {"Content-Type": "text/csv"}


def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def finished(client: TestClient, id: str) -> dict[str, Any]:
    wait_for(lambda: client.get(f"/v1/jobs/{id}").json()["state"] in ("done", "failed"))
    return dict(client.get(f"/v1/jobs/{id}").json())


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "image"} for row in rows]


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
