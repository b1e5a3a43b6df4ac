"""Means of word vectors: trained or ready-made, one row at a time or many."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.catalog import Catalog, Column, Role, Schema
from aisle.encoders import find_encoder
from aisle.encoders.text import ngrams
from aisle.encoders.text.word2vec import Word2VecEncoder
from aisle.errors import RecipeError
from aisle.models.persistence import Dumped, dump, restore
from aisle.models.persistence.tree import from_json, to_json
from tests.products import WORDS as KINDS
from tests.products import product_rows

KITCHEN = ["red mug for coffee", "blue cup for coffee and tea", "mug or cup: coffee, tea"]
LIGHT = ["lamp with a warm bulb", "bulb for a lamp, warm light", "warm light: bulb with shade"]
TRAINING = [*KITCHEN, "", *LIGHT, None]
WORDS = ["red", "mug", "blue", "lamp", "x-ray", "été", "bulb", "9", "tea", "!", "\u00a0"]
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join), min_size=1, max_size=8
)


def catalog(texts: Sequence[str | None], name: str = "title") -> Catalog:
    table = pa.table({name: pa.array(texts, pa.string())})
    return Catalog(table, Schema((Column(name, Role.TEXT, "a test"),)))


def small(**params: object) -> Word2VecEncoder:
    return Word2VecEncoder(**{"dimension": 12, "epochs": 3, **params})  # type: ignore[arg-type]


def given_vectors(vectors: dict[str, list[float]], rarity: Sequence[float]) -> Word2VecEncoder:
    encoder = small()
    encoder.vocabulary_ = list(vectors)
    encoder.vectors_ = np.array(list(vectors.values()), dtype=np.float32)
    encoder.rarity_ = np.array(rarity, dtype=np.float32)
    return encoder


@pytest.fixture(scope="module")
def fitted() -> Word2VecEncoder:
    return small(minimum=1).fit(catalog(TRAINING))


def test_it_is_found_by_name() -> None:
    assert find_encoder("word2vec") is Word2VecEncoder


def test_a_row_is_the_weighted_mean_of_its_words_at_length_one() -> None:
    encoder = given_vectors({"mug": [1, 0], "lamp": [0, 2], "anti": [-1, 0]}, [3, 2, 3])
    features = encoder.transform(
        catalog(["mug", "Mug, mug & LAMP", "unheard of", None, "mug anti"])
    )
    assert features.matrix.dtype == np.float32
    mixed = np.array([2 * 3, 2 * 2]) / np.hypot(6, 4)
    np.testing.assert_allclose(
        features.matrix, [[1, 0], mixed, [0, 0], [0, 0], [0, 0]], rtol=1e-6, atol=0
    )
    assert features.present.tolist() == [True, True, False, False, True]


def test_rare_words_weigh_more_unless_told_otherwise() -> None:
    texts = catalog(["red mug", "red lamp", "red mug", None])
    encoder = small(minimum=1).fit(texts)
    weights = dict(zip(encoder.vocabulary_, encoder.rarity_.tolist(), strict=True))
    # scikit-learn's smoothed inverse document frequency over the three texts that are there.
    assert weights["red"] == pytest.approx(1)
    assert weights["mug"] == pytest.approx(np.log(4 / 3) + 1)
    assert weights["lamp"] == pytest.approx(np.log(4 / 2) + 1)
    plain = small(minimum=1, weighting="mean").fit(texts)
    assert plain.rarity_.tolist() == [1, 1, 1]


@pytest.mark.parametrize("algorithm", ["skip-gram", "cbow"])
def test_words_of_one_context_are_near_one_another(algorithm: str) -> None:
    texts = [str(row["title"]) for row in product_rows(600)]
    encoder = small(epochs=30, algorithm=algorithm).fit(catalog(texts))
    words = [word for kind in KINDS.values() for word in kind]
    rows = encoder.transform(catalog(words)).matrix
    nearest = (rows @ rows.T - 2 * np.eye(len(words))).argmax(axis=1)
    of_kind = np.repeat(np.arange(len(KINDS)), [len(kind) for kind in KINDS.values()])
    assert of_kind[nearest].tolist() == of_kind.tolist()


@pytest.mark.parametrize("algorithm", ["skip-gram", "cbow"])
def test_rows_have_length_one_or_are_absent(algorithm: str) -> None:
    texts = catalog(TRAINING)
    encoder = small(algorithm=algorithm, minimum=2).fit(texts)
    assert "red" not in encoder.vocabulary_
    assert {"coffee", "warm"} < set(encoder.vocabulary_)
    assert encoder.vectors_.shape == (len(encoder.vocabulary_), 12)
    assert encoder.vectors_.dtype == np.float32
    features = encoder.transform(texts)
    filled = [bool(text) for text in TRAINING]
    assert features.present.tolist() == filled
    np.testing.assert_allclose(np.linalg.norm(features.matrix, axis=1), filled, rtol=1e-6)
    assert encoder.feature_names() is None


@given(texts=TEXTS)
@settings(max_examples=40)
def test_features_never_depend_on_the_rows_beside(
    fitted: Word2VecEncoder, texts: list[str]
) -> None:
    together = fitted.transform(catalog(texts))
    for row, text in enumerate(texts):
        alone = fitted.transform(catalog([text]))
        assert alone.matrix[0].tobytes() == together.matrix[row].tobytes()
        assert alone.present[0] == together.present[row]


def test_nor_in_a_large_batch_nor_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(5)
    texts = [" ".join(f"word{n}" for n in dice.zipf(1.5, 40) % 500) for _ in range(300)]
    fitted = small(dimension=101, epochs=1).fit(catalog(texts[:200]))
    whole = fitted.transform(catalog(texts)).matrix
    backwards = fitted.transform(catalog(texts[::-1])).matrix
    assert backwards[::-1].tobytes() == whole.tobytes()
    for row in range(0, 300, 30):
        alone = fitted.transform(catalog([texts[row]])).matrix
        assert alone.tobytes() == whole[row].tobytes()
    monkeypatch.setattr(ngrams, "BLOCK_CHARACTERS", 3_000)
    assert fitted.transform(catalog(texts)).matrix.tobytes() == whole.tobytes()
    again = small(dimension=101, epochs=1).fit(catalog(texts[:200]))
    assert again.vocabulary_ == fitted.vocabulary_
    assert again.vectors_.tobytes() == fitted.vectors_.tobytes()


def digest(texts: Sequence[str | None], **params: object) -> str:
    total = hashlib.sha256()
    for algorithm in ("skip-gram", "cbow"):
        encoder = small(algorithm=algorithm, minimum=1, **params).fit(catalog(texts))
        total.update(encoder.vectors_.tobytes() + encoder.rarity_.tobytes())
        total.update("\0".join(encoder.vocabulary_).encode())
        total.update(encoder.transform(catalog(texts)).matrix.tobytes())
    return total.hexdigest()


def test_the_same_bytes_again_and_in_a_new_process() -> None:
    here = digest(TRAINING)
    assert digest(TRAINING) == here
    assert digest(TRAINING, seed=1) != here
    script = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('here', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "sys.stdout.write(module.digest(module.TRAINING))\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", script, __file__],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )  # fmt: skip
    assert there.stdout == here


def test_restored_from_a_bundle_it_needs_no_gensim(
    fitted: Word2VecEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    types = {"encoder.word2vec": Word2VecEncoder}
    expected = fitted.transform(catalog(TRAINING))
    dumped = dump(fitted, types=types)
    monkeypatch.setitem(sys.modules, "gensim", None)
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    tree = from_json(to_json(dumped.tree), "tree")
    restored = restore(Dumped(tree, dumped.parts), types=types)
    assert restored.get_params() == fitted.get_params()
    found = restored.transform(catalog(TRAINING))
    assert found.matrix.tobytes() == expected.matrix.tobytes()
    assert found.present.tolist() == expected.present.tolist()


def test_without_gensim_training_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "gensim", None)
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    with pytest.raises(RecipeError, match=r'pip install "aisle\[word2vec\]"'):
        small().fit(catalog(TRAINING))
    file = tmp_path / "glove.txt"
    file.write_text("mug 1 0\nlamp 0 1\n")
    encoder = small(vectors=str(file)).fit(catalog(TRAINING))
    assert encoder.transform(catalog(["a lamp"])).matrix.tolist() == [[0, 1]]


def test_ready_made_vectors_know_words_that_training_did_not(tmp_path: Path) -> None:
    file = tmp_path / "glove.txt"
    file.write_text("sofa 3 4\ntable 1 1\nmug 1 0\nbed 0 1\n")
    products = catalog(["red mug", "red lamp", None])
    encoder = small(vectors=str(file), common=1, minimum=5).fit(products)
    weights = dict(zip(encoder.vocabulary_, encoder.rarity_.tolist(), strict=True))
    assert weights.keys() == {"sofa", "mug"}
    assert weights["mug"] == pytest.approx(np.log(3 / 2) + 1)
    assert weights["sofa"] == pytest.approx(np.log(3 / 1) + 1)
    features = encoder.transform(catalog(["a sofa", "a bed"]))
    np.testing.assert_allclose(features.matrix, [[0.6, 0.8], [0, 0]], rtol=1e-6)
    assert features.present.tolist() == [True, False]


def test_cleaning_is_that_of_the_other_text_encoders() -> None:
    products = catalog(["<b>Curtains</b> $ 12 café", "curtain café $ 12"])
    assert set(small(minimum=1).fit(products).vocabulary_) == {"curtains", "curtain", "café", "12"}
    plain = small(minimum=1, morphology="lemma", accents=True, mask_prices=True).fit(products)
    assert set(plain.vocabulary_) == {"curtain", "cafe"}


@pytest.mark.parametrize("texts", [[], [None, " "], ["mug"], ["mug mug mug"], ["a b c"]])
def test_nearly_nothing_to_learn_from(texts: list[str | None]) -> None:
    encoder = small(minimum=1).fit(catalog(texts))
    features = encoder.transform(catalog(["mug", None]))
    assert features.matrix.shape == (2, 12)
    assert features.present.tolist() == ["mug" in encoder.vocabulary_, False]
    assert np.isfinite(features.matrix).all()
    assert encoder.transform(catalog([])).matrix.shape == (0, 12)


def test_a_column_that_is_gone_is_an_absent_text() -> None:
    encoder = small(columns=["title"], minimum=1).fit(catalog(["red mug"]))
    assert not encoder.transform(catalog(["red mug"], name="name")).present.any()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dimension": 0}, "dimension is a whole number from 1 to 4096, not 0"),
        ({"window": 2.5}, "window is a whole number"),
        ({"minimum": 0}, "minimum is a whole number"),
        ({"epochs": True}, "epochs is a whole number"),
        ({"common": -1}, "common is a whole number"),
        ({"seed": 2**31}, "seed is a whole number"),
        ({"algorithm": "glove"}, "algorithm is 'skip-gram' or 'cbow', not 'glove'"),
        ({"weighting": "sif"}, "weighting is 'tfidf' or 'mean', not 'sif'"),
        ({"vectors": 3}, "vectors is the path of a file"),
        ({"vectors": "/nowhere/at.all"}, "/nowhere/at.all: .*No such file"),
        ({"columns": ["tilte"]}, "Did you mean 'title'"),
        ({"morphology": "lemon"}, "'lemon' is not known"),
    ],
)
def test_wrong_parameters_are_explained(params: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        small(**params).fit(catalog(["red mug"]))
