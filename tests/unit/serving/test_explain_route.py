"""`POST /v1/explain`: everything that ``aisle explain`` writes, and what it takes to draw it."""

from __future__ import annotations

import base64
import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from aisle import ProductClassifier, ProductRegressor
from aisle.cli.main import main
from aisle.serving.page.nearest import READING, VARIABLE
from tests.unit.serving.conftest import Serve


def told(client: TestClient, *products: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/explain", json={"products": list(products), **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def keys_of(value: Any) -> Any:
    """Return the names in a JSON value, at any depth."""
    if isinstance(value, dict):
        return {name: keys_of(inner) for name, inner in value.items()}
    return [keys_of(value[0])] if isinstance(value, list) and value else None


@pytest.fixture(scope="module")
def row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if row["image"] and row["brand"] and row["description"])


def test_it_says_all_that_aisle_explain_writes(
    client: TestClient, row: dict[str, Any], bundle: Path, sample: Path, tmp_path: Path
) -> None:
    found, file = told(client, row), tmp_path / "why.json"
    options = ["--id", row["id"], "--json", str(file)]
    assert main(["explain", str(bundle), str(sample), *options]) == 0
    written = json.loads(file.read_text())
    for name in ("target", "task", "recipe", "fusion", "against", "unit"):
        assert found[name] == written[name]
    (mine,), (theirs,) = found["products"], written["products"]
    assert keys_of(theirs).keys() == keys_of(mine).keys()
    assert mine["modalities"] == theirs["modalities"]
    assert mine["metadata"] == theirs["metadata"]
    for one, other in zip(mine["text"], theirs["text"], strict=True):
        assert {**one, "words": 0} == {**other, "words": 0}
        for column, words in other["words"].items():
            for placed, word in zip(one["words"][column], words, strict=True):
                assert word == {name: placed[name] for name in ("word", "evidence")}
                start = placed["start"]
                assert row[column][start : start + len(placed["word"])] == placed["word"]
    for one, other in zip(mine["image"], theirs["image"], strict=True):
        assert {name: one[name] for name in other} == other
        assert one["frame"]["box"] == [0, 0, 1, 1]
        assert np.asarray(one["maps"][0]["grid"]).ndim == 2


def test_a_frame_keeps_the_photograph_s_shape(client: TestClient) -> None:
    written = io.BytesIO()
    Image.new("RGB", (300, 100), "red").save(written, "PNG")
    image = base64.b64encode(written.getvalue()).decode()
    (found,) = told(client, {"title": "red mug", "image": image})["products"]
    frame = found["image"][0]["frame"]
    assert frame["width"] == 3 * frame["height"] or abs(frame["width"] / frame["height"] - 3) < 0.1


def test_every_product_of_a_request_is_told(client: TestClient, row: dict[str, Any]) -> None:
    found = told(client, {"id": "A", "title": "red mug"}, {**row, "id": "B"}, against="Mugs")
    assert found["against"] == "Mugs"
    assert [(one["id"], one["row"]) for one in found["products"]] == [("A", 0), ("B", 1)]
    assert found["products"][0]["image"] == []
    assert found["products"][0]["neighbours"] == []
    assert "neighbours_note" not in found["products"][0]


def test_a_value_is_told_on_its_scale(serve: Serve, regressor: ProductRegressor) -> None:
    found = told(serve(regressor), {"title": "leather boot"})
    assert (found["task"], found["unit"]) == ("regress", "log(value)")
    assert found["products"][0]["text"][0]["words"]["title"][0]["start"] == 0


def test_the_nearest_training_products_are_told(
    serve: Serve,
    model: ProductClassifier,
    row: dict[str, Any],
    sample: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    bundle: Path,
) -> None:
    monkeypatch.setenv(VARIABLE, str(sample))
    client = serve(model)
    end = time.monotonic() + 60
    while (one := told(client, row)["products"][0]).get("neighbours_note") == READING:
        assert time.monotonic() < end
        time.sleep(0.05)
    file = tmp_path / "why.json"
    options = ["--id", row["id"], "--train", str(sample), "--json", str(file)]
    assert main(["explain", str(bundle), str(sample), *options]) == 0
    expected = json.loads(file.read_text())["products"][0]["neighbours"]
    assert [near["id"] for near in one["neighbours"]] == [near["id"] for near in expected]
    assert one["neighbours"][0]["similarity"] == pytest.approx(expected[0]["similarity"])
    assert row["id"] not in {near["id"] for near in one["neighbours"]}
    page = client.post(
        "/page/why", files={"products[0].title": (None, "red mug")}, headers={"X-Aisle-Part": "1"}
    )
    assert "The nearest training products" in page.text


def test_training_products_that_cannot_be_read_are_no_reason_to_stop(
    serve: Serve, model: ProductClassifier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other.csv").write_text("title,category\nred mug,\n")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "other.csv"))
    client = serve(model)
    end = time.monotonic() + 60
    while (one := told(client, {"title": "mug"})["products"][0])["neighbours_note"] == READING:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert one["neighbours"] == []
    assert "no value in 'category'" in one["neighbours_note"]
    assert str(tmp_path) not in one["neighbours_note"]
