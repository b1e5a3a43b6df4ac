"""Objects to a JSON tree and parts."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from aisle.models.persistence.arrays import NUMBER_DTYPES, Array, pack_arrays, pack_strings
from aisle.models.persistence.boosters import dump_booster
from aisle.models.persistence.estimators import ESTIMATORS, dump_estimator, type_path
from aisle.models.persistence.tree import MAX_DEPTH, MAX_INTEGER_BITS, Dumped, Json

STATE_NAME = re.compile(r"[a-z][a-z0-9_]*_")
_CSR_TYPES = {
    "scipy.sparse._csr.csr_matrix": "matrix",
    "scipy.sparse._csr.csr_array": "array",
}
_BOOSTER = "lightgbm.basic.Booster"
_ALLOWED = (
    "a model may hold None, bool, int, float, str, bytes, StrEnum, list, tuple, dict with str "
    "keys, numpy arrays of numbers, bools or str, SciPy CSR matrices, lightgbm.Booster, "
    "scikit-learn estimators of Aisle's list, registered frozen dataclasses and registered "
    "components (objects with get_params)"
)


def dump(obj: Any, *, types: Mapping[str, type]) -> Dumped:
    """Take an object apart into a JSON tree and parts.

    Parameters
    ----------
    obj
        What to keep.
    types
        The registered name of every component, frozen dataclass and StrEnum that may occur.

    Returns
    -------
    The tree and the parts. The same object gives the same tree and bytes.

    Raises
    ------
    TypeError
        If something in it cannot be kept; the message names the attribute and what is allowed.
    """
    dumper = _Dumper(types)
    tree = dumper.node(obj, "model", 0)
    return Dumped(tree, dumper.finish())


class _Dumper:
    def __init__(self, types: Mapping[str, type]) -> None:
        self._names = {kind: name for name, kind in types.items()}
        if len(self._names) != len(types):
            raise ValueError("types: a class is registered under two names")
        self._parts: dict[str, bytes] = {}
        self._tensors: dict[str, dict[str, Array]] = {}
        self._taken: set[str] = set()
        self._group = self._new_name("model", ".safetensors")

    def finish(self) -> dict[str, bytes]:
        for part, tensors in self._tensors.items():
            self._parts[part] = pack_arrays(tensors)
        return dict(sorted(self._parts.items()))

    def node(self, value: Any, path: str, depth: int) -> Json:
        if depth > MAX_DEPTH:
            raise TypeError(
                f"{path[:200]}: nested deeper than {MAX_DEPTH} levels, or it refers to itself"
            )
        kind = type(value)
        handler = _HANDLERS.get(kind)
        if handler is not None:
            return handler(self, value, path, depth + 1)
        if isinstance(value, np.generic):
            return {"scalar": self._array(np.asarray(value), path, depth)}
        name = self._names.get(kind)
        if name is not None:
            return self._registered(name, value, path, depth + 1)
        return self._foreign(value, type_path(kind), path, depth)

    def _integer(self, value: int, path: str, depth: int) -> Json:
        if value.bit_length() > MAX_INTEGER_BITS:
            raise TypeError(f"{path}: a whole number of more than {MAX_INTEGER_BITS} bits")
        return value

    def _float(self, value: float, path: str, depth: int) -> Json:
        return value if math.isfinite(value) else {"float": repr(value)}

    def _text(self, value: str, path: str, depth: int) -> Json:
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise TypeError(f"{path}: a str that is not valid Unicode: {error}") from error
        return value

    def _bytes(self, value: bytes, path: str, depth: int) -> Json:
        suffix = ".onnx" if path.endswith(".onnx_") else ".bin"
        return {"bytes": self._add(path, suffix, value)}

    def _list(self, value: list[Any], path: str, depth: int) -> list[Json]:
        return [self.node(item, f"{path}.{index}", depth) for index, item in enumerate(value)]

    def _tuple(self, value: tuple[Any, ...], path: str, depth: int) -> Json:
        return {"tuple": self._list(list(value), path, depth)}

    def _dict(self, value: dict[Any, Any], path: str, depth: int) -> Json:
        return {"dict": self._entries(value, path, depth)}

    def _entries(self, value: Mapping[Any, Any], path: str, depth: int) -> dict[str, Json]:
        for key in value:
            if type(key) is not str:
                raise TypeError(f"{path}: a dict key of {type(key)}, {key!r:.80}; keys are str")
            self._text(key, path, depth)
        return {key: self.node(item, f"{path}.{key}", depth) for key, item in value.items()}

    def _array(self, value: Array, path: str, depth: int) -> Json:
        if value.dtype.isnative and value.dtype.kind in "OU":
            try:
                return {"strings": self._add(path, ".strings.json", pack_strings(value))}
            except TypeError as error:
                raise TypeError(f"{path}: {error}") from error
        if value.dtype not in NUMBER_DTYPES or not value.dtype.isnative:
            raise TypeError(f"{path}: an array of dtype {value.dtype.str!r}; {_ALLOWED}")
        tensors = self._tensors.setdefault(self._group, {})
        name = f"{len(tensors)}:{path}"
        node: dict[str, Json] = {"array": name, "part": self._group}
        # Matrix products depend on the memory order in their last bits, so it is kept.
        if value.flags.f_contiguous and not value.flags.c_contiguous:
            node["order"] = "F"
            value = value.T
        tensors[name] = np.asarray(value, order="C")
        return node

    def _registered(self, name: str, value: Any, path: str, depth: int) -> Json:
        if isinstance(value, StrEnum):
            return {"enum": name, "value": value.value}
        if callable(getattr(value, "get_params", None)):
            return self._component(name, value, path, depth)
        settings = getattr(value, "__dataclass_params__", None)
        if settings is not None and settings.frozen:
            fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
            return {"record": name, "fields": self._entries(fields, path, depth)}
        raise TypeError(
            f"{path}: {type_path(type(value))} is registered as {name!r}, but is neither a "
            "component (with get_params), a frozen dataclass nor a StrEnum"
        )

    def _component(self, name: str, value: Any, path: str, depth: int) -> Json:
        params: dict[str, Any] = value.get_params(deep=False)
        if not hasattr(value, "__dict__"):
            raise TypeError(f"{path}: {type_path(type(value))} has __slots__; its state is hidden")
        state: dict[str, Any] = {}
        for attribute, item in sorted(vars(value).items()):
            if attribute in params or attribute.startswith("_"):
                continue
            if not STATE_NAME.fullmatch(attribute):
                raise TypeError(
                    f"{path}.{attribute}: neither a parameter nor learned state of "
                    f"{type_path(type(value))}, so it would be lost; learned attributes are "
                    "lower-case and end in '_', caches begin with '_'"
                )
            state[attribute] = item
        outer = self._group
        self._group = self._new_name(path, ".safetensors")
        node: Json = {
            "component": name,
            "params": self._entries(params, path, depth),
            "state": self._entries(state, path, depth),
        }
        self._group = outer
        return node

    def _foreign(self, value: Any, name: str, path: str, depth: int) -> Json:
        try:
            if name == _BOOSTER:
                return {"booster": self._add(path, ".lgb.txt", dump_booster(value))}
            if name in ESTIMATORS:
                return {"estimator": self._add(path, ".skops", dump_estimator(value))}
        except TypeError as error:
            raise TypeError(f"{path}: {error}") from error
        if name in _CSR_TYPES and value.ndim == 2:
            return {
                "csr": _CSR_TYPES[name],
                "shape": [int(size) for size in value.shape],
                "data": self._array(value.data, f"{path}.data", depth),
                "indices": self._array(value.indices, f"{path}.indices", depth),
                "indptr": self._array(value.indptr, f"{path}.indptr", depth),
            }
        raise TypeError(f"{path}: an object of {name} cannot be kept in a bundle; {_ALLOWED}")

    def _add(self, path: str, suffix: str, content: bytes) -> str:
        name = self._new_name(path, suffix)
        self._parts[name] = content
        return name

    def _new_name(self, path: str, suffix: str) -> str:
        stem = re.sub(r"[^A-Za-z0-9_\-]+", ".", path).strip(".")[:80].strip(".")
        name, count = f"{stem}{suffix}", 1
        while name.lower() in self._taken:
            count += 1
            name = f"{stem}-{count}{suffix}"
        self._taken.add(name.lower())
        return name


def _itself(dumper: _Dumper, value: Any, path: str, depth: int) -> Json:
    plain: Json = value
    return plain


_HANDLERS: dict[type, Callable[[_Dumper, Any, str, int], Json]] = {
    type(None): _itself,
    bool: _itself,
    int: _Dumper._integer,
    float: _Dumper._float,
    str: _Dumper._text,
    bytes: _Dumper._bytes,
    list: _Dumper._list,
    tuple: _Dumper._tuple,
    dict: _Dumper._dict,
    np.ndarray: _Dumper._array,
}
