"""LightGBM models as text, checked number by number before LightGBM reads them.

LightGBM's reader and predictor trust the text: a child beyond the tree, a wrong `tree_sizes` or
an objective with more classes than the model ends the process or touches foreign memory. So the
text is held to the form that LightGBM 4 writes, every index is checked, and what prediction does
not need (training parameters, importances, pandas categories) is left out.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np

from aisle.errors import BundleError

_END = b"end of trees\n"
_MAX_CLASSES = 100_000
_FLOAT = r"-?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|inf|nan)"
_FLOATS = re.compile(rf"(?:{_FLOAT}(?: {_FLOAT})*)?")
_INTEGERS = re.compile(r"(?:-?\d{1,10}(?: -?\d{1,10})*)?")
_OBJECTIVE = re.compile(r"[a-z_0-9]+(?: (?:sqrt|[a-z_]+:[-+.e\d]+))*")
_OBJECTIVES = frozenset(
    {"regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma"}
    | {"tweedie", "binary", "multiclass", "multiclassova", "cross_entropy", "cross_entropy_lambda"}
)
_SPLIT_INTEGERS = ("split_feature", "decision_type", "left_child", "right_child", "internal_count")
_SPLIT_FLOATS = ("split_gain", "threshold", "internal_value", "internal_weight")
_TREE_KEYS = frozenset(
    {*_SPLIT_INTEGERS, *_SPLIT_FLOATS, "num_leaves", "num_cat", "leaf_value", "leaf_weight"}
    | {"leaf_count", "is_linear", "shrinkage"}
)
_CATEGORY_KEYS = frozenset({"cat_boundaries", "cat_threshold"})
_HEADER_KEYS = frozenset(
    {"version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx"}
    | {"feature_names", "feature_infos", "tree_sizes"}
)
_OPTIONAL_HEADER_KEYS = frozenset({"objective", "average_output", "monotone_constraints"})


def dump_booster(booster: Any) -> bytes:
    """Return a booster's trees as LightGBM's model text, up to its best iteration.

    Raises
    ------
    TypeError
        If the booster holds pandas categories, linear leaves or an objective that is not in
        LightGBM's list, which a bundle cannot carry.
    """
    if booster.pandas_categorical:
        raise TypeError("a Booster trained on pandas categories; train it on arrays of codes")
    text = booster.model_to_string().encode("utf-8")
    data: bytes = text[: text.rindex(_END) + len(_END)]
    try:
        _check(data)
    except ValueError as error:
        raise TypeError(f"a Booster that a bundle cannot carry: {error}") from error
    return data


def load_booster(data: bytes, part: str) -> Any:
    """Return the booster of a text that `dump_booster` wrote.

    Raises
    ------
    BundleError
        If the text departs from LightGBM's form, or an index in it leads out of its tree.
    """
    from lightgbm import Booster
    from lightgbm.basic import LightGBMError

    try:
        _check(data)
        return Booster(model_str=data.decode("utf-8"))
    except (ValueError, LightGBMError) as error:
        raise BundleError(f"part {part!r} is not a sound LightGBM model: {error}") from error


def _check(data: bytes) -> None:
    if not data.endswith(b"\n" + _END) or b"\r" in data or b"\0" in data:
        raise ValueError("it does not end where its trees end")
    starts = [found.start() + 1 for found in re.finditer(rb"\nTree=", data)]
    bounds = [*starts, len(data) - len(_END)]
    header = _read_header(data[: bounds[0]].decode("utf-8"))
    features = _check_header(header, trees=len(starts))
    sizes = np.diff(bounds).tolist()
    if _integers(header, "tree_sizes", len(starts)).tolist() != sizes:
        raise ValueError("tree_sizes does not agree with the trees")
    for position, (start, stop) in enumerate(itertools.pairwise(bounds)):
        try:
            _check_tree(data[start:stop].decode("ascii"), position, features)
        except ValueError as error:
            raise ValueError(f"tree {position}: {error}") from error


def _read_header(text: str) -> dict[str, str]:
    first, *lines = text.rstrip("\n").split("\n")
    header = _read_lines([f"{line}=" if line == "average_output" else line for line in lines])
    if first != "tree" or not _HEADER_KEYS <= set(header) <= _HEADER_KEYS | _OPTIONAL_HEADER_KEYS:
        raise ValueError("its header is not that of LightGBM 4")
    return header


def _read_lines(lines: list[str]) -> dict[str, str]:
    pairs = [line.partition("=") for line in lines]
    found = {key: value for key, _, value in pairs}
    if len(found) != len(pairs) or not all(separator for _, separator, _ in pairs):
        raise ValueError("a line is not key=value, or a key stands there twice")
    return found


def _check_header(header: dict[str, str], trees: int) -> int:
    """Return the number of features."""
    classes = _integer(header, "num_class")
    features = _integer(header, "max_feature_idx") + 1
    if header["version"] != "v4" or not 1 <= classes <= _MAX_CLASSES or features < 1:
        raise ValueError("the version, the number of classes or of features is not possible")
    if _integer(header, "num_tree_per_iteration") != classes or trees % classes:
        raise ValueError("the number of trees does not fit the number of classes")
    for key in ("feature_names", "feature_infos"):
        if len(header[key].split(" ")) != features:
            raise ValueError(f"{key} does not name {features} features")
    if "monotone_constraints" in header:
        _integers(header, "monotone_constraints", features)
    objective = header.get("objective")
    if objective is not None:
        name, *settings = objective.split(" ")
        if name not in _OBJECTIVES or not _OBJECTIVE.fullmatch(objective):
            raise ValueError(f"the objective {objective[:60]!r} is not known")
        expected = [f"num_class:{classes}"] if name.startswith("multiclass") else []
        if [item for item in settings if item.startswith("num_class:")] != expected:
            raise ValueError("the objective's classes are not the model's")
        if not expected and classes != 1:
            raise ValueError(f"the objective {name} has one class, the model {classes}")
    return features


def _check_tree(text: str, position: int, features: int) -> None:
    if not text.endswith("\n\n\n"):
        raise ValueError("it is cut short")
    first, *lines = text[:-3].split("\n")
    tree = _read_lines(lines)
    categories = _integer(tree, "num_cat")
    keys = _TREE_KEYS | _CATEGORY_KEYS if categories else _TREE_KEYS
    if first != f"Tree={position}" or set(tree) != keys or tree["is_linear"] != "0":
        raise ValueError("its entries are not those of a tree with constant leaves")
    leaves = _integer(tree, "num_leaves")
    splits = leaves - 1
    for key in _SPLIT_FLOATS:
        _floats(tree, key, splits)
    _floats(tree, "leaf_value", leaves)
    _floats(tree, "shrinkage", 1)
    if leaves > 1 or tree["leaf_weight"]:
        _floats(tree, "leaf_weight", leaves)
    _integers(tree, "leaf_count", leaves)
    numbers = {key: _integers(tree, key, splits) for key in _SPLIT_INTEGERS}
    used, kinds = numbers["split_feature"], numbers["decision_type"]
    if ((used < 0) | (used >= features)).any() or ((kinds < 0) | (kinds > 15)).any():
        raise ValueError("a split is on a feature or of a kind that does not exist")
    _check_children(np.stack([numbers["left_child"], numbers["right_child"]]), leaves)
    if categories:
        _check_categories(tree, categories)
    elif (kinds & 1).any():
        raise ValueError("it splits on categories but lists none")


def _check_children(children: np.ndarray[Any, np.dtype[np.int64]], leaves: int) -> None:
    # A child stands after its parent, so no path can loop; every node and leaf has one parent.
    splits = leaves - 1
    reached = np.sort(np.where(children < 0, splits + ~children, children), axis=None)
    if splits and not (
        np.array_equal(reached, np.arange(1, splits + leaves))
        and ((children < 0) | (children > np.arange(splits))).all()
    ):
        raise ValueError("its children do not form a tree")


def _check_categories(tree: dict[str, str], categories: int) -> None:
    bounds = _integers(tree, "cat_boundaries", categories + 1)
    if bounds[0] != 0 or (np.diff(bounds) < 0).any():
        raise ValueError("its cat_boundaries do not rise from 0")
    words = _integers(tree, "cat_threshold", int(bounds[-1]))
    if ((words < 0) | (words >= 2**32)).any():
        raise ValueError("a cat_threshold is not a word of 32 bits")
    categorical = (_integers(tree, "decision_type", None) & 1).astype(bool)
    which = _floats(tree, "threshold", len(categorical))[categorical]
    if not (np.isin(which, np.arange(categories))).all():
        raise ValueError("a split is on a set of categories that does not exist")


def _integer(entries: dict[str, str], key: str) -> int:
    return int(_integers(entries, key, 1)[0])


def _integers(
    entries: dict[str, str], key: str, count: int | None
) -> np.ndarray[Any, np.dtype[np.int64]]:
    text = entries.get(key)
    if text is None or not _INTEGERS.fullmatch(text):
        raise ValueError(f"{key} is not a list of whole numbers")
    numbers = np.array(text.split(), dtype=np.int64)
    if count is not None and len(numbers) != count:
        raise ValueError(f"{key} has {len(numbers)} numbers where {count} were expected")
    return numbers


def _floats(entries: dict[str, str], key: str, count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    text = entries.get(key)
    if text is None or not _FLOATS.fullmatch(text):
        raise ValueError(f"{key} is not a list of numbers")
    numbers = np.array(text.split(), dtype=np.float64)
    if len(numbers) != count:
        raise ValueError(f"{key} has {len(numbers)} numbers where {count} were expected")
    return numbers
