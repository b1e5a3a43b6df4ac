"""Objects survive being taken apart; what cannot be kept, or was tampered with, is refused."""

from __future__ import annotations

import dataclasses
import inspect
import io
import json
import math
import re
import zipfile
from collections import OrderedDict
from enum import IntEnum, StrEnum
from typing import Any

import lightgbm
import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array, csr_matrix, random_array
from sklearn.ensemble import (
    ExtraTreesClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import FunctionTransformer

from aisle.errors import BundleError
from aisle.models.persistence import Dumped, dump, restore
from aisle.models.persistence.boosters import dump_booster, load_booster
from aisle.models.persistence.estimators import dump_estimator, load_estimator
from aisle.models.persistence.tree import from_json, to_json


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    SMALL = 1


@dataclasses.dataclass(frozen=True)
class Span:
    low: float
    high: float = 1.0
    width: float = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")
        object.__setattr__(self, "width", self.high - self.low)


@dataclasses.dataclass
class Loose:
    value: int


class Component:
    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}


class Scaler(Component):
    def __init__(self, power: float = 1.0, inner: Any = None) -> None:
        self.power = power
        self.inner = inner


class Slotted(Component):
    __slots__ = ()


TYPES: dict[str, type] = {
    "colour": Colour,
    "span": Span,
    "loose": Loose,
    "scaler": Scaler,
    "slotted": Slotted,
}


def round_trip(value: Any) -> Any:
    """Through JSON text too, as a bundle does."""
    dumped = dump(value, types=TYPES)
    return restore(Dumped(from_json(to_json(dumped.tree), "tree"), dumped.parts), types=TYPES)


