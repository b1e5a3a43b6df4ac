"""Running solvers: in one thread each, and with warnings where they are read."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TextIO

from aisle.blas import one_blas_thread

logger = logging.getLogger(__name__)


class _Quiet:
    """Warning filters while solvers run.

    They belong to the process and not to a thread, so the first block to begin changes them and the
    last to end puts them back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._restore = ExitStack()
        self._own = threading.local()

    def enter(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._restore.enter_context(warnings.catch_warnings())
                self._listen()
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._restore.close()

    @contextmanager
    def collecting(self) -> Iterator[list[warnings.WarningMessage]]:
        """Collect the warnings of this thread alone."""
        outer = getattr(self._own, "caught", None)
        caught: list[warnings.WarningMessage] = []
        self._own.caught = caught
        try:
            yield caught
        finally:
            self._own.caught = outer

    def _listen(self) -> None:
        shown = warnings.showwarning
        warnings.simplefilter("always")
        # A catalogue with many small classes is no mistake.
        warnings.filterwarnings("ignore", message="The number of unique classes")

        def collect(  # noqa: PLR0917 - the signature of warnings.showwarning
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            caught: list[Any] | None = getattr(self._own, "caught", None)
            if caught is None:
                shown(message, category, filename, lineno, file, line)
            else:
                caught.append(warnings.WarningMessage(message, category, filename, lineno))

        warnings.showwarning = collect


_QUIET = _Quiet()


@contextmanager
def quietly() -> Iterator[None]:
    """Let solvers in any thread of the block keep to one BLAS thread each, and to themselves."""
    _QUIET.enter()
    try:
        with one_blas_thread():
            yield
    finally:
        _QUIET.leave()


@contextmanager
def solving(what: str) -> Iterator[None]:
    """Run a solver in the block, in one thread, and log what it warns of.

    Parameters
    ----------
    what
        What is being fitted, for the log.
    """
    from sklearn.exceptions import ConvergenceWarning

    with quietly(), _QUIET.collecting() as caught:
        yield
    for warning in caught:
        if issubclass(warning.category, ConvergenceWarning):
            logger.info("%s: stopped before it converged; the answer is approximate", what)
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
