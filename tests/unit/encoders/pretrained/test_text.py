"""Texts through networks: each alone, whatever stands beside it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.encoders.pretrained import text as text_module
from aisle.encoders.pretrained.folder import TextInput, open_folder
from aisle.encoders.pretrained.session import Session
from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import EncoderError
from tests.unit.encoders.pretrained.networks import (
    TOKEN_INPUTS,
    VOCABULARY,
    WIDTH,
    TensorProto,
    helper,
    image_folder,
    model,
    pooled_network,
    table,
    tensor,
    text_folder,
    token_network,
    tokenizer,
)

TEXTS = [
    "mug ceramic", "lamp", "", "boot leather sole laces new blue red a b mug mug mug mug mug mug",
    "größe 商品 👕", "mug ceramic", "MUG  ceramic", "\0", "\ud800", "a" * 300, "\u202emug", "ﬁ",
]  # fmt: skip


def network(content: bytes | None = None, *, special: bool = True, **how: Any) -> TextNetwork:
    asked = TextInput(**{"max_tokens": 16, **how})
    made = tokenizer(special=special)
    return TextNetwork(content or pooled_network(), made, asked, "embedding", "tiny")


def ids(text: str) -> list[int]:
    return [2, *(VOCABULARY.get(word, 1) for word in text.lower().split()), 3]


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.sqrt(np.square(vector).sum())


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of tokens of each run of a network."""
    counted: list[int] = []
    run = Session.run

    def counting(self: Session, feeds: Any) -> Any:
        counted.append(next(iter(feeds.values())).shape[1])
        return run(self, feeds)

    monkeypatch.setattr(Session, "run", counting)
    return counted


def test_a_vector_is_the_networks_answer_of_length_1() -> None:
    for text in ("mug ceramic", "lamp unknownword", ""):
        expected = unit(np.tanh(table()[ids(text)].sum(axis=0)))
        np.testing.assert_allclose(network().encode([text])[0], expected, rtol=1e-5)
        plain = network(normalised=False).encode([text])[0]
        np.testing.assert_allclose(unit(plain), expected, rtol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "max", "cls", "last"])
@pytest.mark.parametrize("pad_to", [None, 12])
def test_tokens_are_pooled_padding_left_out(pooling: str, pad_to: int | None) -> None:
    asked = network(
        token_network(), pooled=False, pooling=pooling, normalised=False,
        pad_to=pad_to, pad_token="[PAD]",
    )  # fmt: skip
    for text in ("mug ceramic lamp", "mug", ""):
        tokens = table()[ids(text)]
        expected = {
            "mean": tokens.mean(axis=0),
            "max": tokens.max(axis=0),
            "cls": tokens[0],
            "last": tokens[-1],
        }[pooling]
        np.testing.assert_allclose(asked.encode([text])[0], expected, rtol=1e-5)


def test_a_text_is_padded_and_cut_to_what_the_network_expects(runs: list[int]) -> None:
    fixed = network(pad_to=6, pad_token="[PAD]")
    long = "mug " * 40
    fixed.encode(["", "mug", long])
    assert runs == [6, 6, 6]
    runs.clear()
    network(max_tokens=10).encode(["", "mug", long])
    assert sorted(runs) == [2, 3, 10]
    cut = network(max_tokens=10)
    assert cut.encode([long]).tobytes() == cut.encode(["mug " * 8]).tobytes()
    assert cut.encode([long]).tobytes() != cut.encode(["mug " * 7]).tobytes()


def test_a_prefix_stands_before_every_text() -> None:
    plain, marked = network(), network(prefix="new blue ")
    texts = ["mug", "", "lamp"]
    assert (
        marked.encode(texts).tobytes() == plain.encode([f"new blue {t}" for t in texts]).tobytes()
    )
    assert marked.fingerprint != plain.fingerprint


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("pooled", [True, False])
def test_a_vector_does_not_depend_on_the_texts_beside_it(
    monkeypatch: pytest.MonkeyPatch, workers: int, pooled: bool
) -> None:
    monkeypatch.setattr(text_module, "cores", lambda: workers)
    monkeypatch.setattr(text_module, "_TEXTS_AT_ONCE", 5)
    asked = network(None if pooled else token_network())
    alone = [asked.encode([text])[0].tobytes() for text in TEXTS]
    for order in (range(len(TEXTS)), reversed(range(len(TEXTS))), [3, 3, 0, 3]):
        rows = list(order)
        found = asked.encode([TEXTS[row] for row in rows])
        assert [vector.tobytes() for vector in found] == [alone[row] for row in rows]


