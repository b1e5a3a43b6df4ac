"""A new bundle in the place of the old one, without a request that fails.

The new model is read beside the old one in a thread, tried out, and swapped between two products.
Whatever was read for the old one is answered by it. If anything is amiss the old one stays.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aisle.errors import AisleError, BundleError
from aisle.models import ProductClassifier, load_model
from aisle.serving.engine import Engine, version_of
from aisle.serving.experiment import check_challenger
from aisle.serving.service import Service

_LOG = logging.getLogger(__name__)
_SETTLED_SECONDS = 10.0
_FROM_TERMINAL = os.isatty(0)


@dataclass(frozen=True)
class Outcome:
    """What became of the last try.

    Parameters
    ----------
    outcome
        ``swapped``, ``unchanged`` (the file holds the model in service) or ``failed``.
    cause
        What asked for it: ``signal``, ``request`` or ``watch``.
    time
        When it ended, in ISO 8601.
    seconds
        How long it took.
    before, after
        Versions of the model that was and that is in service.
    error
        Why it failed.
    changes
        In words, how the new model differs.
    """

    outcome: str
    cause: str
    time: str
    seconds: float
    before: str | None
    after: str | None
    error: str | None = None
    changes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


class Reloader:
    """Loads the bundle anew when it is told to.

    Parameters
    ----------
    path
        Of the bundle.
    service
        Where the model answers.
    """

    def __init__(self, path: Path, service: Service) -> None:
        self.path = path
        self.last: Outcome | None = None
        self._service = service
        self._lock = asyncio.Lock()
        self._seen = _stamp(path)
        self._watching: asyncio.Task[None] | None = None
        self._told: set[asyncio.Task[Outcome]] = set()

    def start(self) -> None:
        """Begin to take signals, and to watch the file where the settings say so."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="aisle-reload")
        if version_of(self.path) != self._service.engine.version:
            self._tell("signal")  # one that came while the model was read
        if self._service.settings.watch:
            self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Watch no more; a model that is being loaded is not waited for."""
        for task in [*self._told, *([self._watching] if self._watching else [])]:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._thread.shutdown(wait=False, cancel_futures=True)

    def hung_up(self) -> None:
        """Have the model loaded anew soon; called in the event loop at SIGHUP."""
        if terminal_is_gone():
            signal.raise_signal(signal.SIGTERM)
        else:
            self._tell("signal")

    def _tell(self, cause: str) -> None:
        task = asyncio.get_running_loop().create_task(self.reload(cause))
        self._told.add(task)
        task.add_done_callback(self._told.discard)

    async def reload(self, cause: str, *, whatever: bool = False) -> Outcome:
        """Load the bundle anew and swap it in.

        Parameters
        ----------
        cause
            See `Outcome`.
        whatever
            Take a model of another target, and one that is much worse by its own account.
        """
        async with self._lock:
            start, old = time.perf_counter(), self._service.engine
            self._seen = _stamp(self.path)
            done = Outcome("unchanged", cause, "", 0.0, old.version, old.version)
            try:
                version = version_of(self.path)
                if version is None or version != old.version:
                    loop = asyncio.get_running_loop()
                    new = await loop.run_in_executor(self._thread, self._prepared, old, whatever)
                    self._service.swap(new)
                    # Requests in hand hold the old one until they have been answered.
                    loop.call_later(_SETTLED_SECONDS, self._service.settle)
                    told = _changes(old, new)
                    done = replace(done, outcome="swapped", after=new.version, changes=told)
            except AisleError as error:
                # Callers need not know where on this machine the file is.
                words = str(error).replace(str(self.path), self.path.name)
                done = replace(done, outcome="failed", error=words)
            except Exception as error:  # noqa: BLE001 - whatever a file does, the old model stays
                _LOG.exception("a model could not be reloaded")
                words = f"{self.path.name}: {type(error).__name__}"
                done = replace(done, outcome="failed", error=words)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self.last = replace(done, time=now, seconds=round(time.perf_counter() - start, 3))
            self._service.metrics.reloaded(done.outcome)
            level = logging.ERROR if done.outcome == "failed" else logging.INFO
            _LOG.log(level, "reload: %s", done.outcome, extra={"facts": self.last.to_dict()})
            return self.last

    def _prepared(self, old: Engine, whatever: bool) -> Engine:
        """Return the model of the file, tried out; raises AisleError if it must not answer."""
        version = version_of(self.path)
        model = load_model(self.path)
        if version_of(self.path) != version:
            raise BundleError(f"{self.path}: was written to while it was read; try again")
        if model.kind != old.model.kind:
            raise AisleError(
                f"{self.path}: holds a {model.kind}, and a {old.model.kind} is in service; "
                "start a new server for it"
            )
        if not whatever:
            self._compare(old, model)
        if self._service.experiment is not None:
            check_challenger(model, self._service.experiment.challenger.model, self.path)
        new = self._service.prepared(model, name=old.name, version=version)
        try:
            answer = new.answerer.open()
            said = answer.get("confidence", answer.get("value"))
            if said is None or not math.isfinite(said):
                raise AisleError(f"{self.path}: has no answer for a made-up product")
        except BaseException:
            new.answerer.close()
            raise
        return new

    def _compare(self, old: Engine, model: Any) -> None:
        told = 'or tell the server so: POST /v1/model/reload with {"whatever": true}'
        before, after = old.model.schema_.target, model.schema_.target
        if before != after:
            raise AisleError(
                f"{self.path}: tells {after!r}, and the model in service {before!r}; "
                f"train it with that target, {told}"
            )
        known, found = old.out_of_fold_accuracy, model.metrics_.get("out_of_fold_accuracy")
        most = self._service.settings.reload_drop
        if known is None or found is None:
            return
        if not 0 <= found <= 1:
            raise AisleError(f"{self.path}: claims an out-of-fold accuracy of {found!r}")
        if found < known - most:
            raise AisleError(
                f"{self.path}: was right on {found:.1%} of its training products (out of fold), "
                f"and the model in service on {known:.1%}; a drop of more than {most:.0%} is "
                f"refused. Look at its training data, {told}"
            )

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._service.settings.watch_seconds)
            if self._service.is_ready and _stamp(self.path) not in (None, self._seen):
                await self.reload("watch")


def terminal_is_gone() -> bool:
    """Say whether the terminal that this process was started from has been closed.

    Then SIGHUP means what it always did: that the process is to end.
    """
    return _FROM_TERMINAL and not os.isatty(0)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file does; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _changes(old: Engine, new: Engine) -> tuple[str, ...]:
    told = []
    if isinstance(old.model, ProductClassifier) and isinstance(new.model, ProductClassifier):
        before, after = set(old.model.classes_), set(new.model.classes_)
        for word, names in (("new", after - before), ("lost", before - after)):
            if names:
                shown = ", ".join(sorted(names)[:10]) + (", ..." if len(names) > 10 else "")
                told.append(f"{len(names)} {word} categories: {shown}")
    before_read = {column.name for column in old.model.schema_}
    after_read = {column.name for column in new.model.schema_}
    for word, names in (("reads", after_read - before_read), ("ignores", before_read - after_read)):
        if names:
            told.append(f"{word} {', '.join(sorted(names))}, other than before")
    known, found = old.out_of_fold_accuracy, new.out_of_fold_accuracy
    if known is not None and found is not None:
        told.append(f"out-of-fold accuracy {known:.4f} before, {found:.4f} now")
    return tuple(told)
