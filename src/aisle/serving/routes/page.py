"""`GET /`: the web page, its style and program, and the parts of it that are asked for later."""

from __future__ import annotations

import base64
import time
from functools import partial
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from aisle.catalog.images.decoding import decode
from aisle.errors import AisleError
from aisle.pages import bars
from aisle.serving.asking import Asked, asked, service_of
from aisle.serving.keys import COOKIE, COOKIE_SECONDS, cookie_of, page_mark
from aisle.serving.page.example import example_of
from aisle.serving.page.facts import Facts
from aisle.serving.page.figures import figures
from aisle.serving.page.reasons import why
from aisle.serving.page.rendering import fill, policy, program, rules, style_sheet, version
from aisle.serving.refusals import RequestError, not_valid
from aisle.serving.routes.explain import explained
from aisle.serving.service import Service

_PART = "x-aisle-part"
_KEPT_BYTES = 4 * 2**20
_PREVIEW = 320
_LARGE = 2**62
_KEY_BYTES = 4_096
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
            return _whole(fill("key.html", entered=cookie_of(request.headers) is not None), "./")
        return _page(request, "./", example)

    @routes.get("/page/whole")
    async def whole(request: Request, example: int | None = None) -> Response:
        """Return the page for a caller whose key is known, where no script puts it together."""
        return _page(request, "../", example)

    @routes.post("/page/key")
    async def enter(request: Request) -> Response:
        """Have the browser remember a key; whether it is known is seen when it is used."""
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > _KEY_BYTES:
                raise not_valid("this is no key", where="key", do="enter the key alone")
        told = parse_qs(content.decode("utf-8", "replace")).get("key", [""])[0].strip()
        return _remembering(request, page_mark(told) if told else "")

    @routes.delete("/page/key")
    async def forget(request: Request) -> Response:
        """Have the browser forget the key."""
        return _remembering(request, "")

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
        return await _answered(request, why_too=False)

    @routes.post("/page/why")
    async def explain(request: Request) -> Response:
        """Return why the form's product got its answer."""
        return await _answered(request, why_too=True)

    return routes


def _page(request: Request, root: str, example: int | None) -> HTMLResponse:
    facts = _facts(request)
    shown = None if example is None else example_of(facts.model, example)
    values = {} if shown is None else shown.values
    photograph = None if shown is None else shown.photograph
    return _whole(_body(facts, values=values, photograph=photograph, root=root), root)


def _remembering(request: Request, told: str) -> Response:
    """Put a mark into the page's cookie, or take it out; a page without script is led on."""
    answer = Response(status_code=204)
    if _PART not in request.headers:
        answer = Response(status_code=303, headers={"Location": "whole" if told else "../"})
    answer.set_cookie(
        COOKIE,
        told,
        max_age=COOKIE_SECONDS if told else 0,
        httponly=True,
        samesite="strict",
        secure=request.headers.get("x-forwarded-proto", "").lower() == "https",
    )
    return answer


async def _answered(request: Request, *, why_too: bool) -> Response:
    service, facts = service_of(request), _facts(request)
    whole = _PART not in request.headers
    row: dict[str, object] = {}
    try:
        async with asked(request, forms=True) as given:
            row = _row(given)
            if why_too and not whole:
                return HTMLResponse(await _reasons(request, row, given))
            answered = await service.predict([row], given.call)
            answer = fill("answer.html", told=facts.told(answered), facts=facts)
            reasons = await _reasons(request, row, given) if why_too else ""
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
    html = _body(
        facts, values=values, photograph=photograph, answer=answer, reasons=reasons, root="../"
    )
    return _whole(html, "../", status=status)


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
    root: str = "./",
) -> str:
    return fill(
        "body.html",
        root=root,
        facts=facts,
        bars=bars("Accuracy of each expert", facts.experts, maximum=1.0) if facts.experts else "",
        values=values or {},
        photograph=photograph,
        answer=answer,
        reasons=reasons,
    )


def _whole(body: str, root: str, *, status: int = 200) -> HTMLResponse:
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


async def _reasons(request: Request, row: dict[str, object], given: Asked) -> str:
    found = await explained(request, [row], given.call)
    (product,) = found.products
    if "modalities" not in product.told:
        return fill("unexplained.html", error=product.told["error"])
    work = partial(why, found.engine.model, product, seconds=found.seconds)
    return await service_of(request).run(work, size=_LARGE)


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