def test_the_same_of_a_real_network_quantised_with_scales_of_its_input(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = TextNetwork.load(open_folder(weights / "all-minilm-l6-v2"))
    texts = [*TEXTS, "a red ceramic mug with a handle", "shirt " * 500]
    alone = [asked.encode([text])[0].tobytes() for text in texts]
    for workers in (1, 3):
        monkeypatch.setattr(text_module, "cores", lambda workers=workers: workers)
        found = asked.encode(texts[::-1])
        assert [vector.tobytes() for vector in found[::-1]] == alone
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_equal_texts_are_run_once_and_told(runs: list[int]) -> None:
    told: list[tuple[str, int, int]] = []
    found = network().encode(
        ["mug", "lamp", "mug", "mug"], progress=lambda *step: told.append(step)
    )
    assert len(runs) == 2
    assert told == [("encoding texts", 1, 2), ("encoding texts", 2, 2)]
    assert found[0].tobytes() == found[2].tobytes() == found[3].tobytes()
    runs.clear()
    done: list[str] = []
    network().each(["mug", "mug"], lambda text, _: done.append(text))
    assert (len(runs), done) == (2, ["mug", "mug"])


def test_no_texts_make_no_rows() -> None:
    for content in (pooled_network(), token_network(), token_network("unknown")):
        found = network(content).encode([])
        assert (found.shape, found.dtype) == ((0, WIDTH), np.float32)


def test_a_text_without_tokens_is_a_row_of_zeros() -> None:
    for pooling in ("mean", "max", "cls", "last"):
        asked = network(token_network("unknown"), special=False, pooling=pooling)
        found = asked.encode(["", "mug", "  "])
        assert np.array_equal(found[[0, 2]], np.zeros((2, WIDTH)))
        assert found[1].any()
    padded = network(token_network(), special=False, pad_to=4, pad_token="[PAD]")
    assert not padded.encode([""]).any()


@given(st.lists(st.text(st.characters(codec=None), max_size=30), max_size=5))
@settings(max_examples=60)
def test_any_unicode_is_encoded(texts: Sequence[str]) -> None:
    found = network().encode(texts)
    assert found.shape == (len(texts), WIDTH)
    assert np.isfinite(found).all()


def in_one_row(declared: Any) -> bytes:
    """A network whose vectors are as long as the text, which it may deny."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["tokens_"]),
        helper.make_node("Identity", ["attention_mask"], ["unused"]),
        helper.make_node("Reshape", ["tokens_", "to"], ["embedding"]),
    ]
    weights = [tensor("table", table()), tensor("to", [1, -1], np.int64)]
    return model(nodes, TOKEN_INPUTS, {"embedding": [1, declared]}, weights)


def test_a_dimension_that_the_file_does_not_tell_is_tried_out_once(runs: list[int]) -> None:
    asked = network(in_one_row("unknown"))
    assert [asked.dimension, asked.dimension] == [3 * WIDTH, 3 * WIDTH]
    assert runs == [3]
    assert network(token_network()).dimension == WIDTH
    assert runs == [3]


def test_a_network_that_gives_other_than_it_says_is_refused() -> None:
    with pytest.raises(EncoderError, match="expected 24 finite numbers a text, found the shape"):
        network(in_one_row("unknown")).encode(["mug lamp"])
    with pytest.raises(EncoderError, match="expected 5 finite numbers a text"):
        network(in_one_row(5)).encode(["mug"])
    with pytest.raises(EncoderError, match="expected vectors of 1 to"):
        network(in_one_row(10**15)).encode([])
    broken = table()
    broken[VOCABULARY["lamp"]] = np.inf
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["embedding"]),
        helper.make_node("Identity", ["attention_mask"], ["unused"]),
    ]
    content = model(nodes, TOKEN_INPUTS, {"embedding": [1, "t", WIDTH]}, [tensor("table", broken)])
    asked = network(content, normalised=False)
    assert np.isfinite(asked.encode(["mug"])).all()
    with pytest.raises(EncoderError, match="infinite numbers"):
        asked.encode(["mug", "lamp"])


def test_a_network_that_asks_for_more_than_a_text_gives_is_refused() -> None:
    node = helper.make_node("Identity", ["pixels"], ["embedding"])
    content = model([node], {"pixels": (TensorProto.FLOAT, [1, 4])}, {"embedding": [1, 4]}, [])
    with pytest.raises(EncoderError, match="tiny: the network failed"):
        network(content).encode(["mug"])


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"version": "1.0"}'])
def test_a_tokenizer_that_is_garbage_is_refused(content: bytes) -> None:
    with pytest.raises(EncoderError, match=r"tiny: tokenizer\.json cannot be read"):
        TextNetwork(pooled_network(), content, TextInput(max_tokens=8), "embedding", "tiny")


def test_a_tokenizer_that_fails_on_a_text_or_does_not_fit_is_refused() -> None:
    how = TextInput(max_tokens=8)
    made = TextNetwork(pooled_network(), tokenizer(unknown=False), how, "embedding", "tiny")
    made.encode(["mug"])
    with pytest.raises(EncoderError, match=r"tiny: tokenizer\.json fails on texts"):
        made.encode(["nosuchword"])
    with pytest.raises(EncoderError, match=r"no token '\[FILL\]' to pad with"):
        network(pad_to=8, pad_token="[FILL]")
    with pytest.raises(EncoderError, match=r"max_tokens is 1, but .* puts 2 tokens around"):
        network(max_tokens=1)


def test_a_folder_is_loaded_with_a_precision_or_a_layer(tmp_path: Path) -> None:
    folder = text_folder(tmp_path, text={"normalised": False})
    whole, hidden = TextNetwork.load(folder), TextNetwork.load(folder, layer="summed")
    np.testing.assert_allclose(
        np.tanh(hidden.encode(["mug lamp"])), whole.encode(["mug lamp"]), rtol=1e-5
    )
    assert whole.fingerprint != hidden.fingerprint
    assert whole.fingerprint == TextNetwork.load(folder, precision="float32").fingerprint
    assert copy.deepcopy(whole) is whole
    with pytest.raises(EncoderError, match="computes no tensor 'nosuch'"):
        TextNetwork.load(folder, layer="nosuch").encode(["mug"])
    with pytest.raises(EncoderError, match="reads image, not text"):
        TextNetwork.load(image_folder(tmp_path))
