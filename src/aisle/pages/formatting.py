"""Numbers and names as a reader wants them: short, aligned, and honest about what is missing."""

from __future__ import annotations

import math
import unicodedata

MISSING = "–"

# embeddings, overrides and isolates of the bidirectional algorithm (Unicode Annex 9)
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ACCENTS = 4

_SUFFIXES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def share(value: float | None, digits: int = 1) -> str:
    """Return a share as a percentage that never claims a certainty which rounding made.

    Parameters
    ----------
    value
        A share, 1 being all; None and NaN give a dash.
    digits
        Decimals of the percentage.

    Examples
    --------
    >>> share(0.9498), share(0.99999), share(1.0), share(0.0001)
    ('95.0%', '>99.9%', '100%', '<0.1%')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value in (0.0, 1.0):
        return f"{value:.0%}"
    step = 10.0 ** -(digits + 2)
    if 0 < value < 1 and round(value, digits + 2) >= 1:
        return f">{1 - step:.{digits}%}"
    if 0 < value < 1 and round(value, digits + 2) <= 0:
        return f"<{step:.{digits}%}"
    return f"{value:.{digits}%}"


def asked(value: float) -> str:
    """Return a share that a person chose, with the digits that they gave.

    Examples
    --------
    >>> asked(0.97), asked(0.995)
    ('97%', '99.5%')
    """
    return f"{value * 100:.6g}%"


def count(value: int) -> str:
    """Return a whole number with thousands separated, such as ``1,050``."""
    return f"{value:,}"


def score(value: float | None, digits: int = 3) -> str:
    """Return a score without a unit, such as a log loss, with fixed decimals."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:,.{digits}f}".replace("-", "−")


def number(value: float | None) -> str:
    """Return a quantity with about three significant digits and thousands separated.

    Examples
    --------
    >>> number(1102.45), number(14.5012), number(0.04321), number(float("nan"))
    ('1,102', '14.5', '0.0432', '–')
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-4:
        shown = f"{value:.3g}"
    elif size >= 100 or value == int(value):
        shown = f"{value:,.0f}"
    else:
        decimals = 2 - math.floor(math.log10(size))
        shown = f"{value:,.{decimals}f}".rstrip("0").rstrip(".")
    return shown.replace("-", "−")


def compact(value: float) -> str:
    """Return a number for an axis or a crowded place, such as ``1.2k`` or ``30M``."""
    for size, suffix in _SUFFIXES:
        if abs(value) >= size * 0.9995:
            return f"{value / size:.3g}{suffix}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")


def plural(amount: int, one: str, many: str | None = None) -> str:
    """Return an amount with its noun in the right number.

    Examples
    --------
    >>> plural(1, "product"), plural(1050, "product"), plural(2, "class", "classes")
    ('1 product', '1,050 products', '2 classes')
    """
    return f"{count(amount)} {one if amount == 1 else many or one + 's'}"


def seconds(value: float) -> str:
    """Return a duration in the unit that suits it, such as ``0.13 s`` or ``4 min``."""
    if value < 0.001:
        return f"{value * 1e6:.3g} µs"
    if value < 0.1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.2g} s" if value < 1 else f"{value:.3g} s" if value < 120 else _minutes(value)


def shorten(text: str, columns: int) -> str:
    """Return a name on one line, cut with an ellipsis to the columns that it may fill.

    Wide characters (Chinese, emoji) fill two columns, and combining marks none, as they do on
    screen. Control characters become spaces; marks that turn the direction of writing, and more
    than a few accents on one letter, are left out, for they would spill over what stands beside.

    Parameters
    ----------
    text
        Any text, from anywhere.
    columns
        The widest it may be.

    Examples
    --------
    >>> shorten("Home Decor & Festive Needs", 12), shorten(" ", 12)
    ('Home Decor…', '(blank)')
    """
    plain = _tamed(text)
    if not any(_width(sign) and not sign.isspace() for sign in plain):
        return "(blank)"
    used = 0
    for place, sign in enumerate(plain):
        used += _width(sign)
        if used > columns:
            return _cut(plain[: place + 1], columns - 1) + "…"
    return plain


def _tamed(text: str) -> str:
    kept: list[str] = []
    accents = 0
    for sign in text:
        accents = accents + 1 if _width(sign) == 0 else 0
        if sign in _TURNING or accents > _ACCENTS:
            continue
        kept.append(" " if unicodedata.category(sign) == "Cc" else sign)
    return "".join(kept).strip()


def _cut(text: str, columns: int) -> str:
    while text and sum(map(_width, text)) > columns:
        text = text[:-1]
    return text.rstrip()


def _width(sign: str) -> int:
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def _minutes(value: float) -> str:
    return f"{value / 60:.3g} min" if value < 7200 else f"{value / 3600:.3g} h"
