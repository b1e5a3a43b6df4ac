"""The application: the same answers as `predict`, by every door, and honest under load."""

from __future__ import annotations

import base64
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aisle import ProductClassifier, ProductRegressor
from aisle.serving.keys import digest
from tests.products import product_rows
from tests.unit.serving.conftest import Serve

Rows = list[dict[str, Any]]


def predictions(client: TestClient, rows: Rows, **more: Any) -> list[dict[str, Any]]:
    body = json.dumps({"products": rows})  # spells lone surrogates, as JSON can
    headers = {"Content-Type": "application/json"}
    response = client.post("/v1/predict", content=body, headers=headers, **more)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["predictions"]
    return found


def refused(client: TestClient, status: int, **request: Any) -> dict[str, Any]:
    response = client.post(request.pop("url", "/v1/predict"), **request)
    assert response.status_code == status, response.text
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"status", "kind", "what", "where", "do", "request_id"}
    assert error["status"] == status
    assert error["what"]
    assert error["do"]
    assert error["request_id"] == response.headers["x-request-id"]
    return error


def test_answers_are_those_of_predict(
    client: TestClient, model: ProductClassifier, rows: Rows
) -> None:
    response = client.post("/v1/predict", json={"products": rows})
    assert response.status_code == 200
    told = response.json()
    assert told["predictions"] == model.predict(rows).to_pylist()
    assert (told["model"], told["ignored"]) == ("model", ["department", "category_path"])
    assert {tuple(row["modalities"]) for row in told["predictions"]} >= {
        ("text", "image", "metadata")
    }


def test_answers_do_not_depend_on_who_else_asks(
    serve: Serve, model: ProductClassifier, rows: Rows
) -> None:
    client = serve(model, max_batch=7, max_delay_ms=20)
    odd: Rows = [
        {"id": "o1", "title": 12, "price": "about 9", "brand": 1.0},
        {"id": "o2", "title": ["red", "mug"], "price": True, "brand": {"a": 1}},
        {"id": "o3", "title": "mug", "image": "/9j/" + "A" * 60},
        {"id": "o4", "description": "\ud800 lamp", "weight_g": 10**30, "material": " "},
    ]
    sent = [*rows[:12], *odd]
    alone = [model.predict([row]).to_pylist()[0] for row in sent]
    with ThreadPoolExecutor(6) as pool:
        parts = [(0, 1), (1, 3), (3, 12), (12, 13), (13, 14), (14, 16), (0, 16), (5, 9)]
        found = list(pool.map(lambda part: predictions(client, sent[slice(*part)]), parts))
    for (start, stop), answers in zip(parts, found, strict=True):
        assert answers == alone[start:stop]


def test_a_regressor_answers_with_values(serve: Serve, regressor: ProductRegressor) -> None:
    client = serve(regressor, name="prices")
    rows = [{k: v for k, v in row.items() if k != "price"} for row in product_rows(9, seed=5)]
    assert predictions(client, rows) == regressor.predict(rows).to_pylist()
    inputs = [{"name": "title", "shape": [1], "datatype": "BYTES", "data": ["mug"]}]
    told = client.post("/v2/models/prices/infer", json={"inputs": inputs}).json()
    assert [one["name"] for one in told["outputs"]] == ["id", "value", "low", "high", "error"]
    against = {"products": rows[:1], "against": "Mugs"}
    assert refused(client, 422, url="/v1/explain", json=against)["where"] == "against"


def test_photographs_come_as_files_of_a_form(
    client: TestClient, model: ProductClassifier, rows: Rows
) -> None:
    row = next(row for row in rows if row["image"])
    content = base64.b64decode(row["image"])
    fields = {name: str(value) for name, value in row.items() if value and name != "image"}
    answered = client.post("/v1/predict", data=fields, files={"image": ("a.jpg", content)})
    assert answered.json()["predictions"] == model.predict([{**fields, **row}]).to_pylist()

    two = {"products": json.dumps([{"title": "mug"}, {"title": "lamp"}]), "products[1].id": "L"}
    several = client.post("/v1/predict", data=two, files={"products[1].image": ("b", content)})
    told = several.json()["predictions"]
    assert [row["id"] for row in told] == [None, "L"]
    assert [row["modalities"] for row in told] == [["text"], ["text", "image"]]


