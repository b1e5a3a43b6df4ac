"""`POST /page/catalogue`: a file's products answered chunk by chunk, told as each is done."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from aisle.catalog import Role
from aisle.catalog.images.decoding import decode
from aisle.errors import AisleError
from aisle.pages import shorten, thumbnail
from aisle.serving.asking import asked, service_of
from aisle.serving.calls import Answered, Call
from aisle.serving.finite import finite
from aisle.serving.limits import an_object
from aisle.serving.page.upload import Photographs, Upload, UploadRow, read_upload
from aisle.serving.products import Product
from aisle.serving.refusals import RequestError, not_valid, overloaded
from aisle.serving.service import Service

routes = APIRouter(include_in_schema=False)

_CHUNK = 32
_AT_ONCE = 2
_TRIES = 60
_LONGEST_PAUSE = 5
_THUMBNAIL = 88
_TITLE = 160
_LISTED = 3
_LARGE = 2**62
_PHOTOGRAPHS = "photographs/"


class _Stream(StreamingResponse):
    """A stream that gives back what it holds when it ends, however it ends."""

    def __init__(self, lines: AsyncIterator[str], held: AsyncExitStack) -> None:
        super().__init__(lines, media_type="application/x-ndjson")
        self.headers["X-Accel-Buffering"] = "no"
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            await super().__call__(scope, receive, send)


@routes.post("/page/catalogue")
async def catalogue(request: Request) -> StreamingResponse:
    """Answer for a catalogue's products: a line first, then one a chunk, then one.

    A form holds the file as ``catalogue``, what it is called as ``name``, and photographs that it
    refers to, each under its own name as ``photographs/NAME``.
    """
    service, state = service_of(request), request.app.state
    if not hasattr(state, "page_catalogues"):
        state.page_catalogues = set()
    running: set[object] = state.page_catalogues
    if len(running) >= _AT_ONCE:
        raise overloaded("as many catalogues are being classified from the page as may be", 10)
    async with AsyncExitStack() as held:
        mark = object()
        running.add(mark)
        held.callback(running.discard, mark)
        given = await held.enter_async_context(asked(request, forms=True))
        parts = an_object(given.products()[0], "the form")
        upload = await service.run(partial(_read, service, parts), size=_LARGE)
        service.reader.check([row.values for row in upload.rows(0, _CHUNK)], most=_CHUNK)
        return _Stream(_lines(service, upload), held.pop_all())


def _read(service: Service, parts: Mapping[str, object]) -> Upload:
    content = parts.get("catalogue")
    if not isinstance(content, bytes):
        raise not_valid("there is no file", where="catalogue", do="send one as a part of the form")
    photographs = Photographs(
        {
            name.removeprefix(_PHOTOGRAPHS): value
            for name, value in parts.items()
            if name.startswith(_PHOTOGRAPHS) and isinstance(value, bytes)
        },
        columns=service.reader.image_columns,
        id=service.model.schema_.id,
    )
    return read_upload(content, str(parts.get("name", "")), photographs)


async def _lines(service: Service, upload: Upload) -> AsyncIterator[str]:
    start = time.perf_counter()
    size = min(_CHUNK, service.settings.max_products)
    yield _line({"rows": len(upload), "problems": list(upload.problems)})
    for at in range(0, len(upload), size):
        rows = upload.rows(at, size)
        try:
            told = await _chunk(service, rows, at)
        except RequestError as error:
            yield _line({"refused": error.to_dict("")["error"]})
            return
        yield _line({"answers": told})
    yield _line({"done": True, "seconds": time.perf_counter() - start})


async def _chunk(service: Service, rows: Sequence[UploadRow], at: int) -> list[dict[str, Any]]:
    """Answer for some rows; where one of them exceeds a limit, for each by itself."""
    try:
        answered = await _patiently(service, [row.values for row in rows])
    except RequestError as error:
        if error.status != 422:
            raise
        if len(rows) == 1:
            failed = {"error": f"{error.what}; {error.do}", "decision": "review"}
            return [{"row": at, "id": str(at), "title": "", **failed}]
        told = [await _chunk(service, [row], at + place) for place, row in enumerate(rows)]
        return [one for each in told for one in each]
    return await service.run(partial(_told, service, answered, rows, at), size=_LARGE)


async def _patiently(service: Service, rows: list[dict[str, object]]) -> Answered:
    """Wait for room where other requests fill the queue: somebody looks at a page."""
    for attempt in range(_TRIES):
        call = Call(asyncio.get_running_loop().time(), None, _never, _LARGE)
        try:
            return await service.predict(rows, call)
        except RequestError as error:
            if error.status != 429 or attempt == _TRIES - 1:
                raise
            await asyncio.sleep(min(error.retry_after or 1, _LONGEST_PAUSE))
    raise AssertionError("the last attempt returns or raises")


async def _never() -> None:
    """Wait until cancelled: the stream notices by itself when the caller has left."""
    await asyncio.Event().wait()


def _told(
    service: Service, answered: Answered, rows: Sequence[UploadRow], at: int
) -> list[dict[str, Any]]:
    schema = service.model.schema_
    texts, images = schema.names(Role.TEXT), schema.names(Role.IMAGE)
    told = []
    for place, (product, id, answer, row) in enumerate(
        zip(answered.read.products, answered.read.ids, answered.answers, rows, strict=True)
    ):
        title = next((product.values[name] for name in texts if product.values.get(name)), "")
        given = row.values.get(schema.target or "")
        known = schema.id is not None and schema.id in row.values
        one = {
            "row": at + place,
            "id": id if known else str(at + place + 1),
            "title": shorten(title, _TITLE) if title else "",
            "given": None if given is None else str(given),
            "photograph": _small(product, images),
            **answer,
            "error": "; ".join(filter(None, (row.remark, answer["error"]))) or None,
        }
        if "alternatives" in one:
            one["alternatives"] = one["alternatives"][:_LISTED]
        told.append(one)
    return told


def _small(product: Product, columns: tuple[str, ...]) -> str | None:
    for name in columns:
        for one in product.values.get(name) or ():
            try:
                return thumbnail(decode(one["bytes"], side=_THUMBNAIL), _THUMBNAIL)
            except AisleError:
                return None
    return None


def _line(told: dict[str, Any]) -> str:
    return json.dumps(finite(told), ensure_ascii=True, separators=(",", ":")) + "\n"
