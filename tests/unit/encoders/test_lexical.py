"""TF-IDF, bag of words and hashing: scikit-learn's numbers, one row at a time or many."""

from __future__ import annotations

import gc
import hashlib
import os
import subprocess
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer

from aisle.catalog import Catalog, Column, Role, Schema
from aisle.encoders.encoder import Encoder
from aisle.encoders.text import ngrams
from aisle.encoders.text.cleaning import TextPreparation
from aisle.encoders.text.lexical import BagOfWordsEncoder, HashingEncoder, TfidfEncoder
from aisle.errors import RecipeError

WORDS = ["red", "mug", "blue", "lamp", "x-ray", "été", "🙂", "9", "aa", "aa bb", "!", "\u00a0"]
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join), min_size=1, max_size=8
)
TRAINING = [
    "red mug, blue mug",
    "blue lamp with an x-ray shade",
    "été 🙂 aa bb aa bb aa",
    "",
    "9 lamps",
    "red red red red mug",
]
ENCODERS: list[Encoder] = [
    TfidfEncoder(),
    TfidfEncoder(analyzer="char", ngrams=(3, 5)),
    TfidfEncoder(minimum=2, maximum=4, accents=True, morphology="stem"),
    BagOfWordsEncoder(),
    BagOfWordsEncoder(analyzer="char", ngrams=[2, 3]),
    HashingEncoder(bits=8),
    HashingEncoder(analyzer="char", ngrams=(3, 5), bits=10),
]


def catalog(texts: Sequence[str | None], name: str = "title") -> Catalog:
    table = pa.table({name: pa.array(texts, pa.string())})
    return Catalog(table, Schema((Column(name, Role.TEXT, "a test"),)))


def row_bytes(matrix: sparse.csr_matrix, row: int) -> tuple[bytes, bytes]:
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[part].astype(np.int64).tobytes(), matrix.data[part].tobytes()


@pytest.mark.parametrize(
    ("analyzer", "kind", "lengths"), [("word", "word", (1, 2)), ("char", "char_wb", (3, 5))]
)
def test_tfidf_is_scikit_learns(
    shared: Path, analyzer: str, kind: str, lengths: tuple[int, int]
) -> None:
    products = Catalog.read(shared / "data/flipkart/catalog.csv", target="category")
    products = products.take(range(0, 1050, 3))
    columns = ["title", "description"]
    texts = TextPreparation()(products.texts(columns))
    peer = TfidfVectorizer(
        sublinear_tf=True, analyzer=kind, ngram_range=lengths, token_pattern=r"(?u)\b\w\w+\b"
    )
    theirs = peer.fit_transform(texts[:250])
    encoder = TfidfEncoder(columns, analyzer=analyzer, ngrams=lengths)  # type: ignore[arg-type]
    ours = encoder.fit(products.take(range(250))).transform(products)
    assert sorted(encoder.vocabulary_) == sorted(peer.vocabulary_)
    order = [peer.vocabulary_[term] for term in encoder.vocabulary_]
    assert ours.matrix.dtype == np.float32
    assert abs(ours.matrix[:250] - theirs[:, order]).max() < 3e-7
    assert abs(ours.matrix - peer.transform(texts)[:, order]).max() < 3e-7
    assert ours.present.all()


def test_a_missing_text_is_no_document() -> None:
    encoder = TfidfEncoder().fit(catalog(["red mug", None, "  ", "red lamp"]))
    rarity = dict(zip(encoder.vocabulary_, encoder.rarity_.tolist(), strict=True))
    assert rarity["red"] == 1  # in two of two texts
    features = encoder.transform(catalog(["red", None, "!!", "unheard of"]))
    assert features.present.tolist() == [True, False, False, False]
    assert features.matrix.sum(axis=1).ravel().tolist()[0] == [1, 0, 0, 0]


def test_very_frequent_terms_are_dampened() -> None:
    encoder = TfidfEncoder(ngrams=(1, 1)).fit(catalog(["aa bb", "aa cc"]))
    row = encoder.transform(catalog(["aa " * 70_000 + "bb"])).matrix.toarray()[0]
    aa, bb = (row[encoder.vocabulary_.index(word)] for word in ("aa", "bb"))
    weight = encoder.rarity_[encoder.vocabulary_.index("bb")]
    # The counts that a text can reach are bounded: 2^16 and more weigh the same.
    assert aa / bb == pytest.approx((1 + np.log(65_535)) / weight)


