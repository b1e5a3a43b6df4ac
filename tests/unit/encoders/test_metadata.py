"""Categorical features and numbers: missing, rare, unseen, skewed, absurd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.catalog import Catalog, Column, Role, Schema
from aisle.encoders.features import Features
from aisle.encoders.metadata import OTHER, MetadataEncoder, NumberScale
from aisle.errors import RecipeError
from aisle.heads.trees import LightGbmClassifierHead

SCHEMA = Schema(
    (
        Column("brand", Role.CATEGORY, ""),
        Column("colour", Role.CATEGORY, ""),
        Column("weight", Role.NUMBER, ""),
        Column("title", Role.TEXT, ""),
    )
)


def catalog(**columns: list[Any]) -> Catalog:
    return Catalog(pa.table(columns), SCHEMA)


TRAINING = catalog(
    brand=["Sony", "sony ", "Acme", "ACME", "Once", None],
    colour=["red", "red", "blue", "blue", None, "red"],
    weight=[1.0, 2.0, 3.0, 4.0, None, 5.0],
)


def dense(features: Features) -> np.ndarray:
    matrix = features.matrix
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray())


def test_native_codes_tell_missing_from_other() -> None:
    encoder = MetadataEncoder(form="native").fit(TRAINING)
    assert encoder.categories_ == {"brand": ["acme", "sony"], "colour": ["blue", "red"]}
    new = catalog(
        brand=["SONY", "acme", "Once", "never seen", None, ""],
        colour=["red"] * 6,
        weight=[3.0] * 6,
    )
    features = encoder.transform(new)
    assert features.categorical == (0, 1)
    assert features.matrix.dtype == np.float32
    np.testing.assert_array_equal(features.matrix[:, 0], [2, 1, OTHER, OTHER, np.nan, np.nan])
    np.testing.assert_array_equal(features.matrix[:, 2], 0)
    assert encoder.feature_names() == ["brand", "colour", "weight"]


def test_one_hot_has_a_column_for_other_and_one_for_missing() -> None:
    encoder = MetadataEncoder().fit(TRAINING)
    new = catalog(
        brand=["sony", "unseen", None], colour=["red", None, None], weight=[3.0, None, None]
    )
    features = encoder.transform(new)
    named = [dict(zip(encoder.feature_names(), row, strict=True)) for row in dense(features)]
    on = [{name for name, value in row.items() if value} for row in named]
    assert on[0] == {"brand=sony", "colour=red"}  # a weight at the mean is 0
    assert on[1] == {"brand=(other)", "colour=(missing)", "weight=(missing)"}
    assert on[2] == set()
    assert features.present.tolist() == [True, True, False]
    assert features.matrix.format == "csr"
    assert features.categorical == ()


def test_a_rare_value_is_learned_only_if_asked_for() -> None:
    assert "once" in MetadataEncoder(minimum=1).fit(TRAINING).categories_["brand"]
    assert MetadataEncoder(minimum=9).fit(TRAINING).categories_ == {"brand": [], "colour": []}


@pytest.mark.parametrize("form", ["one-hot", "native"])
def test_columns_that_are_gone_are_missing(form: Any) -> None:
    encoder = MetadataEncoder(form=form).fit(TRAINING)
    full, partial, none = (
        encoder.transform(products)
        for products in (
            catalog(brand=["sony"], colour=[None], weight=[None]),
            catalog(brand=["sony"]),
            catalog(title=["a mug"]),
        )
    )
    np.testing.assert_array_equal(dense(full), dense(partial))
    assert full.present[0]
    assert partial.present[0]
    assert not none.present[0]


@pytest.mark.parametrize("form", ["one-hot", "native"])
def test_columns_without_a_single_value(form: Any) -> None:
    empty = catalog(
        brand=pa.nulls(2, pa.string()).to_pylist(), weight=pa.nulls(2, pa.float64()).to_pylist()
    )
    encoder = MetadataEncoder(form=form).fit(empty)
    features = encoder.transform(catalog(brand=["sony"], weight=[7.0]))
    assert np.isfinite(dense(features)).sum() >= 1
    assert encoder.numbers_["weight"] == NumberScale(False, 0.0, 1.0)
    assert not encoder.transform(empty).present.any()


def test_no_columns_at_all() -> None:
    bare = Catalog(pa.table({"title": ["a", "b"]}), Schema((Column("title", Role.TEXT, ""),)))
    for form in ("one-hot", "native"):
        features = MetadataEncoder(form=form).fit(bare).transform(bare)  # type: ignore[arg-type]
        assert features.matrix.shape == (2, 0)
        assert not features.present.any()


def test_skewed_numbers_go_on_a_logarithmic_scale() -> None:
    prices = [float(np.exp(x)) for x in np.linspace(0, 9, 40)]
    encoder = MetadataEncoder(form="native").fit(catalog(weight=prices))
    assert encoder.numbers_["weight"].logarithmic
    even = MetadataEncoder(form="native").fit(catalog(weight=list(np.linspace(0, 9, 40))))
    assert not even.numbers_["weight"].logarithmic
    scaled = dense(encoder.transform(catalog(weight=prices)))[:, -1]
    assert abs(scaled.mean()) < 1e-6
    assert scaled.std() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "numbers",
    [
        [5.0, 5.0, 5.0],
        [0.1] * 7,
        [1e308, -1e308, 1e307],
        [float("inf"), 1.0, 2.0],
        [float("inf")] * 3,
        [5e-324, 0.0, 1.0],
        [1e155, 2.0, 3.0],
        [3.0],
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_absurd_numbers_do_no_harm(numbers: list[float]) -> None:
    encoder = MetadataEncoder(form="native").fit(catalog(weight=numbers))
    scale = encoder.numbers_["weight"]
    assert np.isfinite(scale.centre)
    assert np.isfinite(scale.scale)
    assert scale.scale > 0
    new = dense(encoder.transform(catalog(weight=[*numbers, 0.0, -1e300, 1e300, None])))
    assert np.nanmax(np.abs(new)) <= 6
    assert np.isnan(new[-1, -1])


def test_a_scale_clips_what_is_far_away_and_keeps_missing() -> None:
    scale = NumberScale(False, 10.0, 2.0)
    numbers = np.array([10, 12, 1e9, -np.inf, np.nan])
    np.testing.assert_array_equal(scale.apply(numbers), [0, 1, 6, -6, np.nan])
    assert NumberScale(True, 0.0, 1.0).apply(np.array([-np.e + 1]))[0] == pytest.approx(-1)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["sony", "Acme", "new", None, ""]),
        st.none() | st.floats(allow_nan=True, allow_infinity=True),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize("form", ["one-hot", "native"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(ROWS)
@settings(max_examples=60)
def test_features_never_depend_on_the_rows_beside(form: Any, rows: list[tuple[Any, Any]]) -> None:
    encoder = MetadataEncoder(form=form).fit(TRAINING)
    encoder.numbers_["weight"] = NumberScale(True, 0.3, 0.7)
    whole = encoder.transform(catalog(brand=[b for b, _ in rows], weight=[w for _, w in rows]))
    for row, (brand, weight) in enumerate(rows):
        table = pa.table(
            {"brand": pa.array([brand], pa.string()), "weight": pa.array([weight], pa.float64())}
        )
        alone = encoder.transform(Catalog(table, SCHEMA))
        assert dense(alone)[0].tobytes() == dense(whole)[row].tobytes()
        assert alone.present[0] == whole.present[row]


def test_the_memory_layout_of_numbers_changes_nothing() -> None:
    numbers = np.random.default_rng(0).lognormal(0, 5, 4_000)
    scale = NumberScale(True, 0.1, 0.7)
    assert scale.apply(numbers[::-1])[::-1].tobytes() == scale.apply(numbers).tobytes()
    assert scale.apply(numbers[::3]).tobytes() == scale.apply(numbers)[::3].tobytes()


def test_only_the_columns_that_are_named() -> None:
    encoder = MetadataEncoder(["weight", "brand"], form="native").fit(TRAINING)
    assert encoder.feature_names() == ["brand", "weight"]
    with pytest.raises(RecipeError, match="Did you mean 'brand'"):
        MetadataEncoder(["brandt"]).fit(TRAINING)
    with pytest.raises(RecipeError, match="categories and numbers"):
        MetadataEncoder(["title"]).fit(TRAINING)
    with pytest.raises(RecipeError, match="one-hot"):
        MetadataEncoder(form="dense").fit(TRAINING)  # type: ignore[arg-type]


def test_lightgbm_takes_unseen_and_missing_codes() -> None:
    dice = np.random.default_rng(1)
    brands = [f"b{n}" for n in dice.integers(0, 12, 400)]
    truth = np.array([int(brand[1:]) % 3 for brand in brands])
    products = catalog(brand=brands, weight=list(dice.normal(size=400)))
    encoder = MetadataEncoder(["brand", "weight"], form="native").fit(products)
    features = encoder.transform(products)
    head = LightGbmClassifierHead(rounds=30, categorical=features.categorical)
    head.fit(features.matrix, truth)
    assert (head.predict_proba(features.matrix).argmax(axis=1) == truth).mean() > 0.99
    odd = encoder.transform(catalog(brand=["unseen", None, "b1"], weight=[None, None, 0.0]))
    answer = head.predict_proba(odd.matrix)
    assert np.isfinite(answer).all()
    assert np.allclose(answer.sum(axis=1), 1)
    assert answer[2].argmax() == 1
    assert answer[2].max() > 0.8
