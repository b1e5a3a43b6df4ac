"""A catalogue on its way from a request to disk, within limits, never whole in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from aisle.catalog.readers.source import GZIP_MAGIC
from aisle.serving.jobs.running import JobRunner
from aisle.serving.refusals import RequestError, bad_request, not_valid
from aisle.serving.settings import ServingSettings

_BY_TYPE = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/json-lines": "jsonl",
    "application/vnd.apache.parquet": "parquet",
}
_BY_SUFFIX = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_BY_SUFFIX |= {".parquet": "parquet"}
_PIECE_BYTES = 2**20
_LONGEST_NAME = 200
_DO = "send CSV, TSV, JSON lines or Parquet, with its Content-Type or ?name=catalog.csv"


@dataclass(frozen=True)
class Upload:
    """What was uploaded: its name for messages, and the format that it is read as."""

    name: str
    format: str


async def receive(request: Request, target: Path, runner: JobRunner) -> Upload:
    """Write the catalogue of a request to `target`: the body itself, or a form's one file.

    Raises
    ------
    RequestError
        If it is too large, too slow, or of a format that is not taken.
    """
    settings = runner.settings
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = request.query_params.get("name", "")
    try:
        async with asyncio.timeout(settings.job_seconds):
            if kind == "multipart/form-data":
                upload = await _from_form(request, name, target, runner)
            else:
                upload = _named(name, kind)
                await _write(_limited(request, settings), target, runner)
    except TimeoutError:
        raise RequestError(
            408,
            "too-slow",
            f"the upload took more than {settings.job_seconds:g} s",
            do="send the catalogue in several files, or as Parquet",
        ) from None
    except OSError as error:
        raise RequestError(
            507,
            "no-space",
            f"the upload could not be written ({error.strerror or error})",
            do="remove finished jobs with DELETE /v1/jobs/ID",
        ) from error
    with target.open("rb") as file:
        head = file.read(2)
    if not head:
        raise bad_request("the catalogue is empty (0 bytes)", where="body", do=_DO)
    if head == GZIP_MAGIC:
        raise RequestError(
            415, "encoding", "a gzip file is not taken", do="send it unpacked, or as Parquet"
        )
    return upload


def _named(name: str, kind: str) -> Upload:
    """Return what a file is by its name, else by its media type."""
    shown = "".join(c if c.isprintable() else "?" for c in name)[-_LONGEST_NAME:]
    shown = shown.replace("\\", "/").rpartition("/")[2]
    format = _BY_SUFFIX.get(Path(shown).suffix.lower()) or _BY_TYPE.get(kind)
    if format is None:
        raise RequestError(
            415,
            "content-type",
            f"neither the name {shown[:60]!r} nor the type {kind[:60]!r} is of a catalogue",
            do=_DO,
        )
    return Upload(shown or f"catalog.{format}", format)


async def _from_form(request: Request, name: str, target: Path, runner: JobRunner) -> Upload:
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        _check_size(taken, runner.settings)
        return message

    try:
        async with Request(request.scope, receive).form(max_files=1, max_fields=10) as form:
            files = [one for _, one in form.multi_items() if isinstance(one, UploadFile)]
            if len(files) != 1:
                raise not_valid(
                    "the form has no file", where="body", do="send it as the part 'file'"
                )
            upload = _named(name or files[0].filename or "", files[0].content_type or "")
            await _write(_pieces(files[0]), target, runner)
    except HTTPException as error:
        raise bad_request(
            f"no valid multipart form: {error.detail}", where="body", do="send one file"
        ) from None
    return upload


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE_BYTES):
        yield piece


async def _limited(request: Request, settings: ServingSettings) -> AsyncIterator[bytes]:
    announced = request.headers.get("content-length", "")
    taken = int(announced) if announced.isdecimal() else 0
    _check_size(taken, settings)
    taken = 0
    async for piece in request.stream():
        taken += len(piece)
        _check_size(taken, settings)
        yield piece


async def _write(pieces: AsyncIterator[bytes], target: Path, runner: JobRunner) -> None:
    with target.open("wb") as out:
        held = bytearray()
        async for piece in pieces:
            held += piece
            if len(held) >= _PIECE_BYTES:
                await _flush(held, out, runner)
        await _flush(held, out, runner)


async def _flush(held: bytearray, out: BinaryIO, runner: JobRunner) -> None:
    content = bytes(held)
    held.clear()
    await runner.in_thread(lambda: out.write(content))


def _check_size(taken: int, settings: ServingSettings) -> None:
    if taken > settings.job_bytes:
        raise RequestError(
            413,
            "too-large",
            f"the catalogue has more than {settings.job_bytes:,} bytes",
            do="send it in several files, or as Parquet",
        )
