"""`GET /`: the web page, its style and program, and the parts of it that are asked for later."""

from __future__ import annotations

import base64
import time
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from aisle.catalog import Role
from aisle.catalog.images.decoding import decode
from aisle.errors import AisleError
from aisle.pages import bars
from aisle.serving.asking import Asked, asked, service_of
from aisle.serving.page.example import example_of
from aisle.serving.page.facts import Facts
from aisle.serving.page.figures import figures
from aisle.serving.page.reasons import why
from aisle.serving.page.rendering import fill, policy, program, rules, style_sheet, version
from aisle.serving.refusals import RequestError
from aisle.serving.service import Service

_PART = "x-aisle-part"
_KEPT_BYTES = 4 * 2**20
_PREVIEW = 320
_LARGE = 2**62
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


def router(*, keyed: bool) -> APIRouter:
    """Return the page's routes.

    Parameters
    ----------
    keyed
        Whether callers need a key: the page then tells nothing of the model before it has one.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def page(request: Request, example: int | None = None) -> Response:
        """Return the page; with keys, only the field for one."""
        if keyed:
            return _whole(request, fill("key.html"), "./")
        facts = _facts(request)
        shown = None if example is None else example_of(facts.model, example)
        values = {} if shown is None else shown.values
        photograph = None if shown is None else shown.photograph
        return _whole(request, _body(facts, values=values, photograph=photograph), "./")

    @routes.get("/page/body")
    async def body(request: Request) -> Response:
        """Return what the page holds, for a caller whose key is known."""
        return HTMLResponse(_body(_facts(request)))

    @routes.get("/page/style.css")
    async def style() -> Response:
        """Return the style sheet."""
        return Response(style_sheet(), media_type="text/css", headers=_FOR_GOOD)

    @routes.get("/page/program.js")
    async def script() -> Response:
        """Return the program."""
        return Response(program(), media_type="text/javascript", headers=_FOR_GOOD)

    @routes.get("/page/figures")
    async def numbers(request: Request) -> Response:
        """Return the server's numbers."""
        text = service_of(request).metrics.text().decode()
        return JSONResponse({**figures(text).to_dict(), "at": time.time()})

    @routes.get("/page/example")
    async def example(request: Request, number: int = 0) -> Response:
        """Return a product to try."""
        service = service_of(request)
        found = await service.run(partial(example_of, service.model, number), size=_LARGE)
        return JSONResponse({"values": found.values, "photograph": found.photograph})

    @routes.post("/page/answer")
    async def answer(request: Request) -> Response:
        """Return the answer for the form's product: a part, or a whole page where none is asked."""
        return await _answered(request, explained=False)

    @routes.post("/page/why")
    async def explain(request: Request) -> Response:
        """Return why the form's product got its answer."""
        return await _answered(request, explained=True)

    return routes


async def _answered(request: Request, *, explained: bool) -> Response:
    service, facts = service_of(request), _facts(request)
    whole = _PART not in request.headers
    row: dict[str, object] = {}
    try:
        async with asked(request, forms=True) as given:
            row = _row(given)
            if explained and not whole:
                return HTMLResponse(await _reasons(service, facts, row, given))
            answered = await service.predict([row], given.call)
            answer = fill("answer.html", told=facts.told(answered), facts=facts)
            reasons = await _reasons(service, facts, row, given) if explained else ""
    except RequestError as error:
        if not whole:
            raise
        service.metrics.refused(error.kind)
        answer, reasons, status = fill("refused.html", error=error), "", error.status
    else:
        status = 200
    if not whole:
        return HTMLResponse(answer)
    values = {name: value for name, value in row.items() if isinstance(value, str)}
    photograph = await service.run(partial(_carried, service, row), size=_LARGE)
    html = _body(facts, values=values, photograph=photograph, answer=answer, reasons=reasons)
    return _whole(request, html, "../", status=status)


def _facts(request: Request) -> Facts:
    """Return what is known of the model in service, found once for each."""
    service, state = service_of(request), request.app.state
    known: Facts | None = getattr(state, "page_facts", None)
    if known is None or known.model is not service.model:
        known = state.page_facts = Facts(service.model, service.settings.name)
    return known


def _body(
    facts: Facts,
    *,
    values: dict[str, str] | None = None,
    photograph: str | None = None,
    answer: str = "",
    reasons: str = "",
) -> str:
    return fill(
        "body.html",
        facts=facts,
        bars=bars("Accuracy of each expert", facts.experts, maximum=1.0) if facts.experts else "",
        values=values or {},
        photograph=photograph,
        answer=answer,
        reasons=reasons,
    )


def _whole(request: Request, body: str, root: str, *, status: int = 200) -> HTMLResponse:
    style = rules(body)
    html = fill("page.html", body=body, root=root, version=version(), style=style)
    headers = {"Content-Security-Policy": policy(style)}
    return HTMLResponse(html, status, headers)


def _row(given: Asked) -> dict[str, object]:
    """Return the form's product without what was left empty; raises RequestError (422)."""
    products = given.products()
    row = products[0] if products and isinstance(products[0], dict) else {}
    kept: dict[str, object] = {}
    for name, value in row.items():
        told = [one for one in (value if isinstance(value, list) else [value]) if one]
        if told:
            # A photograph that was chosen takes the place of the one before.
            kept[name] = told[-1]
    return kept


async def _reasons(service: Service, facts: Facts, row: dict[str, object], given: Asked) -> str:
    start = time.perf_counter()
    (told,) = await service.explain([row], given.call, against=None)
    if "modalities" not in told:
        return fill("unexplained.html", error=told["error"])
    read = await service.run(partial(service.reader.read, [row]), size=_LARGE)
    product = read.products[0].values
    names = facts.model.schema_.names
    photographs = [one for name in names(Role.IMAGE) for one in product.get(name) or ()]
    work = partial(
        why,
        facts.model,
        told,
        texts={name: product.get(name) or "" for name in names(Role.TEXT)},
        photograph=photographs[0]["bytes"] if photographs else None,
        seconds=time.perf_counter() - start,
    )
    return await service.run(work, size=_LARGE)


def _carried(service: Service, row: dict[str, object]) -> str | None:
    """Return the form's photograph as a data URI, so that it need not be chosen again."""
    for name in service.reader.image_columns:
        value = row.get(name)
        if isinstance(value, bytes) and len(value) <= _KEPT_BYTES:
            try:
                decode(value, side=_PREVIEW)
            except AisleError:
                return None
            return f"data:image/jpeg;base64,{base64.b64encode(value).decode()}"
        if isinstance(value, str) and value.startswith("data:image/"):
            return value
    return None
