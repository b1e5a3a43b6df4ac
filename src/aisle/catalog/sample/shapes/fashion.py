"""Silhouettes to wear: T-shirts, blouses, dresses, sneakers, boots."""

from __future__ import annotations

from aisle.catalog.sample.canvas import Canvas, Shade, darker, lighter
from aisle.catalog.sample.dice import Dice
from aisle.catalog.sample.outlines import (
    Outline,
    arc,
    both_sides,
    box,
    ellipse,
    sharp,
    smooth,
)
from aisle.catalog.sample.shapes.kit import DARK, PAPER, RUBBER, WOOD, Paint


def tshirt(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a T-shirt laid flat, plain or with a print on its chest."""
    wide, hem = d.between(0.48, 0.58), d.between(0.76, 0.92)
    reach, cuff = d.between(0.86, 1.0), d.between(-0.22, 0.0)
    neck = d.between(0.17, 0.24)
    deep = d.between(0.12, 0.2) if d.chance(0.8) else d.between(0.26, 0.36)
    _torso(c, p, wide=wide, hem=hem, sleeve=(reach, cuff), neck=neck)
    _neckline(c, p, neck, deep, ribbed=True)
    for side in (-1, 1):
        seam = smooth([(side * wide * 0.98, -0.66), (side * wide * 0.92, -0.2)], closed=False)
        c.stroke(seam, 0.014, darker(p.colour, 0.22))
    if p.pattern is None and d.chance(0.45):
        _chest_print(c, p, d)


def blouse(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a blouse: collar or bow, buttons, and long or short sleeves."""
    wide, hem = d.between(0.46, 0.58), d.between(0.78, 0.94)
    short = d.chance(0.45)
    reach = d.between(0.82, 0.96)
    cuff = d.between(-0.2, 0.02) if short else d.between(0.4, 0.72)
    neck = d.between(0.15, 0.22)
    _torso(c, p, wide=wide, hem=hem, sleeve=(reach, cuff), neck=neck)
    kind = d.roll()
    if kind < 0.45:
        _neckline(c, p, neck, d.between(0.1, 0.2), ribbed=False)
        collar = lighter(p.colour, 0.12)
        for side in (-1, 1):
            wing = [(side * neck, -0.86), (0, -0.66), (side * 0.16, -0.52), (side * 0.3, -0.72)]
            c.fill(sharp(wing), collar, Shade.DOWN, 0.25)
            c.stroke(sharp(wing[1:]), 0.012, darker(p.colour, 0.25))
    else:
        _neckline(c, p, neck, d.between(0.26, 0.42), ribbed=False)
    if kind < 0.8:
        c.stroke(sharp([(0, -0.52), (0, hem - 0.02)]), 0.014, darker(p.colour, 0.25))
        for number in range(5):
            y = -0.42 + number * (hem + 0.32) / 5
            c.fill(ellipse(0.035, y, 0.022, 0.022, 10), PAPER)
    else:
        for side in (-1, 1):
            loop = ellipse(side * 0.13, -0.5, 0.12, 0.07, 20)
            c.fill(loop, p.accent, Shade.BALL, 0.3)
            c.stroke(sharp([(0, -0.48), (side * 0.1, -0.2)]), 0.045, p.accent)


def _torso(
    c: Canvas, p: Paint, *, wide: float, hem: float, sleeve: tuple[float, float], neck: float
) -> None:
    """Draw front and sleeves; `sleeve` is the outer point of the cuff."""
    reach, cuff = sleeve
    if cuff > 0.2:
        for side in (-1, 1):
            arm = [(wide * 0.8, -0.74), (reach, cuff), (reach - 0.2, cuff + 0.06)]
            arm.append((wide * 0.9, -0.2))
            c.fill(smooth([(side * x, y) for x, y in arm]), darker(p.colour, 0.06), Shade.CLOTH)
        body = [(neck, -0.86), (wide * 0.96, -0.72), (wide, -0.3)]
    else:
        body = [
            (neck, -0.86),
            (wide * 0.98, -0.73),
            (reach, cuff - 0.12),
            (reach - 0.2, cuff + 0.1),
        ]
        body.append((wide, -0.26))
    body += [(wide * 0.96, 0.2), (wide * 1.02, hem), (0.0, hem + 0.02)]
    c.fill(_cloth(body), p.colour, Shade.CLOTH, 0.32, p.pattern)


def _cloth(right: list[tuple[float, float]]) -> Outline:
    """Return a closed outline through both sides, its corners a little rounded."""
    points = both_sides(right)
    softened: list[tuple[float, float]] = []
    for at, (x, y) in enumerate(points):
        before, after = points[at - 1], points[(at + 1) % len(points)]
        for other in (before, after):
            softened.append((x + (other[0] - x) * 0.06, y + (other[1] - y) * 0.06))
    return sharp(softened)


def _neckline(c: Canvas, p: Paint, neck: float, deep: float, ribbed: bool) -> None:
    back = ellipse(0, -0.85, neck, 0.07, 24)
    hole = sharp([*map(tuple, arc(0, -0.86, neck, deep, 0, 180, 20))])
    c.fill(hole, darker(p.colour, 0.42))
    c.fill(back, darker(p.colour, 0.28), Shade.UP, 0.3)
    if ribbed:
        c.stroke(arc(0, -0.86, neck + 0.01, deep + 0.01, 0, 180, 20), 0.05, darker(p.colour, 0.12))


def _chest_print(c: Canvas, p: Paint, d: Dice) -> None:
    kind = d.below(4)
    if kind == 0:
        c.fill(ellipse(0, -0.12, 0.24, 0.24), p.accent, Shade.DOWN, 0.2)
        c.fill(ellipse(0.08, -0.16, 0.16, 0.16), p.colour)
    elif kind == 1:
        for number in range(3):
            y = -0.28 + number * 0.12
            c.fill(box(-0.26, y, 0.26 - 0.08 * number, y + 0.06, 0.02), p.accent)
    elif kind == 2:
        peak = [(-0.3, 0.08), (-0.1, -0.28), (0.02, -0.08), (0.12, -0.2), (0.3, 0.08)]
        c.fill(sharp(peak), p.accent)
    else:
        c.fill(box(0.16, -0.44, 0.34, -0.22, 0.03), darker(p.colour, 0.14), Shade.DOWN, 0.2)


def dress(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a dress with straps or short sleeves, a waist and a flared skirt."""
    waist, flare = d.between(0.24, 0.32), d.between(0.5, 0.82)
    hem, line = d.between(0.84, 1.0), d.between(-0.22, -0.08)
    if d.chance(0.5):
        for side in (-1, 1):
            c.stroke(sharp([(side * 0.22, -0.66), (side * 0.17, -0.97)]), 0.04, p.colour)
        top = [(0.12, -0.62), (0.26, -0.68), (0.33, -0.5)]
    else:
        top = [(0.16, -0.95), (0.36, -0.88), (0.56, -0.58), (0.42, -0.5), (0.34, -0.56)]
    c.fill(_cloth([*top, (waist, line), (0.0, line + 0.03)]), p.colour, Shade.CLOTH, 0.3, p.pattern)
    skirt = [(waist, line), (waist + (flare - waist) * 0.4, line + 0.3), (flare, hem)]
    skirt += [(flare * 0.5, hem + 0.05), (0.0, hem + 0.02)]
    c.fill(_cloth(skirt), p.colour, Shade.CLOTH, 0.38, p.pattern)
    for share in (-0.55, -0.2, 0.18, 0.5):
        fold = [(share * waist, line + 0.1), (share * flare, hem - 0.04)]
        c.stroke(sharp(fold), 0.014, darker(p.colour, 0.2))
    belt = p.accent if d.chance(0.5) else darker(p.colour, 0.25)
    c.fill(box(-waist - 0.01, line - 0.04, waist + 0.01, line + 0.04, 0.02), belt, Shade.ROUND)


def sneaker(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a sneaker from the side; some are high-tops."""
    collar = d.between(-0.34, -0.2) if d.chance(0.72) else d.between(-0.66, -0.44)
    toe, thick = d.between(0.9, 1.02), d.between(0.1, 0.16)
    upper = [(-0.9, 0.32), (-0.93, 0.0), (-0.84, collar), (-0.4, collar + 0.04), (-0.3, -0.12)]
    upper += [(0.12, -0.0), (0.5, 0.06), (toe - 0.14, 0.13), (toe, 0.3), (toe - 0.03, 0.42)]
    upper.append((0.0, 0.44))
    upper.append((-0.86, 0.44))
    opening = ellipse(-0.62, collar + 0.03, 0.24, 0.06)
    c.fill(smooth(upper, steps=5), p.colour, Shade.SLANT, 0.36, p.pattern)
    c.fill(opening, darker(p.colour, 0.45))
    _sole(c, PAPER if d.chance(0.65) else p.accent, -0.95, toe, thick)
    if d.chance(0.55):
        cap = smooth(
            [(0.54, 0.43), (0.62, 0.16), (toe - 0.12, 0.17), (toe - 0.01, 0.3), (toe, 0.43)]
        )
        c.fill(cap, lighter(p.colour, 0.4), Shade.SLANT, 0.25)
    for number in range(4):
        x, y = -0.26 + number * 0.17, collar * 0.35 * (1 - number / 4) - 0.02 + number * 0.045
        c.stroke(sharp([(x - 0.05, y + 0.13), (x + 0.1, y)]), 0.036, PAPER)
    if d.chance(0.6):
        swoosh = [(-0.6, 0.3), (-0.3, 0.08), (0.12, 0.3)] if d.chance(0.5) else None
        for line in (
            [swoosh] if swoosh else [[(x, 0.1), (x + 0.1, 0.36)] for x in (-0.4, -0.24, -0.08)]
        ):
            c.stroke(smooth(line, closed=False), 0.07, p.accent)
    c.fill(box(-0.94, -0.02, -0.82, 0.3, 0.04), p.accent, Shade.DOWN, 0.3)


def boot(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a boot from the side: ankle boots, laced boots, tall boots."""
    tall = d.between(-0.62, -0.42) if d.chance(0.45) else d.between(-0.98, -0.72)
    toe, calf = d.between(0.72, 0.9), d.between(-0.1, 0.06)
    upper = [(-0.62, 0.5), (-0.66, 0.1), (-0.62, tall), (calf, tall), (calf - 0.02, -0.12)]
    upper += [(0.28, 0.08), (toe - 0.2, 0.14), (toe - 0.02, 0.3), (toe, 0.48), (0.1, 0.52)]
    c.fill(smooth(upper, steps=5), p.colour, Shade.SLANT, 0.42)
    middle, half = (calf - 0.62) / 2, (calf + 0.62) / 2
    c.fill(ellipse(middle, tall + 0.02, half, 0.06), darker(p.colour, 0.4))
    dark = d.pick((RUBBER, WOOD, DARK))
    thick = d.between(0.1, 0.15)
    heel = 0.5 + thick + d.between(0.0, 0.07)
    c.fill(sharp([(-0.68, 0.44), (-0.2, 0.44), (-0.27, heel), (-0.67, heel)]), darker(dark, 0.12))
    _sole(c, dark, -0.69, toe + 0.02, thick)
    kind = d.roll()
    if kind < 0.4:
        for number in range(4):
            y = tall * 0.55 + 0.02 + number * 0.15
            x = calf - 0.06 + max(0.0, y) * 0.9
            c.stroke(sharp([(x - 0.2, y + 0.1), (x, y + 0.02)]), 0.036, p.accent)
    elif kind < 0.75:
        panel = smooth([(-0.42, tall + 0.14), (-0.16, tall + 0.14), (-0.22, -0.02), (-0.36, -0.02)])
        c.fill(panel, darker(p.colour, 0.45), Shade.ROUND, 0.3)
        c.stroke(sharp([(-0.64, tall - 0.1), (-0.64, tall + 0.08)]), 0.06, darker(p.colour, 0.3))
    else:
        c.stroke(smooth([(-0.64, 0.02), (-0.3, 0.08), (0.02, 0.0)], False), 0.08, p.accent)
        c.fill(box(-0.2, 0.0, -0.08, 0.13, 0.02), p.metal, Shade.DOWN, 0.4)


def _sole(c: Canvas, colour: tuple[int, int, int], heel: float, toe: float, thick: float) -> None:
    right = [(heel, 0.4), (0.0, 0.42), (toe - 0.1, 0.38), (toe + 0.03, 0.36), (toe, 0.42 + thick)]
    c.fill(
        smooth([*right, (0.0, 0.46 + thick), (heel, 0.44 + thick)], steps=4),
        colour,
        Shade.DOWN,
        0.3,
    )
