"""Silhouettes of small things: watches, phones, headphones, jewellery, perfume, umbrellas."""

from __future__ import annotations

import math

from aisle.catalog.sample.canvas import RGB, Canvas, Shade, darker, lighter
from aisle.catalog.sample.dice import Dice
from aisle.catalog.sample.outlines import (
    arc,
    box,
    can,
    ellipse,
    sharp,
    smooth,
)
from aisle.catalog.sample.shapes.kit import DARK, PAPER, WOOD, Paint

_SCREEN: RGB = (24, 26, 36)


def watch(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw an analogue watch with a leather strap or a metal bracelet."""
    radius = d.between(0.4, 0.52)
    strap = p.metal if d.chance(0.35) else p.colour
    _strap(c, strap, radius * d.between(0.48, 0.66), d)
    if d.chance(0.18):
        case, dial = (box(-r, -r * 1.1, r, r * 1.1, r * 0.25) for r in (radius, radius * 0.82))
    else:
        case, dial = ellipse(0, 0, radius, radius), ellipse(0, 0, radius * 0.84, radius * 0.84)
    c.fill(box(radius * 0.9, -0.06, radius + 0.1, 0.06, 0.02), p.metal, Shade.DOWN, 0.4)
    c.fill(case, p.metal, Shade.SLANT, 0.55)
    face = d.pick((PAPER, DARK, p.accent, (28, 40, 66)))
    c.fill(dial, face, Shade.SLANT, 0.22)
    ink = DARK if sum(face) > 380 else PAPER
    for hour in range(12):
        angle = math.radians(30 * hour)
        x, y = math.sin(angle), -math.cos(angle)
        start = 0.6 if hour % 3 == 0 else 0.68
        c.stroke(sharp([(x * r * radius, y * r * radius) for r in (start, 0.75)]), 0.024, ink)
    for length, width in ((0.42, 0.04), (0.62, 0.026)):
        angle = d.between(0, 6.28)
        tip = (math.sin(angle) * length * radius, -math.cos(angle) * length * radius)
        c.stroke(sharp([(0, 0), tip]), width, ink)
    if d.chance(0.35):
        for x, y in ((-0.3, 0.0), (0.3, 0.0), (0.0, 0.34)):
            c.fill(ellipse(x * radius, y * radius, 0.07, 0.07, 16), lighter(face, 0.25))
    c.fill(ellipse(0, 0, 0.03, 0.03, 12), p.metal)


def smartwatch(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a smartwatch with a lit screen; a quarter have a round one."""
    half = d.between(0.38, 0.48)
    _strap(c, p.colour, half * d.between(0.62, 0.82), d)
    tall = half * d.between(1.08, 1.22)
    c.fill(box(half * 0.95, -0.12, half + 0.06, 0.04, 0.03), DARK, Shade.DOWN, 0.4)
    if d.chance(0.28):
        c.fill(ellipse(0, 0, half * 1.05, half * 1.05), p.metal, Shade.SLANT, 0.5)
        c.fill(ellipse(0, 0, half * 0.94, half * 0.94), _SCREEN, Shade.SLANT, 0.2)
    else:
        c.fill(box(-half, -tall, half, tall, 0.14), p.metal, Shade.SLANT, 0.5)
        c.fill(
            box(-half * 0.9, -tall * 0.91, half * 0.9, tall * 0.91, 0.1), _SCREEN, Shade.SLANT, 0.2
        )
    kind = d.roll()
    lights = ((232, 76, 96), (126, 220, 120), (92, 196, 236))
    if kind < 0.4:
        for number, light in enumerate(lights):
            r = half * (0.62 - 0.15 * number)
            c.stroke(arc(0, 0, r, r, -90, d.between(60, 250)), 0.055, light)
    elif kind < 0.75:
        _digits(c, d, half)
        c.stroke(
            smooth([(-0.24, 0.2), (-0.1, 0.12), (0.0, 0.24), (0.12, 0.1), (0.24, 0.18)], False),
            0.03,
            d.pick(lights),
        )
    else:
        for hour in range(12):
            x, y = (f(math.radians(30 * hour)) * half * 0.74 for f in (math.sin, math.cos))
            c.fill(ellipse(x, y, 0.022, 0.022, 10), PAPER)
        c.stroke(sharp([(0, 0), (half * 0.3, -half * 0.36)]), 0.036, PAPER)
        c.stroke(sharp([(0, 0), (-half * 0.15, -half * 0.6)]), 0.026, d.pick(lights))


def _digits(c: Canvas, d: Dice, half: float) -> None:
    for number in range(4):
        x = (-0.56 + number * 0.31 + (0.12 if number > 1 else 0.0)) * half
        width = half * 0.2
        c.stroke(sharp([(x, -0.2), (x, 0.0)]), 0.034, PAPER)
        if d.chance(0.7):
            c.stroke(sharp([(x, -0.2), (x + width, -0.2), (x + width, 0.0)]), 0.034, PAPER)
        if d.chance(0.7):
            c.stroke(sharp([(x, 0.0), (x + width, 0.0)]), 0.034, PAPER)


def _strap(c: Canvas, colour: RGB, half: float, d: Dice) -> None:
    end = d.between(0.92, 1.02)
    links = d.chance(0.35)
    for side in (-1, 1):
        band = [(half, side * 0.3), (half * 0.74, side * end), (-half * 0.74, side * end)]
        band.append((-half, side * 0.3))
        c.fill(sharp(band), colour, Shade.ROUND, 0.4)
        for number in range(5):
            y = side * (0.5 + number * 0.1)
            if links:
                c.stroke(sharp([(-half * 0.84, y), (half * 0.84, y)]), 0.016, darker(colour, 0.35))
            elif side > 0 and number > 0:
                c.fill(ellipse(0, y, 0.022, 0.022, 10), darker(colour, 0.5))


def headphones(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw headphones from the front: band, cushions and cups."""
    wide, tall = d.between(0.58, 0.7), d.between(0.7, 0.86)
    band = arc(0, 0.1, wide, tall, 180, 360)
    c.tube(band, d.between(0.1, 0.15), p.colour)
    c.stroke(arc(0, 0.1, wide - 0.07, tall - 0.08, 215, 325), 0.07, darker(p.accent, 0.2))
    high = d.between(0.32, 0.4)
    for side in (-1, 1):
        x = side * wide
        c.tube(sharp([(x, -0.06), (x, 0.2)]), 0.06, p.metal)
        inner = ellipse(x - side * 0.13, 0.34, 0.12, high)
        c.fill(inner, darker(p.colour, 0.5), Shade.BALL, 0.45)
        middle = x + side * 0.06
        outer = box(middle - 0.14, 0.34 - high * 0.92, middle + 0.14, 0.34 + high * 0.92, 0.14)
        c.fill(outer, p.colour, Shade.ROUND, 0.42)
        c.stroke(arc(x + side * 0.04, 0.34, 0.07, high * 0.6, 0, 360), 0.02, p.metal)
    if d.chance(0.2):
        c.stroke(smooth([(-wide, 0.7), (-wide + 0.2, 0.95), (0.1, 0.9)], False), 0.03, DARK)


def phone(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a phone from the front or the back."""
    half, tall = d.between(0.4, 0.47), d.between(0.84, 0.96)
    c.fill(
        box(-half - 0.02, -tall, half + 0.02, tall, 0.13), darker(p.colour, 0.3), Shade.ROUND, 0.5
    )
    if d.chance(0.55):
        c.fill(
            box(-half + 0.03, -tall + 0.05, half - 0.03, tall - 0.05, 0.1),
            p.accent,
            Shade.SLANT,
            0.6,
        )
        sun = ellipse(d.between(-0.2, 0.2), d.between(-0.3, 0.1), 0.2, 0.2)
        c.fill(sun, lighter(p.accent, 0.4), Shade.DOWN, 0.2)
        low = tall - 0.05
        hills = [(-half + 0.03, 0.3), (-0.1, 0.1), (half - 0.03, 0.36), (half - 0.03, low - 0.1)]
        c.fill(sharp([*hills, (-half + 0.03, low - 0.1)]), darker(p.accent, 0.35), Shade.DOWN)
        for column in range(4):
            x = -half * 0.68 + column * half * 0.45
            c.fill(box(x - 0.07, low - 0.2, x + 0.07, low - 0.06, 0.04), lighter(p.accent, 0.7))
        c.fill(box(-0.1, -tall + 0.09, 0.1, -tall + 0.14, 0.025), _SCREEN)
        return
    c.fill(box(-half, -tall + 0.02, half, tall - 0.02, 0.12), p.colour, Shade.SLANT, 0.4)
    c.fill(
        box(-half + 0.06, -tall + 0.08, -0.02, -tall + 0.56, 0.1),
        darker(p.colour, 0.18),
        Shade.SLANT,
    )
    for y in (0.2, 0.43):
        c.fill(ellipse(-half / 2 + 0.02, -tall + y, 0.09, 0.09, 24), _SCREEN, Shade.BALL, 0.6)
    c.fill(ellipse(0.0, 0.1, 0.07, 0.07, 20), lighter(p.colour, 0.3))


def necklace(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a necklace: a chain or beads, and a pendant."""
    wide, deep = d.between(0.55, 0.75), d.between(0.9, 1.2)
    chain = arc(0, -0.8, wide, deep, 4, 176, 42)
    if d.chance(0.35):
        for x, y in chain.tolist()[::1]:
            c.fill(ellipse(x, y, 0.05, 0.05, 14), lighter(p.colour, 0.15), Shade.BALL, 0.5)
    else:
        c.stroke(chain, 0.042, darker(p.metal, 0.25))
        for x, y in chain.tolist()[::2]:
            c.fill(ellipse(x, y, 0.028, 0.028, 10), lighter(p.metal, 0.4))
    low = deep - 0.8
    c.stroke(arc(0, low + 0.03, 0.05, 0.06, 0, 360), 0.025, p.metal)
    kind, size = d.below(4), d.between(0.14, 0.22)
    middle = low + 0.08 + size
    if kind == 0:
        c.fill(ellipse(0, middle, size, size), p.metal, Shade.BALL, 0.55)
        c.fill(ellipse(0, middle, size * 0.68, size * 0.68), p.colour, Shade.BALL, 0.5)
    elif kind == 1:
        drop = [(0, middle - size * 1.2), (size * 0.8, middle + size * 0.2), (0, middle + size)]
        c.fill(smooth([*drop, (-size * 0.8, middle + size * 0.2)]), p.colour, Shade.BALL, 0.55)
    elif kind == 2:
        heart = [(0, middle - size * 0.4), (size * 0.6, middle - size), (size, middle - size * 0.3)]
        heart += [(0, middle + size), (-size, middle - size * 0.3), (-size * 0.6, middle - size)]
        c.fill(smooth(heart), p.metal, Shade.BALL, 0.5)
    else:
        gem = [(0, middle - size), (size, middle), (0, middle + size * 1.2), (-size, middle)]
        c.fill(sharp(gem), p.colour, Shade.SLANT, 0.6)
        c.fill(sharp([gem[0], gem[1], (0, middle)]), lighter(p.colour, 0.5))


def perfume(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a flacon: angular, round or tall, half full, with its cap."""
    kind = d.below(3)
    wide, top = d.between(0.42, 0.58), d.between(-0.3, -0.12)
    glass, juice = lighter(p.colour, 0.72), lighter(p.colour, 0.28)
    if kind == 0:
        body, inner = (
            box(-wide, top, wide, 0.86, 0.08),
            box(-wide + 0.09, top + 0.3, wide - 0.09, 0.76, 0.05),
        )
    elif kind == 1:
        body, inner = ellipse(0, 0.3, wide * 1.1, 0.56), ellipse(0, 0.38, wide * 0.92, 0.42)
    else:
        body = can(wide * 0.66, wide * 0.8, top - 0.1, 0.82, 0.1)
        inner = can(wide * 0.58, wide * 0.68, top + 0.3, 0.74, 0.1)
    c.fill(box(-0.12, -0.46, 0.12, top + 0.1), p.metal, Shade.ROUND, 0.55)
    c.fill(body, glass, Shade.ROUND, 0.3)
    c.fill(inner, juice, Shade.ROUND, 0.35)
    cap = d.pick((p.metal, DARK, WOOD, p.accent))
    high = d.between(-0.92, -0.76)
    if d.chance(0.25):
        c.fill(ellipse(0, -0.62, 0.24, 0.24), cap, Shade.BALL, 0.55)
    else:
        c.fill(box(-0.21, high, 0.21, -0.4, 0.04), cap, Shade.ROUND, 0.5)
    c.fill(box(-0.22, 0.26, 0.22, 0.56, 0.02), PAPER, Shade.SLANT, 0.12)
    for y, half in ((0.35, 0.14), (0.44, 0.09)):
        c.stroke(sharp([(-half, y), (half, y)]), 0.026, DARK)


def umbrella(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw an open umbrella from the side, or a folded one."""
    if d.chance(0.28):
        _folded(c, p, d)
        return
    wide, rise = d.between(0.88, 1.02), d.between(0.62, 0.8)
    c.tube(sharp([(0, -0.2), (0, 0.72)]), 0.04, p.metal)
    c.tube(arc(0.12, 0.72, 0.12, 0.16, 0, 180), 0.075, WOOD if d.chance(0.6) else DARK)
    panels, edge = 6, 0.06
    rim: list[tuple[float, float]] = []
    for number in range(panels):
        x0 = -wide + 2 * wide * number / panels
        half = wide / panels
        rim += [(x, y) for x, y in arc(x0 + half, edge, half, 0.1, 180, 360, 9).tolist()]
    dome = arc(0, edge, wide, rise, 0, -180, 30)
    c.fill(sharp([*rim, *map(tuple, dome)]), p.colour, Shade.ROUND, 0.4, p.pattern)
    for number in range(1, panels):
        x = -wide + 2 * wide * number / panels
        rib = smooth([(0, edge - rise), (x * 0.72, edge - rise * 0.62), (x, edge)], False)
        c.stroke(rib, 0.016, darker(p.colour, 0.25))
    c.tube(sharp([(0, edge - rise - 0.1), (0, edge - rise)]), 0.05, p.metal)


def _folded(c: Canvas, p: Paint, d: Dice) -> None:
    width = d.between(0.13, 0.2)
    c.tube(sharp([(0, -0.98), (0, 0.8)]), 0.04, p.metal)
    c.tube(arc(0.14, 0.78, 0.14, 0.17, 0, 180), 0.08, WOOD)
    cloth = [(0.02, -0.86), (width, 0.3), (width * 0.7, 0.44), (-width * 0.7, 0.44), (-width, 0.3)]
    c.fill(sharp([*cloth, (-0.02, -0.86)]), p.colour, Shade.ROUND, 0.45, p.pattern)
    c.stroke(sharp([(-width * 0.6, 0.1), (width * 0.66, 0.02)]), 0.06, darker(p.colour, 0.3))
