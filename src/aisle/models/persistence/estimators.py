"""scikit-learn estimators through skops, from a closed list, checked before and after loading.

skops trusts every class of scikit-learn and, once asked to trust `Tree`, its indices too; compiled
code then follows them without a look. So the schema is held to the few kinds of node that these
estimators need before skops sees it, and the nodes of every tree are checked before it is used.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from tokenize import TokenError
from typing import Any

import numpy as np

from aisle.errors import BundleError
from aisle.models.persistence.container import check_entries, read_entry, write_zip
from aisle.models.persistence.tree import MAX_DEPTH, from_json, to_json

_TREES = frozenset(
    f"sklearn.tree._classes.{name}"
    for name in (
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "ExtraTreeClassifier",
        "ExtraTreeRegressor",
    )
)
_FORESTS = frozenset(
    f"sklearn.ensemble._forest.{name}"
    for name in (
        "RandomForestClassifier",
        "RandomForestRegressor",
        "ExtraTreesClassifier",
        "ExtraTreesRegressor",
    )
)
_ARRAY_ESTIMATORS = frozenset(
    {
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._ridge.Ridge",
        "sklearn.linear_model._ridge.RidgeClassifier",
        "sklearn.svm._classes.LinearSVC",
        "sklearn.naive_bayes.BernoulliNB",
        "sklearn.naive_bayes.ComplementNB",
        "sklearn.naive_bayes.MultinomialNB",
        "sklearn.decomposition._truncated_svd.TruncatedSVD",
        "sklearn.decomposition._pca.PCA",
        "sklearn.preprocessing._data.MaxAbsScaler",
        "sklearn.preprocessing._data.MinMaxScaler",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._label.LabelBinarizer",
    }
)
ESTIMATORS = _TREES | _FORESTS | _ARRAY_ESTIMATORS
"""The estimators that a bundle may hold: module and class."""

_TREE = "sklearn.tree._tree.Tree"
_NUMPY_SCALARS = (
    "bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 str_"
)
_ALLOWED: dict[str, frozenset[str]] = {
    "ObjectNode": ESTIMATORS,
    "TreeNode": frozenset({_TREE}),
    "DictNode": frozenset({"builtins.dict"}),
    "ListNode": frozenset({"builtins.list"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "JsonNode": frozenset({"builtins.str"}),
    "TypeNode": frozenset({"builtins.str", "builtins.int"}),
    "RandomStateNode": frozenset({"numpy.random.mtrand.RandomState"}),
    "NdArrayNode": frozenset(f"numpy.{name}" for name in ("ndarray", *_NUMPY_SCALARS.split())),
}
_SCHEMA = "schema.json"
_OLDEST_PROTOCOL = 2


def type_path(kind: type) -> str:
    """Return the module and name of a class, the form of `ESTIMATORS`."""
    return f"{kind.__module__}.{kind.__qualname__}"


def dump_estimator(estimator: Any) -> bytes:
    """Return an estimator of `ESTIMATORS` in skops' format; the same estimator, the same bytes.

    skops names arrays after addresses in memory; here they are numbered in the order of the
    schema, and its zip is written by Aisle's own writer.

    Raises
    ------
    TypeError
        If the estimator holds something outside the closed list, such as another estimator.
    """
    import skops.io
    from skops.io.exceptions import UnsupportedTypeException

    try:
        raw = skops.io.dumps(estimator)
    except UnsupportedTypeException as error:
        raise TypeError(f"skops cannot write it: {error}") from error
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        arrays = {name: _without_padding(archive.read(name)) for name in archive.namelist()}
    names: dict[bytes, str] = {}
    schema = _renumber(json.loads(arrays[_SCHEMA]), arrays, names)
    try:
        _check_schema(schema, {name: content for content, name in names.items()})
    except (ValueError, TypeError) as error:
        raise TypeError(str(error)) from error
    entries = [(_SCHEMA, to_json(schema)), *((name, content) for content, name in names.items())]
    buffer = io.BytesIO()
    write_zip(buffer, entries, store=True)
    return buffer.getvalue()


def _without_padding(content: bytes) -> bytes:
    """Return an array file with zeros between the fields of its records.

    The nodes of a tree have such gaps; they hold whatever stood in memory before.
    """
    if not content.startswith(np.lib.format.MAGIC_PREFIX):
        return content
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype.names is None:
        return content
    clean = np.zeros(array.shape, array.dtype)
    for field in array.dtype.names:
        clean[field] = array[field]
    buffer = io.BytesIO()
    np.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()


def _renumber(node: Any, arrays: dict[str, bytes], names: dict[bytes, str]) -> Any:
    if isinstance(node, list):
        return [_renumber(item, arrays, names) for item in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for key, value in node.items():
        if key == "file" and isinstance(value, str):
            found[key] = names.setdefault(arrays[value], f"{len(names)}.npy")
        elif key != "__id__":
            found[key] = _renumber(value, arrays, names)
    return found


def load_estimator(data: bytes, part: str) -> Any:
    """Return the estimator of a part that `dump_estimator` wrote.

    Raises
    ------
    BundleError
        If it names a type outside the closed list (before anything is constructed), is damaged,
        was written by a scikit-learn whose trees differ, or holds a tree that leads astray.
    """
    import skops.io
    from skops.io.exceptions import UnsupportedTypeException

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = check_entries(archive, part)
            if any(info.compress_type != zipfile.ZIP_STORED for info in entries.values()):
                raise BundleError(f"part {part!r}: expected its arrays uncompressed")
            arrays = {name: read_entry(archive, entries[name], part) for name in entries}
        schema = from_json(arrays.pop(_SCHEMA, b""), part)
        _check_schema(schema, arrays)
        estimator = skops.io.loads(data, trusted=sorted({*ESTIMATORS, _TREE}))
        _check_trees(estimator)
    except (
        zipfile.BadZipFile,
        UnsupportedTypeException,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        NotImplementedError,
        SyntaxError,
        TokenError,
        MemoryError,
    ) as error:
        import sklearn

        raise BundleError(
            f"part {part!r} is refused: {error}. Expected one of Aisle's scikit-learn estimators, "
            f"readable by scikit-learn {sklearn.__version__}"
        ) from error
    return estimator


def _check_schema(schema: Any, arrays: dict[str, bytes]) -> None:
    if not isinstance(schema, dict) or schema.get("__loader__") != "ObjectNode":
        raise ValueError("its schema does not describe an estimator")
    protocol = schema.get("protocol")
    if type(protocol) is not int or protocol < _OLDEST_PROTOCOL:
        raise ValueError(f"its skops protocol is {protocol!r}, not {_OLDEST_PROTOCOL} or later")
    waiting: list[tuple[Any, int]] = [(schema, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError("its schema nests too deeply")
        children: list[Any] = []
        if isinstance(node, dict):
            if not {"__loader__", "__class__", "__module__"}.isdisjoint(node):
                _check_node(node, arrays)
            children = list(node.values())
        elif isinstance(node, list):
            children = node
        waiting.extend((child, depth + 1) for child in children)


def _check_node(node: dict[str, Any], arrays: dict[str, bytes]) -> None:
    loader = node.get("__loader__")
    name = f"{node.get('__module__')}.{node.get('__class__')}"
    if not isinstance(loader, str) or name not in _ALLOWED.get(loader, frozenset()):
        raise ValueError(f"the type {name} ({loader}) is not on the list of trusted types")
    if "__id__" in node:
        raise ValueError("its nodes refer to each other")
    if loader == "JsonNode":
        _from_json_text(node.get("content"))
    elif loader == "NdArrayNode" and node.get("type") != "json":
        _read_array(node, arrays)
    elif loader == "TreeNode":
        _check_tree_arguments(node, arrays)


def _from_json_text(text: object) -> Any:
    # skops writes nan as a bare word, which the stricter `from_json` refuses.
    if not isinstance(text, str):
        raise TypeError("a value of its schema is not a string")
    return json.loads(text)


def _read_array(node: Any, arrays: dict[str, bytes]) -> np.ndarray[Any, np.dtype[Any]]:
    """Return an array of a schema once its header claims no more than its bytes."""
    content = arrays[node["file"]]
    buffer = io.BytesIO(content)
    version = np.lib.format.read_magic(buffer)
    if version != (1, 0):
        raise ValueError(f"array {node['file']!r} is of an unknown version")
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    claimed = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or min(shape, default=1) < 0 or claimed != len(content) - buffer.tell():
        raise ValueError(f"array {node['file']!r} does not hold what its header says")
    buffer.seek(0)
    array: np.ndarray[Any, np.dtype[Any]] = np.load(buffer, allow_pickle=False)
    return array


def _check_tree_arguments(node: dict[str, Any], arrays: dict[str, bytes]) -> None:
    features, classes, outputs = node["__reduce__"]["args"]["content"]
    state = node["content"]["content"]
    counts = _read_array(classes, arrays)
    nodes = _read_array(state["nodes"], arrays)
    if (
        type(_from_json_text(features["content"])) is not int
        or type(_from_json_text(outputs["content"])) is not int
        or _from_json_text(outputs["content"]) != len(counts)
        or counts.dtype.kind != "i"
        or counts.ndim != 1
        or not len(counts)
        or counts.min() < 1
        or nodes.ndim != 1
        or _from_json_text(state["node_count"]["content"]) != len(nodes)
    ):
        raise ValueError("a tree claims other sizes than its arrays have")


def _check_trees(estimator: Any) -> None:
    name = type_path(type(estimator))
    if name in _TREES:
        members = [estimator]
    elif name in _FORESTS:
        members = list(getattr(estimator, "estimators_", []))
    else:
        return
    for member in members:
        if type_path(type(member)) not in _TREES:
            raise ValueError("a forest holds something besides trees")
        if hasattr(member, "tree_"):
            _check_tree(member.tree_, {member.n_features_in_, estimator.n_features_in_})
        elif member is not estimator:
            raise ValueError("a forest holds a tree that is not fitted")


def _check_tree(tree: Any, features: set[int]) -> None:
    # The predictor of a forest checks the number of columns once, against the forest's own.
    if type_path(type(tree)) != _TREE or features != {tree.n_features}:
        raise ValueError("a tree expects another number of features than its forest")
    if tree.node_count < 1 or tree.node_count != tree.capacity:
        raise ValueError("a tree claims other sizes than its arrays have")
    left, right, used = tree.children_left, tree.children_right, tree.feature
    inner = left != -1
    after = np.arange(tree.node_count)
    sound = [
        np.array_equal(inner, right != -1),
        *(((side > after) & (side < tree.node_count))[inner].all() for side in (left, right)),
        ((used >= 0) & (used < tree.n_features))[inner].all(),
    ]
    if not all(sound):
        raise ValueError("a tree leads outside of itself")
