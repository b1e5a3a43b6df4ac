"""About two hundred uploads that mean harm, each with what it may be answered."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.unit.serving.hostile.pictures import (
    encoded,
    truncated_pictures,
    wrong_pictures,
    zipped,
)

REFUSED = frozenset({400, 404, 405, 408, 413, 414, 415, 422, 429, 431})
ANSWERED = frozenset({200})
EITHER = REFUSED | ANSWERED

_BOUNDARY = "edge"


@dataclass(frozen=True)
class Upload:
    """One request.

    Parameters
    ----------
    name
        What is wrong with it.
    body, headers, path
        What is sent, and where to.
    allowed
        The statuses that are an honest answer.
    wrong
        Whether the one product must come back with an error, where it is answered.
    """

    name: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    path: str = "/v1/predict"
    allowed: frozenset[int] = REFUSED
    wrong: bool = False


def uploads() -> list[Upload]:
    """Return all of them; the names are unique."""
    return [*pictures(), *json_bodies(), *forms(), *odd_requests()]


def pictures() -> Iterator[Upload]:
    """Yield requests whose photograph is none, as base64 text and as a file of a form."""
    for name, content in {**wrong_pictures(), **truncated_pictures()}.items():
        yield _product(f"{name}, base64", image=base64.b64encode(content).decode("ascii"))
        part = _part("image", content, filename="a.jpg", kind="image/jpeg")
        yield _form(f"{name}, file", _part("title", b"red mug"), part, allowed=ANSWERED, wrong=True)


def json_bodies() -> Iterator[Upload]:
    """Yield JSON that is none, or says what no product is."""
    bodies: dict[str, tuple[bytes, frozenset[int]]] = {
        "NaN": (b'{"products": [{"price": NaN}]}', REFUSED),
        "Infinity": (b'{"products": [{"price": Infinity}]}', REFUSED),
        "minus Infinity": (b'{"products": [{"price": -Infinity}]}', REFUSED),
        "number beyond floats": (b'{"products": [{"title": "a", "price": 1e999}]}', EITHER),
        "number of 4,000 digits": (
            b'{"products": [{"title": "a", "price": ' + b"9" * 4_000 + b"}]}",
            EITHER,
        ),
        "number of 100,000 digits": (b'{"products": [{"price": ' + b"9" * 10**5 + b"}]}", REFUSED),
        "number with 100,000 zeros": (
            b'{"products": [{"price": 1e' + b"0" * 10**5 + b"}]}",
            EITHER,
        ),
        "half a surrogate": (b'{"products": [{"title": "\\ud800"}]}', EITHER),
        "half a surrogate as a name": (b'{"products": [{"\\udfff": 1, "title": "a"}]}', EITHER),
        "half a surrogate as an id": (b'{"products": [{"id": "\\ud800", "title": "a"}]}', EITHER),
        "half a surrogate as an image": (
            b'{"products": [{"image": "\\ud800", "title": "a"}]}',
            EITHER,
        ),
        "zero byte": (b'{"products": [{"title": "a\\u0000b"}]}', ANSWERED),
        "zero byte, bare": (b'{"products": [{"title": "a\0b"}]}', REFUSED),
        "zero byte as a name": (b'{"products": [{"\\u0000": 1, "title": "a"}]}', ANSWERED),
        "zero byte in an image": (
            b'{"products": [{"image": "\\u0000.png", "title": "a"}]}',
            EITHER,
        ),
        "long name": (json.dumps({"products": [{"k" * 10**6: 1, "title": "a"}]}).encode(), EITHER),
        "many names": (
            json.dumps({"products": [{f"k{n}": 1 for n in range(10**5)}]}).encode(),
            REFUSED,
        ),
        "name twice": (b'{"products": [{"title": "a", "title": "b"}]}', ANSWERED),
        "products twice": (b'{"products": [], "products": [{"title": "b"}]}', ANSWERED),
        "names that differ by white space": (
            b'{"products": [{"title": "a", " title ": "b", "\\ufefftitle": "c"}]}',
            ANSWERED,
        ),
        "name of the prototype": (
            b'{"products": [{"__proto__": {"a": 1}, "constructor": 1, "title": "a"}]}',
            ANSWERED,
        ),
        "deep": (b'{"products": [{"title": ' + b"[" * 500 + b"]" * 500 + b"}]}", REFUSED),
        "deep objects": (
            b'{"products": [' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"]}",
            REFUSED,
        ),
        "very deep": (b"[" * 10**6, REFUSED),
        "very deep objects": (b'{"a":' * 2 * 10**5, REFUSED),
        "wide": (b'{"products": [{"title": [' + b"1," * 10**5 + b"1]}]}", EITHER),
        "wide image": (
            b'{"products": [{"title": "a", "image": [' + b"1," * 10**5 + b"1]}]}",
            EITHER,
        ),
        "many images": (
            json.dumps({"products": [{"title": "a", "image": ["a.jpg"] * 10**5}]}).encode(),
            EITHER,
        ),
        "image of brackets": (
            json.dumps({"products": [{"title": "a", "image": "[" * 10**6}]}).encode(),
            EITHER,
        ),
        "image of commas": (
            json.dumps({"products": [{"title": "a", "image": "a," * 10**6}]}).encode(),
            EITHER,
        ),
        "image of white space": (
            json.dumps(
                {"products": [{"title": "a", "image": "/9j/" + " " * 10**6 + "!"}]}
            ).encode(),
            EITHER,
        ),
        "image of an open data address": (
            json.dumps(
                {"products": [{"title": "a", "image": "data:image/" + "a" * 10**6}]}
            ).encode(),
            EITHER,
        ),
        "image of parameters": (
            json.dumps(
                {"products": [{"title": "a", "image": "data:image/a" + ";a=b" * 10**5 + ","}]}
            ).encode(),
            EITHER,
        ),
        "image that is a record": (
            b'{"products": [{"title": "a", "image": {"bytes": "AAAA", "path": "/etc/passwd"}}]}',
            EITHER,
        ),
        "image that is records of records": (
            b'{"products": [{"title": "a", "image": ' + b'{"url":' * 12 + b"1" + b"}" * 12 + b"}]}",
            EITHER,
        ),
        "text of one letter": (
            json.dumps({"products": [{"title": "a" * 5_000}]}).encode(),
            ANSWERED,
        ),
        "text of white space": (
            json.dumps({"products": [{"title": " \t\u2003" * 1_600}]}).encode(),
            ANSWERED,
        ),
        "text of combining marks": (
            json.dumps({"products": [{"title": "a" + "\u0301" * 4_900}]}).encode(),
            ANSWERED,
        ),
        "text of digits and stops": (
            json.dumps({"products": [{"title": "1.,-" * 1_200, "price": "1," * 2_400}]}).encode(),
            ANSWERED,
        ),
        "text of markup": (
            json.dumps(
                {"products": [{"title": "<a" * 2_400, "description": "&" * 4_900}]}
            ).encode(),
            ANSWERED,
        ),
        "text of formulas": (b'{"products": [{"title": "=cmd|\' /C calc\'!A0"}]}', ANSWERED),
        "text of templates": (b'{"products": [{"title": "{{7*7}} ${7*7} %s %n"}]}', ANSWERED),
        "text of directions": (
            json.dumps({"products": [{"title": "\u202e" * 4_900}]}).encode(),
            ANSWERED,
        ),
        "price that is a list": (b'{"products": [{"title": "a", "price": [1, 2]}]}', EITHER),
        "price that is a record": (b'{"products": [{"title": "a", "price": {"a": 1}}]}', EITHER),
        "price that is a file": (b'{"products": [{"title": "a", "price": "\\u0661"}]}', ANSWERED),
        "id that is a list": (b'{"products": [{"id": [[1], {"a": 2}], "title": "a"}]}', EITHER),
        "id of a million letters": (
            json.dumps({"products": [{"id": "i" * 10**6, "title": "a"}]}).encode(),
            EITHER,
        ),
        "too many products": (json.dumps({"products": [{"title": "a"}] * 10**4}).encode(), REFUSED),
        "too many bytes": (b'{"products": [{"title": "' + b"a" * 4_100_000 + b'"}]}', REFUSED),
        "products that are a text": (b'{"products": "title"}', REFUSED),
        "comment": (b'{"products": [{"title": "a"}] /* */}', REFUSED),
        "single quotes": (b"{'products': [{'title': 'a'}]}", REFUSED),
        "trailing comma": (b'{"products": [{"title": "a"},]}', REFUSED),
        "two bodies": (b'{"products": [{"title": "a"}]}{"products": []}', REFUSED),
        "UTF-16": ('{"products": [{"title": "a"}]}'.encode("utf-16"), REFUSED),
        "UTF-7": (b"+AHsAIgBwAHIAbwBkAHUAYwB0AHMAIgA6AFsAXQB9-", REFUSED),
        "overlong UTF-8": (b'{"products": [{"title": "\xc0\xaf"}]}', REFUSED),
        "surrogate in UTF-8": (b'{"products": [{"title": "\xed\xa0\x80"}]}', REFUSED),
        "byte order mark": (b'\xef\xbb\xbf{"products": [{"title": "a"}]}', ANSWERED),
    }
    for name, (body, allowed) in bodies.items():
        yield Upload(name, body, allowed=allowed)


def forms() -> Iterator[Upload]:
    """Yield multipart forms out of joint."""
    title = _part("title", b"red mug")
    picture = encoded("JPEG")
    # A whole photograph with something behind it is one, whatever it is called.
    for name in ("../../etc/passwd", "..\\..\\a.exe", "/etc/cron.d/a", "a.php", "C:\\a",
                 "%2e%2e%2f", "a\0.jpg", "", ".", "..", "con", "a" * 5_000, "\u202egpj.exe",
                 "a.jpg;rm -rf /", "<script>.jpg", "|id"):  # fmt: skip
        part = _part("image", picture, filename=name)
        yield _form(f"file named {name[:20]!r}", title, part, allowed=EITHER)
    tails = {"page": b"<script>alert(1)</script>", "zip": zipped(b"a"), "program": b"\x7fELF",
             "PHP": b"<?php system($_GET['a']); ?>"}  # fmt: skip
    for name, tail in tails.items():
        part = _part("image", picture + tail, filename="a.html", kind="text/html")
        yield _form(f"JPEG and {name}", title, part, allowed=ANSWERED)
    comment = b"\xff\xfe" + struct.pack(">H", 27) + b"<script>alert(1)</script>"
    part = _part("image", picture[:2] + comment + picture[2:], filename="a.html")
    yield _form("JPEG with a page inside", title, part, allowed=ANSWERED)
    whole = _joined(title)
    raw: dict[str, tuple[bytes, str]] = {
        "no boundary": (whole, "multipart/form-data"),
        "empty boundary": (whole, "multipart/form-data; boundary="),
        "another boundary": (whole, "multipart/form-data; boundary=other"),
        "long boundary": (whole, f"multipart/form-data; boundary={'x' * 5_000}"),
        "boundary of quotes": (whole, 'multipart/form-data; boundary="'),
        "boundary of two lines": (whole, "multipart/form-data; boundary=a\tb"),
        "boundary of another alphabet": (whole, "multipart/form-data; boundary=\xfc"),
        "no end": (whole[:-8], f"multipart/form-data; boundary={_BOUNDARY}"),
        "nothing": (b"", f"multipart/form-data; boundary={_BOUNDARY}"),
        "only an end": (
            f"--{_BOUNDARY}--\r\n".encode(),
            f"multipart/form-data; boundary={_BOUNDARY}",
        ),
        "no names": (
            f"--{_BOUNDARY}\r\n\r\na\r\n--{_BOUNDARY}--\r\n".encode(),
            f"multipart/form-data; boundary={_BOUNDARY}",
        ),
        "no line ends": (
            f"--{_BOUNDARY}\nContent-Disposition: form-data; name=title\n\na\n".encode(),
            f"multipart/form-data; boundary={_BOUNDARY}",
        ),
        "endless headers of a part": (
            f"--{_BOUNDARY}\r\n".encode() + b"A: b\r\n" * 20_000,
            f"multipart/form-data; boundary={_BOUNDARY}",
        ),
        "one long header of a part": (
            f"--{_BOUNDARY}\r\nContent-Disposition: form-data; name=title; x=".encode()
            + b"a" * 10**6,
            f"multipart/form-data; boundary={_BOUNDARY}",
        ),
        "charset that does not exist": (
            whole,
            f"multipart/form-data; boundary={_BOUNDARY}; charset=nonsense",
        ),
        "charset that is no text": (
            whole,
            f"multipart/form-data; boundary={_BOUNDARY}; charset=rot13",
        ),
        "multipart of another kind": (whole, f"multipart/mixed; boundary={_BOUNDARY}"),
        "form of the other kind": (b"title=a", "application/x-www-form-urlencoded"),
    }
    for name, (body, kind) in raw.items():
        yield Upload(f"form, {name}", body, {"Content-Type": kind}, allowed=EITHER)
    yield _form("form, many fields", *[_part(f"k{n}", b"1") for n in range(3_000)])
    yield _form("form, many titles", *[_part("title", b"1")] * 1_500, allowed=EITHER)
    yield _form("form, product of a huge number", _part("products[999999].title", b"a"))
    yield _form("form, product of a negative number", _part("products[-1].title", b"a"))
    yield _form("form, products that nest", _part("products", b"[" * 10**5))
    yield _form("form, a file as text", _part("title", b"\xff\xfe\0", filename="a.txt"))
    yield _form("form, bytes that are no text", _part("title", b"\xff\xfe\0"), allowed=EITHER)
    yield _form("form, a name that breaks lines", _part("a\rb", b"1"), title, allowed=EITHER)


def odd_requests() -> Iterator[Upload]:
    """Yield requests whose headers or addresses are the trouble."""
    body = b'{"products": [{"title": "red mug"}]}'
    plain = {"Content-Type": "application/json"}
    headers: dict[str, Mapping[str, str]] = {
        "long id": {**plain, "X-Request-ID": "a" * 60_000},
        "id of two lines": {**plain, "X-Request-ID": "a\tb: c"},
        "id of markup": {**plain, "X-Request-ID": "<script>"},
        "many headers": {**plain, **{f"X-{n}": "a" for n in range(2_000)}},
        "long header": {**plain, "X-A": "a" * 10**6},
        "long kind": {"Content-Type": "application/json; " + "a=b;" * 10_000},
        "long key": {**plain, "Authorization": "Bearer " + "a" * 10**6},
        "key of another alphabet": {**plain, "X-API-Key": "\xfc\xff"},
        "deadline that is a list": {**plain, "X-Deadline-Ms": "1, 2"},
        "deadline of digits": {**plain, "X-Deadline-Ms": "9" * 10_000},
        "deadline without end": {**plain, "X-Deadline-Ms": "inf"},
        "gzip": {**plain, "Content-Encoding": "gzip"},
        "many encodings": {**plain, "Content-Encoding": "gzip, " * 1_000},
        "kind of nothing": {"Content-Type": ""},
        "kind of stops": {"Content-Type": ";;;;"},
        "kind that is no JSON": {"Content-Type": "text/plain"},
        "address to forward": {**plain, "X-Forwarded-Host": "evil.example", "Forwarded": "for=1"},
        "another method": {**plain, "X-HTTP-Method-Override": "DELETE"},
        "range": {**plain, "Range": "bytes=0-,0-,0-"},
    }
    for name, sent in headers.items():
        yield Upload(f"headers, {name}", body, sent, allowed=EITHER)
    for path in (
        "/v1/predict/../../etc/passwd", "/v2/models/..%2f..%2fetc/infer", "/v2/models/%00/infer",
        "/v2/models/" + "a" * 5_000 + "/infer", "/v1/predict%0d%0aX-A:%20b", "//evil.example/",
        "/v2/models/model/infer", "/invocations", "/v1/explain", "/%ff%fe", "/v1/predict;a=b",
    ):  # fmt: skip
        yield Upload(f"address {path[:40]}", b'{"a": 1}', plain, path)
    tensor = {"name": "title", "datatype": "BYTES", "shape": [1], "data": ["a"]}
    tensors = {
        "huge shape": {**tensor, "shape": [10**18]},
        "huge shape of two": {**tensor, "shape": [10**9, 10**9]},
        "shape of no size": {**tensor, "shape": [0, 10**9], "data": []},
        "data that nest": {**tensor, "data": [[[[[["a"]]]]]]},
        "name that is a list": {**tensor, "name": ["title"]},
        "datatype that is a list": {**tensor, "datatype": ["BYTES"]},
    }
    for name, one in tensors.items():
        told = json.dumps({"inputs": [one]}).encode()
        path = "/v2/models/model/infer"
        yield Upload(f"tensor, {name}", told, plain, path, allowed=EITHER)


def _product(name: str, **columns: object) -> Upload:
    body = json.dumps({"products": [{"title": "red mug", **columns}]}).encode()
    return Upload(name, body, allowed=ANSWERED, wrong=True)


def _form(
    name: str, *parts: bytes, allowed: frozenset[int] = REFUSED, wrong: bool = False
) -> Upload:
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    return Upload(name, _joined(*parts), headers, allowed=allowed, wrong=wrong)


def _joined(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()


def _part(name: str, content: bytes, filename: str | None = None, kind: str | None = None) -> bytes:
    told = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    told += "" if filename is None else f'; filename="{filename}"'
    told += "" if kind is None else f"\r\nContent-Type: {kind}"
    return told.encode() + b"\r\n\r\n" + content + b"\r\n"
