"""What an ONNX file holds, read without running it and without the onnx package.

The file is a protocol buffer (https://protobuf.dev/programming-guides/encoding); the field numbers
below stand in onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from aisle.errors import EncoderError

_GRAPH, _FUNCTIONS = 7, 25
_NODE, _INITIALIZER, _OUTPUT, _SPARSE_INITIALIZER = 1, 5, 12, 15
_NODE_OUTPUT, _ATTRIBUTE, _DOMAIN = 2, 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_ATTRIBUTE_SPARSE, _ATTRIBUTE_SPARSES = 22, 23
_SPARSE_VALUES, _SPARSE_INDICES = 1, 2
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_NAME = 1

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""The operators that ONNX Runtime itself brings; none of them opens a file or runs code."""

_DEEPEST = 20
_LARGEST_KEY = 2**32 - 1
"""Readers that keep 32 bits of a key would see another field than is read here."""


@dataclass
class OnnxContent:
    """What stands in an ONNX file.

    Parameters
    ----------
    tensors
        The names of everything that is computed, in order.
    domains
        Where the operators come from.
    external
        Weights lie in another file.
    """

    tensors: list[str] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    external: bool = False


def read_onnx(content: bytes, where: str) -> OnnxContent:
    """List what an ONNX file computes; raises EncoderError if it is not one."""
    found = OnnxContent()
    graphs = 0
    try:
        for number, kind, start, stop in _fields(content, 0, len(content)):
            if number == _GRAPH and kind == _BYTES:
                graphs += 1
                _read_graph(content, start, stop, found, 0)
            elif number == _FUNCTIONS and kind == _BYTES:
                raise EncoderError(f"{where}: holds functions of its own, which are not allowed")
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise EncoderError(f"{where}: is no ONNX file, or is damaged ({error})") from error
    if graphs != 1:
        raise EncoderError(f"{where}: is no ONNX file: it holds {graphs} graphs, not one")
    return found


def check_onnx(content: bytes, where: str) -> OnnxContent:
    """Refuse a network that reaches for other files or for operators that Aisle does not know.

    Raises
    ------
    EncoderError
        If weights lie outside of the file, or an operator comes from elsewhere than ONNX Runtime.
    """
    found = read_onnx(content, where)
    if found.external:
        raise EncoderError(
            f"{where}: its weights lie in another file, which is not allowed; save the network as "
            "one file (onnx.save with save_as_external_data=False)"
        )
    if foreign := found.domains - DOMAINS:
        raise EncoderError(
            f"{where}: uses operators of {', '.join(sorted(map(repr, foreign)))}; allowed are "
            "those of ONNX and ONNX Runtime"
        )
    return found


def with_output(content: bytes, tensor: str) -> bytes:
    """Return the file with one more output: any tensor that is computed on the way.

    Two protocol buffers of one type put one after the other are both of them merged, so the new
    output is put at the end.
    """
    output = _encoded(_OUTPUT, _encoded(_NAME, tensor.encode()))
    return content + _encoded(_GRAPH, output)


def _read_graph(content: bytes, start: int, stop: int, found: OnnxContent, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("graphs within graphs, too deep")
    for number, kind, first, last in _fields(content, start, stop):
        if kind != _BYTES:
            continue
        if number == _NODE:
            _read_node(content, first, last, found, depth)
        elif number == _INITIALIZER:
            _read_tensor(content, first, last, found)
        elif number == _SPARSE_INITIALIZER:
            _read_sparse(content, first, last, found)


def _read_node(content: bytes, start: int, stop: int, found: OnnxContent, depth: int) -> None:
    domain = ""
    for number, kind, first, last in _fields(content, start, stop):
        if kind != _BYTES:
            continue
        if number == _NODE_OUTPUT and depth == 0 and last > first:
            found.tensors.append(content[first:last].decode())
        elif number == _DOMAIN:
            domain = content[first:last].decode()
        elif number == _ATTRIBUTE:
            _read_attribute(content, first, last, found, depth)
    found.domains.add(domain)


def _read_attribute(content: bytes, start: int, stop: int, found: OnnxContent, depth: int) -> None:
    for number, kind, first, last in _fields(content, start, stop):
        if kind != _BYTES:
            continue
        if number in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
            _read_tensor(content, first, last, found)
        elif number in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
            _read_graph(content, first, last, found, depth + 1)
        elif number in (_ATTRIBUTE_SPARSE, _ATTRIBUTE_SPARSES):
            _read_sparse(content, first, last, found)


def _read_sparse(content: bytes, start: int, stop: int, found: OnnxContent) -> None:
    for number, kind, first, last in _fields(content, start, stop):
        if kind == _BYTES and number in (_SPARSE_VALUES, _SPARSE_INDICES):
            _read_tensor(content, first, last, found)


def _read_tensor(content: bytes, start: int, stop: int, found: OnnxContent) -> None:
    for number, kind, first, last in _fields(content, start, stop):
        elsewhere = number == _DATA_LOCATION and kind == _VARINT and any(content[first:last])
        if elsewhere or (number == _EXTERNAL_DATA and kind == _BYTES):
            found.external = True


def _fields(content: bytes, start: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield number, wire type, and where the value begins and ends, of every field."""
    at = start
    while at < stop:
        key, at = _varint(content, at, stop)
        number, kind = key >> 3, key & 7
        if number == 0 or key > _LARGEST_KEY:
            raise ValueError(f"field number {number} at byte {at}")
        if kind == _VARINT:
            first = at
            _, at = _varint(content, at, stop)
        elif kind == _BYTES:
            size, first = _varint(content, at, stop)
            at = first + size
        elif kind in (_FIXED64, _FIXED32):
            first, at = at, at + (8 if kind == _FIXED64 else 4)
        else:
            raise ValueError(f"wire type {kind} at byte {at}")
        if at > stop:
            raise ValueError(f"a field ends at byte {at}, beyond {stop}")
        yield number, kind, first, at


def _varint(content: bytes, at: int, stop: int) -> tuple[int, int]:
    value = shift = 0
    while at < stop and shift < 70:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError(f"a number does not end at byte {at}")


def _encoded(number: int, content: bytes) -> bytes:
    return _number(number << 3 | _BYTES) + _number(len(content)) + content


def _number(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
