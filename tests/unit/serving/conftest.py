"""A fast model of the sample catalogue, and products as a caller sends them."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.catalog.sample import SampleOptions, make_sample
from aisle.serving import Client, ServingSettings, make_app
from tests.products import product_rows
from tests.unit.serving.processes import Start, until

Serve = Callable[..., TestClient]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample catalogue's CSV file, beside its photographs."""
    options = SampleOptions(products=210, categories=6, image_size=64)
    return make_sample(tmp_path_factory.mktemp("sample"), options)


@pytest.fixture(scope="session")
def model(sample: Path) -> ProductClassifier:
    """A `fast` model of text, photographs and metadata."""
    catalog = Catalog.read(sample, target="category")
    return ProductClassifier(recipe="fast", settings=["folds=2", "learning_curve=false"]).fit(
        catalog
    )


@pytest.fixture(scope="session")
def other_model(sample: Path) -> ProductClassifier:
    """A model of the same target that reads titles alone, and answers otherwise."""
    table = Catalog.read(sample).table.select(["id", "title", "category"])
    settings = ["folds=2", "learning_curve=false"]
    return ProductClassifier(recipe="fast", settings=settings, seed=1).fit(
        Catalog.read(table, target="category")
    )


@pytest.fixture(scope="session")
def regressor() -> ProductRegressor:
    """A small regressor of prices."""
    catalog = Catalog.read(product_rows(90), target="price")
    return ProductRegressor(recipe="fast", settings=["folds=2", "learning_curve=false"]).fit(
        catalog
    )


@pytest.fixture(scope="session")
def rows(sample: Path) -> list[dict[str, Any]]:
    """Forty products as JSON sends them, photographs as base64 text."""
    table = Catalog.read(sample).table.slice(0, 40).drop_columns(["category", "created_at"])
    found = table.to_pylist()
    for row in found:
        if row["image"]:
            content = (sample.parent / row["image"]).read_bytes()
            row["image"] = base64.b64encode(content).decode("ascii")
    return found


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return what starts an application and waits until it is ready."""
    started: list[TestClient] = []

    def start(
        served: Any, *, path: Path | None = None, host: str = "testclient", **settings: Any
    ) -> TestClient:
        app = make_app(served, ServingSettings(**settings), path=path)
        client = TestClient(app, client=(host, 50_000))
        client.__enter__()
        started.append(client)
        while client.get("/ping").status_code != 200:
            time.sleep(0.01)
        return client

    yield start
    for client in started:
        client.__exit__(None, None, None)


@pytest.fixture(scope="session")
def client(model: ProductClassifier) -> Iterator[TestClient]:
    """An application with the usual settings."""
    settings = ServingSettings(max_products=60, max_body_bytes=4_000_000, max_text=5_000)
    with TestClient(make_app(model, settings)) as found:
        while found.get("/ping").status_code != 200:
            time.sleep(0.01)
        yield found


@pytest.fixture(scope="session")
def bundle(model: ProductClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model's file."""
    path = tmp_path_factory.mktemp("model") / "my model.aisle"
    model.save(path)
    return path


@pytest.fixture
def start(bundle: Path, tmp_path: Path) -> Iterator[Start]:
    """Return what starts ``aisle serve``, and waits until it answers."""
    running: list[subprocess.Popen[str]] = []

    def begin(*options: str, path: Path | None = None) -> tuple[subprocess.Popen[str], str]:
        told = tmp_path / "up.json"
        told.unlink(missing_ok=True)
        with (tmp_path / "log.jsonl").open("w") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "aisle", "serve", str(path or bundle)),
                    *("--port", "0", "--json", str(told), *options),
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
                text=True,
            )
        running.append(process)
        until(told.exists, process)
        url = json.loads(told.read_text())["url"]
        with Client(url, timeout_seconds=5) as client:
            until(client.is_ready, process)
        return process, url

    yield begin
    for process in running:
        process.kill()
        process.wait()
