"""Uploads that mean harm: a clear refusal or an error of one product, for little work."""

from __future__ import annotations

import base64
import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aisle import ProductClassifier
from aisle.catalog.images import decoding
from aisle.serving import ServingSettings, make_app
from tests.unit.serving.hostile.uploads import Upload, encoded, uploads

MOST_CALLS = 500_000
"""Calls of Python code and of built-in functions; far less than a second's worth."""

MOST_PIXELS = 50_000
UPLOADS = {one.name: one for one in uploads()}


class Work:
    """Counts what answering takes: calls, and pixels that were decoded."""

    def __init__(self) -> None:
        self.calls = 0
        self.pixels = 0
        self.is_on = False

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        if self.is_on and event in ("call", "c_call"):
            self.calls += 1


@pytest.fixture(scope="module")
def work() -> Iterator[Work]:
    """Counts in every thread that is started from here on."""
    counter = Work()
    with pytest.MonkeyPatch.context() as patch:
        inner_jpeg, inner_other = decoding.decode_jpeg, decoding.rgb

        def decode_jpeg(content: bytes, header: Any, **options: Any) -> Any:
            counter.pixels += header.width * header.height
            return inner_jpeg(content, header, **options)

        def rgb(image: Any) -> Any:
            counter.pixels += image.width * image.height
            return inner_other(image)

        patch.setattr(decoding, "decode_jpeg", decode_jpeg)
        patch.setattr(decoding, "rgb", rgb)
        threading.setprofile(counter)
        yield counter
        threading.setprofile(None)


@pytest.fixture(scope="module")
def served(work: Work, model: ProductClassifier) -> Iterator[TestClient]:
    """An application whose threads are all counted."""
    settings = ServingSettings(max_products=60, max_body_bytes=4_000_000, max_text=5_000)
    with TestClient(make_app(model, settings), raise_server_exceptions=True) as client:
        while client.get("/ping").status_code != 200:
            time.sleep(0.01)
        yield client


def test_there_are_many() -> None:
    assert len(UPLOADS) == len(uploads())
    assert len(UPLOADS) >= 200


def test_work_is_counted(served: TestClient, work: Work) -> None:
    image = base64.b64encode(encoded("PNG")).decode("ascii")
    work.calls, work.pixels, work.is_on = 0, 0, True
    served.post("/v1/predict", json={"products": [{"title": "red mug", "image": image}]})
    work.is_on = False
    assert 100 < work.calls < MOST_CALLS
    assert work.pixels >= 48 * 36
    assert sys.getprofile() is None


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload(
    name: str, served: TestClient, work: Work, caplog: pytest.LogCaptureFixture
) -> None:
    upload = UPLOADS[name]
    caplog.set_level(logging.ERROR)
    work.calls, work.pixels, work.is_on = 0, 0, True
    response = sent(served, upload)
    work.is_on = False
    assert response.status_code in upload.allowed, (response.status_code, response.text[:500])
    assert not caplog.records, caplog.text
    assert work.calls < MOST_CALLS
    assert work.pixels < MOST_PIXELS
    if response.status_code != 200:
        error = response.json()["error"]
        assert error["what"]
        assert error["do"]
        assert len(response.content) < 3_000
        assert "Traceback" not in response.text
    elif upload.wrong:
        (answer,) = response.json()["predictions"]
        assert answer["error"]
        assert answer["category"] is not None
        assert "image" not in answer["modalities"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-type"].startswith("application/json")
    assert "root:" not in response.text


def test_the_server_answers_as_before(served: TestClient, model: ProductClassifier) -> None:
    rows = [{"title": "red mug"}]
    found = served.post("/v1/predict", json={"products": rows}).json()["predictions"]
    assert json.dumps(found) == json.dumps(model.predict(rows).to_pylist())


def sent(client: TestClient, upload: Upload) -> Any:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in upload.headers.items()
    ]
    return client.post(upload.path, content=upload.body, headers=headers)
