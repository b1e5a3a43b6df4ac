"""Runs in Weights & Biases, online where it is configured, else kept here to be uploaded."""

from __future__ import annotations

import netrc
import os
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from aisle.experiments.tracking.tracker import Parameter, Tracker, folder, library, told
from aisle.models import ProductModel

_CONFIGURED = ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE")
_NO_NAME = re.compile(r"[^\w.\-]")


class WandbTracker(Tracker):
    """A run of its own; one that the user has open is left alone.

    Parameters
    ----------
    experiment
        The project.
    run_name
        How the run is called.
    """

    kind = "wandb"

    def __init__(self, *, experiment: str, run_name: str) -> None:
        self._wandb = library("wandb")
        self._experiment = experiment
        self._run_name = run_name

    @property
    def where(self) -> str:
        """The run's page, or the folder to upload with ``wandb sync``."""
        if "_run" not in self.__dict__:
            return str(folder() / "wandb")
        return str(Path(self._run.dir).parent if self._run.offline else self._run.url)

    def log_parameters(self, parameters: Mapping[str, Parameter]) -> None:
        """Write parameters down as the run's configuration."""
        with self._told():
            self._run.config.update(dict(parameters))

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write scores down in the summary, or as points of curves over ``step``."""
        with self._told():
            if step is None:
                self._run.summary.update(dict(metrics))
                return
            # The library's own steps may only grow, and every curve begins at 1.
            for name in metrics:
                self._run.define_metric(name, step_metric="step")
            self._run.log({**metrics, "step": step})

    def log_artefact(self, path: Path) -> None:
        """Keep a file."""
        self._keep(path, "file")

    def log_model(self, model: ProductModel, path: Path, example: pa.Table | None = None) -> None:
        """Keep the bundle as an artefact of the type ``model``."""
        self._keep(path, "model")

    def finish(self, *, failed: bool = False) -> None:
        """End the run; online, this waits until everything is uploaded."""
        if "_run" in self.__dict__:
            with self._told():
                self._run.finish(exit_code=1 if failed else 0)

    @cached_property
    def _run(self) -> Any:
        folder().mkdir(parents=True, exist_ok=True)
        settings = self._wandb.Settings(
            silent=True, console="off", disable_git=True, disable_code=True
        )
        return self._wandb.init(
            project=self._experiment,
            name=self._run_name,
            dir=str(folder()),
            mode=self._mode(settings),
            reinit="create_new",
            settings=settings,
        )

    def _mode(self, settings: Any) -> str:
        """Return ``offline`` where nobody logged in: the library would ask, and wait."""
        if asked := os.environ.get("WANDB_MODE"):
            return asked
        host = urlsplit(str(settings.base_url)).hostname or ""
        configured = any(os.environ.get(name) for name in _CONFIGURED) or _has_login(host)
        return "online" if configured else "offline"

    def _keep(self, path: Path, kind: str) -> None:
        with self._told():
            name = _NO_NAME.sub("-", f"{self._run_name}-{path.name}")
            artefact = self._wandb.Artifact(name, type=kind)
            artefact.add_file(str(path), name=path.name)
            self._run.log_artifact(artefact)

    def _told(self) -> AbstractContextManager[None]:
        # Wrong names and values are told as ValueError, without a class of their own.
        return told(self.kind, self.where, (self._wandb.Error, OSError, ValueError))


def _has_login(host: str) -> bool:
    """Say whether the user's netrc file, where ``wandb login`` writes, knows `host`."""
    path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    try:
        return netrc.netrc(str(path)).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
