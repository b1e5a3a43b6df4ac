"""Jobs as folders on disk, which several processes share and a restart finds again.

JOBS/lock                    held while a job is admitted
JOBS/.incoming-ID/           an upload that is coming in
JOBS/ID/state.json           what `Job` says; the job exists once this folder does
JOBS/ID/lock                 held by the one process that works on it
JOBS/ID/upload               the catalogue as it came; gone when rows.parquet is there
JOBS/ID/rows.parquet         its rows, a row group a chunk
JOBS/ID/chunks/000000.parquet  the answers of a chunk
JOBS/ID/result.FORMAT        all answers, made when they are asked for
JOBS/ID/cancelled            whoever works on it stops, and removes the folder
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from aisle.errors import AisleError
from aisle.files import write_text
from aisle.serving.refusals import RequestError, overloaded
from aisle.serving.settings import ServingSettings

_ID = re.compile(r"[0-9a-f]{16}")
_INCOMING = ".incoming-"
_STATE, _LOCK, _CANCELLED = "state.json", "lock", "cancelled"
_PAUSE_SECONDS = 30


class Job(BaseModel):
    """What is known of a job; every change writes it anew."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    format: str
    owner: str | None
    created: float
    state: Literal["queued", "running", "done", "failed"] = "queued"
    rows: int | None = None
    chunk_rows: int
    chunks: int = 0
    done: int = 0
    errors: int = 0
    seconds: float = 0.0
    versions: dict[str, int] = {}
    problems: tuple[str, ...] = ()
    attempts: int = 0
    message: str | None = None
    finished: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what callers are told."""
        return self.model_dump(mode="json", exclude={"owner", "chunks", "attempts"})


class JobStore:
    """The folder of jobs.

    Parameters
    ----------
    settings
        Name the folder, how many jobs it holds, and for how long.

    Raises
    ------
    AisleError
        If the folder cannot be made or written to.
    """

    def __init__(self, settings: ServingSettings) -> None:
        assert settings.jobs is not None
        self.folder = settings.jobs
        self._settings = settings
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._admitting():
                pass
        except OSError as error:
            if self.folder.is_file():
                raise AisleError(
                    f"{self.folder}: is a file, and jobs are kept in a folder; name one, which is "
                    "made where there is none"
                ) from None
            raise AisleError(
                f"{self.folder}: jobs cannot be kept there ({error.strerror or error}); "
                "name a folder that this process may write to"
            ) from error

    def path(self, id: str) -> Path:
        """Return the folder of a job."""
        return self.folder / id

    def jobs(self) -> list[Job]:
        """Return all jobs, the oldest first."""
        found = []
        for path in self.folder.iterdir():
            if _ID.fullmatch(path.name) and (job := self.find(path.name)) is not None:
                found.append(job)
        return sorted(found, key=lambda job: (job.created, job.id))

    def find(self, id: str) -> Job | None:
        """Return a job; None if there is none, or it was cancelled."""
        if not _ID.fullmatch(id) or self.is_cancelled(id):
            return None
        try:
            return Job.model_validate_json((self.path(id) / _STATE).read_bytes())
        except (OSError, ValidationError):
            return None

    def save(self, job: Job) -> Job:
        """Write what is known of a job, unless it has been removed."""
        if self.path(job.id).is_dir():
            write_text(self.path(job.id) / _STATE, job.model_dump_json(indent=1))
        return job

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """Give a folder to upload into; it vanishes when the block ends, unless it was admitted.

        Raises
        ------
        RequestError
            429, if there are as many jobs as may be.
        """
        with self._admitting():
            self._check_room()
            path = self.folder / f"{_INCOMING}{secrets.token_hex(8)}"
            path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def admit(self, incoming: Path, *, name: str, format: str, owner: str | None) -> Job:
        """Make a job of what was uploaded."""
        job = Job(
            id=incoming.name.removeprefix(_INCOMING),
            name=name,
            format=format,
            owner=owner,
            created=time.time(),
            chunk_rows=self._settings.job_chunk,
        )
        write_text(incoming / _STATE, job.model_dump_json(indent=1))
        incoming.rename(self.path(job.id))
        return job

    def cancel(self, id: str) -> None:
        """Have a job removed: now, or by the process that works on it."""
        (self.path(id) / _CANCELLED).touch()
        with self.locked(id) as is_mine:
            if is_mine:
                self.remove(id)

    def is_cancelled(self, id: str) -> bool:
        """Say whether a job is to be given up."""
        return (self.path(id) / _CANCELLED).exists()

    def remove(self, id: str) -> None:
        """Delete a job, whose lock is held; a process that dies on the way leaves a marked one."""
        with suppress(OSError):
            (self.path(id) / _CANCELLED).touch()
        shutil.rmtree(self.path(id), ignore_errors=True)

    @contextmanager
    def locked(self, id: str) -> Iterator[bool]:
        """Hold a job while the block runs; False if another process, or nobody, can have it."""
        try:
            handle = os.open(self.path(id) / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            yield False
            return
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            # Whoever held it before may have removed the folder meanwhile.
            yield (self.path(id) / _LOCK).exists()
        finally:
            os.close(handle)

    def sweep(self) -> None:
        """Remove what was cancelled, has expired, or was left behind by a process that died."""
        now, kept = time.time(), self._settings.job_hours * 3_600
        for path in list(self.folder.iterdir()):
            if path.name.startswith(_INCOMING):
                with suppress(OSError):
                    if now - path.stat().st_mtime > self._settings.job_seconds + 60:
                        shutil.rmtree(path, ignore_errors=True)
            elif _ID.fullmatch(path.name):
                job = self.find(path.name)
                old = job is not None and job.finished is not None and now - job.finished > kept
                if old or self.is_cancelled(path.name):
                    with self.locked(path.name) as is_mine:
                        if is_mine:
                            self.remove(path.name)

    def _check_room(self) -> None:
        names = [path.name for path in self.folder.iterdir()]
        held = sum(_ID.fullmatch(n) is not None or n.startswith(_INCOMING) for n in names)
        if held >= self._settings.jobs_most:
            refused = overloaded(
                f"{held} jobs are there, as many as the server holds", _PAUSE_SECONDS
            )
            refused.do = "remove one with DELETE /v1/jobs/ID, or wait until one expires"
            raise refused

    @contextmanager
    def _admitting(self) -> Iterator[None]:
        handle = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def no_such_job(id: str) -> RequestError:
    """Return the refusal of a job that is not there, or is somebody else's."""
    return RequestError(
        404,
        "no-such-job",
        f"there is no job {id[:40]!r}",
        do="see GET /v1/jobs for those there are",
    )