def same(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        alike = left.dtype == right.dtype and left.shape == right.shape
        return alike and (left.tolist() == right.tolist() or left.tobytes() == right.tobytes())
    if isinstance(left, float):
        return left.hex() == right.hex() or (math.isnan(left) and math.isnan(right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.text()
    | st.binary()
    | st.sampled_from(Colour)
)
numbers = hnp.arrays(
    dtype=st.sampled_from([*"?bBhHiIqQefd"]),
    shape=hnp.array_shapes(min_dims=0, min_side=0, max_side=4),
)
strings = hnp.arrays(
    dtype=st.sampled_from(["O", "<U3"]),
    shape=hnp.array_shapes(min_side=0),
    elements=st.text("aé\n", max_size=3),
)
nested = st.recursive(
    scalars | numbers | strings,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(nested)
def test_nested_structures_round_trip(value: Any) -> None:
    assert same(round_trip(value), value)


@settings(max_examples=50, deadline=None)
@given(nested)
def test_the_same_object_gives_the_same_bytes(value: Any) -> None:
    first, second = dump(value, types=TYPES), dump(value, types=TYPES)
    assert to_json(first.tree) == to_json(second.tree)
    assert first.parts == second.parts


def test_arrays_keep_memory_order_and_are_writable() -> None:
    columns = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    restored = round_trip({"f": columns, "strided": np.arange(10)[::3]})
    assert restored["f"].flags.f_contiguous
    assert not restored["f"].flags.c_contiguous
    assert np.array_equal(restored["f"], columns)
    assert restored["strided"].tolist() == [0, 3, 6, 9]
    restored["f"][0, 0] = 7


@pytest.mark.parametrize("value", [np.float64(0.1), np.uint64(2**64 - 1), np.bool_(True)])
def test_numpy_scalars_keep_their_type(value: np.generic) -> None:
    restored = round_trip([value])[0]
    assert type(restored) is type(value)
    assert restored == value


@pytest.mark.parametrize("kind", [csr_matrix, csr_array])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_csr_keeps_class_shape_and_dtypes(kind: type, index: type) -> None:
    matrix = kind(random_array((7, 9), density=0.3, rng=0, dtype=np.float32))
    matrix.indices, matrix.indptr = matrix.indices.astype(index), matrix.indptr.astype(index)
    restored = round_trip(matrix)
    assert type(restored) is kind
    assert restored.shape == (7, 9)
    for name in ("data", "indices", "indptr"):
        assert same(getattr(restored, name), getattr(matrix, name))


def test_csr_with_an_index_out_of_range_is_refused() -> None:
    matrix = csr_matrix(np.eye(3))
    dumped = dump(matrix, types=TYPES)
    assert isinstance(dumped.tree, dict)
    with pytest.raises(BundleError, match="sparse"):
        restore(Dumped({**dumped.tree, "shape": [3, 2]}, dumped.parts), types=TYPES)


def test_a_component_gets_parameters_and_state_back() -> None:
    inner = Scaler(2.0)
    inner.scale_ = np.array([1.0, 2.0])  # type: ignore[attr-defined]
    inner._cache = object()  # type: ignore[attr-defined]
    outer = Scaler(inner=[inner, Span(0.25)])
    outer.names_ = ("a", "b")  # type: ignore[attr-defined]
    restored = round_trip(outer)
    assert type(restored) is Scaler
    assert restored.names_ == ("a", "b")
    assert restored.inner[0].power == 2.0
    assert restored.inner[0].scale_.tolist() == [1.0, 2.0]
    assert not hasattr(restored.inner[0], "_cache")
    assert restored.inner[1] == Span(0.25)


def test_arrays_of_a_component_share_one_part_named_after_its_path() -> None:
    scaler = Scaler()
    scaler.mean_ = np.zeros(2)  # type: ignore[attr-defined]
    scaler.scale_ = np.ones(2)  # type: ignore[attr-defined]
    assert list(dump({"text": scaler}, types=TYPES).parts) == ["model.text.safetensors"]


def unlearned(name: str) -> Scaler:
    scaler = Scaler()
    setattr(scaler, name, 1)
    return scaler


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [object()]}, r"model\.a\.0: an object of builtins\.object"),
        ({1: 2}, "keys are str"),
        ({"s": {1}}, r"model\.s.*builtins\.set"),
        (OrderedDict(a=1), "OrderedDict"),
        (Size.SMALL, "Size"),
        (Loose(1), "loose"),
        ([np.array([1 + 2j])], r"model\.0: an array of dtype '<c16'"),
        ([np.array([1.0], dtype=">f8")], "'>f8'"),
        ([np.array([1, "a"], dtype=object)], r"model\.0: an array of objects"),
        ("\ud800", "Unicode"),
        (1 << 5000, "bits"),
        (len, "builtin_function"),
        (unlearned("forgotten"), r"model\.forgotten: neither a parameter nor learned"),
        (unlearned("X_"), r"model\.X_"),
        (Slotted, "type"),
        (KNeighborsClassifier(), "KNeighborsClassifier"),
    ],
)
def test_what_cannot_be_kept_is_named(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        dump(value, types=TYPES)


def test_an_object_that_holds_itself_is_a_type_error() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(TypeError, match="refers to itself"):
        dump(loop, types=TYPES)


def test_a_class_under_two_names_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="two names"):
        dump(1, types={"a": Scaler, "b": Scaler})


