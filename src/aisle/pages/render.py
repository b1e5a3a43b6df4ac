"""Filling a template into one HTML file that asks nothing of the network."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from aisle.pages import formatting
from aisle.pages.charts import heat_map

_CLOSING = re.compile(r"<(?=/script|!--)", re.IGNORECASE)


def render(template: str, *, scripts: Sequence[str] = (), **context: object) -> str:
    """Return a page as HTML, with its style, scripts and icon inside.

    The page carries a content security policy that lets only its own scripts run, each known by
    its hash, and that forbids every request to elsewhere. So even text that slipped through
    escaping could neither run nor phone home.

    Parameters
    ----------
    template
        A file in ``pages/templates`` that extends ``base.html``.
    scripts
        JavaScript to carry besides the page's own, such as a plotting library.
    context
        What the template shows; every text in it is escaped.

    Returns
    -------
    str
        HTML that can be written as UTF-8, whatever was in the context.
    """
    environment = _environment()
    carried = [_inline(text) for text in (script("base.js"), *scripts)]
    page = environment.get_template(template).render(
        scripts=carried, policy=_policy(carried), **context
    )
    return page.encode("utf-8", "backslashreplace").decode("utf-8")


@cache
def script(name: str) -> str:
    """Return a script of ``pages/templates``, for `render` to carry."""
    return _environment().get_template(name).render()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aisle.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        asked=formatting.asked,
        compact=formatting.compact,
        exp=math.exp,
        grouped=formatting.count,
        heat_map=heat_map,
        number=formatting.number,
        plural=formatting.plural,
        score=formatting.score,
        seconds=formatting.seconds,
        share=formatting.share,
        shorten=formatting.shorten,
    )
    return environment


def _inline(text: str) -> Markup:
    """Keep a script from closing its own element; the backslash means nothing to JavaScript."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return Markup(_CLOSING.sub(r"\\x3c", lines))


def _policy(scripts: Sequence[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; "
        "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )
