"""Whether `aisle serve` answers as `aisle predict` does, however requests are made up."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from aisle.serving.client import Client
from benchmarks.common import table
from benchmarks.peers.servers import aisle_server
from benchmarks.serving_cases import Case, Row

PRODUCTS = 1_000
CALLERS = 8
_MOST = 48

Answer = dict[str, Any]


def equal_answers(cases: Sequence[Case]) -> list[str]:
    """Compare answers for products that come in requests of any size, from several callers."""
    lines = []
    for one in cases:
        batch = batch_answers(one)
        served, requests = served_answers(one)
        same = sum(a == b for a, b in zip(batch, served, strict=True))
        told = sum(
            (a["category"], a["decision"]) == (b["category"], b["decision"])
            for a, b in zip(batch, served, strict=True)
        )
        apart = max(map(distance, batch, served))
        lines.append((one.name, len(batch), requests, same, told, f"{apart:.1e}"))
        print(*lines[-1], flush=True)
    header = ("model", "products", "requests", "the same answer, every bit",
              "the same category and decision", "probabilities differ by at most")  # fmt: skip
    return [
        "## The same answers as `aisle predict`",
        f"The first {PRODUCTS:,} products, by the command line from a file and by the server in "
        f"requests of 1 to {_MOST}, drawn at random, {CALLERS} at a time.",
        table(header, lines),
    ]


def batch_answers(one: Case) -> list[Answer]:
    """Return what ``aisle predict`` says of the first products."""
    with tempfile.TemporaryDirectory() as folder:
        part, out = Path(folder) / "part.parquet", Path(folder) / "out.parquet"
        pq.write_table(pq.read_table(one.batch).slice(0, PRODUCTS), part)
        command = [sys.executable, "-m", "aisle", "predict", str(one.bundle), str(part)]
        subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)
        return [plain(row) for row in pq.read_table(out).to_pylist()]


def served_answers(one: Case) -> tuple[list[Answer], int]:
    """Return what the server says of the same products, and in how many requests."""
    parts = list(requests_of(one.rows[:PRODUCTS]))
    with aisle_server(one.bundle) as server, ThreadPoolExecutor(CALLERS) as pool:

        def ask(rows: Sequence[Row]) -> list[Answer]:
            with Client(f"http://{server.host}:{server.port}") as client:
                return [asdict(told) for told in client.predict(rows).predictions]

        return [plain(row) for rows in pool.map(ask, parts) for row in rows], len(parts)


def requests_of(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Cut rows into requests."""
    dice, at = random.Random(0), 0
    while at < len(rows):
        size = dice.randint(1, _MOST)
        yield rows[at : at + size]
        at += size


def plain(row: Answer) -> Answer:
    """Return a classifier's answer without the product's id and what names its file."""
    kept = {name: row[name] for name in ("category", "confidence", "decision")}
    others = [dict(other) for other in row["alternatives"]]
    return {**kept, "alternatives": others, "modalities": list(row["modalities"])}


def distance(a: Answer, b: Answer) -> float:
    """Return how far two answers' probabilities of the same category are apart at most."""
    first, second = (
        {other["category"]: other["probability"] for other in answer["alternatives"]}
        for answer in (a, b)
    )
    shared = first.keys() & second.keys()
    return max(abs(first[name] - second[name]) for name in shared)
