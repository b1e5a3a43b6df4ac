"""Whole catalogues, classified in the background behind the requests."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisle.serving.jobs.running import JobRunner
    from aisle.serving.jobs.store import Job, JobStore

_HOMES = {
    "Job": "aisle.serving.jobs.store",
    "JobRunner": "aisle.serving.jobs.running",
    "JobStore": "aisle.serving.jobs.store",
}

__all__ = ["Job", "JobRunner", "JobStore"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the client needs no web framework."""
    if name not in _HOMES:
        raise AttributeError(f"module 'aisle.serving.jobs' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
