"""The client, against a real server on a socket and against one that is busy."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from aisle import ProductClassifier
from aisle.errors import AisleError
from aisle.serving import Client, ServerError, ServingSettings, make_app
from aisle.serving.keys import VARIABLE, digest


@pytest.fixture(scope="module")
def url(model: ProductClassifier) -> Iterator[str]:
    """A server with a key in a thread of this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, digest("secret"))
        app = make_app(model, ServingSettings(explain_products=1))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    found = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    with Client(found) as client:
        while not client.is_ready():
            time.sleep(0.01)
    yield found
    server.should_exit = True
    thread.join()


def test_answers_are_those_of_predict(
    url: str, model: ProductClassifier, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    row = next(row for row in rows if row["image"])
    content = base64.b64decode(row["image"])
    file = tmp_path / "a.jpg"
    file.write_bytes(content)
    sent = [row, {**row, "image": content}, {**row, "image": file}, {**row, "price": float("nan")}]
    with Client(url, key="secret") as client:
        found = client.predict(sent)
    wanted = model.predict([row]).to_pylist()[0]
    for answer in found.predictions[:3]:
        assert (answer.id, answer.category) == (row["id"], wanted["category"])
        assert (answer.confidence, answer.decision) == (wanted["confidence"], wanted["decision"])
        others = [(one.category, one.probability) for one in answer.alternatives]
        assert others == [(o["category"], o["probability"]) for o in wanted["alternatives"]]
        assert answer.modalities == tuple(wanted["modalities"])
        assert answer.error is None
    assert found.ignored == ("department", "category_path")


def test_the_other_doors(url: str, model: ProductClassifier) -> None:
    with Client(url, key="secret") as client:
        assert client.model()["classes"] == model.classes_
        found = client.explain([{"id": "A", "title": "red mug"}], against=model.classes_[0])
        assert (found[0]["id"], found[0]["row"]) == ("A", 0)
        assert found[0]["text"][0]["words"]["title"][0]["start"] == 0
        for ask in (client.experiment, lambda: client.feedback({"A": "Mugs"})):
            with pytest.raises(ServerError, match="--challenger") as caught:
                ask()
            assert caught.value.status == 404
        with pytest.raises(ServerError, match="came from no file"):
            client.reload()
        with pytest.raises(ServerError, match="takes no jobs; start it with --jobs"):
            client.jobs.all()


def test_a_refusal_says_what_to_do(url: str) -> None:
    with Client(url) as client, pytest.raises(ServerError, match="Bearer KEY") as caught:
        client.model()
    assert (caught.value.status, caught.value.kind) == (401, "unknown-key")
    assert caught.value.request_id
    with (
        Client(url, key="secret", retries=0) as client,
        pytest.raises(ServerError, match="deadline passed") as caught,
    ):
        client.predict([{"title": "mug"}], deadline_ms=1e-6)
    assert caught.value.status == 504


class Busy(BaseHTTPRequestHandler):
    """Refuses until its server has been asked `server.refusals` times."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.asked += 1
        server.deadlines.append(self.headers["X-Deadline-Ms"])
        busy = server.asked <= server.refusals
        error = {"kind": "overloaded", "what": "full", "do": "wait", "where": None}
        answer = {"error": error} if busy else {"model": "m", "predictions": [], "ignored": []}
        body = json.dumps(answer).encode()
        self.send_response(429 if busy else 200)
        if busy:
            self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if server.hangs_up:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def busy() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    server.asked, server.refusals, server.hangs_up, server.deadlines = 0, 2, False, []
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_busy_server_is_asked_again_when_it_says_so(busy: Any) -> None:
    pauses: list[float] = []
    with Client(busy.url, pause=pauses.append) as client:
        assert client.predict([{"title": "mug"}]).model == "m"
    assert (busy.asked, pauses) == (3, [7.0, 7.0])


def test_retries_end(busy: Any) -> None:
    busy.refusals = 9
    pauses: list[float] = []
    with (
        Client(busy.url, retries=1, pause=pauses.append) as client,
        pytest.raises(ServerError, match="full; wait") as caught,
    ):
        client.predict([{"title": "mug"}])
    assert (caught.value.status, busy.asked, len(pauses)) == (429, 2, 1)


def test_no_pause_is_longer_than_the_deadline(busy: Any) -> None:
    pauses: list[float] = []
    with (
        Client(busy.url, pause=pauses.append) as client,
        pytest.raises(ServerError, match="full; wait") as caught,
    ):
        client.predict([{"title": "mug"}], deadline_ms=6_900)
    assert (caught.value.status, busy.asked, pauses) == (429, 1, [])


def test_later_attempts_are_told_what_is_left_of_the_deadline(busy: Any) -> None:
    with Client(busy.url, pause=lambda _: None) as client:
        client.predict([{"title": "mug"}], deadline_ms=60_000)
    first, *later = map(float, busy.deadlines)
    assert first == 60_000
    assert len(later) == 2
    assert all(0 < one < 60_000 for one in later)


def test_a_connection_that_was_closed_meanwhile_is_opened_again(busy: Any) -> None:
    busy.refusals, busy.hangs_up = 0, True
    with Client(busy.url, retries=0) as client:
        assert client.predict([{"title": "mug"}]).model == "m"
        assert client.predict([{"title": "mug"}]).model == "m"
    assert busy.asked == 2


def test_nobody_there() -> None:
    pauses: list[float] = []
    with Client("http://127.0.0.1:9", retries=2, pause=pauses.append) as client:
        assert not client.is_ready()
        with pytest.raises(ServerError, match="cannot be reached") as caught:
            client.predict([{"title": "mug"}])
    assert (caught.value.status, len(pauses)) == (0, 2)


def test_an_address_that_is_none() -> None:
    with pytest.raises(AisleError, match="no address of a server"):
        Client("localhost:8000")
