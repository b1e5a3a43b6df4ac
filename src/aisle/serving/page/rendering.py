"""Filling the page's templates; styles that stand on an element go where the policy lets them."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from aisle.pages import formatting, script

_SCRIPTS = ("page.js", "try.js", "catalogue.js", "live.js")
_STYLE = re.compile(r'(?<=\s)style="([^"]*)"')


def fill(template: str, **context: object) -> str:
    """Return a part of the page as HTML; every text of the context is escaped.

    What stands in ``style`` attributes stands in ``data-style`` afterwards: the page's policy lets
    no such attribute through, and a script or `rules` bring it back.

    Parameters
    ----------
    template
        A file in ``serving/page/templates``.
    context
        What the template shows.
    """
    html = _environment().get_template(template).render(**context)
    # Quotes of the context are escaped, so only the templates' own attributes are found.
    return _STYLE.sub(r'data-style="\1"', html).encode("utf-8", "backslashreplace").decode("utf-8")


def rules(html: str) -> str:
    """Return a style sheet for the ``data-style`` attributes of `html`, each rule once."""
    found = dict.fromkeys(re.findall(r'\sdata-style="([^"]*)"', html))
    return "".join(f'[data-style="{told}"]{{{told}}}' for told in found if "<" not in told)


def policy(style: str = "") -> str:
    """Return the content security policy of a page that carries one style sheet of its own.

    Nothing comes from elsewhere, nothing goes elsewhere, and no script stands in the page.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = f" 'sha256-{digest}'" if style else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'{allowed}; "
        "img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


@cache
def style_sheet() -> str:
    """Return the page's CSS: the house's, and its own."""
    return _environment().get_template("page.css").render()


@cache
def program() -> str:
    """Return the page's JavaScript: the house's, and its own."""
    own = (_environment().get_template(name).render() for name in _SCRIPTS)
    return "\n".join((script("base.js"), *own))


@cache
def version() -> str:
    """Return what changes whenever the style sheet or the program does."""
    return hashlib.sha256((style_sheet() + program()).encode()).hexdigest()[:12]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("aisle.serving.page"), PackageLoader("aisle.pages", "templates")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        grouped=formatting.count,
        number=formatting.number,
        plural=formatting.plural,
        share=formatting.share,
        shorten=formatting.shorten,
    )
    return environment
