"""The page's addresses: a page for people, parts for its program, nothing without a key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aisle import ProductClassifier, ProductRegressor
from aisle.serving.keys import digest
from aisle.serving.routes import page_catalogue
from tests.unit.serving.conftest import Serve

PART = {"X-Aisle-Part": "1"}


def form(**columns: str) -> dict[str, tuple[None, str]]:
    return {f"products[0].{name}": (None, value) for name, value in columns.items()}


def send(client: TestClient, content: str | bytes, name: str, **photographs: bytes) -> Any:
    files = [("name", (None, name)), ("catalogue", (name, content, "text/csv"))]
    files += [(f"photographs/{k}.jpg", (k, v, "image/jpeg")) for k, v in photographs.items()]
    return client.post("/page/catalogue", files=files)


def lines(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def test_the_page_has_a_field_a_column_and_the_model_card(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert response.headers["content-security-policy"].startswith("default-src 'none'; script-src")
    for column in ("image", "title", "description", "brand", "price"):
        assert f'data-column="{column}"' in response.text
    assert "Trained on" in response.text
    assert "promised to be right" in response.text
    assert not re.search(r"\sstyle=", response.text)
    assert 'value="Pottermoor' in client.get("/?example=0").text


def test_style_and_program_may_be_kept(client: TestClient) -> None:
    found = client.get("/")
    for path in re.findall(r'(?:href|src)="\./(page/[^"]+\.(?:css|js)\?[^"]+)"', found.text):
        response = client.get(f"/{path}")
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["x-content-type-options"] == "nosniff"


def test_a_part_answers_as_predict_does(client: TestClient, rows: list[dict[str, Any]]) -> None:
    row = {k: str(v) for k, v in rows[0].items() if v is not None}
    (told,) = client.post("/v1/predict", json={"products": [rows[0]]}).json()["predictions"]
    part = client.post("/page/answer", files=form(**row), headers=PART)
    assert part.status_code == 200
    assert part.text.startswith("<div")
    assert told["category"] in part.text
    assert told["decision"].capitalize() in part.text


def test_a_form_without_script_gets_its_page_back(
    client: TestClient, sample: Path, rows: list[dict[str, Any]]
) -> None:
    photograph = next(iter(sorted((sample.parent / "images").iterdir()))).read_bytes()
    files = {**form(title="a <mug>"), "products[0].image": ("a.jpg", photograph, "image/jpeg")}
    response = client.post("/page/why", files=files)
    assert response.status_code == 200
    assert "a &lt;mug&gt;" in response.text
    assert "data:image/jpeg;base64," in response.text
    assert "What each modality contributed" in response.text
    (style,) = re.findall(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert "[data-style=" in style
    assert "'sha256-" in response.headers["content-security-policy"]


def test_what_is_refused_is_said_on_the_page_or_in_json(client: TestClient) -> None:
    part = client.post("/page/answer", files=form(title="", colour=""), headers=PART)
    assert part.status_code == 422
    assert part.json()["error"]["kind"] == "not-valid"
    page = client.post("/page/answer", files=form(title=""))
    assert page.status_code == 422
    assert "Not answered" in page.text
    assert 'data-column="title"' in page.text


def test_figures_are_told(client: TestClient) -> None:
    found = client.get("/page/figures").json()
    assert set(found) >= {"requests", "products", "errors", "queue", "half_seconds", "at"}
    assert found["workers"] >= 1


def test_a_key_that_was_entered_is_remembered_in_a_cookie(
    serve: Serve, model: ProductClassifier, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(f"shop:{digest('secret')}", encoding="utf-8")
    client = serve(model, keys_file=tmp_path / "keys")
    assert "data-entered" not in client.get("/").text
    entered = client.post("/page/key", data={"key": " secret "}, headers=PART)
    assert entered.status_code == 204
    told = entered.headers["set-cookie"]
    assert all(word in told for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"))
    assert "secret" not in told
    assert "Secure" not in told
    assert "data-entered" in client.get("/").text
    assert 'data-column="title"' in client.get("/page/body", headers=PART).text
    assert client.get("/v1/model", headers={"Origin": "http://evil.example"}).status_code == 401
    assert client.get("/v1/model").json()["kind"] == model.kind
    client.delete("/page/key", headers=PART)
    assert client.get("/page/body", headers=PART).status_code == 401
    assert client.post("/page/key", content=b"key=" + b"x" * 5_000).status_code == 422
    behind = client.post("/page/key", data={"key": "a"}, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in behind.history[0].headers["set-cookie"]


def test_without_script_a_key_leads_to_the_whole_page(
    serve: Serve, model: ProductClassifier, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(f"shop:{digest('secret')}", encoding="utf-8")
    client = serve(model, keys_file=tmp_path / "keys")
    page = client.post("/page/key", data={"key": "secret"})
    assert (page.status_code, page.url.path) == (200, "/page/whole")
    assert 'action="../page/answer"' in page.text
    assert client.post("/page/answer", files=form(title="red mug")).status_code == 200
    stranger = serve(model, keys_file=tmp_path / "keys")
    assert stranger.post("/page/key", data={"key": "wrong"}).status_code == 401


def test_with_keys_nothing_of_the_model_is_told_to_strangers(
    serve: Serve, model: ProductClassifier, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(f"shop:{digest('secret')}", encoding="utf-8")
    client = serve(model, keys_file=tmp_path / "keys")
    page = client.get("/?example=0")
    assert page.status_code == 200
    assert not any(name in page.text for name in (*model.classes_, "Pottermoor", "weight_g"))
    for path in ("/page/body", "/page/figures", "/page/example"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"X-API-Key": "secret"}).status_code == 200
    for path in ("/page/answer", "/page/why", "/page/catalogue"):
        assert client.post(path, files=form(title="mug")).status_code == 401


def test_a_catalogue_is_answered_line_by_line(
    client: TestClient, model: ProductClassifier, rows: list[dict[str, Any]]
) -> None:
    body = "\n".join(map(json.dumps, rows))
    first, *chunks, last = lines(send(client, body, "a.jsonl"))
    assert (first["rows"], last["done"]) == (40, True)
    found = [one for chunk in chunks for one in chunk["answers"]]
    told = model.predict(rows).to_pylist()
    assert [one["category"] for one in found] == [one["category"] for one in told]
    assert [one["id"] for one in found] == [one["id"] for one in told]
    assert [one["row"] for one in found] == list(range(40))
    with_image = [bool(row["image"]) for row in rows]
    assert [one["photograph"] is not None for one in found] == with_image
    assert len(chunks) == 2


def test_photographs_beside_a_catalogue_are_found_by_name_and_by_identifier(
    client: TestClient, sample: Path
) -> None:
    content = next(iter(sorted((sample.parent / "images").iterdir()))).read_bytes()
    table = b"id,title,image\nA1,mug,photos/One.JPG\nA2,mug,\nA3,mug,gone.jpg\n"
    _, chunk, _ = lines(send(client, table, "a.csv", one=content, a2=content))
    found = chunk["answers"]
    assert [bool(one["photograph"]) for one in found] == [True, True, False]
    assert [one["error"] for one in found[:2]] == [None, None]
    assert found[2]["error"].startswith("gone.jpg: did not come with the file")
    assert [one["id"] for one in found] == ["A1", "A2", "A3"]


def test_a_form_without_a_file_is_refused(client: TestClient) -> None:
    response = client.post("/page/catalogue", files={"name": (None, "a.csv")})
    assert response.status_code == 422
    assert client.post("/page/catalogue", json={"products": [{}]}).status_code == 422


def test_one_row_beyond_a_limit_does_not_stop_the_others(client: TestClient) -> None:
    body = json.dumps({"title": "a mug"}) + "\n" + json.dumps({"title": "x" * 6000})
    many = "\n".join([json.dumps({"title": "mug"})] * 40 + [body])
    first, *chunks, _ = lines(send(client, many, "a.jsonl"))
    found = [one for chunk in chunks for one in chunk["answers"]]
    assert len(found) == first["rows"] == 42
    assert "6,000 characters" in found[-1]["error"]
    assert found[-2]["category"]


def test_a_catalogue_without_a_known_column_is_refused_at_once(client: TestClient) -> None:
    response = send(client, b"nothing,known\n1,2\n", "a.csv")
    assert response.status_code == 422
    assert "no product has a column that the model reads" in response.json()["error"]["what"]
    large = send(client, b"x" * 4_000_001, "a.csv")
    assert large.status_code == 413


def test_few_catalogues_at_once_and_room_again_afterwards(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):  # what was refused or finished holds no place
        assert send(client, b"title\nmug\n", "a.csv").status_code == 200
        assert send(client, b"PK\x03\x04", "a.csv").status_code == 422
    monkeypatch.setattr(page_catalogue, "_AT_ONCE", 0)
    refused = send(client, b"title\nmug\n", "a.csv")
    assert refused.status_code == 429


def test_values_have_intervals(serve: Serve, regressor: ProductRegressor) -> None:
    client = serve(regressor)
    assert "Off by a factor of" in client.get("/").text
    part = client.post("/page/answer", files=form(title="leather boot"), headers=PART)
    assert "Likely between" in part.text
    _, chunk, _ = lines(send(client, b"title\nboot\n", "a.csv"))
    (found,) = chunk["answers"]
    assert found["low"] <= found["value"] <= found["high"]
