"""ONNX files read without the onnx package: as it reads them, and garbage is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.encoders.pretrained.onnx_file import DOMAINS, check_onnx, read_onnx, with_output
from aisle.errors import EncoderError
from tests.unit.encoders.pretrained.networks import (
    helper,
    image_network,
    model,
    onnx,
    pooled_network,
    tensor,
    token_network,
)

SMALL = pooled_network()
FLOATS = (onnx.TensorProto.FLOAT, [1])


def graphs(graph: Any) -> Iterator[Any]:
    """Yield a graph and those within it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            inner = [attribute.g] if attribute.HasField("g") else []
            for one in [*inner, *attribute.graphs]:
                yield from graphs(one)


def as_onnx_says(content: bytes) -> tuple[list[str], set[str], bool]:
    proto = onnx.load_model_from_string(content)
    tensors = [name for node in proto.graph.node for name in node.output if name]
    every = list(graphs(proto.graph))
    domains = {node.domain for graph in every for node in graph.node}
    held = [t for graph in every for t in graph.initializer]
    held += [a.t for g in every for n in g.node for a in n.attribute if a.HasField("t")]
    return tensors, domains, any(t.data_location or t.external_data for t in held)


def as_aisle_says(content: bytes) -> tuple[list[str], set[str], bool]:
    found = read_onnx(content, "test")
    return found.tensors, found.domains, found.external


def branching(weights: Any = None) -> bytes:
    """A network with a graph in a graph, whose innermost constant may be given."""
    constant = weights if weights is not None else tensor("inner", [1.0])
    one = helper.make_graph(
        [
            helper.make_node("Constant", [], ["c"], value=constant),
            helper.make_node("Add", ["x", "c"], ["y"]),
        ],
        "one",
        [],
        [helper.make_tensor_value_info("y", *FLOATS)],
    )
    other = helper.make_graph(
        [helper.make_node("Gelu", ["x"], ["z"], domain="com.microsoft")],
        "other",
        [],
        [helper.make_tensor_value_info("z", *FLOATS)],
    )
    nodes = [
        helper.make_node("Greater", ["x", "zero"], ["positive"]),
        helper.make_node("If", ["positive"], ["out"], then_branch=one, else_branch=other),
    ]
    return model(nodes, {"x": FLOATS}, {"out": [1]}, [tensor("zero", [0.0])])


def outside(name: str = "w") -> Any:
    """A tensor whose numbers lie in another file."""
    made = tensor(name, [1.0])
    onnx.external_data_helper.set_external_data(made, "../../etc/passwd")
    made.ClearField("raw_data")
    made.data_location = onnx.TensorProto.EXTERNAL
    return made


@pytest.mark.parametrize(
    "content", [SMALL, token_network(), image_network("NHWC"), branching()], ids=range(4)
)
def test_small_networks_read_as_the_onnx_package_reads_them(content: bytes) -> None:
    assert as_aisle_says(content) == as_onnx_says(content)


def test_real_networks_read_as_the_onnx_package_reads_them(weights: Path) -> None:
    files = sorted(weights.glob("*/*.onnx"))
    assert len(files) >= 4
    for file in files:
        content = file.read_bytes()
        assert as_aisle_says(content) == as_onnx_says(content), file
        assert check_onnx(content, "test").tensors


NAMES = st.text(min_size=1, max_size=8)


@st.composite
def random_graphs(draw: st.DrawFn, depth: int = 0) -> Any:
    nodes = []
    for _ in range(draw(st.integers(0, 3))):
        held: dict[str, Any] = {"n": draw(st.integers(-(2**40), 2**40))}
        if draw(st.booleans()):
            held["t"] = draw(st.sampled_from([tensor("in", [2.0]), outside()]))
        if depth < 3 and draw(st.booleans()):
            held["g"] = draw(random_graphs(depth + 1))
        if depth < 3 and draw(st.booleans()):
            held["gs"] = [draw(random_graphs(depth + 1))]
        outputs = draw(st.lists(st.just("") | NAMES, max_size=3))
        domain = draw(st.sampled_from(["", "com.microsoft", "strange", "größe"]))
        nodes.append(helper.make_node(draw(NAMES), ["x"], outputs, domain=domain, **held))
    weights = draw(st.lists(st.sampled_from([tensor("w", np.zeros(300)), outside()]), max_size=2))
    return helper.make_graph(nodes, draw(NAMES), [], [], weights)


@given(random_graphs())
@settings(max_examples=60)
def test_random_graphs_read_as_the_onnx_package_reads_them(graph: Any) -> None:
    content = helper.make_model(graph).SerializeToString()
    assert as_aisle_says(content) == as_onnx_says(content)


def with_sparse(place: str) -> bytes:
    sparse = onnx.SparseTensorProto(dims=[4], values=outside(), indices=tensor("i", [0], np.int64))
    nodes = [helper.make_node("Identity", ["x"], ["out"])]
    if place == "attribute":
        nodes.append(helper.make_node("Constant", [], ["s"], sparse_value=sparse))
    proto = onnx.load_model_from_string(model(nodes, {"x": FLOATS}, {"out": [1]}, []))
    if place == "initializer":
        proto.graph.sparse_initializer.append(sparse)
    return proto.SerializeToString()


