"""Requests that are wrong or mean harm: a clear refusal or an error of one product, never a 5xx."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.serving.test_photographs import encoded, png_bomb, text

Rows = list[dict[str, Any]]
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        (b"", 400, "body, line 1, column 1"),
        (b"not json", 400, "body, line 1, column 1"),
        (b'{"products": [{"title": NaN}]}', 400, "body"),
        (b'{"products": [{"price": 1' + b"0" * 5_000 + b"}]}", 400, "body"),
        (b'{"products": ' + b"[" * 100_000 + b"}", 400, "body"),
        (b"\xff\xfe{}", 400, "body"),
        (b"[]", 422, "body"),
        (b"null", 422, "body"),
        (b"{}", 422, "body"),
        (b'{"products": {}}', 422, "products"),
        (b'{"products": []}', 422, "products"),
        (b'{"products": [1]}', 422, "products[0]"),
        (b'{"products": [{}]}', 422, "products"),
        (b'{"products": [{"colr": "red"}]}', 422, "products"),
        (b'{"products": ["' + b"x" * 10_000 + b'"]}', 422, "products[0]"),
        (json.dumps({"products": [{"title": "x"}] * 61}).encode(), 422, "products"),
        (json.dumps({"products": [{"title": "x" * 5_001}]}).encode(), 422, "products[0].title"),
        (b'{"products": [{"title": ' + b"[" * 50 + b"]" * 50 + b"}]}", 422, "products[0].title"),
        (b" " * 4_000_001, 413, None),
    ],
)
def test_bodies(body: bytes, status: int, where: str | None, client: TestClient) -> None:
    response = client.post("/v1/predict", content=body, headers=JSON)
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["where"] == where
    assert error["do"]
    assert len(response.content) < 3_000


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/csv"}, 415),
        ({"Content-Type": "multipart/form-data"}, 400),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 400),
        ({**JSON, "Content-Encoding": "gzip"}, 415),
        ({**JSON, "X-Deadline-Ms": "soon"}, 400),
        ({**JSON, "X-Deadline-Ms": "-1"}, 400),
        ({**JSON, "X-Deadline-Ms": "nan"}, 400),
        ({**JSON, "X-Deadline-Ms": "1e99"}, 400),
    ],
)
def test_headers(headers: dict[str, str], status: int, client: TestClient) -> None:
    body = gzip.compress(b'{"products": [{"title": "x"}]}')
    response = client.post("/v1/predict", content=body, headers=headers)
    assert response.status_code == status, response.text
    assert response.json()["error"]["what"]


PICTURES: dict[str, str] = {
    "bomb": text(png_bomb()),
    "truncated": text(encoded("PNG"))[:60],
    "truncated jpeg": text(encoded())[:200],
    "zip behind a jpeg": text(encoded() + b"PK\x03\x04" + b"\0" * 50),
    "a page that says it is a picture": "data:image/png;base64," + text(b"<html>hi</html>"),
    "svg": "data:image/svg+xml;base64," + text(b"<svg xmlns='x'><script/></svg>"),
    "percent": "data:image/png,%89PNG%0D%0A",
    "not base64": "data:image/png;base64,****",
    "path": "../../../../etc/passwd",
    "file address": "file:///etc/passwd",
    "metadata service": "http://169.254.169.254/latest/meta-data/a.jpg",
    "python list": "[" * 90 + "]" * 90,
    "nul": "\0.jpg",
    "long": "A" * 300_000,
    "gzip bomb": text(gzip.compress(b"\0" * 1_000_000)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str, client: TestClient) -> None:
    products = [{"id": "bad", "title": "red mug", "image": PICTURES[name]}, {"title": "red mug"}]
    response = client.post("/v1/predict", json={"products": products})
    assert response.status_code == 200, response.text
    bad, good = response.json()["predictions"]
    assert good["error"] is None
    assert bad["category"] == good["category"] or name == "zip behind a jpeg"
    # Bytes behind a whole photograph are no part of it.
    assert (bad["error"] is None) == (name in ("zip behind a jpeg", "python list"))


ODD = ["\ud83d", "\u202e", "\0", "a\u0301", "12 EUR", "1e999"]
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=20) | st.sampled_from(ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["id", "title", "description", "image", "brand", "price", "weight_g", "x"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(products=st.lists(st.dictionaries(NAMES, VALUES, max_size=6), min_size=1, max_size=4))
def test_any_values_are_answered_or_refused(products: Rows, client: TestClient) -> None:
    body = json.dumps({"products": products}).encode()
    response = client.post("/v1/predict", content=body, headers=JSON)
    assert response.status_code in (200, 422), response.text
    if response.status_code == 200:
        found = response.json()["predictions"]
        assert len(found) == len(products)
        assert all(row["category"] is not None for row in found)


def test_ids_may_be_repeated_long_and_strange(client: TestClient) -> None:
    ids = ["A", "A", "\u202eid", "x" * 4_000, 7, 1.5, True, None]
    products = [{"id": id, "title": "red mug"} for id in ids]
    found = client.post("/v1/predict", json={"products": products}).json()["predictions"]
    told = ["A", "A", "\u202eid", "x" * 4_000, "7", "1.5", "true", None]
    assert [row["id"] for row in found] == told
    assert len({row["confidence"] for row in found}) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"products": (None, "[[")},
        {"products": (None, "7")},
        {"products": (None, "[1]"), "title": (None, "x")},
        {"products": ("products.json", b"\xff")},
        {"products[5].title": (None, "x")},
        {"title": ("a.txt", b"hello")},
        [("title", (None, "x")), ("title", ("a.txt", b"hello"))],
        {"other": ("a.jpg", encoded())},
        {"": (None, "x")},
    ],
)
def test_forms(form: Any, client: TestClient) -> None:
    response = client.post("/v1/predict", files=form)
    assert response.status_code in (400, 422), response.text
    assert response.json()["error"]["do"]


TENSOR = {"name": "title", "shape": [1], "datatype": "BYTES", "data": ["mug"]}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"inputs": {}},
        {"inputs": []},
        {"inputs": [1]},
        {"inputs": [{**TENSOR, "name": None}]},
        {"inputs": [TENSOR, TENSOR]},
        {"inputs": [{**TENSOR, "datatype": "STRING"}]},
        {"inputs": [{**TENSOR, "shape": [2]}]},
        {"inputs": [{**TENSOR, "shape": [-1]}]},
        {"inputs": [{**TENSOR, "shape": [1, 1, 1]}]},
        {"inputs": [{**TENSOR, "shape": []}]},
        {"inputs": [{**TENSOR, "shape": [10**12]}]},
        {"inputs": [{**TENSOR, "shape": ["1"]}]},
        {"inputs": [{**TENSOR, "data": "mug"}]},
        {"inputs": [TENSOR, {**TENSOR, "name": "brand", "shape": [2], "data": ["a", "b"]}]},
        {"inputs": [TENSOR], "outputs": [{"name": "colour"}]},
        {"inputs": [TENSOR], "outputs": 7},
    ],
)
def test_tensors(content: dict[str, Any], client: TestClient) -> None:
    response = client.post("/v2/models/model/infer", json=content)
    assert response.status_code in (400, 422), response.text
    assert response.json()["error"]["where"]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"inputs": [], "instances": []},
        {"dataframe_split": {}},
        {"dataframe_split": {"columns": ["title"], "data": [["a", "b"]]}},
        {"dataframe_split": {"columns": ["title"], "data": ["a"]}},
        {"dataframe_records": {"title": "a"}},
        {"inputs": {"title": ["a"], "brand": []}},
        {"instances": "mug"},
    ],
)
def test_frames(content: dict[str, Any], client: TestClient) -> None:
    response = client.post("/invocations", json=content)
    assert response.status_code == 422, response.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/predict", 405),
        ("DELETE", "/v1/model", 405),
        ("GET", "/v1/../etc/passwd", 404),
        ("GET", "/v2/models/other", 404),
        ("POST", "/v2/models/%2e%2e/infer", 404),
        ("GET", "/docs", 404),
    ],
)
def test_addresses(method: str, path: str, status: int, client: TestClient) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    assert response.json()["error"]["status"] == status


def test_base64_of_another_alphabet_is_taken(client: TestClient) -> None:
    url_safe = base64.urlsafe_b64encode(encoded("PNG")).decode("ascii")
    products = [{"image": url_safe, "title": "x"}]
    found = client.post("/v1/predict", json={"products": products}).json()["predictions"]
    assert "image" in found[0]["modalities"]
