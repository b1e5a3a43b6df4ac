"""Serving a model over HTTP: REST, the Open Inference Protocol, MLflow's routes, and a client."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisle.serving.app import make_app as make_app
    from aisle.serving.client import Client as Client
    from aisle.serving.client import ServerError as ServerError
    from aisle.serving.settings import ServingSettings as ServingSettings
    from aisle.serving.workers import serve as serve

_HOMES = {
    "Client": "aisle.serving.client",
    "ServerError": "aisle.serving.client",
    "ServingSettings": "aisle.serving.settings",
    "make_app": "aisle.serving.app",
    "serve": "aisle.serving.workers",
}

__all__ = ["Client", "ServerError", "ServingSettings", "make_app", "serve"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the client needs no web framework."""
    if name not in _HOMES:
        raise AttributeError(f"module 'aisle.serving' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