@pytest.mark.parametrize(
    "content",
    [
        model([helper.make_node("Add", ["x", "w"], ["out"])], {"x": FLOATS}, {"out": [1]},
              [outside()]),
        branching(outside("inner")),
        with_sparse("attribute"),
        with_sparse("initializer"),
    ],
    ids=["weights", "constant", "sparse constant", "sparse weights"],
)  # fmt: skip
def test_weights_in_another_file_are_refused(content: bytes) -> None:
    with pytest.raises(EncoderError, match="m: its weights lie in another file"):
        check_onnx(content, "m")


@pytest.mark.parametrize("domain", ["ai.aisle.custom", "org.pytorch.aten", "AI.ONNX", " "])
def test_foreign_operators_are_refused(domain: str) -> None:
    node = helper.make_node("Add", ["x", "x"], ["out"], domain=domain)
    content = model([node], {"x": FLOATS}, {"out": [1]}, [])
    with pytest.raises(EncoderError, match=f"uses operators of '{domain}'"):
        check_onnx(content, "m")
    inner = onnx.load_model_from_string(branching())
    inner.graph.node[1].attribute[0].g.node[0].domain = domain
    with pytest.raises(EncoderError, match="uses operators of"):
        check_onnx(inner.SerializeToString(), "m")


def test_the_operators_that_are_known_pass() -> None:
    for domain in DOMAINS:
        node = helper.make_node("Add", ["x", "x"], ["out"], domain=domain)
        content = model([node], {"x": FLOATS}, {"out": [1]}, [])
        assert check_onnx(content, "m").domains == {domain}


def test_functions_are_refused() -> None:
    proto = onnx.load_model_from_string(SMALL)
    node = helper.make_node("Identity", ["a"], ["b"])
    opset = [helper.make_opsetid("", 17)]
    proto.functions.append(helper.make_function("own", "f", ["a"], ["b"], [node], opset))
    with pytest.raises(EncoderError, match="functions of its own"):
        check_onnx(proto.SerializeToString(), "m")


def test_a_key_that_others_would_read_otherwise_is_refused() -> None:
    """A reader that keeps 32 bits of this key sees a second graph, one with foreign operators."""
    proto = onnx.load_model_from_string(
        model([helper.make_node("Evil", ["x"], ["o"], domain="evil")], {"x": FLOATS}, {}, [])
    )
    graph = proto.graph.SerializeToString()
    size = bytes([len(graph) & 0x7F | 0x80, len(graph) >> 7])
    hidden = b"\xba\x80\x80\x80\x10" + size + graph
    with pytest.raises(EncoderError, match="field number"):
        check_onnx(SMALL + hidden, "m")
    for key in (b"\x02", b"\x00"):
        with pytest.raises(EncoderError, match="field number 0"):
            check_onnx(SMALL + key + b"\x00", "m")


@pytest.mark.parametrize("content", [b"", b"\0", b"PK\x03\x04", b"{}", SMALL * 2, b"\xff" * 99])
def test_what_is_no_onnx_file_is_refused(content: bytes) -> None:
    with pytest.raises(EncoderError, match="m: is no ONNX file"):
        check_onnx(content, "m")


def test_graphs_within_graphs_have_an_end() -> None:
    graph = b""
    for _ in range(2_000):
        attribute = b"\x32" + size_of(graph) + graph
        node = b"\x2a" + size_of(attribute) + attribute
        graph = b"\x0a" + size_of(node) + node
    with pytest.raises(EncoderError, match="too deep"):
        check_onnx(b"\x3a" + size_of(graph) + graph, "m")


def size_of(content: bytes) -> bytes:
    size, out = len(content), bytearray()
    while size > 0x7F:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*out, size])


def test_a_file_that_was_cut_short_is_refused() -> None:
    graph = SMALL.index(b"\x3a")
    for stop in range(len(SMALL)):
        try:
            found = read_onnx(SMALL[:stop], "m")
        except EncoderError:
            continue
        assert stop > graph + 100, "what follows the graph may lack"
        assert found.tensors == read_onnx(SMALL, "m").tensors


@given(st.data())
@settings(max_examples=300)
def test_whatever_bytes_are_changed_only_an_encoder_error_is_raised(data: st.DataObject) -> None:
    content = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = check_onnx(bytes(content), "m")
    except EncoderError:
        return
    assert found.domains <= DOMAINS
    assert not found.external


def test_any_inner_tensor_can_be_asked_for() -> None:
    """The onnx package reads the file with one more output, and nothing else is changed."""
    for content in (SMALL, image_network(), branching()):
        before = onnx.load_model_from_string(content)
        for name in read_onnx(content, "m").tensors:
            after = onnx.load_model_from_string(with_output(content, name))
            assert [o.name for o in after.graph.output][-1] == name
            del after.graph.output[-1]
            assert after == before
