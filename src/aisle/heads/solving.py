"""Running solvers: in one thread, and with warnings where they are read."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

logger = logging.getLogger(__name__)


@contextmanager
def solving(what: str) -> Iterator[None]:
    """Run a solver in the block.

    Its matrix products run in one thread. A solver makes hundreds of them, and threads that wait
    for each other in every one are slower than one alone wherever the machine has other work to
    do, or fewer cores to give than it shows: measured on two busy cores, 3 to 30 times. One
    thread also rounds the same on every number of cores.

    Parameters
    ----------
    what
        What is being fitted, for the log.
    """
    from sklearn.exceptions import ConvergenceWarning

    with (
        threadpool_limits(limits=1, user_api="blas"),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        # A catalogue with many small classes is no mistake.
        warnings.filterwarnings("ignore", message="The number of unique classes")
        yield
    for warning in caught:
        if issubclass(warning.category, ConvergenceWarning):
            logger.info("%s: stopped before it converged; the answer is approximate", what)
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
