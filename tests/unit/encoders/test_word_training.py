"""What gensim is given to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aisle.encoders.text import word_training
from aisle.encoders.text.ngrams import read_words
from aisle.encoders.text.word_training import train_vectors


class Listening:
    """Stands for gensim.models, and notes what is asked of it."""

    def __init__(self) -> None:
        self.sentences: list[list[str]] = []
        self.params: dict[str, Any] = {}
        self.wv = self
        self.key_to_index = {"mug": 1, "red": 0, "lamp": 2}
        self.vectors = np.array([[0.0], [1.0], [2.0]])

    def Word2Vec(self, sentences: Any, **params: Any) -> Listening:  # noqa: N802
        assert list(sentences) == list(sentences)  # more than one epoch can be read
        self.sentences, self.params = list(sentences), params
        return self


@pytest.fixture
def gensim(monkeypatch: pytest.MonkeyPatch) -> Listening:
    found = Listening()
    monkeypatch.setattr(word_training, "_gensim", lambda: found)
    return found


def train(texts: list[str], epochs: int | None = 1) -> np.ndarray:
    return train_vectors(
        list(read_words(texts)), ["mug", "lamp", "red"],
        dimension=1, window=5, epochs=epochs, algorithm="cbow", seed=3,
    )  # fmt: skip


def test_sentences_are_the_known_words_of_each_text_in_order(gensim: Listening) -> None:
    vectors = train(["red mug,mug!", "", "x9 lamp red", "what else", "mug"])
    assert [s for s in gensim.sentences if s] == [["red", "mug", "mug"], ["lamp", "red"], ["mug"]]
    assert vectors.tolist() == [[1], [2], [0]]  # in the order of the vocabulary, not gensim's
    assert vectors.dtype == np.float32
    assert (gensim.params["sg"], gensim.params["seed"], gensim.params["workers"]) == (0, 3, 1)


def test_no_word_of_a_long_text_is_lost(gensim: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_training, "_LONGEST", 4)
    train(["red mug lamp mug red lamp lamp red mug", "mug red"])
    assert gensim.sentences == [
        ["red", "mug", "lamp", "mug"],
        ["red", "lamp", "lamp", "red"],
        ["mug"],
        ["mug", "red"],
    ]


def test_a_small_catalogue_is_read_more_often(
    gensim: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_training, "_WORDS_TO_READ", 60)
    asked = []
    for count in (1, 4, 1000):
        train(["red mug lamp"] * count, epochs=None)
        asked.append(gensim.params["epochs"])
    fewest, most = word_training._EPOCHS
    assert asked == [min(most, 20), max(fewest, 5), fewest]
    train(["red mug"], epochs=7)
    assert gensim.params["epochs"] == 7


def test_the_hash_is_the_same_in_every_process() -> None:
    assert word_training._hash("mug") == 0x3ED0F829