@pytest.mark.parametrize("encoder", ENCODERS, ids=repr)
@given(TEXTS)
@settings(max_examples=25)
def test_features_never_depend_on_the_rows_beside(encoder: Encoder, texts: list[str]) -> None:
    fitted = clone(encoder).fit(catalog(TRAINING))
    together = fitted.transform(catalog(texts))
    for row, text in enumerate(texts):
        alone = fitted.transform(catalog([text]))
        assert row_bytes(alone.matrix, 0) == row_bytes(together.matrix, row)
        assert alone.present[0] == together.present[row]


@pytest.mark.parametrize("encoder", ENCODERS[:2], ids=repr)
def test_nor_in_a_large_batch_nor_across_blocks(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = np.random.default_rng(5)
    texts = [" ".join(f"word{n}" for n in dice.zipf(1.5, 40) % 500) for _ in range(300)]
    fitted = clone(encoder).fit(catalog(texts[:200]))
    whole = fitted.transform(catalog(texts)).matrix
    backwards = fitted.transform(catalog(texts[::-1])).matrix
    monkeypatch.setattr(ngrams, "BLOCK_CHARACTERS", 3_000)
    parts = fitted.transform(catalog(texts)).matrix
    for row in range(300):
        expected = row_bytes(whole, row)
        assert row_bytes(backwards, 299 - row) == expected
        assert row_bytes(parts, row) == expected


@pytest.mark.parametrize("encoder", ENCODERS, ids=repr)
def test_restored_from_what_a_bundle_keeps(encoder: Encoder) -> None:
    fitted = clone(encoder).fit(catalog(TRAINING))
    restored = type(fitted)(**fitted.get_params())
    for name, value in vars(fitted).items():
        if name.endswith("_"):
            setattr(restored, name, list(value) if isinstance(value, list) else value.copy())
    ours, theirs = fitted.transform(catalog(TRAINING)), restored.transform(catalog(TRAINING))
    assert ours.matrix.shape == theirs.matrix.shape
    for row in range(len(TRAINING)):
        assert row_bytes(ours.matrix, row) == row_bytes(theirs.matrix, row)


def test_a_new_vocabulary_replaces_the_old_one() -> None:
    encoder = BagOfWordsEncoder(ngrams=(1, 1)).fit(catalog(["red mug"]))
    encoder.transform(catalog(["red"]))
    encoder.vocabulary_ = ["mug", "lamp", "red"]
    assert encoder.transform(catalog(["red"])).matrix.toarray().tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("encoder", ENCODERS, ids=repr)
def test_no_rows_and_no_words(encoder: Encoder) -> None:
    fitted = clone(encoder).fit(catalog(TRAINING))
    empty = fitted.transform(catalog([]))
    assert len(empty) == len(empty.present) == 0
    width = fitted.transform(catalog(["red"])).dimension
    assert empty.dimension == width
    blank = clone(encoder).fit(catalog([None, " "])).transform(catalog(["red"]))
    assert len(blank) == 1


def digest(texts: Sequence[str]) -> str:
    total = hashlib.sha256()
    for analyzer, lengths in (("word", (1, 2)), ("char", (3, 5))):
        encoder = TfidfEncoder(analyzer=analyzer, ngrams=lengths)  # type: ignore[arg-type]
        matrix = encoder.fit(catalog(texts)).transform(catalog(texts)).matrix
        for part in (matrix.data, matrix.indices, matrix.indptr, encoder.rarity_):
            total.update(part.tobytes())
        total.update("\0".join(encoder.vocabulary_).encode())
    return total.hexdigest()


def test_the_same_bytes_again_and_in_a_new_process() -> None:
    here = digest(TRAINING)
    assert digest(TRAINING) == here
    script = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('here', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "sys.stdout.write(module.digest(module.TRAINING))\n"
    )
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", script, __file__],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert there.stdout == here


def test_equal_texts_are_prepared_once_and_others_are_not_mixed_up() -> None:
    table = pa.table({"title": ["Red MUG"], "notes": ["€ 12 lamp"]})
    schema = Schema(tuple(Column(n, Role.TEXT, "") for n in ("title", "notes")))
    products = Catalog(table, schema)

    def terms(**params: object) -> set[str]:
        encoder = BagOfWordsEncoder(ngrams=(1, 1), **params)  # type: ignore[arg-type]
        return set(encoder.fit(products).vocabulary_)

    assert terms() == {"red", "mug", "12", "lamp"}
    assert terms(columns=["title"]) == {"red", "mug"}
    assert terms(columns=["notes"]) == {"12", "lamp"}
    assert terms(columns=["title"], lowercase=False) == {"Red", "MUG"}
    assert terms(mask_prices=True) == {"red", "mug", "lamp"}
    other = Catalog(pa.table({"title": ["sofa"], "notes": ["bed"]}), schema)
    assert set(BagOfWordsEncoder(ngrams=(1, 1)).fit(other).vocabulary_) == {"sofa", "bed"}


def test_two_encoders_of_one_catalogue_prepare_its_texts_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepared: list[int] = []
    prepare = TextPreparation.__call__

    def counting(self: TextPreparation, texts: Sequence[str]) -> list[str]:
        prepared.append(len(texts))
        return prepare(self, texts)

    monkeypatch.setattr(TextPreparation, "__call__", counting)
    products = catalog(["red mug", "blue lamp"])
    word, char = TfidfEncoder(), TfidfEncoder(analyzer="char", ngrams=(3, 5))
    for encoder in (word, char):
        encoder.fit(products).transform(products)
    assert prepared == [2]
    word.transform(catalog(["red mug"]))
    assert prepared == [2, 1]


def test_a_catalogues_words_are_forgotten_with_it() -> None:
    from aisle.encoders.text.prepared import _MEMORY

    products = catalog(["red mug"])
    TfidfEncoder().fit(products)
    assert _MEMORY._kept is not None
    watched = weakref.ref(products)
    del products
    gc.collect()
    assert watched() is None
    assert _MEMORY._kept is None


@pytest.mark.parametrize(
    "params",
    [
        {"analyzer": "sentence"},
        {"ngrams": (2, 1)},
        {"ngrams": (0, 1)},
        {"ngrams": (1, 9)},
        {"ngrams": (1, 1), "analyzer": "char"},
        {"ngrams": (1,)},
        {"ngrams": 3},
        {"ngrams": "12"},
        {"ngrams": (1.0, 2.0)},
    ],
)
def test_wrong_ngrams_are_explained(params: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match="not valid"):
        TfidfEncoder(**params).fit(catalog(["red mug"]))  # type: ignore[arg-type]


def test_wrong_columns_and_bits_are_explained() -> None:
    for encoder in (TfidfEncoder(["tilte"]), HashingEncoder(["tilte"])):
        with pytest.raises(RecipeError, match="Did you mean 'title'"):
            encoder.fit(catalog(["red mug"]))
    with pytest.raises(RecipeError, match="from 8 to 24"):
        HashingEncoder(bits=3).fit(catalog(["red mug"]))


def test_a_column_that_is_gone_is_an_absent_text() -> None:
    encoder = TfidfEncoder(["title"]).fit(catalog(["red mug"]))
    features = encoder.transform(catalog(["red mug"], name="name"))
    assert not features.present.any()
    assert features.matrix.nnz == 0


def test_names_are_the_terms_and_hashed_columns_have_none() -> None:
    encoder = TfidfEncoder().fit(catalog(["red mug"]))
    assert sorted(encoder.feature_names()) == ["mug", "red", "red mug"]
    assert HashingEncoder().feature_names() is None


def test_hashed_rows_have_length_one() -> None:
    features = HashingEncoder(bits=12).fit(catalog(TRAINING)).transform(catalog(TRAINING))
    assert features.dimension == 4096
    lengths = np.sqrt(features.matrix.multiply(features.matrix).sum(axis=1)).ravel()
    assert np.allclose(lengths, [1, 1, 1, 0, 1, 1])
