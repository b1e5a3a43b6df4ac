"""A JSON tree and parts back to objects; types are looked up by name, never imported by it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from aisle.errors import AisleError, BundleError
from aisle.models.persistence.arrays import Array, build_csr, unpack_arrays, unpack_strings
from aisle.models.persistence.boosters import load_booster
from aisle.models.persistence.dumping import STATE_NAME
from aisle.models.persistence.estimators import load_estimator
from aisle.models.persistence.tree import MAX_DEPTH, MAX_INTEGER_BITS, Dumped

_FLOATS = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}
_CONSTRUCTOR_ERRORS = (
    AisleError,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
)


def restore(dumped: Dumped, *, types: Mapping[str, type]) -> Any:
    """Put an object together again.

    Parameters
    ----------
    dumped
        A tree and its parts, perhaps from a stranger.
    types
        The components, frozen dataclasses and StrEnums that may occur, by registered name.

    Returns
    -------
    The object. Arrays are writable and have their dtype, shape and memory order again.

    Raises
    ------
    BundleError
        If the tree is malformed, a part is missing or unsound, or a type is not in `types`.
    """
    return _Restorer(dumped.parts, types).value(dumped.tree, "model", 0)


class _Restorer:
    def __init__(self, parts: Mapping[str, bytes], types: Mapping[str, type]) -> None:
        self._parts = parts
        self._types = types
        self._arrays: dict[str, dict[str, Array]] = {}

    def value(self, node: Any, path: str, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise BundleError(f"{path[:200]}: nested deeper than {MAX_DEPTH} levels")
        if isinstance(node, list):
            return self._items(node, path, depth + 1)
        if isinstance(node, dict):
            for tag, (keys, handler) in _HANDLERS.items():
                if tag in node and keys == set(node) - ({"order"} if tag == "array" else set()):
                    return handler(self, node, path, depth + 1)
            raise BundleError(f"{path}: {sorted(node)!r:.120} is no kind of value that Aisle knows")
        if type(node) is int and node.bit_length() > MAX_INTEGER_BITS:
            raise BundleError(f"{path}: a whole number of more than {MAX_INTEGER_BITS} bits")
        if node is None or type(node) in (bool, int, float, str):
            return node
        raise BundleError(f"{path}: {type(node)} is not JSON")

    def _items(self, node: object, path: str, depth: int) -> list[Any]:
        if not isinstance(node, list):
            raise BundleError(f"{path}: expected a list")
        return [self.value(item, f"{path}.{index}", depth) for index, item in enumerate(node)]

    def _entries(self, node: object, path: str, depth: int) -> dict[str, Any]:
        if not isinstance(node, dict) or not all(isinstance(key, str) for key in node):
            raise BundleError(f"{path}: expected an object")
        return {key: self.value(item, f"{path}.{key}", depth) for key, item in node.items()}

    def _float(self, node: dict[str, Any], path: str, depth: int) -> float:
        found = _FLOATS.get(_text(node["float"], path))
        if found is None:
            raise BundleError(f"{path}: {node['float']!r:.80} is not a number")
        return found

    def _tuple(self, node: dict[str, Any], path: str, depth: int) -> tuple[Any, ...]:
        return tuple(self._items(node["tuple"], path, depth))

    def _dict(self, node: dict[str, Any], path: str, depth: int) -> dict[str, Any]:
        return self._entries(node["dict"], path, depth)

    def _bytes(self, node: dict[str, Any], path: str, depth: int) -> bytes:
        return self._part(node["bytes"], path)

    def _array(self, node: dict[str, Any], path: str, depth: int) -> Array:
        part, name = _text(node["part"], path), _text(node["array"], path)
        if part not in self._arrays:
            self._arrays[part] = unpack_arrays(self._part(part, path), part)
        array = self._arrays[part].pop(name, None)
        if array is None:
            raise BundleError(f"{path}: part {part!r} has no array {name!r}, or it is used twice")
        order = node.get("order", "C")
        if order not in ("C", "F"):
            raise BundleError(f"{path}: {order!r:.80} is not a memory order")
        return array.T if order == "F" else array

    def _scalar(self, node: dict[str, Any], path: str, depth: int) -> Any:
        array = self.value(node["scalar"], path, depth)
        if not isinstance(array, np.ndarray) or array.ndim != 0 or array.dtype == object:
            raise BundleError(f"{path}: expected a single number or string")
        return array[()]

    def _strings(self, node: dict[str, Any], path: str, depth: int) -> Array:
        return unpack_strings(self._part(node["strings"], path), node["strings"])

    def _csr(self, node: dict[str, Any], path: str, depth: int) -> Any:
        arrays = [self.value(node[key], path, depth) for key in ("data", "indices", "indptr")]
        return build_csr(arrays, kind=node["csr"], shape=node["shape"], where=path)

    def _booster(self, node: dict[str, Any], path: str, depth: int) -> Any:
        return load_booster(self._part(node["booster"], path), node["booster"])

    def _estimator(self, node: dict[str, Any], path: str, depth: int) -> Any:
        return load_estimator(self._part(node["estimator"], path), node["estimator"])

    def _enum(self, node: dict[str, Any], path: str, depth: int) -> StrEnum:
        kind = self._type(node["enum"], path)
        if not issubclass(kind, StrEnum):
            raise BundleError(f"{path}: {node['enum']!r} is not a list of choices")
        try:
            return kind(_text(node["value"], path))
        except ValueError as error:
            raise BundleError(f"{path}: {error}") from error

    def _record(self, node: dict[str, Any], path: str, depth: int) -> Any:
        kind = self._type(node["record"], path)
        if not dataclasses.is_dataclass(kind):
            raise BundleError(f"{path}: {node['record']!r} is not a record")
        return _construct(kind, self._entries(node["fields"], path, depth), path)

    def _component(self, node: dict[str, Any], path: str, depth: int) -> Any:
        kind = self._type(node["component"], path, "encoder")
        if not callable(getattr(kind, "get_params", None)):
            raise BundleError(f"{path}: {node['component']!r} is not a component")
        state = self._entries(node["state"], path, depth)
        for name in state:
            if not STATE_NAME.fullmatch(name):
                raise BundleError(
                    f"{path}: {name!r:.80} is not the name of a learned attribute (lower-case "
                    "letters, digits and '_', ending in '_')"
                )
        component = _construct(kind, self._entries(node["params"], path, depth), path)
        for name, item in state.items():
            try:
                setattr(component, name, item)
            except _CONSTRUCTOR_ERRORS as error:
                raise BundleError(f"{path}.{name} does not fit: {error}") from error
        return component

    def _type(self, name: object, path: str, what: str = "type") -> type:
        found = self._types.get(_text(name, path))
        if found is None:
            raise BundleError(
                f"{path}: needs the {what} {name!r:.80}, which is not installed here; "
                "pip install the plug-in that brings it"
            )
        return found

    def _part(self, name: object, path: str) -> bytes:
        content = self._parts.get(_text(name, path))
        if content is None:
            raise BundleError(f"{path}: the part {name!r:.80} is missing")
        return content


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise BundleError(f"{path}: expected a string, found {value!r:.80}")
    return value


def _construct(kind: type, arguments: dict[str, Any], path: str) -> Any:
    try:
        inspect.signature(kind).bind(**arguments)
        return kind(**arguments)
    except _CONSTRUCTOR_ERRORS as error:
        raise BundleError(
            f"{path}: {kind.__name__} does not accept what the bundle says: {error}"
        ) from error


_Handler = Callable[[_Restorer, dict[str, Any], str, int], Any]
_HANDLERS: dict[str, tuple[frozenset[str], _Handler]] = {
    "float": (frozenset({"float"}), _Restorer._float),
    "tuple": (frozenset({"tuple"}), _Restorer._tuple),
    "dict": (frozenset({"dict"}), _Restorer._dict),
    "bytes": (frozenset({"bytes"}), _Restorer._bytes),
    "array": (frozenset({"array", "part"}), _Restorer._array),
    "scalar": (frozenset({"scalar"}), _Restorer._scalar),
    "strings": (frozenset({"strings"}), _Restorer._strings),
    "csr": (frozenset({"csr", "shape", "data", "indices", "indptr"}), _Restorer._csr),
    "booster": (frozenset({"booster"}), _Restorer._booster),
    "estimator": (frozenset({"estimator"}), _Restorer._estimator),
    "enum": (frozenset({"enum", "value"}), _Restorer._enum),
    "record": (frozenset({"record", "fields"}), _Restorer._record),
    "component": (frozenset({"component", "params", "state"}), _Restorer._component),
}
