"""A server's jobs, as a client asks for them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from aisle.errors import AisleError
from aisle.files import atomic_path
from aisle.serving.connection import Connection, ServerError, content_of

_ANY = "application/octet-stream"
_FORMATS = ("parquet", "csv", "jsonl")
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class RemoteJob:
    """How far a server is with a catalogue.

    Parameters
    ----------
    id
        What it is asked for by.
    name
        Of the file that was sent.
    state
        ``queued``, ``running``, ``done`` or ``failed``.
    rows, done
        Products in all, None while they are not counted yet, and products that are answered.
    errors
        Answered products of which something could not be read.
    seconds
        How long answering took.
    versions
        Products by the version of the model that answered them.
    problems
        What was amiss in the file.
    message
        Why it failed, what it waits for, or what is to be known of its answers.
    """

    id: str
    name: str
    state: Literal["queued", "running", "done", "failed"]
    rows: int | None
    done: int
    errors: int
    seconds: float
    versions: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    message: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("done", "failed")

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> RemoteJob:
        """Build a job from its JSON shape."""
        kept = {name: told[name] for name in cls.__dataclass_fields__ if name in told}
        return cls(**kept | {"problems": tuple(told.get("problems", ()))})


class Jobs:
    """Catalogues that a server answers in the background.

    Parameters
    ----------
    client
        Asks the server.

    Examples
    --------
    >>> jobs = client.jobs  # doctest: +SKIP
    >>> job = jobs.wait(jobs.submit("shop.csv").id)  # doctest: +SKIP
    >>> jobs.result(job.id, "answers.parquet")  # doctest: +SKIP
    PosixPath('answers.parquet')
    """

    def __init__(self, client: Connection) -> None:
        self._client = client

    def submit(self, catalog: str | Path | bytes, *, name: str | None = None) -> RemoteJob:
        """Send a catalogue, and return the job that answers for its products.

        Parameters
        ----------
        catalog
            A file of CSV, TSV, JSON lines or Parquet, packed by gzip or not; or its content.
        name
            What it is called, which tells its format; the file's name by default.

        Raises
        ------
        ServerError
            If the server takes no jobs, or refuses this one. A connection that breaks on the way
            is not tried again: see `all` for what has arrived.
        AisleError
            If there is no such file, or content has no name.
        """
        body = catalog if isinstance(catalog, bytes) else Path(catalog)
        called = name or (body.name if isinstance(body, Path) else None)
        if called is None:
            raise AisleError("bytes have no format: name one, such as name='catalog.csv'")
        if isinstance(body, Path) and not body.is_file():
            raise AisleError(f"{body}: there is no such file; check the path")
        # A connection of its own: one that the server has closed cannot swallow the catalogue.
        self._client.close()
        path = f"/v1/jobs?name={quote(called, safe='')}"
        return RemoteJob.of(self._told("POST", path, body, once=True))

    def status(self, id: str) -> RemoteJob:
        """Return how far a job is; raises ServerError if the server knows none of that id."""
        return RemoteJob.of(self._told("GET", _path(id)))

    def all(self) -> list[RemoteJob]:
        """Return the caller's own jobs, the oldest first; raises ServerError."""
        return [RemoteJob.of(one) for one in self._told("GET", "/v1/jobs")["jobs"]]

    def wait(
        self,
        id: str,
        *,
        seconds: float | None = None,
        every: float = 1.0,
        progress: Callable[[RemoteJob], None] = lambda _: None,
    ) -> RemoteJob:
        """Wait until a job is done; a server that restarts meanwhile is waited for too.

        Parameters
        ----------
        id
            Of the job.
        seconds
            How long to wait; None for as long as it takes.
        every
            How many seconds to leave between two looks.
        progress
            Called with the job at each look.

        Raises
        ------
        ServerError
            If the job failed, the time has passed, or the server does not answer for a minute.
        """
        start = heard = time.monotonic()
        while True:
            try:
                job = self.status(id)
            except ServerError as error:
                if error.status not in (0, 503) or time.monotonic() - heard > _PATIENCE_SECONDS:
                    raise
            else:
                heard = time.monotonic()
                progress(job)
                if job.state == "failed":
                    raise ServerError(f"{job.name}: {job.message}", status=409, kind="job-failed")
                if job.is_over:
                    return job
            if seconds is not None and time.monotonic() - start + every > seconds:
                raise ServerError(
                    f"job {id} is not done after {seconds:g} s; it goes on: wait longer, or "
                    "give it up with cancel",
                    kind="not-done",
                )
            self._client.pause(every)

    def result(self, id: str, path: str | Path, *, partial: bool = False) -> Path:
        """Save a job's answers in a file, and return its path.

        Parameters
        ----------
        id
            Of the job.
        path
            Ends in ``.parquet``, ``.csv`` or ``.jsonl``; it is the old file or the whole new one.
        partial
            Take what is answered so far of a job that runs, or has failed.

        Raises
        ------
        ServerError
            If it is not done, or failed, and `partial` is not set.
        AisleError
            If the suffix is another, or the file cannot be written.
        """
        target = Path(path)
        format = target.suffix.lower().removeprefix(".")
        if format not in _FORMATS:
            raise AisleError(
                f"{target}: answers are written as {', '.join(_FORMATS)}; end the name in one of "
                "these"
            )
        asked = f"{_path(id)}/result?format={format}" + ("&partial=true" if partial else "")
        # A first attempt that breaks must leave nothing in the file.
        with tempfile.TemporaryFile() as kept:
            status, body = self._client.ask("GET", asked, None, _ANY, save=kept, once=True)
            if status != 200:
                content_of(status, body, self._client.url)
            kept.seek(0)
            with atomic_path(target) as draft, draft.open("wb") as file:
                while piece := kept.read(2**20):
                    file.write(piece)
        return target

    def cancel(self, id: str) -> None:
        """Give a job up, and remove all that the server knows of it; raises ServerError."""
        self._told("DELETE", _path(id))

    def _told(
        self, method: str, path: str, body: bytes | Path | None = None, *, once: bool = False
    ) -> dict[str, Any]:
        status, answered = self._client.ask(method, path, body, _ANY, once=once)
        return content_of(status, answered, self._client.url)


def _path(id: str) -> str:
    return f"/v1/jobs/{quote(id, safe='')}"
