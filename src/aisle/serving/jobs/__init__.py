"""Whole catalogues, classified in the background behind the requests."""

from aisle.serving.jobs.running import JobRunner
from aisle.serving.jobs.store import Job, JobStore

__all__ = ["Job", "JobRunner", "JobStore"]
