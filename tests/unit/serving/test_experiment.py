"""Two models at once: who answers for whom, what is counted, and what feedback shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aisle import ProductClassifier, ProductRegressor
from aisle.errors import AisleError
from aisle.serving import ServingSettings, make_app
from aisle.serving.settings import make_settings
from tests.unit.serving.conftest import Serve


@pytest.fixture(scope="module")
def other(other_model: ProductClassifier, tmp_path_factory: Any) -> Path:
    path: Path = tmp_path_factory.mktemp("other") / "other.aisle"
    other_model.save(path)
    return path


def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def ask(client: TestClient, rows: list[dict[str, Any]], **headers: str) -> list[dict[str, Any]]:
    answer = client.post("/v1/predict", json={"products": rows}, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["predictions"])


def test_a_share_of_the_products_is_answered_by_the_challenger(
    serve: Serve,
    model: ProductClassifier,
    other_model: ProductClassifier,
    other: Path,
    rows: list[dict[str, Any]],
) -> None:
    client = serve(model, challenger=other, share=0.4)
    told = ask(client, rows)
    by = {one["id"]: one["model"] for one in told}
    assert set(by.values()) == {"model", "other"}
    expected = {"model": model.predict(rows), "other": other_model.predict(rows)}
    for at, one in enumerate(told):
        assert one["id"] == rows[at]["id"]
        assert one["confidence"] == pytest.approx(expected[one["model"]]["confidence"][at].as_py())
    # The same product gets the same model, alone and in another order.
    assert {one["id"]: one["model"] for one in ask(client, rows[::-1])} == by
    assert ask(client, rows[3:4])[0]["model"] == by[rows[3]["id"]]
    shown = client.get("/v1/experiment").json()
    share = sum(name == "other" for name in by.values())
    assert shown["mode"] == "share"
    assert shown["challenger"]["answers"] == 2 * share + (by[rows[3]["id"]] == "other")
    assert shown["champion"]["answers"] + shown["challenger"]["answers"] == 81
    assert 0 <= shown["challenger"]["accepted_share"] <= 1
    assert 0 < shown["challenger"]["mean_confidence"] <= 1


def test_the_share_is_near_what_was_asked(serve: Serve, model: Any, other: Path) -> None:
    client = serve(model, challenger=other, share=0.1)
    experiment = client.app.state.service.experiment
    champion = client.app.state.service.engine
    found = experiment.assigned(champion, [str(at) for at in range(10_000)], "")
    assert 900 < sum(one is not champion for one in found) < 1_100
    # Products without ids are told apart by their request and place.
    found = experiment.assigned(champion, [None] * 10_000, "request")
    assert 900 < sum(one is not champion for one in found) < 1_100


def test_feedback_of_a_share_compares_two_proportions(
    serve: Serve, model: Any, other: Path, rows: list[dict[str, Any]]
) -> None:
    client = serve(model, challenger=other, share=0.5)
    told = ask(client, rows)
    entries = [
        {"id": one["id"], "category": one["category"] if one["model"] == "other" else "wrong"}
        for one in told
    ]
    given = client.post("/v1/feedback", json={"feedback": [*entries, {"id": "?", "category": "x"}]})
    assert given.json() == {"taken": 40, "unknown": ["?"]}
    feedback = client.get("/v1/experiment").json()["feedback"]
    assert (feedback["champion"]["accuracy"], feedback["challenger"]["accuracy"]) == (0.0, 1.0)
    assert feedback["judged"] == 40
    assert feedback["difference"] == 1.0
    assert feedback["p_value"] < 1e-6
    assert "better" in feedback["words"]
    assert "do not stop early" in feedback["peeking"]


def test_in_the_shadow_the_champion_answers_and_both_are_counted(
    serve: Serve,
    model: ProductClassifier,
    other_model: ProductClassifier,
    other: Path,
    rows: list[dict[str, Any]],
) -> None:
    client = serve(model, challenger=other, shadow=True)
    told = ask(client, rows)
    first, second = model.predict(rows), other_model.predict(rows)
    assert {one["model"] for one in told} == {"model"}
    assert [one["category"] for one in told] == first["category"].to_pylist()
    wait_for(lambda: client.get("/v1/experiment").json()["agreement"]["both_answered"] == 40)
    shown = client.get("/v1/experiment").json()
    pairs = list(zip(first["category"].to_pylist(), second["category"].to_pylist(), strict=True))
    assert shown["agreement"]["share"] == sum(a == b for a, b in pairs) / 40
    accepted = second["decision"].to_pylist().count("accept") / 40
    assert shown["challenger"]["accepted_share"] == accepted
    assert (shown["agreement"]["waiting"], shown["agreement"]["dropped"]) == (0, 0)
    # Feedback: the truth is what the challenger said, so it is right wherever the two differ.
    for row, (_, truth) in zip(rows, pairs, strict=True):
        client.post("/v1/feedback", json={"id": row["id"], "category": truth})
    feedback = client.get("/v1/experiment").json()["feedback"]
    assert feedback["challenger"]["accuracy"] == 1.0
    assert feedback["only_champion_right"] == 0
    assert feedback["only_challenger_right"] == sum(a != b for a, b in pairs)


def test_the_shadow_is_bounded_and_keeps_out_of_the_way(
    serve: Serve, model: Any, other: Path, rows: list[dict[str, Any]]
) -> None:
    client = serve(model, challenger=other, shadow=True, shadow_queue=10)
    with client.app.state.service._batcher.room(1):  # somebody's product waits
        ask(client, rows[:8])
        ask(client, rows[8:16])
        shown = client.get("/v1/experiment").json()
        assert shown["agreement"]["waiting"] == 8
        assert shown["agreement"]["dropped"] == 8
        assert shown["challenger"]["answers"] == 0
    wait_for(lambda: client.get("/v1/experiment").json()["challenger"]["answers"] == 8)


def test_products_without_ids_are_known_by_their_request(
    serve: Serve, model: Any, other: Path
) -> None:
    client = serve(model, challenger=other, share=0.5)
    told = ask(client, [{"title": "red mug"}] * 2, **{"X-Request-ID": "mine"})
    sent = {"id": "mine/1", "category": told[1]["category"]}
    assert client.post("/v1/feedback", json=sent).json() == {"taken": 1, "unknown": []}
    # Said twice, it counts once.
    client.post("/v1/feedback", json=sent)
    assert client.get("/v1/experiment").json()["feedback"]["judged"] == 1


def test_a_new_champion_begins_anew(
    serve: Serve, model: ProductClassifier, other: Path, rows: list[dict[str, Any]]
) -> None:
    client = serve(model, challenger=other, share=0.5)
    ask(client, rows)
    service = client.app.state.service
    service.swap(service.prepared(model, name="model", version="new"))
    shown = client.get("/v1/experiment").json()
    assert shown["champion"]["version"] == "new"
    assert (shown["champion"]["answers"], shown["challenger"]["answers"]) == (0, 0)
    sent = {"id": rows[0]["id"], "category": "x"}
    assert client.post("/v1/feedback", json=sent).status_code == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"id": "nobody", "category": "mugs"}, 404),
        ({"id": "nobody"}, 422),
        ({"id": [], "category": "mugs"}, 422),
        ({"feedback": {}}, 422),
        ({"feedback": [3]}, 422),
        ({"feedback": []}, 422),
    ],
)
def test_feedback_that_is_refused(
    serve: Serve, model: Any, other: Path, content: Any, status: int
) -> None:
    client = serve(model, challenger=other, share=0.5)
    assert client.post("/v1/feedback", json=content).status_code == status


def test_without_a_challenger_there_is_no_experiment(serve: Serve, model: Any) -> None:
    client = serve(model)
    for given in (client.get("/v1/experiment"), client.post("/v1/feedback", json={})):
        assert given.json()["error"]["kind"] == "no-experiment"


def test_remembered_products_are_bounded(serve: Serve, model: Any, other: Path) -> None:
    client = serve(model, challenger=other, share=0.5, experiment_products=3)
    for at in range(5):
        ask(client, [{"id": str(at), "title": "red mug"}])
    told = [{"id": str(at), "category": "x"} for at in range(5)]
    given = client.post("/v1/feedback", json={"feedback": told}).json()
    assert given == {"taken": 3, "unknown": ["0", "1"]}


@pytest.mark.parametrize(
    "given",
    [
        {"share": 0.1},
        {"shadow": True},
        {"challenger": "a.aisle"},
        {"challenger": "a.aisle", "share": 0.1, "shadow": True},
        {"challenger": "a.aisle", "share": 1.5},
        {"challenger": "a.aisle", "shadow": True, "workers": 2},
    ],
)
def test_settings_that_do_not_fit_together(given: dict[str, Any]) -> None:
    with pytest.raises(AisleError, match=r"share|workers"):
        make_settings(**given)


def test_a_challenger_of_another_kind_is_refused(
    model: Any, regressor: ProductRegressor, tmp_path: Path
) -> None:
    regressor.save(tmp_path / "prices.aisle")
    settings = ServingSettings(challenger=tmp_path / "prices.aisle", share=0.1)
    with pytest.raises(AisleError, match="classifiers"):
        make_app(model, settings)
