"""`/v1/jobs`: whole catalogues, answered in the background."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, JSONResponse, Response

from aisle.errors import AisleError
from aisle.serving.asking import service_of
from aisle.serving.jobs import Job, JobRunner
from aisle.serving.jobs.store import no_such_job
from aisle.serving.jobs.tables import FORMATS, result
from aisle.serving.jobs.uploads import receive
from aisle.serving.refusals import RequestError, not_valid

routes = APIRouter(tags=["jobs"])

_LOG = logging.getLogger(__name__)

_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
}


_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {"schema": {"type": "object", "properties": {"file": _BINARY["schema"]}}}
_BODY = {
    "required": True,
    "content": {
        **{kind.partition(";")[0]: _BINARY for kind in _TYPES.values()},
        "multipart/form-data": _FORM,
    },
}


@routes.post("/v1/jobs", status_code=202, openapi_extra={"requestBody": _BODY})
async def create(request: Request) -> JSONResponse:
    """Take a catalogue, as the body or as the file of a form, to be answered in the background."""
    runner = _runner(request)
    with _writing(), runner.store.incoming() as folder:
        upload = await receive(request, folder / "upload", runner)
        admit = partial(
            runner.store.admit,
            folder,
            name=upload.name,
            format=upload.format,
            owner=_caller(request),
        )
        job = await runner.in_thread(admit)
    runner.wake()
    return JSONResponse(runner.told(job), 202, {"Location": f"/v1/jobs/{job.id}"})


@routes.get("/v1/jobs")
async def listed(request: Request) -> JSONResponse:
    """Return the caller's jobs, the oldest first."""
    runner = _runner(request)
    jobs = await runner.in_thread(runner.store.jobs)
    own = [runner.told(job) for job in jobs if job.owner == _caller(request)]
    return JSONResponse({"model": service_of(request).settings.name, "jobs": own})


@routes.get("/v1/jobs/{id}")
async def one(id: str, request: Request) -> JSONResponse:
    """Return how far a job is."""
    return JSONResponse(_runner(request).told(_job(id, request)))


@routes.get("/v1/jobs/{id}/result")
async def answers(id: str, request: Request) -> Response:
    """Return the answers of a job that is done: ?format=parquet, csv or jsonl.

    With ?partial=true those so far of a job that runs or has failed, in the order of the rows; the
    header X-Aisle-Rows says how many of how many.
    """
    runner, job = _runner(request), _job(id, request)
    format = request.query_params.get("format", "parquet")
    if format not in FORMATS:
        raise not_valid(
            f"{format[:40]!r} is no format of results",
            where="format",
            do=f"use {', '.join(FORMATS)}",
        )
    so_far = f"{job.done:,} of {'?' if job.rows is None else f'{job.rows:,}'} products are answered"
    partly = request.query_params.get("partial") == "true" and bool(job.done)
    if job.state == "failed" and not partly:
        kept = f", or take what there is with ?partial=true: {so_far}" if job.done else ""
        raise RequestError(
            409,
            "job-failed",
            job.message or "the job failed",
            do=f"mend what it says, and send the catalogue again{kept}",
        )
    if job.state != "done" and not partly:
        raise RequestError(
            409,
            "not-done",
            so_far,
            do=f"ask GET /v1/jobs/{id} until its state is 'done'",
            retry_after=5,
        )
    with _writing():
        path = await runner.in_thread(partial(result, runner.store.path(id), job, format))
    name = f"{id}.{format}" if job.state == "done" else f"{id}-part.{format}"
    headers = {"X-Aisle-Rows": f"{job.done}/{job.rows}"}
    return FileResponse(path, headers=headers, media_type=_TYPES[format], filename=name)


@contextmanager
def _writing() -> Iterator[None]:
    """Refuse a request for which the folder of jobs has no room (507)."""
    try:
        yield
    except RequestError:
        raise
    except (AisleError, OSError) as error:
        _LOG.error("the folder of jobs cannot be written to: %s", error)
        raise RequestError(
            507,
            "no-space",
            "the server's folder of jobs cannot be written to; its log says why",
            do="remove finished jobs with DELETE /v1/jobs/ID, or have its disk looked at",
        ) from error


@routes.delete("/v1/jobs/{id}")
async def remove(id: str, request: Request) -> JSONResponse:
    """Give a job up, and remove all that is known of it."""
    runner, job = _runner(request), _job(id, request)
    await runner.in_thread(partial(runner.store.cancel, job.id))
    return JSONResponse({"id": job.id, "removed": True})


def _runner(request: Request) -> JobRunner:
    runner: JobRunner | None = request.app.state.runner
    if runner is None:
        raise RequestError(
            501,
            "no-jobs",
            "this server takes no jobs",
            do="start it with --jobs FOLDER, or send products to /v1/predict",
        )
    return runner


def _job(id: str, request: Request) -> Job:
    job = _runner(request).store.find(id)
    if job is None or job.owner != _caller(request):
        raise no_such_job(id)
    return job


def _caller(request: Request) -> str | None:
    caller: str | None = request.scope.get("aisle.caller")
    return caller