def component(**changes: Any) -> dict[str, Any]:
    return {"component": "scaler", "params": {}, "state": {}, **changes}


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (component(component="x"), "needs the encoder 'x', which is not installed here"),
        (component(component=["x"]), "expected a string"),
        (component(component="span"), "is not a component"),
        (component(state={"__class__": 1}), "'__class__' is not the name"),
        (component(state={"__init__": 1}), "'__init__'"),
        (component(state={"power": 1}), "'power'"),
        (component(state={"scale_\n": 1}), "not the name"),
        (component(state=[]), "expected an object"),
        (component(params={"speed": 1}), "does not accept"),
        (component(extra=1), "no kind of value"),
        ({"record": "span", "fields": {"high": 1.0}}, "low"),
        ({"record": "span", "fields": {"low": 2.0, "high": 1.0}}, "low is above high"),
        ({"record": "scaler", "fields": {}}, "not a record"),
        ({"enum": "colour", "value": "green"}, "green"),
        ({"enum": "span", "value": "red"}, "choices"),
        ({"float": "1e5"}, "not a number"),
        ({"tuple": "ab"}, "expected a list"),
        ({"dict": [1]}, "expected an object"),
        ({"array": "a", "part": "none"}, "missing"),
        ({"array": "a", "part": "bytes"}, "safetensors"),
        ({"scalar": 1}, "single number"),
        ({"strings": "bytes"}, "JSON"),
        ({"strings": "wide"}, "too large"),
        ({"strings": "short"}, "expected 3 strings"),
        ({"strings": "vast"}, "vast"),
        ({"booster": "bytes"}, "LightGBM"),
        ({"estimator": "bytes"}, "refused"),
        ({"estimator": None}, "expected a string"),
        ({"bytes": {}}, "expected a string"),
        ({"unknown": 1}, "no kind of value"),
        ({}, "no kind of value"),
        (object(), "not JSON"),
        (1 << 5000, "bits"),
    ],
)
def test_a_malformed_tree_is_refused(tree: Any, message: str) -> None:
    parts = {
        "bytes": b"abc",
        "wide": b'{"dtype":"<U999999999","shape":[1],"values":["a"]}',
        "short": b'{"dtype":"object","shape":[3],"values":["a"]}',
        "vast": b'{"dtype":"object","shape":[0,1e9],"values":[]}',
    }
    with pytest.raises(BundleError, match=re.escape(message)):
        restore(Dumped(tree, parts), types=TYPES)


def test_deep_nesting_is_refused() -> None:
    tree: Any = []
    for _ in range(500):
        tree = [tree]
    with pytest.raises(BundleError, match="deeper"):
        restore(Dumped(tree, {}), types=TYPES)
    with pytest.raises(BundleError, match="deeply"):
        from_json(b"[" * 100_000 + b"]" * 100_000, "tree")


@pytest.mark.parametrize("text", [b"NaN", b'{"a":1,"a":2}', b"\xff", b"", b"1" * 5000])
def test_json_that_is_not_strict_is_refused(text: bytes) -> None:
    with pytest.raises(BundleError, match="'tree' is not valid JSON"):
        from_json(text, "tree")


ROWS = np.random.default_rng(0).random((120, 5))
CLASSES = (np.arange(120) % 3).astype(np.int64)
COARSE = np.column_stack([CLASSES, ROWS])


def booster(objective: str = "multiclass", **settings: Any) -> lightgbm.Booster:
    chosen = {"objective": objective, "verbose": -1, "num_leaves": 5, "num_threads": 1}
    if objective.startswith("multi"):
        chosen["num_class"] = 3
    data = lightgbm.Dataset(COARSE, CLASSES, categorical_feature=[0])
    data.params = {"min_data_per_group": 1, "verbose": -1}
    return lightgbm.train(chosen | settings, data, 4)


@pytest.mark.parametrize(
    ("objective", "settings"),
    [
        ("multiclass", {"min_data_in_leaf": 2, "cat_smooth": 0.0}),
        ("multiclassova", {}),
        ("regression", {}),
        ("regression_l1", {}),
        ("poisson", {"min_data_in_leaf": 1000}),
        ("quantile", {"alpha": 0.1}),
        ("regression", {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}),
        ("regression", {"reg_sqrt": True}),
    ],
)
def test_a_booster_predicts_the_same(objective: str, settings: dict[str, Any]) -> None:
    fitted = booster(objective, **settings)
    restored = round_trip({"head": fitted})["head"]
    assert np.array_equal(restored.predict(COARSE), fitted.predict(COARSE))
    assert dump_booster(restored) == dump_booster(fitted)


