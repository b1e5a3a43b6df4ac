"""Silhouettes of the home: mugs, bowls, kettles, knives, lamps, chairs, sofas."""

from __future__ import annotations

from aisle.catalog.sample.canvas import RGB, Canvas, Shade, darker, lighter, mixed
from aisle.catalog.sample.dice import Dice
from aisle.catalog.sample.outlines import (
    Outline,
    arc,
    both_sides,
    box,
    can,
    ellipse,
    sharp,
    shifted,
    smooth,
    turned,
)
from aisle.catalog.sample.shapes.kit import BRASS, DARK, STEEL, WOOD, Paint

_COFFEE = (92, 58, 38)


def mug(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a mug, or a cup on its saucer; now and then the handle is turned away."""
    if d.chance(0.25):
        _cup(c, p, d)
        return
    top = d.between(0.46, 0.66)
    bottom = top * d.between(0.78, 1.0)
    height = d.between(0.52, 0.74)
    tilt = d.between(0.14, 0.3)
    if d.chance(0.82):
        handle = arc(top * 0.94, 0, height * d.between(0.42, 0.6), height * 0.6, -90, 90)
        c.tube(handle, d.between(0.11, 0.16), p.colour)
    c.fill(can(top, bottom, -height, height, tilt), p.colour, Shade.ROUND, 0.36, p.pattern)
    inside = _COFFEE if d.chance(0.35) else None
    _rim(c, p, -height, width=top, tilt=tilt, filling=inside)


def _cup(c: Canvas, p: Paint, d: Dice) -> None:
    width, height = d.between(0.56, 0.72), d.between(0.42, 0.56)
    tilt = d.between(0.16, 0.28)
    c.fill(ellipse(0, height + 0.04, width * 1.45, width * 1.45 * tilt), p.colour, Shade.DOWN, 0.3)
    c.fill(
        ellipse(0, height, width * 1.2, width * 1.1 * tilt), darker(p.colour, 0.08), Shade.UP, 0.25
    )
    if d.chance(0.8):
        c.tube(arc(width * 0.9, -0.1, 0.3, 0.26, -100, 100), 0.1, p.colour)
    c.fill(_hollow(width, -height, height, 0.45, tilt), p.colour, Shade.ROUND, 0.36, p.pattern)
    _rim(c, p, -height, width=width, tilt=tilt, filling=_COFFEE if d.chance(0.6) else None)


def bowl(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a bowl on its foot; some are as tall as a mug, some have an ear to hold them."""
    width = d.between(0.66, 0.98)
    height = d.between(0.3, 0.46) if d.chance(0.75) else d.between(0.46, 0.58)
    tilt = d.between(0.15, 0.32)
    foot = width * d.between(0.34, 0.5)
    c.fill(can(foot, foot * 0.96, height * 0.7, height * 1.08, tilt), darker(p.colour, 0.15))
    if d.chance(0.16):
        for side in (-1, 1) if d.chance(0.5) else (1,):
            ear = arc(side * width * 0.96, -height * 0.55, 0.17, 0.13, 0, 360)
            c.tube(ear, 0.08, p.colour)
    c.fill(
        _hollow(width, -height, height, d.between(0.4, 0.7), tilt),
        p.colour,
        Shade.ROUND,
        0.36,
        p.pattern,
    )
    _rim(c, p, -height, width=width, tilt=tilt, filling=(206, 120, 62) if d.chance(0.2) else None)


def _hollow(width: float, y0: float, y1: float, bulge: float, tilt: float) -> Outline:
    """Return the outline of a vessel that narrows to its foot."""
    middle = y0 + (y1 - y0) * 0.55
    right = [
        (width, y0),
        (width * (0.8 + 0.2 * bulge), middle),
        (width * 0.62, y0 + (y1 - y0) * 0.88),
        (width * 0.4, y1),
    ]
    side = smooth(right, closed=False)
    back = side[::-1] * (-1, 1)
    return sharp([*map(tuple, side), *map(tuple, back), *map(tuple, _top(width, y0, tilt))])


def _top(width: float, y: float, tilt: float) -> Outline:
    return arc(0, y, width, width * tilt, 180, 360, 16)


def _rim(c: Canvas, p: Paint, y: float, *, width: float, tilt: float, filling: RGB | None) -> None:
    c.fill(ellipse(0, y, width, width * tilt), lighter(p.colour, 0.35))
    inner = ellipse(0, y + 0.005, width * 0.93, width * tilt * 0.88)
    c.fill(inner, darker(p.colour, 0.22), Shade.UP, 0.4)
    if filling is not None:
        surface = ellipse(0, y + width * tilt * 0.14, width * 0.86, width * tilt * 0.7)
        c.fill(surface, filling, Shade.SLANT, 0.3)


def kettle(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a round kettle for the stove, or a tall electric jug on its base."""
    if d.chance(0.5):
        _jug(c, p, d)
        return
    width, tall = d.between(0.62, 0.76), d.between(0.5, 0.62)
    c.tube(arc(0, -0.2, width * 0.84, d.between(0.6, 0.76), 180, 360), 0.1, DARK)
    spout = smooth(
        [
            (width * 0.7, 0.1),
            (width * 1.2, -0.36),
            (width * 1.44, -0.42),
            (width * 1.3, -0.1),
            (width * 0.9, 0.55),
        ]
    )
    c.fill(spout, darker(p.colour, 0.06), Shade.SLANT, 0.3)
    body = both_sides([(0.26, -0.36), (width * 0.86, -0.05), (width, 0.38), (width * 0.86, tall)])
    c.fill(smooth(body), p.colour, Shade.BALL, 0.5, p.pattern)
    c.fill(ellipse(0, -0.31, 0.33, 0.085), lighter(p.colour, 0.25), Shade.DOWN)
    c.stroke(arc(0, -0.31, 0.33, 0.085, 0, 180), 0.02, darker(p.colour, 0.35))
    c.fill(ellipse(0, -0.43, 0.085, 0.08), DARK, Shade.BALL, 0.6)


def _jug(c: Canvas, p: Paint, d: Dice) -> None:
    top, bottom = d.between(0.34, 0.44), d.between(0.48, 0.6)
    c.fill(can(bottom * 1.12, bottom * 1.16, 0.72, 0.84, 0.14), DARK, Shade.ROUND, 0.4)
    handle = smooth([(top, -0.58), (0.86, -0.52), (0.84, 0.28), (bottom * 0.95, 0.42)], False)
    c.tube(handle, 0.13, DARK)
    c.fill(sharp([(-top * 0.7, -0.7), (-top - 0.26, -0.66), (-top * 0.98, -0.2)]), p.colour)
    c.fill(can(top, bottom, -0.7, 0.7, 0.14), p.colour, Shade.ROUND, 0.42, p.pattern)
    c.fill(ellipse(0, -0.7, top, top * 0.16), DARK, Shade.DOWN, 0.3)
    c.fill(box(-0.07, -0.86, 0.07, -0.7, 0.06), DARK, Shade.ROUND, 0.5)
    if d.chance(0.5):
        c.fill(box(-0.06, -0.25, 0.06, 0.4, 0.06), lighter(p.colour, 0.55), Shade.DOWN, 0.2)


def knife(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a kitchen knife across the picture."""
    angle = d.between(-42, -12)
    tall, end = d.between(0.11, 0.2), d.between(0.9, 1.06)
    blade = smooth([(-0.3, -tall), (0.45, -tall), (end, 0.02), (0.6, tall * 0.8), (-0.3, tall)])
    straight = sharp([(-0.32, -tall), (0.4, -tall), (0.4, tall), (-0.32, tall)])
    for part in (blade, straight):
        c.fill(turned(part, angle), (200, 205, 211), Shade.DOWN, 0.35)
    edge = sharp([(-0.3, tall * 0.55), (0.5, tall * 0.55), (end * 0.94, 0.05)])
    c.stroke(turned(edge, angle), 0.018, (240, 243, 246))
    c.fill(turned(box(-0.4, -0.14, -0.3, 0.14, 0.03), angle), (150, 154, 160), Shade.DOWN, 0.4)
    grip = smooth(
        [(-0.38, -0.11), (-0.7, -0.08), (-1.0, -0.12), (-1.04, 0.1), (-0.7, 0.08), (-0.38, 0.12)]
    )
    c.fill(turned(grip, angle), p.colour, Shade.DOWN, 0.45)
    for x in (-0.5, -0.7, -0.9):
        c.fill(turned(ellipse(x, 0.0, 0.026, 0.026, 12), angle), BRASS)


def lamp(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a lamp with a fabric shade, or an office lamp with a jointed arm."""
    kind = d.roll()
    if kind < 0.3:
        _desk_lamp(c, p, d)
        return
    low = d.between(0.42, 0.62)
    high, edge = low * d.between(0.5, 0.95), d.between(-0.14, 0.06)
    stand = p.metal if d.chance(0.6) else WOOD
    if kind < 0.65:
        c.fill(box(-0.035, edge - 0.05, 0.035, 0.86), stand, Shade.ROUND, 0.5)
    else:
        belly = both_sides([(0.06, edge), (0.1, 0.2), (d.between(0.2, 0.36), 0.5), (0.16, 0.84)])
        c.fill(smooth(belly), p.accent, Shade.BALL, 0.45)
    c.fill(can(0.3, 0.33, 0.84, 0.9, 0.22), stand, Shade.ROUND, 0.45)
    c.fill(ellipse(0, 0.84, 0.3, 0.066), lighter(stand, 0.2), Shade.SLANT, 0.3)
    glow = mixed(p.colour, (255, 226, 160), 0.25)
    c.fill(can(high, low, -0.88, edge, 0.1), glow, Shade.ROUND, 0.3, p.pattern)
    c.fill(ellipse(0, -0.88, high, high * 0.1), lighter(glow, 0.55), Shade.SLANT, 0.2)
    c.stroke(arc(0, edge, low, low * 0.1, 0, 180), 0.025, darker(p.colour, 0.2))


def _desk_lamp(c: Canvas, p: Paint, d: Dice) -> None:
    knee = (d.between(-0.62, -0.4), d.between(-0.15, 0.05))
    head = (d.between(0.1, 0.3), d.between(-0.78, -0.6))
    c.fill(can(0.38, 0.4, 0.78, 0.86, 0.22), p.colour, Shade.ROUND, 0.45)
    c.fill(ellipse(0, 0.78, 0.38, 0.084), lighter(p.colour, 0.18), Shade.SLANT, 0.3)
    c.tube(sharp([(0, 0.76), knee]), 0.06, p.metal)
    c.tube(sharp([knee, head]), 0.06, p.metal)
    c.fill(ellipse(*knee, 0.07, 0.07, 20), p.metal, Shade.BALL, 0.5)
    angle = d.between(-35, -5)
    hood = both_sides([(0.13, -0.16), (0.2, 0.04), (0.42, 0.34)])
    c.fill(shifted(turned(ellipse(0, 0.34, 0.42, 0.1), angle), *head), (255, 236, 186))
    c.fill(shifted(turned(smooth(hood, steps=4), angle), *head), p.colour, Shade.ROUND, 0.42)


def chair(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a chair with four legs and an upholstered or slatted back."""
    wood = d.pick((WOOD, (120, 82, 54), DARK, (214, 184, 142)))
    wide, seat = d.between(0.4, 0.52), d.between(0.1, 0.22)
    back = d.between(-0.95, -0.75)
    for x, lean, end in ((-wide + 0.1, -0.02, 0.8), (wide - 0.02, 0.06, 0.78)):
        c.tube(sharp([(x, seat), (x + lean, end)]), 0.065, darker(wood, 0.25))
    if d.chance(0.6):
        rest = both_sides(
            [(wide * 0.7, back), (wide * 0.95, back + 0.3), (wide * 0.8, seat + 0.02)]
        )
        c.fill(smooth(rest), p.colour, Shade.CLOTH, 0.35, p.pattern)
    else:
        for x in (-wide * 0.86, wide * 0.86):
            c.tube(sharp([(x, seat), (x * 0.96, back)]), 0.07, wood)
        for part in range(d.below(3) + 2):
            y = back + 0.06 + part * 0.2
            c.fill(box(-wide * 0.86, y, wide * 0.86, y + 0.1, 0.04), wood, Shade.DOWN, 0.3)
    cushion = smooth(
        both_sides([(wide, seat - 0.05), (wide + 0.14, seat + 0.15), (wide + 0.02, seat + 0.22)])
    )
    c.fill(cushion, p.colour, Shade.DOWN, 0.4, p.pattern)
    for x, lean in ((-wide - 0.04, -0.06), (wide + 0.04, 0.06)):
        c.tube(sharp([(x, seat + 0.2), (x + lean, 0.95)]), 0.075, wood)


def sofa(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a sofa with two or three seats, cushions and short legs."""
    wide, top = d.between(0.86, 1.05), d.between(-0.5, -0.36)
    seats = 2 + d.below(2)
    leg = d.pick((WOOD, DARK, STEEL))
    for x in (-wide + 0.14, wide - 0.14):
        c.tube(sharp([(x, 0.4), (x * 1.02, 0.6)]), 0.07, leg)
    c.fill(box(-wide + 0.08, top, wide - 0.08, 0.3, 0.12), darker(p.colour, 0.1), Shade.CLOTH, 0.35)
    step = (2 * wide - 0.36) / seats
    for number in range(seats):
        x = -wide + 0.18 + number * step
        c.fill(box(x, top + 0.06, x + step - 0.02, 0.1, 0.1), p.colour, Shade.BALL, 0.3, p.pattern)
    c.fill(box(-wide + 0.06, 0.22, wide - 0.06, 0.46, 0.05), darker(p.colour, 0.22), Shade.DOWN)
    for number in range(seats):
        x = -wide + 0.18 + number * step
        c.fill(box(x, 0.02, x + step - 0.02, 0.26, 0.08), lighter(p.colour, 0.08), Shade.DOWN, 0.4)
    for side in (-1, 1):
        x = side * (wide - 0.1)
        arm = box(x - 0.14, -0.16, x + 0.14, 0.46, 0.11)
        c.fill(arm, p.colour, Shade.ROUND, 0.32, p.pattern)
    if d.chance(0.6):
        pillow = turned(box(-0.17, -0.17, 0.17, 0.17, 0.06), d.between(-20, 20))
        c.fill(shifted(pillow, -wide + 0.42, -0.08), p.accent, Shade.BALL, 0.4)
