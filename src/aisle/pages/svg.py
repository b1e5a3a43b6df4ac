"""SVG, element by element, with everything escaped."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from markupsafe import Markup, escape


def element(name: str, *children: Markup | str, **attributes: object) -> Markup:
    """Return one element; text among the children is escaped, markup is not.

    Parameters
    ----------
    name
        The element's name.
    children
        What stands inside.
    attributes
        ``class_`` for class, and underscores for hyphens; None leaves an attribute out, and
        numbers are rounded to a tenth.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _plain(value))
        for key, value in attributes.items()
        if value is not None
    )
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{}{}>{}</{}>").format(Markup(name), written, inside, Markup(name))


def image(title: str, description: str, children: Iterable[Markup], **attributes: object) -> Markup:
    """Return an SVG that a screen reader announces by its title and reads by its description.

    Parameters
    ----------
    title
        What it is, in a few words.
    description
        What it shows, so that nothing is lost to those who cannot see it.
    children
        The drawing.
    attributes
        Of the ``svg`` element.
    """
    key = f"{zlib.crc32(f'{title} {description}'.encode('utf-8', 'replace')):08x}"
    return element(
        "svg",
        element("title", title, id=f"t{key}"),
        element("desc", description, id=f"d{key}"),
        *children,
        role="img",
        aria_labelledby=f"t{key}",
        aria_describedby=f"d{key}",
        **attributes,
    )


def path(points: Iterable[tuple[float, float]]) -> str:
    """Return the path data of a line through points."""
    return "M" + "L".join(f"{_plain(x)} {_plain(y)}" for x, y in points)


def dots(points: Iterable[tuple[float, float]]) -> str:
    """Return the path data of one dot a point, a tenth of what circles would take."""
    return "".join(f"M{_plain(x)} {_plain(y)}h0" for x, y in points)


def _plain(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
