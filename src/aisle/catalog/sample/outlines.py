"""Outlines in the unit square: x to the right, y down, the product within about [-1, 1]."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Outline = npt.NDArray[np.float64]
"""Points of a line or a closed outline: float64 (points, 2)."""


def ellipse(x: float, y: float, rx: float, ry: float, points: int = 40) -> Outline:
    """Return an ellipse around (x, y)."""
    return arc(x, y, rx, ry, 0, 360, points)


def arc(  # noqa: PLR0917  (the usual order of an ellipse's numbers)
    x: float, y: float, rx: float, ry: float, start: float, end: float, points: int = 24
) -> Outline:
    """Return part of an ellipse; angles in degrees, 0 to the right, 90 downwards."""
    angle = np.radians(np.linspace(start, end, points))
    return np.column_stack([x + rx * np.cos(angle), y + ry * np.sin(angle)])


def box(x0: float, y0: float, x1: float, y1: float, radius: float = 0.0) -> Outline:
    """Return a rectangle with rounded corners."""
    r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    if r <= 0:
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    corners = [(x1 - r, y1 - r, 0), (x0 + r, y1 - r, 90), (x0 + r, y0 + r, 180)]
    corners.append((x1 - r, y0 + r, 270))
    return np.concatenate([arc(x, y, r, r, a, a + 90, 7) for x, y, a in corners])


def sharp(points: Sequence[tuple[float, float]]) -> Outline:
    """Return the points as an outline with straight edges."""
    return np.array(points, dtype=np.float64)


def smooth(points: Sequence[tuple[float, float]], closed: bool = True, steps: int = 7) -> Outline:
    """Return a Catmull-Rom curve through the points."""
    p = np.array(points, dtype=np.float64)
    if closed:
        before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    else:
        before = np.vstack([p[:1], p[:-2]])
        after, beyond = p[1:], np.vstack([p[2:], p[-1:]])
        p = p[:-1]
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (before, p, after, beyond))
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    line = curve.reshape(-1, 2)
    return line if closed else np.vstack([line, after[-1:]])


def both_sides(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points of the right half, then their mirror images, as one closed outline."""
    return [*points, *((-x, y) for x, y in reversed(points))]


def can(top: float, bottom: float, y0: float, y1: float, tilt: float) -> Outline:
    """Return a standing cylinder or cone: half widths at the top and bottom, and how far the
    viewer looks from above (`tilt`, the height of the bottom ellipse over its width)."""
    return np.concatenate(
        [
            arc(0, y0, top, top * tilt, 180, 360, 16),
            arc(0, y1, bottom, bottom * tilt, 0, 180, 16),
        ]
    )


def shifted(outline: Outline, x: float, y: float, scale: float = 1.0) -> Outline:
    """Return the outline scaled around the origin, then moved."""
    moved: Outline = outline * scale + np.array([x, y])
    return moved


def turned(outline: Outline, degrees: float, x: float = 0.0, y: float = 0.0) -> Outline:
    """Return the outline turned clockwise around (x, y)."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    centre = np.array([x, y])
    moved: Outline = (outline - centre) @ np.array([[cos, sin], [-sin, cos]]) + centre
    return moved
