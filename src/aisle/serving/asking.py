"""From a web request to rows: its body within limits, JSON or multipart, and its deadline."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from aisle.serving.limits import a_list, an_object, parse_json
from aisle.serving.refusals import RequestError, bad_request, not_valid
from aisle.serving.service import Call, Service

_INDEXED = re.compile(r"products\[(\d{1,6})\]\.(.+)", re.DOTALL)
_LONGEST_DEADLINE_MS = 3_600_000.0
_FORM_FIELDS = 2_000


@dataclass(frozen=True)
class Asked:
    """A request that was read: its content, and what else it says."""

    content: dict[str, object]
    call: Call

    def products(self) -> list[object]:
        """Return what stands under ``products``; raises RequestError (422)."""
        if "products" not in self.content:
            raise not_valid(
                "there is no 'products'",
                where="body",
                do='send {"products": [{"title": "red mug"}]}',
            )
        return a_list(self.content["products"], "products")


def service_of(request: Request) -> Service:
    """Return the service that answers in this application."""
    found: Service = request.app.state.service
    return found


@asynccontextmanager
async def asked(request: Request, *, forms: bool = False) -> AsyncIterator[Asked]:
    """Read a request; its bytes count as held while the block runs.

    Parameters
    ----------
    request
        Not read yet.
    forms
        Whether multipart forms are taken besides JSON.

    Raises
    ------
    RequestError
        If it cannot be read, or is too large.
    """
    service = service_of(request)
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        raise RequestError(
            415,
            "encoding",
            f"a body with Content-Encoding {encoding[:40]!r} is not taken",
            do="send it uncompressed",
        )
    arrived, deadline = asyncio.get_running_loop().time(), _deadline(request)
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    with service.bodies.held() as reader:
        with service.metrics.stage("read"):
            body = await reader.read(request.stream(), request.headers.get("content-length"))
        if forms and kind.lower() == "multipart/form-data":
            content = await _form(request, body)
        elif kind.lower() == "application/json" or kind.lower().endswith("+json"):
            parsed = await service.run(partial(parse_json, body), size=len(body))
            content = an_object(parsed, "body")
        else:
            raise RequestError(
                415,
                "content-type",
                f"a body of the type {kind[:60]!r} is not taken",
                do="send application/json" + (" or multipart/form-data" if forms else ""),
            )
        yield Asked(content, Call(arrived, deadline, partial(_gone, request), len(body)))


async def _gone(request: Request) -> None:
    """Return when the caller has left; the body has been read by then."""
    while (await request.receive())["type"] != "http.disconnect":
        continue


def _deadline(request: Request) -> float | None:
    given = request.headers.get("x-deadline-ms")
    if given is None:
        return None
    try:
        deadline = float(given)
    except ValueError:
        deadline = math.nan
    if not 0 < deadline <= _LONGEST_DEADLINE_MS:
        raise bad_request(
            f"expected milliseconds above 0 and up to {_LONGEST_DEADLINE_MS:,.0f}, "
            f"found {given[:40]!r}",
            where="X-Deadline-Ms",
            do="send a number such as 500",
        )
    return deadline


async def _form(request: Request, body: bytes) -> dict[str, object]:
    """Return a form as the JSON shape: fields are columns of one product, files photographs.

    A field ``products`` holds several as JSON; ``products[2].image`` is a column of the third.
    """
    rows: dict[int, dict[str, object]] = {}
    content: dict[str, object] = {}
    replayed = Request(request.scope, _replay(body))
    try:
        async with replayed.form(
            max_files=_FORM_FIELDS, max_fields=_FORM_FIELDS, max_part_size=max(len(body), 1)
        ) as form:
            for name, value in form.multi_items():
                told = await value.read() if isinstance(value, UploadFile) else value
                _put(name, told, rows, content)
    except HTTPException as error:
        raise bad_request(
            f"no valid multipart form: {error.detail}", where="body", do="send fields and files"
        ) from None
    if rows:
        listed = a_list(content.get("products", []), "products")
        products = [dict(an_object(row, f"products[{at}]")) for at, row in enumerate(listed)]
        for at, row in sorted(rows.items()):
            if at > len(products):
                raise not_valid(
                    f"a column of product {at}, and there are {len(products)} before it",
                    where="body",
                    do="number products from 0 without a gap",
                )
            if at == len(products):
                products.append({})
            products[at].update(row)
        content["products"] = products
    return content


def _put(
    name: str, value: object, rows: dict[int, dict[str, object]], content: dict[str, object]
) -> None:
    if name == "products" and isinstance(value, str | bytes):
        told = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        content["products"] = parse_json(told)
        return
    indexed = _INDEXED.fullmatch(name)
    row = rows.setdefault(int(indexed[1]) if indexed else 0, {})
    column = indexed[2] if indexed else name
    known = row.get(column)
    # A column that comes twice holds several photographs.
    row[column] = value if known is None else [*_as_list(known), value]


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _replay(body: bytes):  # type: ignore[no-untyped-def]
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
