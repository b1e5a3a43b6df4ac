"""The processes of a server: one, or several that share a port and replace each other."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess

from aisle.errors import AisleError
from aisle.models import ProductClassifier, ProductRegressor, load_model
from aisle.serving.app import make_app
from aisle.serving.engine import version_of
from aisle.serving.keys import read_keys
from aisle.serving.listening import BACKLOG, address_of, bound_port
from aisle.serving.logs import log_in_json
from aisle.serving.metrics import SHARED
from aisle.serving.reloading import terminal_is_gone
from aisle.serving.settings import MEBIBYTE, ServingSettings

_VARIABLE = "AISLE_SERVING"
_LOOK_SECONDS = 1.0
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def serve(
    path: str | Path,
    settings: ServingSettings | None = None,
    *,
    model: ProductClassifier | ProductRegressor | None = None,
    listening: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve a bundle until the process is asked to stop; what was accepted is finished then.

    With several workers each process reads the model for itself; one that dies is replaced.

    Parameters
    ----------
    path
        The bundle.
    settings
        How to serve it; without, the defaults.
    model
        What `path` holds, where it has been read already.
    listening
        Told the server's address when it listens.

    Raises
    ------
    BundleError
        If the bundle cannot be read.
    AisleError
        If the port is taken, or the keys cannot be read.
    """
    settings = settings or ServingSettings()
    read_keys(settings.keys_file)
    if settings.workers == 1:
        keep_freed_memory()
        app = make_app(model or load_model(path), settings, path=Path(path))
        app.state.service.settle = settle_memory
        with bound_port(settings) as bound:
            listening(address_of(bound))
            log_in_json()
            uvicorn.Server(_config(app, settings)).run(sockets=[bound])
        return
    with (
        bound_port(settings, shared=True) as bound,
        tempfile.TemporaryDirectory(prefix="aisle-") as folder,
    ):
        told = {
            "path": str(Path(path).resolve()),
            "settings": settings.model_dump(mode="json"),
            "supervisor": os.getpid(),
        }
        os.environ[_VARIABLE] = json.dumps(told)
        os.environ[SHARED] = folder
        listening(address_of(bound))
        log_in_json()
        config = _config(f"{__name__}:app_of_environment", settings)
        _Supervisor(config, sockets=[bound]).run()


def app_of_environment() -> FastAPI:
    """Return the application of one worker; ends the process if it cannot be made."""
    log_in_json()
    with suppress(AttributeError):
        # Until the model is read; then it asks for the model to be read anew.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    told = json.loads(os.environ[_VARIABLE])
    keep_freed_memory()
    _end_with(told["supervisor"])
    try:
        settings = ServingSettings.model_validate(told["settings"])
        path = Path(told["path"])
        version = version_of(path)
        app = make_app(load_model(path), settings, path=path, version=version)
        app.state.service.settle = settle_memory
        return app
    except AisleError as error:
        sys.stderr.write(f"aisle: {error}\n")
        # The supervisor does not replace a worker that says so.
        sys.exit(STARTUP_FAILURE)


def keep_freed_memory() -> None:
    """Have the C library keep what a batch frees for the next one, where it is glibc.

    Else arrays of a few hundred kilobytes are given back to the system and fetched again for every
    batch, page by page, which takes a tenth of its time.
    """
    with suppress(AttributeError, OSError, TypeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(_M_MMAP_THRESHOLD, 32 * MEBIBYTE)
        set_option(_M_TRIM_THRESHOLD, 256 * MEBIBYTE)


def _end_with(supervisor: int) -> None:
    """Stop this worker, gracefully, soon after its supervisor is gone, however that ended."""

    def watch() -> None:
        while os.getppid() == supervisor:
            time.sleep(_LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="aisle-supervisor", daemon=True).start()


def settle_memory() -> None:
    """Collect garbage, and look for it only in what is made from now on.

    A model and the libraries are hundreds of thousands of objects; going through them again and
    again would stop the process for a tenth of a second each time.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class _Supervisor(Multiprocess):
    """Uvicorn's supervisor; a worker that died leaves no numbers of a live one behind.

    At SIGHUP every worker loads the model anew, where Uvicorn would start others in their places.
    """

    def handle_hup(self) -> None:
        """Pass the signal on to all workers."""
        if terminal_is_gone():
            self.should_exit.set()
            return
        for process in self.processes:
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, signal.SIGHUP)

    def keep_subprocess_alive(self) -> None:
        from prometheus_client.multiprocess import mark_process_dead

        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            if pid is not None:
                mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _config(app: FastAPI | str, settings: ServingSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        backlog=BACKLOG,
        timeout_graceful_shutdown=max(1, round(settings.stop_seconds)),
    )
