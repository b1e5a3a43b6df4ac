"""A new bundle in the place of the old one: under load, refused, watched, and by signal."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aisle import Catalog, ProductClassifier, ProductRegressor
from aisle.serving import Client
from aisle.serving.engine import version_of
from aisle.serving.keys import digest
from tests.unit.serving.conftest import Serve
from tests.unit.serving.processes import Start, log_lines, metrics, until

ASKED = [{"id": "7", "title": "red ceramic mug"}, {"id": "8", "title": "cotton shirt"}]


@pytest.fixture(scope="module")
def bundles(
    model: ProductClassifier, other_model: ProductClassifier, tmp_path_factory: Any
) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    model.save(folder / "one.aisle")
    other_model.save(folder / "two.aisle")
    return folder / "one.aisle", folder / "two.aisle"


@pytest.fixture
def path(bundles: tuple[Path, Path], tmp_path: Path) -> Path:
    """The bundle in service, which tests replace."""
    put(bundles[0], tmp_path / "served.aisle")
    return tmp_path / "served.aisle"


def put(source: Path, target: Path) -> None:
    draft = target.with_suffix(".draft")
    shutil.copy(source, draft)
    draft.replace(target)


def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def reload(client: TestClient, **content: Any) -> Any:
    return client.post("/v1/model/reload", json=content)


def test_twenty_swaps_under_load_fail_no_request(
    serve: Serve,
    bundles: tuple[Path, Path],
    path: Path,
    model: ProductClassifier,
    other_model: ProductClassifier,
) -> None:
    client = serve(model, path=path, host="127.0.0.1", reload_drop=1, max_delay_ms=5)
    expected = {
        version_of(bundle): one.predict(ASKED)["confidence"].to_pylist()
        for bundle, one in zip(bundles, (model, other_model), strict=True)
    }
    assert len(expected) == 2
    answers: list[Any] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            answers.append(client.post("/v1/predict", json={"products": ASKED}))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for at in range(20):
            asked = len(answers)
            put(bundles[(at + 1) % 2], path)
            done = reload(client)
            assert done.status_code == 200, done.text
            assert done.json()["outcome"] == "swapped"
            assert done.json()["after"] == version_of(bundles[(at + 1) % 2])
            wait_for(lambda asked=asked: len(answers) > asked)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert {one.status_code for one in answers} == {200}
    seen = {one.json()["version"] for one in answers}
    assert seen == set(expected)
    for one in answers:
        # Whoever is named gave the answer: nobody got one of two models.
        told = [product["confidence"] for product in one.json()["predictions"]]
        assert told == pytest.approx(expected[one.json()["version"]])
    assert 'aisle_reloads_total{outcome="swapped"} 20.0' in client.get("/metrics").text


def test_the_same_file_changes_nothing(serve: Serve, model: ProductClassifier, path: Path) -> None:
    client = serve(model, path=path, host="127.0.0.1")
    engine = client.app.state.service.engine
    assert client.get("/v1/model").json()["reload"] is None
    assert reload(client).json()["outcome"] == "unchanged"
    assert client.app.state.service.engine is engine
    assert client.get("/v1/model").json()["reload"]["cause"] == "request"


def test_what_was_queued_before_a_swap_is_answered_by_the_old_model(
    serve: Serve,
    bundles: tuple[Path, Path],
    path: Path,
    model: ProductClassifier,
) -> None:
    client = serve(
        model, path=path, host="127.0.0.1", reload_drop=1, max_delay_ms=10_000, max_batch=3
    )
    found: list[Any] = []
    thread = threading.Thread(
        target=lambda: found.append(client.post("/v1/predict", json={"products": ASKED}))
    )
    thread.start()
    service = client.app.state.service
    wait_for(lambda: service.load == 2)
    put(bundles[1], path)
    assert reload(client).json()["outcome"] == "swapped"
    # The third product fills the batch: one batch of two models.
    later = client.post("/v1/predict", json={"products": ASKED[:1]}).json()
    thread.join()
    earlier = found[0].json()
    assert (earlier["version"], later["version"]) == tuple(map(version_of, bundles))
    told = [product["confidence"] for product in earlier["predictions"]]
    assert told == pytest.approx(model.predict(ASKED)["confidence"].to_pylist())
    assert later["predictions"][0]["modalities"] == ["text"]


def columns(client: TestClient, path: str) -> set[str]:
    """Return the columns of a product, as the description of an address has them."""
    body = client.get("/openapi.json").json()["paths"][path]["post"]["requestBody"]["content"]
    products = body["application/json"]["schema"]["properties"]["products"]
    assert set(products["items"]["properties"]) == set(
        body["multipart/form-data"]["schema"]["properties"]
    )
    return set(products["items"]["properties"])


def test_the_description_is_that_of_the_model_in_service(
    serve: Serve, model: ProductClassifier, bundles: tuple[Path, Path], path: Path
) -> None:
    client = serve(model, path=path, host="127.0.0.1", reload_drop=1)
    told = client.get("/openapi.json").json()
    for address in ("/v1/predict", "/v1/explain"):
        assert {"title", "description", "image", "price"} <= columns(client, address)
    put(bundles[1], path)
    assert reload(client).json()["outcome"] == "swapped"
    for address in ("/v1/predict", "/v1/explain"):
        assert columns(client, address) == {"id", "title"}
    again = client.get("/openapi.json").json()
    assert again["info"]["title"] == "Aisle: category"
    assert again["paths"].keys() == told["paths"].keys()
    post = again["paths"]["/v1/predict"]["post"]
    assert post["parameters"] == told["paths"]["/v1/predict"]["post"]["parameters"]
    assert "429" in post["responses"]
    example = post["responses"]["200"]["content"]["application/json"]["example"]
    assert example["predictions"][0]["modalities"] == ["text"]


def test_a_damaged_file_leaves_the_old_model(
    serve: Serve, model: ProductClassifier, path: Path
) -> None:
    client = serve(model, path=path, host="127.0.0.1")
    before = client.get("/v1/model").json()["version"]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    content[-64:-63] = b"0" if content[-64:-63] != b"0" else b"1"
    path.write_bytes(content)
    refused = reload(client)
    assert refused.status_code == 409
    assert "damaged" in refused.json()["error"]["what"]
    told = client.get("/v1/model").json()
    assert told["version"] == before
    assert (told["reload"]["outcome"], told["reload"]["after"]) == ("failed", before)
    assert client.post("/v1/predict", json={"products": ASKED}).status_code == 200
    assert 'aisle_reloads_total{outcome="failed"} 1.0' in client.get("/metrics").text
    path.unlink()
    assert reload(client).status_code == 409


def test_another_target_is_refused_unless_told(
    serve: Serve, model: ProductClassifier, path: Path
) -> None:
    client = serve(model, path=path, host="127.0.0.1")
    rows = [{"title": f"{c} {n}", "kind": c} for n in range(9) for c in ("mug", "lamp")]
    other = ProductClassifier(recipe="fast", settings=["folds=2", "learning_curve=false"])
    other.fit(Catalog.read(rows, target="kind")).save(path)
    refused = reload(client)
    assert refused.status_code == 409
    assert "'kind'" in refused.json()["error"]["what"]
    done = reload(client, whatever=True).json()
    assert done["outcome"] == "swapped"
    assert any("categories" in words for words in done["changes"])
    told = client.post("/v1/predict", json={"products": [{"title": "a mug"}]}).json()
    assert told["predictions"][0]["category"] == "mug"


def test_another_kind_is_refused_whatever_is_told(
    serve: Serve, model: ProductClassifier, regressor: ProductRegressor, path: Path
) -> None:
    client = serve(model, path=path, host="127.0.0.1")
    regressor.save(path)
    assert "regressor" in reload(client, whatever=True).json()["error"]["what"]


def test_a_much_worse_model_is_refused(
    serve: Serve, model: ProductClassifier, other_model: ProductClassifier, path: Path
) -> None:
    client = serve(model, path=path, host="127.0.0.1")
    known = other_model.metrics_
    try:
        other_model.metrics_ = {**known, "out_of_fold_accuracy": 0.2}
        other_model.save(path)
    finally:
        other_model.metrics_ = known
    assert "20.0%" in reload(client).json()["error"]["what"]
    assert reload(client, whatever=True).json()["outcome"] == "swapped"


def test_who_may_reload(serve: Serve, model: ProductClassifier, path: Path, tmp_path: Path) -> None:
    far = serve(model, path=path)
    assert reload(far).json()["error"]["kind"] == "not-local"
    near = serve(model, path=path, host="::1")
    assert reload(near).status_code == 200
    for name in ("X-Forwarded-For", "Origin"):
        assert near.post("/v1/model/reload", headers={name: "x"}).status_code == 403
    keys = tmp_path / "keys.txt"
    keys.write_text(f"ann:{digest('a')}\n")
    closed = serve(model, path=path, keys_file=keys)
    assert reload(closed).status_code == 401
    assert closed.post("/v1/model/reload", headers={"X-API-Key": "a"}).status_code == 200
    fileless = serve(model, host="127.0.0.1")
    assert reload(fileless).status_code == 501


def test_a_file_that_changes_is_loaded(
    serve: Serve, model: ProductClassifier, bundles: tuple[Path, Path], path: Path
) -> None:
    client = serve(model, path=path, reload_drop=1, watch=True, watch_seconds=0.05)
    put(bundles[1], path)
    wait_for(lambda: client.get("/v1/model").json()["version"] == version_of(bundles[1]))
    path.write_bytes(b"nothing")
    wait_for(lambda: client.get("/v1/model").json()["reload"]["outcome"] == "failed")
    time.sleep(0.3)
    # A file that stays bad is tried once.
    assert 'aisle_reloads_total{outcome="failed"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_reloads_every_process(
    start: Start, bundles: tuple[Path, Path], path: Path, tmp_path: Path, workers: str
) -> None:
    process, url = start("--workers", workers, "--set", "reload_drop=1", path=path)
    with Client(url) as client:
        until(lambda: f"aisle_ready_workers {workers}.0" in metrics(client), process)
    put(bundles[1], path)
    os.kill(process.pid, signal.SIGHUP)

    def swapped() -> int:
        return sum(line.get("outcome") == "swapped" for line in log_lines(tmp_path))

    until(lambda: swapped() == int(workers), process)
    with Client(url) as client:
        told = json.loads(client._exchange("GET", "/v1/model", None, {})[1])
    assert told["version"] == version_of(bundles[1])
