"""Working on jobs behind the requests: a few products at a time, only when no request's waits."""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from aisle.errors import AisleError
from aisle.serving.answers import Answer
from aisle.serving.batching import ClosedError
from aisle.serving.engine import Engine, Item
from aisle.serving.jobs import tables
from aisle.serving.jobs.store import Job, JobStore
from aisle.serving.products import Product
from aisle.serving.refusals import RequestError
from aisle.serving.service import Service

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 1.0
_SWEEP_SECONDS = 60.0
_THREADS = 4
_ATTEMPTS = 3
"""How often a chunk is begun; one that ends the process must not do so for ever."""

_BUG = "the server failed; its log says why"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL_SECONDS = 10.0
_WAITS = (
    "waits, since the disk with the server's folder of jobs is full; it goes on by itself when "
    "there is room: free some space, or remove finished jobs with DELETE /v1/jobs/ID"
)


class _StoppedError(Exception):
    """The server is stopping, or the job was cancelled."""


class JobRunner:
    """Works on the oldest job that no other process works on.

    Parameters
    ----------
    store
        Where jobs are.
    service
        Answers for products.
    """

    def __init__(self, store: JobStore, service: Service) -> None:
        self.store = store
        self._service = service
        self.settings = service.settings
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._swept = 0.0
        self._full: dict[str, float] = {}

    def start(self) -> None:
        """Begin to work; called inside a running event loop."""
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="aisle-jobs")
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Leave the job in hand as it is after its last finished chunk."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wake(self) -> None:
        """Look for jobs now."""
        self._wake.set()

    def told(self, job: Job) -> dict[str, Any]:
        """Return what callers are told of a job; a disk that is full cannot keep that it is."""
        waits = job.id in self._full and job.finished is None
        return job.to_dict() | ({"message": _WAITS} if waits else {})

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Do something with files beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                worked = self._service.is_ready and await self._work_once()
            except Exception:  # noqa: BLE001 - a disk that is full now may have room later
                _LOG.exception("jobs cannot be looked for")
                worked = False
            if not worked and not self._stopping:
                try:
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def _work_once(self) -> bool:
        """Work on one job until it is over; False if there was none."""
        if time.monotonic() - self._swept > _SWEEP_SECONDS:
            self._swept = time.monotonic()
            await self.in_thread(self.store.sweep)
        for job in await self.in_thread(self.store.jobs):
            # One that waits for room on the disk is no reason to leave smaller ones.
            if job.finished is not None or time.monotonic() < self._full.get(job.id, 0.0):
                continue
            with self.store.locked(job.id) as is_mine:
                # Another process may have finished it since it was listed.
                found = self.store.find(job.id) if is_mine else None
                if found is not None and found.finished is None:
                    await self._work(found)
                if is_mine and self.store.is_cancelled(job.id):
                    await self.in_thread(partial(self.store.remove, job.id))
                if found is not None:
                    return True
        return False

    async def _work(self, job: Job) -> None:
        _LOG.info("job %s: %d of %s rows done", job.id, job.done, job.rows)
        try:
            job = await self._prepared(job)
            assert job.rows is not None
            while job.done < job.rows:
                job = await self._save(await self._next_chunk(job))
            job = job.model_copy(
                update={"state": "done", "finished": time.time(), "message": _several(job)}
            )
            await self._save(job)
        except (_StoppedError, ClosedError):
            job = job.model_copy(update={"attempts": 0})
        except FileNotFoundError:
            job = _failed(job, str(tables.gone(job)))
        except (AisleError, OSError) as error:
            if _is_full(error):
                await self._wait_for_room(job)
                return
            _LOG.error("job %s failed: %s", job.id, error)
            job = _failed(job, str(error).replace(f"{self.store.folder}/", ""))
        except Exception:  # noqa: BLE001 - one job must not end the others
            _LOG.exception("job %s failed", job.id)
            job = _failed(job, _BUG)
        else:
            self._full.pop(job.id, None)
            _LOG.info("job %s: done", job.id)
            return
        await self._save(job)
        self._full.pop(job.id, None)

    async def _wait_for_room(self, job: Job) -> None:
        """Leave a job as it is after its last finished chunk, and look at it again later."""
        if job.id not in self._full:
            _LOG.error("job %s %s", job.id, _WAITS)
        self._full[job.id] = time.monotonic() + _FULL_SECONDS
        waits = {"state": "running", "finished": None, "attempts": 0, "message": _WAITS}
        with suppress(AisleError, OSError):
            await self._save(job.model_copy(update=waits))

    async def _save(self, job: Job) -> Job:
        return await self.in_thread(partial(self.store.save, job))

    async def _prepared(self, job: Job) -> Job:
        folder = self.store.path(job.id)
        if job.attempts >= _ATTEMPTS:
            raise AisleError(
                f"{job.name}: the server ended {job.attempts} times while it worked on rows "
                f"{job.done:,} to {job.done + job.chunk_rows:,}; send the catalogue without them"
            )
        begun = {"state": "running", "attempts": job.attempts + 1, "message": None}
        job = job.model_copy(update=begun)
        job = await self._save(job)
        if job.rows is None:
            prepare = partial(
                tables.prepare_rows,
                folder,
                job,
                most=self.settings.job_rows,
                most_bytes=self.settings.job_bytes,
            )
            job = await self.in_thread(prepare)
            names = await self.in_thread(partial(tables.column_names, folder))
            self._service.reader.check([dict.fromkeys(names)], most=1)
            await self._save(job)
        return job

    async def _next_chunk(self, job: Job) -> Job:
        """Answer for a job's next chunk, unless a process that died had done so."""
        folder, engine = self.store.path(job.id), self._service.engine
        known = await self.in_thread(partial(tables.with_chunk, folder, job))
        if known.chunks > job.chunks:
            return known
        start = time.perf_counter()
        rows = await self.in_thread(partial(tables.rows_of_chunk, folder, job.chunks))
        given = engine.reader.has_ids(rows)
        ids: list[str | None] = list(engine.reader.given_ids(rows))
        if not given:
            ids = [str(job.done + at) for at in range(len(rows))]
        answers: list[Answer] = []
        size = min(self.settings.job_batch, self.settings.max_batch, self.settings.queue)
        for at in range(0, len(rows), size):
            self._check_going_on(job)
            answers += await self._answers(engine, rows[at : at + size])
        self._check_going_on(job)
        seconds = time.perf_counter() - start
        write = partial(
            tables.write_chunk, folder, job, ids, answers, engine=engine, seconds=seconds
        )
        return await self.in_thread(write)

    def _check_going_on(self, job: Job) -> None:
        if self._stopping or self.store.is_cancelled(job.id):
            raise _StoppedError

    async def _answers(self, engine: Engine, rows: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        """Answer for a few rows; one that exceeds a limit gets an error of its own."""
        read = partial(_product, engine)
        if engine.reader.may_wait(rows):
            products = list(await asyncio.gather(*(self.in_thread(partial(read, r)) for r in rows)))
        else:
            products = await self.in_thread(lambda: [read(row) for row in rows])
        answers = await self._service.answer_behind([Item(engine, one) for one in products])
        self._service.metrics.worked(len(answers))
        return answers


def _product(engine: Engine, row: dict[str, Any]) -> Product:
    filled = {name: value for name, value in row.items() if value is not None}
    try:
        checked = engine.reader.checked(filled)
    except RequestError as error:
        return Product({}, (f"{error.where}: {error.what}",))
    return engine.reader.read([checked]).products[0]


def _is_full(error: Exception) -> bool:
    """Say whether an error is one of a full disk, or was raised because of one."""
    cause = error if isinstance(error, OSError) else error.__cause__
    return isinstance(cause, OSError) and cause.errno in _FULL


def _several(job: Job) -> str | None:
    """Return what is to be said of a job's answers: that several models gave them."""
    if len(job.versions) < 2:
        return None
    shares = ", ".join(f"{rows:,} by {name or 'unknown'}" for name, rows in job.versions.items())
    return (
        f"the model was replaced meanwhile, so products were answered by {len(job.versions)} "
        f"versions, in the order of the rows: {shares}; send the catalogue again for one alone"
    )


def _failed(job: Job, message: str) -> Job:
    return job.model_copy(
        update={"state": "failed", "finished": time.time(), "message": message[:2_000]}
    )
