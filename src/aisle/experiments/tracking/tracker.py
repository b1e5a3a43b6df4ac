"""What every tracker can do, and how its troubles are told."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import pyarrow as pa

from aisle.errors import AisleError
from aisle.models import ProductModel

Parameter = bool | int | float | str
"""What a parameter of a run may be."""

_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    # Seven, the default, take four minutes to find out that a server is down.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    # A project file that happens to lie here has nothing to do with the model.
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "WANDB_ERROR_REPORTING": "false",
}
"""Environment variables that are set before a library is imported, where the user set none."""

_LONGEST = 300
_ACCOUNT = re.compile(r"(?<=://)[^/@\s]*@")


class TrackingError(AisleError):
    """A training could not be written down; the model itself is not concerned."""


class Tracker(ABC):
    """One run in one tracking system, begun when something is first written to it.

    Used as a context manager, it finishes the run in the end, as failed if there was an error.

    Attributes
    ----------
    kind
        The name of the system: ``mlflow``, ``tensorboard`` or ``wandb``.
    """

    kind: ClassVar[str]

    @property
    @abstractmethod
    def where(self) -> str:
        """Where the run can be looked at, without passwords."""

    @abstractmethod
    def log_parameters(self, parameters: Mapping[str, Parameter]) -> None:
        """Write down what the training was given; raises TrackingError, as all methods do."""

    @abstractmethod
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write down scores; with `step`, as one point of a curve each."""

    @abstractmethod
    def log_artefact(self, path: Path) -> None:
        """Keep a small file, such as the model card."""

    @abstractmethod
    def log_model(self, model: ProductModel, path: Path, example: pa.Table | None = None) -> None:
        """Keep a model.

        Parameters
        ----------
        model
            Fitted.
        path
            The bundle that it was written to.
        example
            A product as the model reads it, to show what input looks like.
        """

    @abstractmethod
    def finish(self, *, failed: bool = False) -> None:
        """End the run; a run that was never begun is left alone."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
            return
        try:
            self.finish(failed=True)
        except TrackingError:
            return  # the error on its way is the one to tell


def library(name: str) -> Any:
    """Import a tracking library, its own reports to its makers switched off.

    Raises
    ------
    TrackingError
        If it cannot be imported; the message names the extra that installs it.
    """
    for variable, value in _SETTINGS.items():
        os.environ.setdefault(variable, value)
    try:
        return import_module(name)
    except ImportError as error:
        system = name.partition(".")[0]
        raise TrackingError(
            f"tracking by {system} needs the library {system}, which cannot be imported "
            f"({error}): pip install 'aisle[track]'"
        ) from error


def folder() -> Path:
    """Return where local stores are kept: ``AISLE_TRACK_DIR``, or the current folder."""
    return Path(os.environ.get("AISLE_TRACK_DIR") or ".")


@contextmanager
def told(kind: str, place: str, troubles: tuple[type[Exception], ...]) -> Iterator[None]:
    """Raise TrackingError instead of the errors that a library is known to raise."""
    try:
        yield
    except troubles as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise TrackingError(
            without_account(f"{kind}: the run could not be written to {place} ({lines[0]}")[
                :_LONGEST
            ]
            + ")"
        ) from error


def without_account(words: str) -> str:
    """Leave users and passwords out of addresses such as ``https://ann:secret@host``."""
    return _ACCOUNT.sub("", words)