def test_linear_leaves_are_refused_when_writing() -> None:
    data = lightgbm.Dataset(ROWS, CLASSES, params={"linear_tree": True, "verbose": -1})
    fitted = lightgbm.train({"linear_tree": True, "verbose": -1, "num_leaves": 4}, data, 2)
    with pytest.raises(TypeError, match=r"model\.head: .*constant leaves"):
        dump({"head": fitted}, types={})


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (rb"left_child=\S+", b"left_child=99999999"),
        (rb"left_child=\S+", b"left_child=0"),
        (rb"right_child=\S+", b"right_child=-77"),
        (rb"split_feature=\S+", b"split_feature=900"),
        (rb"decision_type=\d+", b"decision_type=64"),
        (rb"threshold=\S+", b"threshold=7"),
        (rb"num_leaves=\d+", b"num_leaves=100000"),
        (rb"num_class:3", b"num_class:3000000"),
        (rb"num_class=3", b"num_class=4"),
        (rb"num_tree_per_iteration=3", b"num_tree_per_iteration=2"),
        (rb"max_feature_idx=5", b"max_feature_idx=1"),
        (rb"tree_sizes=\d+", b"tree_sizes=99999999"),
        (rb"cat_boundaries=0 \d+", b"cat_boundaries=0 5000"),
        (rb"leaf_value=\S+", b"leaf_value=0x1p3"),
        (rb"objective=multiclass", b"objective=mystery"),
        (rb"end of trees\n", b"end of trees\n\nparameters:\n"),
        (rb"shrinkage=1\n", b"shrinkage=1\nshrinkage=1\n"),
        (rb"Tree=2", b"Tree=3"),
    ],
)
def test_a_changed_booster_is_refused_before_lightgbm_reads_it(
    pattern: bytes, replacement: bytes
) -> None:
    text = dump_booster(booster(min_data_in_leaf=2, cat_smooth=0.0))
    changed, count = re.subn(pattern, replacement, text, count=1)
    assert count == 1
    sizes = [
        str(len(part)).encode() for part in re.findall(rb"Tree=.*?\n\n\n", changed, flags=re.S)
    ]
    if not pattern.startswith(b"tree_sizes"):
        changed = re.sub(rb"tree_sizes=[\d ]+", b"tree_sizes=" + b" ".join(sizes), changed)
    with pytest.raises(BundleError, match="part 'b' is not a sound LightGBM model"):
        load_booster(changed, "b")


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(5, random_state=0, class_weight={0: 1, 1: 2, 2: 1}),
        RandomForestClassifier(5, random_state=np.random.RandomState(0), max_leaf_nodes=6),
        ExtraTreesClassifier(5, random_state=0, bootstrap=True, oob_score=True),
        LogisticRegression(),
    ],
)
@pytest.mark.filterwarnings("ignore:Some inputs do not have OOB")
def test_a_classifier_predicts_the_same(estimator: Any) -> None:
    estimator.fit(ROWS, CLASSES)
    restored = round_trip({"head": estimator})["head"]
    assert type(restored) is type(estimator)
    assert np.array_equal(restored.predict_proba(ROWS), estimator.predict_proba(ROWS))
    assert np.array_equal(restored.classes_, estimator.classes_)
    assert dump_estimator(restored) == dump_estimator(estimator)


def test_a_regressor_and_labels_of_str_survive() -> None:
    forest = RandomForestRegressor(3, random_state=0).fit(ROWS, ROWS[:, 0])
    assert np.array_equal(round_trip(forest).predict(ROWS), forest.predict(ROWS))
    names = np.array(["a", "bb", "c"], dtype=object)[CLASSES]
    labelled = RandomForestClassifier(3, random_state=0).fit(ROWS, names)
    assert round_trip(labelled).predict(ROWS).tolist() == labelled.predict(ROWS).tolist()


def test_two_fits_of_the_same_forest_give_the_same_bytes() -> None:
    first, second = (RandomForestClassifier(3, random_state=0).fit(ROWS, CLASSES) for _ in "ab")
    assert dump_estimator(first) == dump_estimator(second)


@pytest.mark.parametrize(
    "estimator", [FunctionTransformer(np.log1p), FunctionTransformer(print), KNeighborsClassifier()]
)
def test_a_skops_part_with_a_type_outside_the_list_is_refused(estimator: Any) -> None:
    data = skops.io.dumps(estimator)
    with pytest.raises(BundleError, match="not on the list of trusted types"):
        load_estimator(data, "part")


def test_a_forest_with_an_untrusted_parameter_cannot_be_written() -> None:
    forest = RandomForestClassifier(criterion=print)
    with pytest.raises(TypeError, match="trusted types"):
        dump({"head": forest}, types={})


