"""A job's rows and answers as tables on disk."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aisle.catalog.readers import read_table
from aisle.catalog.writing import write_table
from aisle.errors import CatalogError
from aisle.files import atomic_path
from aisle.models import ProductRegressor
from aisle.serving.answers import Answer
from aisle.serving.engine import Engine
from aisle.serving.jobs.store import Job

FORMATS = ("parquet", "csv", "jsonl")
"""What results are written as."""

_UPLOAD, _ROWS, _CHUNKS = "upload", "rows.parquet", "chunks"
_LIST = pa.list_(pa.string())
_ALTERNATIVES = pa.list_(pa.struct([("category", pa.string()), ("probability", pa.float64())]))
_CLASSES = {
    "id": pa.string(),
    "category": pa.string(),
    "confidence": pa.float64(),
    "decision": pa.string(),
    "alternatives": _ALTERNATIVES,
    "modalities": _LIST,
    "error": pa.string(),
}
_VALUES = {
    "id": pa.string(),
    "value": pa.float64(),
    "low": pa.float64(),
    "high": pa.float64(),
    "modalities": _LIST,
    "error": pa.string(),
}
_VERSION, _SECONDS, _ERRORS = b"aisle.version", b"aisle.seconds", b"aisle.errors"
_PIECE_BYTES = 2**20
_PART_SECONDS = 600


def prepare_rows(folder: Path, job: Job, *, most: int, most_bytes: int) -> Job:
    """Turn an upload into row groups, one a chunk; done twice, it changes nothing.

    Raises
    ------
    CatalogError
        If the file cannot be read, or has too many rows.
    """
    upload, rows = folder / _UPLOAD, folder / _ROWS
    problems: tuple[str, ...] = job.problems
    if not rows.exists():
        if not upload.exists():
            raise gone(job)
        if job.format == "parquet":
            _check_unpacked(upload, job, most=most, most_bytes=most_bytes)
        try:
            loaded = read_table(upload, format=job.format)
        except CatalogError as error:
            raise CatalogError(str(error).replace(str(upload), job.name)) from error
        if loaded.table.num_rows > most:
            raise _too_many(job, loaded.table.num_rows, most)
        told = [problem.message.replace(str(upload), job.name) for problem in loaded.problems]
        problems = tuple(told[:20])
        try:
            with atomic_path(rows) as temporary:
                pq.write_table(loaded.table, temporary, row_group_size=job.chunk_rows)
        except pa.ArrowException as error:
            raise CatalogError(f"{job.name}: a column cannot be kept ({error})") from error
    upload.unlink(missing_ok=True)
    count = int(pq.read_metadata(rows).num_rows)
    return job.model_copy(update={"rows": count, "problems": problems})


def gone(job: Job) -> CatalogError:
    """Return why a job whose rows somebody removed cannot go on."""
    return CatalogError(
        f"{job.name}: its rows were removed from the server's folder of jobs when {job.done:,} "
        "products were answered; send the catalogue again"
    )


def _check_unpacked(upload: Path, job: Job, *, most: int, most_bytes: int) -> None:
    """Refuse a Parquet file that says itself that it is too large to be unpacked."""
    try:
        told = pq.read_metadata(upload)
    except (pa.ArrowException, OSError):
        return  # who reads it says what is wrong
    if told.num_rows > most:
        raise _too_many(job, told.num_rows, most)
    size = sum(told.row_group(at).total_byte_size for at in range(told.num_row_groups))
    if size > most_bytes:
        raise CatalogError(
            f"{job.name}: has {size:,} bytes when it is unpacked, more than {most_bytes:,}; "
            "send it in several files"
        )


def _too_many(job: Job, rows: int, most: int) -> CatalogError:
    return CatalogError(
        f"{job.name}: has {rows:,} products, more than {most:,}; send it in several files"
    )


def column_names(folder: Path) -> list[str]:
    """Return the columns of a prepared catalogue."""
    return list(pq.read_schema(folder / _ROWS).names)


def rows_of_chunk(folder: Path, chunk: int) -> list[dict[str, Any]]:
    """Return the rows of a chunk.

    Raises
    ------
    FileNotFoundError
        If somebody removed them.
    CatalogError
        If the disk damaged them.
    """
    try:
        with pq.ParquetFile(folder / _ROWS) as file:
            found: list[dict[str, Any]] = file.read_row_group(chunk).to_pylist()
    except (pa.ArrowException, IndexError) as error:
        raise CatalogError(
            f"the rows of chunk {chunk} cannot be read any more ({error}); the disk may be "
            "damaged. Send the catalogue again"
        ) from error
    return found


def write_chunk(
    folder: Path,
    job: Job,
    ids: Sequence[str | None],
    answers: Sequence[Answer],
    *,
    engine: Engine,
    seconds: float,
) -> Job:
    """Write the answers of a job's next chunk, and return the job with them.

    Raises
    ------
    FileNotFoundError
        If somebody removed the job.
    CatalogError
        If the model answers in another shape than that of the first chunk.
    AisleError
        If the chunk cannot be written.
    """
    if not (folder / _ROWS).exists():
        raise FileNotFoundError(folder / _ROWS)  # else the folder would be made again
    fields = _VALUES if isinstance(engine.model, ProductRegressor) else _CLASSES
    rows = [{"id": id, **answer} for id, answer in zip(ids, answers, strict=True)]
    errors = sum(answer["error"] is not None for answer in answers)
    told = {_VERSION: engine.version or "", _SECONDS: f"{seconds:.6f}", _ERRORS: str(errors)}
    schema = pa.schema(list(fields.items()), metadata=told)
    first = _chunk_path(folder, 0)
    if job.chunks and not pq.read_schema(first).equals(schema, check_metadata=False):
        raise CatalogError(
            f"{job.name}: another kind of model is in service than when the job began, after "
            f"{job.done:,} products; send the catalogue again"
        )
    write_table(pa.Table.from_pylist(rows, schema=schema), _chunk_path(folder, job.chunks))
    return with_chunk(folder, job)


def with_chunk(folder: Path, job: Job) -> Job:
    """Return a job with its next chunk counted; the job itself if that is not written yet."""
    path = _chunk_path(folder, job.chunks)
    if not path.exists():
        return job
    metadata = pq.read_metadata(path)
    told = pq.read_schema(path).metadata
    count, version = int(metadata.num_rows), told[_VERSION].decode()
    return job.model_copy(
        update={
            "chunks": job.chunks + 1,
            "attempts": 0,
            "done": job.done + count,
            "errors": job.errors + int(told[_ERRORS]),
            "seconds": round(job.seconds + float(told[_SECONDS]), 6),
            "versions": {**job.versions, version: job.versions.get(version, 0) + count},
        }
    )


def result(folder: Path, job: Job, format: str) -> Path:
    """Return the file of all answers so far, made from the chunks if it is not there yet.

    Raises
    ------
    CatalogError
        If there are none.
    """
    path = folder / (f"result.{format}" if job.state == "done" else f"part-{job.chunks}.{format}")
    if path.exists():
        return path
    if not job.chunks:
        raise CatalogError(f"{job.name}: no product is answered yet")
    _remove_parts(folder)
    chunks = [_chunk_path(folder, at) for at in range(job.chunks)]
    with atomic_path(path) as temporary:
        if format == "parquet":
            _join_parquet(chunks, temporary)
        else:
            piece = folder / f".piece-{secrets.token_hex(4)}.{format}"
            _join_text(chunks, temporary, piece, header=format == "csv")
    return path


def _remove_parts(folder: Path) -> None:
    """Remove what was asked for while the job ran, but not what may just be on its way."""
    for old in folder.glob("part-*"):
        with suppress(FileNotFoundError):
            if time.time() - old.stat().st_mtime > _PART_SECONDS:
                old.unlink()


def _join_parquet(chunks: Sequence[Path], target: Path) -> None:
    schema = pq.read_schema(chunks[0]).remove_metadata()
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for chunk in chunks:
            writer.write_table(pq.read_table(chunk).replace_schema_metadata(None))


def _join_text(chunks: Sequence[Path], target: Path, piece: Path, *, header: bool) -> None:
    try:
        with target.open("wb") as out:
            for at, chunk in enumerate(chunks):
                write_table(pq.read_table(chunk), piece)
                with piece.open("rb") as file:
                    if header and at:
                        file.readline()
                    while content := file.read(_PIECE_BYTES):
                        out.write(content)
    finally:
        piece.unlink(missing_ok=True)


def _chunk_path(folder: Path, chunk: int) -> Path:
    return folder / _CHUNKS / f"{chunk:06d}.parquet"