def test_a_broken_photograph_is_an_error_of_its_product_alone(
    client: TestClient, model: ProductClassifier, rows: Rows
) -> None:
    row = next(row for row in rows if row["image"])
    cut = {**row, "image": row["image"][: len(row["image"]) // 8]}
    paths = {**row, "image": "/etc/passwd"}
    found = predictions(client, [row, cut, paths, row])
    assert found[0] == found[3] == model.predict([row]).to_pylist()[0]
    assert found[1] == model.predict([cut]).to_pylist()[0]
    assert found[1]["error"]
    assert "reads no files of its machine" in found[2]["error"]
    assert found[2]["category"] == model.predict([{**row, "image": None}])["category"][0].as_py()


def test_one_product_that_cannot_be_answered_fails_alone(
    serve: Serve, model: ProductClassifier, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = ProductClassifier.scores

    def fragile(self: ProductClassifier, catalog: Any, **more: Any) -> Any:
        if "cursed" in catalog.strings("title"):
            raise RuntimeError("a bug")
        return scores(self, catalog, **more)

    client = serve(model)
    monkeypatch.setattr(ProductClassifier, "scores", fragile)
    found = predictions(client, [rows[0], {"id": "x", "title": "cursed"}, rows[1]])
    assert [row["id"] for row in found] == [rows[0]["id"], "x", rows[1]["id"]]
    assert found[0]["category"] is not None
    assert (found[1]["category"], found[1]["decision"]) == (None, "review")
    assert "could not be answered" in found[1]["error"]


def test_a_bug_is_told_in_the_same_shape_without_its_details(
    serve: Serve,
    model: ProductClassifier,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = serve(model)
    monkeypatch.setattr("aisle.serving.routes.predict.told", lambda *_: 1 / 0)
    error = refused(client, 500, json={"products": [{"title": "mug"}]})
    assert "division" not in json.dumps(error)
    assert "ZeroDivisionError" in caplog.text


def test_an_expired_request_is_not_computed(serve: Serve, model: ProductClassifier) -> None:
    client = serve(model)
    before = client.get("/metrics").text
    sent = {"json": {"products": [{"title": "mug"}]}, "headers": {"X-Deadline-Ms": "0.000001"}}
    assert refused(client, 504, **sent)["kind"] == "expired"
    name = "aisle_batch_products_count"
    assert _number(client.get("/metrics").text, name) == _number(before, name)


def test_a_full_queue_is_refused_at_once(serve: Serve, model: ProductClassifier) -> None:
    client = serve(model, queue=3, max_products=3)
    with client.app.state.service._batcher.room(2):  # two products of somebody else wait
        response = client.post("/v1/predict", json={"products": [{"title": "mug"}] * 2})
        assert response.status_code == 429
        assert 1 <= int(response.headers["retry-after"]) <= 30
        assert len(predictions(client, [{"title": "mug"}])) == 1
    assert len(predictions(client, [{"title": "mug"}] * 3)) == 3


def test_keys(serve: Serve, model: ProductClassifier, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text(f"shop:{digest('open sesame')}\n")
    client = serve(model, keys_file=file)
    sent = {"json": {"products": [{"title": "mug"}]}}
    for headers in ({}, {"X-API-Key": "guess"}, {"Authorization": "Basic open"}):
        error = refused(client, 401, headers=headers, **sent)
        assert "Authorization: Bearer KEY" in error["do"]
    for path in ("/v1/model", "/metrics", "/openapi.json", "/v2"):
        assert client.get(path).status_code == 401
    for path in ("/ping", "/v2/health/live", "/v2/health/ready"):
        assert client.get(path).status_code == 200
    bearer = {"Authorization": "Bearer open sesame"}
    assert client.post("/v1/predict", headers=bearer, **sent).status_code == 200


def test_other_origins_are_let_in_only_where_named(serve: Serve, model: ProductClassifier) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    closed, opened = serve(model), serve(model, cors_origins=("https://shop.example",))
    allow = "access-control-allow-origin"
    assert allow not in closed.options("/v1/predict", headers=headers).headers
    assert opened.options("/v1/predict", headers=headers).headers[allow] == headers["Origin"]
    assert allow not in opened.get("/ping", headers={"Origin": "https://evil.example"}).headers


def test_every_answer_has_an_id_and_safe_headers(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "aisle.serving.access"):
        given = client.get("/v1/model", headers={"X-Request-ID": "mine-1"})
        made = client.get("/nowhere", headers={"X-Request-ID": "not well formed"})
    assert given.headers["x-request-id"] == "mine-1"
    assert " " not in made.headers["x-request-id"]
    for response in (given, made):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert "server" not in response.headers
    facts = [record.facts for record in caplog.records if record.name == "aisle.serving.access"]
    assert [(one["path"], one["status"]) for one in facts] == [
        ("/v1/model", 200),
        ("/nowhere", 404),
    ]


def test_the_model_is_described(client: TestClient, model: ProductClassifier) -> None:
    told = client.get("/v1/model").json()
    assert told["classes"] == model.classes_
    assert [column["name"] for column in told["schema"]] == [c.name for c in model.schema_]
    assert told["metrics"]["out_of_fold_accuracy"] == model.metrics_["out_of_fold_accuracy"]
    assert told["card"].startswith("# An Aisle classifier of `category`")


def test_products_are_explained(client: TestClient, model: ProductClassifier, rows: Rows) -> None:
    against = model.classes_[-1]
    sent = {"products": rows[:2], "against": against}
    told = client.post("/v1/explain", json=sent).json()
    answers = model.predict(rows[:2]).to_pylist()
    for product, row, answer in zip(told["products"], rows[:2], answers, strict=True):
        assert (product["id"], product["category"]) == (row["id"], answer["category"])
        assert product["text"]
    error = refused(client, 422, url="/v1/explain", json={**sent, "against": "Dragons"})
    assert error["where"] == "against"
    assert refused(client, 422, url="/v1/explain", json={"products": rows[:11]})["what"]


def test_the_open_inference_protocol(
    client: TestClient, model: ProductClassifier, rows: Rows
) -> None:
    assert client.get("/v2").json()["name"] == "aisle"
    assert client.get("/v2/models/model/ready").json() == {"ready": True}
    described = client.get("/v2/models/model").json()
    kinds = {one["name"]: one["datatype"] for one in described["inputs"]}
    assert (kinds["title"], kinds["price"], kinds["image"]) == ("BYTES", "FP64", "BYTES")
    assert "category" not in kinds
    asked = [
        {
            "name": name,
            "shape": [3],
            "datatype": kinds[name],
            "data": [row[name] for row in rows[:3]],
        }
        for name in kinds
    ]
    told = client.post("/v2/models/model/infer", json={"id": "7", "inputs": asked}).json()
    outputs = {one["name"]: one["data"] for one in told["outputs"]}
    wanted = model.predict(rows[:3]).to_pylist()
    assert told["id"] == "7"
    assert outputs["category"] == [row["category"] for row in wanted]
    assert outputs["confidence"] == [row["confidence"] for row in wanted]
    assert json.loads(outputs["alternatives"][0]) == wanted[0]["alternatives"]
    only = {"inputs": asked, "outputs": [{"name": "decision"}]}
    told = client.post("/v2/models/model/infer", json=only).json()
    assert [one["name"] for one in told["outputs"]] == ["decision"]


@pytest.mark.parametrize(
    "content",
    [
        {"dataframe_split": {"columns": ["title", "brand"], "data": [["mug", None], ["lamp", 1]]}},
        {"dataframe_records": [{"title": "mug", "brand": None}, {"title": "lamp", "brand": 1}]},
        {"instances": [{"title": "mug"}, {"title": "lamp", "brand": 1}]},
        {"inputs": {"title": ["mug", "lamp"], "brand": [None, 1]}},
    ],
)
def test_mlflow_s_shapes(
    content: dict[str, Any], client: TestClient, model: ProductClassifier
) -> None:
    told = client.post("/invocations", json=content).json()["predictions"]
    alone = [{"title": "mug", "brand": None}, {"title": "lamp", "brand": 1}]
    assert told == [{**model.predict([row]).to_pylist()[0], "id": str(n)} for n, row in
                    enumerate(alone)]  # fmt: skip


def test_numbers_for_prometheus(serve: Serve, model: ProductClassifier, rows: Rows) -> None:
    client = serve(model)
    predictions(client, rows[:5])
    refused(client, 400, content=b"{")
    text = client.get("/metrics").text
    assert _number(text, 'aisle_requests_total{route="/v1/predict",status="200"}') == 1
    assert _number(text, 'aisle_errors_total{kind="bad-request"}') == 1
    assert _number(text, "aisle_batch_products_sum") == 5
    assert _number(text, "aisle_queue_products") == 0
    decided = [_number(text, f'aisle_products_total{{decision="{one}"}}') for one in
               ("accept", "review")]  # fmt: skip
    assert sum(decided) == 5
    for stage in ("read", "prepare", "wait", "predict"):
        assert _number(text, f'aisle_stage_seconds_count{{stage="{stage}"}}') >= 1


def test_openapi_has_examples_of_the_model_s_own_columns(client: TestClient) -> None:
    told = client.get("/openapi.json").json()
    body = told["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    example = body["application/json"]["examples"]["one product"]["value"]
    assert set(example["products"][0]) >= {"title", "price", "brand"}
    assert client.post("/v1/predict", json=example).status_code == 200
    assert "multipart/form-data" in body
    assert {"429", "504"} <= set(told["paths"]["/v1/predict"]["post"]["responses"])


def _number(text: str, name: str) -> float:
    """Return a number of Prometheus's text, 0 where it does not stand."""
    lines = [line for line in text.splitlines() if line.startswith(name + " ")]
    return float(lines[0].rpartition(" ")[2]) if lines else 0.0
