"""`/v1/jobs`: whole catalogues, answered in the background."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, JSONResponse, Response

from aisle.serving.asking import service_of
from aisle.serving.jobs import Job, JobRunner
from aisle.serving.jobs.store import no_such_job
from aisle.serving.jobs.tables import FORMATS, result
from aisle.serving.jobs.uploads import receive
from aisle.serving.refusals import RequestError, not_valid

routes = APIRouter(tags=["jobs"])

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
    with runner.store.incoming() as folder:
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
    return JSONResponse(job.to_dict(), 202, {"Location": f"/v1/jobs/{job.id}"})


@routes.get("/v1/jobs")
async def listed(request: Request) -> JSONResponse:
    """Return the caller's jobs, the oldest first."""
    runner = _runner(request)
    jobs = await runner.in_thread(runner.store.jobs)
    own = [job.to_dict() for job in jobs if job.owner == _caller(request)]
    return JSONResponse({"model": service_of(request).settings.name, "jobs": own})


@routes.get("/v1/jobs/{id}")
async def one(id: str, request: Request) -> JSONResponse:
    """Return how far a job is."""
    return JSONResponse(_job(id, request).to_dict())


@routes.get("/v1/jobs/{id}/result")
async def answers(id: str, request: Request) -> Response:
    """Return the answers of a job that is done: ?format=parquet, csv or jsonl."""
    runner, job = _runner(request), _job(id, request)
    format = request.query_params.get("format", "parquet")
    if format not in FORMATS:
        raise not_valid(
            f"{format[:40]!r} is no format of results",
            where="format",
            do=f"use {', '.join(FORMATS)}",
        )
    if job.state == "failed":
        raise RequestError(
            409,
            "job-failed",
            job.message or "the job failed",
            do="mend the file, and send it again",
        )
    if job.state != "done":
        raise RequestError(
            409,
            "not-done",
            f"{job.done:,} of {'?' if job.rows is None else f'{job.rows:,}'} products are answered",
            do=f"ask GET /v1/jobs/{id} until its state is 'done'",
            retry_after=5,
        )
    path = await runner.in_thread(partial(result, runner.store.path(id), job, format))
    return FileResponse(path, media_type=_TYPES[format], filename=f"{id}.{format}")


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
