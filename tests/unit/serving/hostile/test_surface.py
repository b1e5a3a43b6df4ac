"""What OpenAPI tells of the server, asked with values that fit it and values that do not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

EXAMPLES = 8
ASKED = {
    *("/v1/predict", "/v1/explain", "/v1/model", "/v2/models/{name}/infer", "/invocations"),
    *("/v2", "/v2/models/{name}", "/v2/health/ready", "/ping", "/metrics"),
}
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]


def schema_of(client: TestClient) -> Any:
    # Told of the application itself, schemathesis would start and stop it a second time.
    return schemathesis.openapi.from_dict(client.get("/openapi.json").json())


def test_every_address_is_told(client: TestClient) -> None:
    found = schema_of(client).get_all_operations()
    assert {one.ok().path for one in found} >= ASKED


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda one: one.value)
def test_nothing_that_can_be_asked_breaks_the_server(
    mode: schemathesis.GenerationMode, client: TestClient
) -> None:
    asked = 0
    for found in schema_of(client).get_all_operations():

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=found.ok().as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            _ask(client, case)

        with suppress(Unsatisfiable):  # there is nothing about it that could be wrong
            ask()
    assert asked >= 2 * EXAMPLES


def _ask(client: TestClient, case: Any) -> None:
    asked = requests.Request(**_of_requests(case)).prepare()
    response = client.request(
        str(asked.method), asked.path_url, content=asked.body, headers=dict(asked.headers)
    )
    if response.status_code == 501:
        # What this server was not started for is no failure of it.
        assert response.json()["error"]["do"].startswith("start it with")
    elif response.status_code == 504:
        assert "x-deadline-ms" in asked.headers
    else:
        case.validate_response(response, checks=CHECKS)


def _of_requests(case: Any) -> dict[str, Any]:
    """Return the part of a case that makes a request, without how it is sent."""
    told = case.as_transport_kwargs(base_url="http://testserver")
    known = ("method", "url", "headers", "params", "data", "json", "files", "cookies")
    return {name: told[name] for name in known if name in told}
