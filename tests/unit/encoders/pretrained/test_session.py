"""Networks in ONNX Runtime: shared, safe in threads, and every failure is an EncoderError."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from weakref import ref

import numpy as np
import pytest

from aisle.encoders.pretrained import session as session_module
from aisle.encoders.pretrained.session import LONGEST, Session, shared_session
from aisle.errors import EncoderError
from tests.unit.encoders.pretrained.networks import (
    TOKEN_INPUTS,
    VOCABULARY,
    WIDTH,
    TensorProto,
    helper,
    image_network,
    model,
    pooled_network,
    table,
    tensor,
    token_network,
)


def feeds(*ids: int) -> dict[str, np.ndarray]:
    return {
        "input_ids": np.array([ids], dtype=np.int64),
        "attention_mask": np.ones((1, len(ids)), dtype=np.int64),
    }


def opened(content: bytes | None = None, output: str = "embedding") -> Session:
    return Session(content or pooled_network(), output, "tiny")


def test_a_network_gives_its_output() -> None:
    session = opened()
    found = session.run(feeds(4, 5))
    np.testing.assert_allclose(found, np.tanh(table()[[4, 5]].sum(axis=0))[None], rtol=1e-5)
    assert found.dtype == np.float32
    assert session.inputs == ("input_ids", "attention_mask")
    assert session.shape == (1, WIDTH)
    assert opened(token_network()).shape == (1, None, WIDTH)
    assert session.run_one(feeds(4)).shape == (WIDTH,)


@pytest.mark.parametrize("name", ["tokens_", "mask", "masks", "kept", "summed", "embedding"])
def test_every_tensor_on_the_way_can_be_asked_for(name: str) -> None:
    session = opened(output=name)
    found = session.run(feeds(4, 5, 6))
    assert found.dtype == np.float32
    expected = {
        "tokens_": table()[None, [4, 5, 6]],
        "mask": np.ones((1, 3)),
        "masks": np.ones((1, 3, 1)),
        "kept": table()[None, [4, 5, 6]],
        "summed": table()[[4, 5, 6]].sum(axis=0)[None],
        "embedding": np.tanh(table()[[4, 5, 6]].sum(axis=0))[None],
    }
    np.testing.assert_allclose(found, expected[name], rtol=1e-5)


def test_inner_tensors_of_a_real_network(weights: Path) -> None:
    content = (weights / "mobilenet-v1-025-128" / "model.onnx").read_bytes()
    pixels = {"x": np.zeros((1, 3, 128, 128), dtype=np.float32)}
    whole = opened(content)
    pixels = {whole.inputs[0]: pixels["x"]}
    names = [name for name in whole._tensors if name != "embedding"]
    for name in (names[0], names[len(names) // 2], names[-1]):
        assert np.isfinite(opened(content, name).run(pixels)).all()
    assert whole.run(pixels).shape == (1, 256)


def test_a_tensor_that_is_not_computed_is_told() -> None:
    for name, words in (("embeding", "near it come embedding"), ("", "near it come"), ("w", "")):
        with pytest.raises(EncoderError, match=f"computes no tensor '{name}'.*{words}"):
            opened(output=name).run(feeds(4))


def test_a_content_is_open_once_and_gone_when_nobody_uses_it() -> None:
    gc.collect()
    before = set(session_module._OPEN)
    content = pooled_network()
    first = shared_session(content, "embedding", "one")
    assert shared_session(bytes(bytearray(content)), "embedding", "two") is first
    assert shared_session(content, "summed", "one") is not first
    assert shared_session(image_network(), "embedding", "one") is not first
    assert deepcopy(first) is first
    assert deepcopy({"a": [first]})["a"][0] is first
    first.run(feeds(4))
    gone = ref(first)
    del first
    gc.collect()
    assert gone() is None
    assert set(session_module._OPEN) <= before


def test_threads_share_one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    opening = []
    open_one = session_module._open
    monkeypatch.setattr(session_module, "_open", lambda c: opening.append(c) or open_one(c))
    content = pooled_network()
    start = threading.Barrier(8)
    rng = np.random.default_rng(0)
    asked = [tuple(rng.integers(0, len(VOCABULARY), 1 + n % 9)) for n in range(400)]

    def work(part: int) -> list[bytes]:
        start.wait()
        session = shared_session(content, "embedding", "tiny")
        return [session.run(feeds(*ids)).tobytes() for ids in asked[part::8]]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(8)))
    assert 1 <= len(opening) <= 8
    alone = opened()
    for part, answers in enumerate(found):
        assert answers == [alone.run(feeds(*ids)).tobytes() for ids in asked[part::8]]


def test_one_session_is_opened_once_by_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    opening = []
    open_one = session_module._open
    monkeypatch.setattr(session_module, "_open", lambda c: opening.append(c) or open_one(c))
    session = opened()
    start = threading.Barrier(8)

    def work(_: int) -> bytes:
        start.wait()
        return session.run(feeds(4, 5)).tobytes()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(work, range(8)))) == 1
    assert len(opening) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"input_ids": np.array([[4]])},
        {"pixels": np.zeros(3)},
        {**feeds(4), "more": np.zeros(3)},
        {**feeds(4), "input_ids": np.array([[4.0]])},
        {**feeds(4), "input_ids": np.array([4])},
        {**feeds(4), "input_ids": np.array([[10**6]])},
        {**feeds(4), "input_ids": np.array([["a"]])},
        {**feeds(4), "input_ids": np.array([[None]], dtype=object)},
        {**feeds(4, 5), "input_ids": np.zeros((1, 3), dtype=np.int64)},
        {**feeds(4), "input_ids": "text"},
    ],
    ids=range(11),
)
def test_inputs_that_a_network_refuses(wrong: dict[str, np.ndarray]) -> None:
    with pytest.raises(EncoderError, match="tiny: the network failed: "):
        opened().run(wrong)


def test_outputs_that_are_no_numbers_or_no_row_are_refused() -> None:
    inputs = {"x": (TensorProto.FLOAT, [1, 2])}
    text = model(
        [helper.make_node("Cast", ["x"], ["s"], to=TensorProto.STRING),
         helper.make_node("StringConcat", ["s", "w"], ["embedding"])],
        inputs, {"embedding": [1, 2]}, [helper.make_tensor("w", TensorProto.STRING, [1], [b"a"])],
        TensorProto.STRING,
    )  # fmt: skip
    numbers = {"x": np.zeros((1, 2), dtype=np.float32)}
    with pytest.raises(EncoderError, match="tiny: "):
        opened(text).run(numbers)
    ragged = model(
        [helper.make_node("SequenceConstruct", ["x", "y"], ["embedding"])],
        {**inputs, "y": (TensorProto.FLOAT, [1, 3])},
        {},
        [],
    )
    with pytest.raises(EncoderError, match="tiny: "):
        opened(ragged).run({**numbers, "y": np.zeros((1, 3), dtype=np.float32)})
    for shape in ([], [2, 1], [0, 2]):
        node = helper.make_node("Expand" if shape != [0, 2] else "Slice", ["x", *(
            ["to"] if shape != [0, 2] else ["from", "from"])], ["embedding"])  # fmt: skip
        weights = [tensor("to", [2, 2], np.int64), tensor("from", [0, 0], np.int64)]
        if not shape:
            node = helper.make_node("ReduceSum", ["x"], ["embedding"], keepdims=0)
        made = opened(model([node], inputs, {"embedding": None}, weights))
        with pytest.raises(EncoderError, match="expected one row a product of the tensor 'emb"):
            made.run_one(numbers)


def test_the_length_of_vectors_is_checked() -> None:
    session = opened()
    assert session.checked_dimension(LONGEST) == LONGEST
    for length in (0, -1, LONGEST + 1, 10**18):
        with pytest.raises(EncoderError, match="expected vectors of 1 to"):
            session.checked_dimension(length)


def test_a_network_that_cannot_be_loaded_is_told() -> None:
    node = helper.make_node("NoSuchOperator", ["x"], ["embedding"])
    content = model([node], {"x": (TensorProto.FLOAT, [1])}, {"embedding": [1]}, [])
    with pytest.raises(EncoderError, match=r"tiny: ONNX Runtime [\d.]+ cannot load.*NoSuchOper"):
        opened(content).run({})
    dangling = helper.make_node("Relu", ["nothing"], ["embedding"])
    content = model([dangling], {"x": (TensorProto.FLOAT, [1])}, {"embedding": [1]}, [])
    with pytest.raises(EncoderError, match="cannot load the network"):
        _ = opened(content).inputs
    with pytest.raises(EncoderError, match="m: is no ONNX file"):
        Session(b"garbage", "embedding", "m")


def test_the_format_is_onnx_whatever_else_the_file_looks_like() -> None:
    """ONNX Runtime takes a file whose fifth byte begins ORTM for one in its own format."""
    looks = b"\x12\x87\x00\x00ORTM12"
    assert looks[4:8] == b"ORTM"
    session = opened(looks + pooled_network())
    assert session.run(feeds(4, 5)).tobytes() == opened().run(feeds(4, 5)).tobytes()


FUZZ = """
import sys
import numpy as np
from aisle.encoders.pretrained.session import Session
from aisle.errors import EncoderError
content = sys.stdin.buffer.read()
rng = np.random.default_rng(int(sys.argv[1]))
feeds = {
    "input_ids": np.array([[2, 4, 3]]), "attention_mask": np.ones((1, 3), dtype=np.int64),
}
ended = {"answered": 0, "refused": 0}
for _ in range(int(sys.argv[2])):
    changed = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        changed[rng.integers(len(changed))] = rng.integers(256)
    try:
        Session(bytes(changed), "embedding", "m").run(feeds)
        ended["answered"] += 1
    except EncoderError:
        ended["refused"] += 1
print(*ended.values())
"""


def test_a_changed_network_answers_or_is_refused() -> None:
    """In a process of its own: what ONNX Runtime does with garbage cannot be caught here."""
    asked = 400
    ended = subprocess.run(
        [sys.executable, "-c", FUZZ, "0", str(asked)],
        input=pooled_network(),
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()[-2_000:]
    answered, refused = map(int, ended.stdout.split())
    assert answered + refused == asked
    assert min(answered, refused) > 20


def test_inputs_are_named_by_the_network() -> None:
    assert tuple(TOKEN_INPUTS) == opened(token_network()).inputs
    assert opened(image_network()).inputs == ("pixels",)
