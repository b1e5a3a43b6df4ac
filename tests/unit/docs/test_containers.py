"""The containers are safe as they are described, and name what exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from aisle.serving import ServingSettings

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def stages() -> dict[str, tuple[str, str]]:
    """Each stage's base and lines, by its name."""
    found = re.findall(r"^FROM (\S+) AS (\S+)\n(.*?)(?=^FROM|\Z)", DOCKERFILE, re.M | re.S)
    return {name: (base, body) for base, name, body in found}


def test_stages_build_on_stages_that_stand_before_them() -> None:
    known = ["python:3.11-slim"]
    for name, (base, body) in stages().items():
        assert base in known
        for other in re.findall(r"(?:--from=|,from=)([\w-]+)", body):
            assert other in known
        known.append(name)
    assert known[-1] == "aisle", "the last stage is what docker build makes"


@pytest.mark.parametrize("name", ["aisle", "server", "notebook"])
def test_images_run_as_a_user_without_rights(name: str) -> None:
    body = stages()[name][1]
    assert "USER aisle" in body
    assert body.index("USER aisle") < body.index("ENTRYPOINT")


def test_the_image_is_the_command() -> None:
    assert 'ENTRYPOINT ["aisle"]' in stages()["aisle"][1]


def test_what_is_copied_exists_and_is_sent() -> None:
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert sent[0] == "*"
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M)
    names = [name.rstrip("/") for line in copied for name in line.split()]
    assert "src" in names
    for name in names:
        assert (ROOT / name).exists()
        assert f"!{name}" in sent


def test_extras_that_are_installed_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (listed,) = re.findall(r"for name in \(([^)]*)\)", DOCKERFILE)
    names = re.findall(r"'(\w+)'", listed)
    names += re.findall(r"\['optional-dependencies'\]\['(\w+)'\]", DOCKERFILE)
    assert names
    assert set(names) <= project["optional-dependencies"].keys()


def test_the_services_are_those_that_are_described() -> None:
    page = (ROOT / "docs" / "how-to" / "containers.md").read_text(encoding="utf-8")
    assert (
        re.findall(r"^\| `(\w+)` \|", page, re.M)
        == list(SERVICES)
        == [
            "aisle",
            "server",
            "notebook",
            "mlflow",
        ]
    )


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_shut_in(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service["build"]["target"] in stages()


def test_volumes_are_declared() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in COMPOSE["volumes"]


def test_the_commands_in_services_are_run_on_demand() -> None:
    assert SERVICES["aisle"]["profiles"] == ["tools"]


def test_the_server_is_ready_before_it_is_asked() -> None:
    service, stage = SERVICES["server"], stages()["server"][1]
    assert "/v2/health/ready" in service["healthcheck"]["test"][-1]
    assert "/v2/health/ready" in stage
    assert 'ENTRYPOINT ["aisle", "serve"' in stage
    assert service["volumes"] == ["./out:/models:ro"]
    assert "/tmp" in service["tmpfs"]
    grace = float(service["stop_grace_period"].rstrip("s"))
    assert grace > ServingSettings().stop_seconds
