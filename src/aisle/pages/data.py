"""Data for the scripts of a page."""

from __future__ import annotations

import json

from markupsafe import Markup

# nothing in the text can end its element or open a comment, and JSON reads the escapes back
_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def as_json(value: object) -> Markup:
    """Return plain data as JSON that may stand in a ``script`` element of the page.

    Raises
    ------
    ValueError
        If a number is NaN or infinite, which JSON cannot say.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_ESCAPES))
