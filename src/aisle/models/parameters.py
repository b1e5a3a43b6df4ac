"""Parameters of a recipe that only the libraries behind it can judge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral

from aisle.errors import RecipeError


def check_seed(seed: object) -> None:
    """Refuse a seed that some part could not use; raises RecipeError."""
    whole = isinstance(seed, Integral) and not isinstance(seed, bool)
    if not whole or not 0 <= int(seed) < 2**31:  # type: ignore[call-overload]
        raise RecipeError(f"the seed is a whole number from 0 to {2**31 - 1}, not {seed!r}")


@contextmanager
def wrong_parameters_explained() -> Iterator[None]:
    """Turn the refusal of a parameter by scikit-learn or LightGBM into a RecipeError."""
    from lightgbm.basic import LightGBMError
    from sklearn.utils._param_validation import InvalidParameterError

    try:
        yield
    except (InvalidParameterError, LightGBMError) as error:
        raise RecipeError(f"a parameter of the recipe is not valid: {error}") from error