def edited(estimator: Any, change: Any) -> bytes:
    """A skops part whose schema and arrays went through `change`."""
    with zipfile.ZipFile(io.BytesIO(dump_estimator(estimator))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files.pop("schema.json"))
    change(schema, files)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {"schema.json": json.dumps(schema).encode(), **files}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tree_state(schema: Any) -> Any:
    """The schema of the first tree."""
    first = schema["content"]["content"]["estimators_"]["content"][0]
    return first["content"]["content"]["tree_"]


def rewrite(files: dict[str, bytes], name: str, change: Any) -> None:
    array = np.load(io.BytesIO(files[name]))
    change(array)
    buffer = io.BytesIO()
    np.save(buffer, array)
    files[name] = buffer.getvalue()


def set_node(field: str, value: int) -> Any:
    def change(schema: Any, files: dict[str, bytes]) -> None:
        name = tree_state(schema)["content"]["content"]["nodes"]["file"]
        rewrite(files, name, lambda nodes: nodes[field].__setitem__(0, value))

    return change


def claim_nodes(schema: Any, files: dict[str, bytes]) -> None:
    tree_state(schema)["content"]["content"]["node_count"]["content"] = "100000"


def claim_outputs(schema: Any, files: dict[str, bytes]) -> None:
    tree_state(schema)["__reduce__"]["args"]["content"][2]["content"] = "50"


def claim_features(schema: Any, files: dict[str, bytes]) -> None:
    schema["content"]["content"]["n_features_in_"]["content"] = "2"


def run_function(schema: Any, files: dict[str, bytes]) -> None:
    schema["content"]["content"]["criterion"] = {
        "__class__": "system",
        "__module__": "os",
        "__loader__": "FunctionNode",
    }


def truncate_array(schema: Any, files: dict[str, bytes]) -> None:
    name = tree_state(schema)["content"]["content"]["nodes"]["file"]
    files[name] = files[name][:-1]


def drop_array(schema: Any, files: dict[str, bytes]) -> None:
    files.clear()


def old_protocol(schema: Any, files: dict[str, bytes]) -> None:
    schema["protocol"] = 0


def refer_back(schema: Any, files: dict[str, bytes]) -> None:
    schema["__id__"] = 1


@pytest.mark.parametrize(
    "change",
    [
        set_node("left_child", 10_000),
        set_node("left_child", 0),
        set_node("right_child", -1),
        set_node("feature", 5),
        set_node("feature", -2),
        claim_nodes,
        claim_outputs,
        claim_features,
        run_function,
        truncate_array,
        drop_array,
        old_protocol,
        refer_back,
    ],
)
def test_a_changed_forest_is_refused(change: Any) -> None:
    forest = RandomForestClassifier(2, random_state=0).fit(ROWS, CLASSES)
    load_estimator(edited(forest, lambda schema, files: None), "part")
    with pytest.raises(BundleError, match="part 'part' is refused"):
        load_estimator(edited(forest, change), "part")


@pytest.mark.parametrize(
    "fitted", [RandomForestClassifier(2, max_depth=2, random_state=0), None], ids=["skops", "lgb"]
)
@pytest.mark.filterwarnings("ignore")
def test_random_damage_is_refused_or_still_predicts(fitted: Any) -> None:
    """The seal of a bundle and the checksums of a zip are no defence here: they are valid."""
    generator = np.random.default_rng(0)
    if fitted is None:
        contents = {"b": dump_booster(booster())}
    else:
        with zipfile.ZipFile(io.BytesIO(dump_estimator(fitted.fit(COARSE, CLASSES)))) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
    refused = 0
    for _ in range(200):
        name = str(generator.choice(list(contents)))
        changed = bytearray(contents[name])
        changed[generator.integers(len(changed))] = generator.choice(list(b"0123456789-. [\xff"))
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for key, content in {**contents, name: bytes(changed)}.items():
                archive.writestr(key, content)
        try:
            if fitted is None:
                load_booster(bytes(changed), "b").predict(COARSE)
            else:
                load_estimator(buffer.getvalue(), "f")
        except BundleError:
            refused += 1
    assert refused > 50
