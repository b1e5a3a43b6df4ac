"""What the servers are asked about: models, their products as files and as requests."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aisle import Catalog, ProductClassifier
from aisle.catalog import Role
from benchmarks.common import shared
from benchmarks.load import Load, Target, arrive, saturate
from benchmarks.peers.servers import Server

SECONDS = float(os.environ.get("AISLE_SERVING_SECONDS", "20"))
CONNECTIONS = 8
"""For each worker: with 32 products a request they fill half of its queue."""

AISLE = "Aisle"
AISLE_TWICE = "Aisle, 2 workers"
_WAYS = {
    AISLE: ("/v1/predict", "products"),
    AISLE_TWICE: ("/v1/predict", "products"),
    "MLflow": ("/invocations", "dataframe_records"),
    "LitServe": ("/predict", "products"),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A model, and products to ask it about: a catalogue's file, and the same as JSON has them."""

    name: str
    bundle: Path
    batch: Path
    rows: Sequence[Row]

    def saturated(
        self, server: Server, together: int, connections: int, *, peer: str = AISLE
    ) -> Load:
        """Ask as much as a server can answer; stops where it answers nothing."""
        target, requests = self.requests(server, together, peer=peer)
        load = saturate(target, requests, seconds=SECONDS, connections=connections)
        if not load.outcomes:  # none was answered in so short a time
            load = saturate(target, requests, seconds=10 * SECONDS, connections=connections)
        if not load.count(200):
            found = sorted({each.status for each in load.outcomes})
            raise RuntimeError(f"{peer}: not one request was answered with 200, but with {found}")
        return load

    def arriving(self, server: Server, rate: float, *, peer: str = AISLE) -> Load:
        """Ask for one product at Poisson times."""
        target, requests = self.requests(server, 1, peer=peer)
        return arrive(target, requests, seconds=SECONDS, rate=rate)

    def requests(
        self, server: Server, together: int, *, peer: str = AISLE, **headers: str
    ) -> tuple[Target, list[bytes]]:
        """Return requests for all products, as the server wants them, and where they go."""
        path, key = _WAYS[peer]
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        target = Target(server.host, server.port, path, told)
        starts = range(0, len(self.rows) - together + 1, together)
        return target, [target.request({key: self.rows[at : at + together]}) for at in starts]


def trained(
    folder: Path, name: str, catalog: Catalog, *settings: str, recipe: str, copies: int = 1
) -> Case:
    """Train a model, and write its products down; copies differ, so that none is known already."""
    model = ProductClassifier(recipe, settings=[*settings, "learning_curve=false"]).fit(catalog)
    stem = folder / name.replace(", ", "-").replace(" ", "-")
    model.save(stem.with_suffix(".aisle"))
    left_out = {Role.TARGET, Role.IGNORED} | ({Role.IMAGE} if "image=null" in settings else set())
    columns = {c.name: c.role for c in catalog.schema if c.role not in left_out}
    text = next(name for name, role in columns.items() if role is Role.TEXT)
    image = next((name for name, role in columns.items() if role is Role.IMAGE), None)
    written, sent = [], []
    for copy in range(copies):
        for row in catalog.table.select(list(columns)).to_pylist():
            if copy:
                row[text] = f"{row[text]} {copy}"
            written.append(dict(row))
            if image and row[image]:
                photograph = shared("flipkart", row[image]).resolve()
                written[-1][image] = str(photograph)
                row[image] = base64.b64encode(photograph.read_bytes()).decode("ascii")
            sent.append({name: value for name, value in row.items() if value is not None})
    pq.write_table(pa.Table.from_pylist(written), stem.with_suffix(".parquet"))
    return Case(name, stem.with_suffix(".aisle"), stem.with_suffix(".parquet"), sent)
