"""The one habit that all parts of a model share: parameters in, learned state out."""

from __future__ import annotations

import inspect
from typing import Any, Self


class Component:
    """A part that is built from parameters and learns state, as scikit-learn's estimators do.

    Parameters are stored untouched by ``__init__`` under their own names; what is learned ends in
    ``_``. That is all that is needed to clone a part, to show it, and to save it in a bundle, where
    learned state may be numbers, texts, arrays, CSR matrices, LightGBM boosters, scikit-learn
    estimators, other components, and lists, tuples and dictionaries of these.
    """

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """Return the names of the constructor's parameters, in order.

        Raises
        ------
        TypeError
            If the constructor takes ``*args`` or ``**kwargs``, whose names cannot be known.
        """
        if cls.__init__ is object.__init__:
            return ()
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        for parameter in parameters:
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise TypeError(
                    f"{cls.__name__}.__init__ takes {parameter}: a component names every "
                    "parameter, so that it can be cloned and saved"
                )
        return tuple(parameter.name for parameter in parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name (`deep` is scikit-learn's and changes nothing here)."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises
        ------
        ValueError
            If there is no such parameter; none is set then.
        """
        known = self.parameter_names()
        for name in params:
            if name not in known:
                raise ValueError(
                    f"{type(self).__name__} has no parameter {name!r}; "
                    f"it has {', '.join(known) or 'none'}"
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({given})"
