"""A catalogue on its way from a request to disk, within limits, never whole in memory."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
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
_GZIP_BITS = 16 + zlib.MAX_WBITS
_DO = "send CSV, TSV, JSON lines or Parquet, with its Content-Type or ?name=catalog.csv"


@dataclass(frozen=True)
class Upload:
    """What was uploaded: its name for messages, and the format that it is read as."""

    name: str
    format: str


async def receive(request: Request, target: Path, runner: JobRunner) -> Upload:
    """Write the catalogue of a request to `target`: the body itself, or a form's one file.

    What gzip packed is unpacked on its way, whether the header says so or not.

    Raises
    ------
    RequestError
        If it is too large, unpacked too, too slow, or of a format that is not taken.
    """
    settings = runner.settings
    _check_encoding(request)
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
    if not target.stat().st_size:
        raise bad_request("the catalogue is empty (0 bytes)", where="body", do=_DO)
    return upload


def _check_encoding(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise RequestError(
            415,
            "encoding",
            f"a body with Content-Encoding {encoding[:40]!r} is not taken",
            do="pack it with gzip, or send it as it is",
        )


def _named(name: str, kind: str) -> Upload:
    """Return what a file is by its name, else by its media type."""
    shown = "".join(c if c.isprintable() else "?" for c in name)[-_LONGEST_NAME:]
    shown = shown.replace("\\", "/").rpartition("/")[2]
    plain = shown[: -len(".gz")] if shown.lower().endswith(".gz") else shown
    format = _BY_SUFFIX.get(Path(plain).suffix.lower()) or _BY_TYPE.get(kind)
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


async def _unpacked(pieces: AsyncIterator[bytes], runner: JobRunner) -> AsyncIterator[bytes]:
    """Give the content of a gzip file as it comes in; what is none stays as it is.

    Raises
    ------
    RequestError
        413, as soon as the content is too large; 400, if it is damaged or cut short.
    """
    head, size = b"", 0
    unpacker: zlib._Decompress | None = None
    async for piece in pieces:
        left = piece
        if unpacker is None:
            head += piece
            if len(head) < len(GZIP_MAGIC):
                continue
            if not head.startswith(GZIP_MAGIC):
                yield head
                async for other in pieces:
                    yield other
                return
            unpacker, left = zlib.decompressobj(_GZIP_BITS), head
        while left:
            if unpacker.eof:  # several files, one behind the other, are one
                unpacker = zlib.decompressobj(_GZIP_BITS)
            try:
                # A little may unpack to very much, which is seen piece by piece.
                told = await runner.in_thread(partial(unpacker.decompress, left, _PIECE_BYTES))
            except zlib.error as error:
                raise _damaged(str(error)) from None
            over = unpacker.eof
            left = unpacker.unused_data.lstrip(b"\0") if over else unpacker.unconsumed_tail
            size += len(told)
            _check_size(size, runner.settings, unpacked=True)
            yield told
    if unpacker is None:
        yield head
    elif not unpacker.eof:
        raise _damaged("it is cut short")


def _damaged(what: str) -> RequestError:
    return bad_request(
        f"the gzip data is damaged: {what}", where="body", do="pack or copy the file again"
    )


async def _write(pieces: AsyncIterator[bytes], target: Path, runner: JobRunner) -> None:
    with target.open("wb") as out:
        held = bytearray()
        # A file that is packed itself may be packed once more for the way.
        async for piece in _unpacked(_unpacked(pieces, runner), runner):
            held += piece
            if len(held) >= _PIECE_BYTES:
                await _flush(held, out, runner)
        await _flush(held, out, runner)


async def _flush(held: bytearray, out: BinaryIO, runner: JobRunner) -> None:
    content = bytes(held)
    held.clear()
    await runner.in_thread(lambda: out.write(content))


def _check_size(taken: int, settings: ServingSettings, *, unpacked: bool = False) -> None:
    if taken > settings.job_bytes:
        raise RequestError(
            413,
            "too-large",
            f"the catalogue has more than {settings.job_bytes:,} bytes"
            + (" when it is unpacked" if unpacked else ""),
            do="send it in several files, or as Parquet",
        )
