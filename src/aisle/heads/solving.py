"""Running scikit-learn's solvers: threads where they pay, warnings where they are read."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

logger = logging.getLogger(__name__)

SMALL_PRODUCT = 50_000_000
"""Multiplications in a matrix product up to which one thread is as fast as several."""


@contextmanager
def solving(what: str, multiplications: int | None = None) -> Iterator[None]:
    """Run a solver in the block.

    A solver makes hundreds of small matrix products. Threads that wait for each other in each of
    them are slower than one alone, thirty times so on a machine that has other work to do.

    Parameters
    ----------
    what
        What is being fitted, for the log.
    multiplications
        How many one of its matrix products takes; None for a solver that makes none.
    """
    from sklearn.exceptions import ConvergenceWarning

    small = multiplications is not None and multiplications <= SMALL_PRODUCT
    with (
        threadpool_limits(limits=1, user_api="blas") if small else nullcontext(),
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
