"""Silhouettes for outdoors and play: bottles, backpacks, tents, balls, cars, bears, books."""

from __future__ import annotations

import math

from aisle.catalog.sample.canvas import RGB, Canvas, Shade, darker, lighter
from aisle.catalog.sample.dice import Dice
from aisle.catalog.sample.outlines import (
    arc,
    both_sides,
    box,
    can,
    ellipse,
    sharp,
    smooth,
)
from aisle.catalog.sample.shapes.kit import DARK, PAPER, RUBBER, Paint


def bottle(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a drink bottle, or a tumbler that might pass for a tall mug."""
    if d.chance(0.3):
        _tumbler(c, p, d)
        return
    wide, shoulder = d.between(0.27, 0.36), d.between(-0.5, -0.34)
    neck = wide * d.between(0.5, 0.72)
    right = [(neck, -0.66), (neck, shoulder - 0.1), (wide, shoulder + 0.16), (wide, 0.8)]
    right += [(wide * 0.92, 0.92), (wide * 0.4, 0.95)]
    body = smooth(both_sides(right), steps=5)
    c.fill(body, p.colour, Shade.ROUND, 0.45, p.pattern)
    cap = d.pick((DARK, p.metal, p.accent))
    if d.chance(0.45):
        c.tube(arc(0, -0.84, neck * 0.9, 0.16, 180, 360), 0.06, cap)
    c.fill(box(-neck * 1.12, -0.86, neck * 1.12, -0.62, 0.04), cap, Shade.ROUND, 0.45)
    if d.chance(0.5):
        ring = darker(p.colour, 0.3) if d.chance(0.5) else p.accent
        y = d.between(0.1, 0.6)
        c.fill(box(-wide, y, wide, y + d.between(0.06, 0.2)), ring, Shade.ROUND, 0.4)
    if d.chance(0.5):
        c.fill(ellipse(0, -0.02, wide * 0.4, wide * 0.4, 24), lighter(p.colour, 0.5))


def _tumbler(c: Canvas, p: Paint, d: Dice) -> None:
    top, bottom = d.between(0.4, 0.5), d.between(0.28, 0.38)
    high, low = d.between(-0.72, -0.5), d.between(0.7, 0.86)
    if d.chance(0.45):
        c.tube(arc(top * 0.84, 0.0, 0.32, 0.36, -90, 90), 0.11, DARK)
    c.fill(can(top, bottom, high, low, 0.16), p.colour, Shade.ROUND, 0.45, p.pattern)
    c.fill(can(top * 1.05, top * 1.04, high - 0.1, high + 0.04, 0.16), DARK, Shade.ROUND, 0.4)
    c.fill(ellipse(0, high - 0.1, top * 1.05, top * 0.17), lighter(DARK, 0.14), Shade.SLANT)
    c.fill(box(-0.1, high - 0.18, 0.1, high - 0.09, 0.03), lighter(DARK, 0.25), Shade.DOWN)


def backpack(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a backpack from the front; some are long trekking packs."""
    wide, top = d.between(0.5, 0.64), d.between(-0.84, -0.66)
    trim = darker(p.colour, 0.4) if d.chance(0.5) else p.accent
    c.tube(arc(0, top + 0.03, 0.16, 0.16, 180, 360), 0.06, darker(p.colour, 0.45))
    for side in (-1, 1):
        strap = smooth(
            [(side * wide * 0.7, -0.5), (side * wide * 1.18, 0.0), (side * wide, 0.7)], False
        )
        c.stroke(strap, 0.1, darker(p.colour, 0.5))
        x = side * wide * 0.98
        c.fill(box(x - 0.13, 0.2, x + 0.13, 0.74, 0.1), darker(p.colour, 0.2), Shade.ROUND, 0.35)
    right = [(wide * 0.55, top), (wide * 0.94, top + 0.26), (wide, 0.3), (wide * 0.96, 0.8)]
    body = smooth(both_sides([*right, (wide * 0.5, 0.9)]), steps=5)
    c.fill(body, p.colour, Shade.CLOTH, 0.4, p.pattern)
    c.stroke(arc(0, top + 0.6, wide * 0.82, 0.48, 195, 345), 0.03, trim)
    low = d.between(0.08, 0.24)
    pocket = box(-wide * 0.74, low, wide * 0.74, 0.78, 0.14)
    c.fill(pocket, darker(p.colour, 0.14), Shade.DOWN, 0.3)
    c.stroke(sharp([(-wide * 0.62, low + 0.1), (wide * 0.62, low + 0.1)]), 0.03, trim)
    if d.chance(0.5):
        for side in (-1, 1):
            c.fill(
                box(side * 0.26 - 0.04, top + 0.3, side * 0.26 + 0.04, low + 0.2, 0.02),
                trim,
                Shade.DOWN,
            )
    c.fill(box(-0.1, low - 0.24, 0.1, low - 0.12, 0.02), trim, Shade.SLANT, 0.3)


def tent(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a dome or ridge tent with its door open."""
    wide, high = d.between(0.88, 1.02), d.between(-0.62, -0.4)
    if d.chance(0.55):
        shell = smooth(both_sides([(0.2, high), (wide * 0.6, high + 0.3), (wide, 0.6)]), steps=6)
        c.fill(shell, p.colour, Shade.ROUND, 0.4, p.pattern)
        for side in (-1, 1):
            pole = smooth(
                [(side * wide * 0.97, 0.58), (side * 0.5, high + 0.2), (0, high - 0.02)], False
            )
            c.stroke(pole, 0.025, darker(p.colour, 0.45))
    else:
        c.fill(
            sharp([(0, high), (wide, 0.6), (wide * 0.1, 0.6)]), darker(p.colour, 0.16), Shade.DOWN
        )
        c.fill(
            sharp([(0, high), (wide * 0.3, 0.6), (-wide, 0.6)]),
            p.colour,
            Shade.SLANT,
            0.35,
            p.pattern,
        )
    c.fill(box(-wide, 0.55, wide, 0.62), darker(p.colour, 0.4))
    door = [(-0.02, high + 0.22), (0.26, 0.58), (-0.34, 0.58)]
    c.fill(sharp(door), (52, 46, 44), Shade.UP, 0.4)
    c.fill(sharp([door[0], (0.26, 0.58), (0.36, 0.4)]), p.accent, Shade.SLANT, 0.3)
    for side in (-1, 1):
        c.stroke(sharp([(side * wide * 0.7, 0.1), (side * (wide + 0.12), 0.64)]), 0.014, p.accent)


def ball(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a football, a basketball or a beach ball."""
    kind = d.below(3)
    if kind == 0:
        c.fill(ellipse(0, 0, 0.82, 0.82, 60), PAPER, Shade.BALL, 0.42)
        spin = d.between(0, 72)
        for number in range(6):
            angle = math.radians(spin + 72 * number)
            x, y = (0.0, 0.0) if number == 5 else (0.58 * math.cos(angle), 0.58 * math.sin(angle))
            size = 0.26 if number == 5 else 0.19
            c.fill(arc(x, y, size, size, spin, spin + 288, 5), p.colour, Shade.SLANT, 0.3)
            if number < 5:
                c.stroke(
                    sharp([(x * 0.4, y * 0.4), (x * 0.8, y * 0.8)]), 0.02, darker(p.colour, 0.1)
                )
        return
    c.fill(ellipse(0, 0, 0.82, 0.82, 60), p.colour, Shade.BALL, 0.5, p.pattern)
    seam = DARK if kind == 1 else PAPER
    width = 0.028 if kind == 1 else 0.06
    tilt, bend = d.between(0.12, 0.42), d.between(0.08, 0.4)
    c.stroke(arc(0, 0, tilt, 0.81, 0, 360, 40), width, seam)
    c.stroke(arc(0, 0, 0.81, bend, 0, 180, 40), width, seam)
    c.stroke(arc(0, 0, d.between(0.6, 0.74), 0.81, 90, 270, 30), width, seam)


def toycar(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a toy car or a small truck from the side."""
    truck = d.chance(0.3)
    low, high = 0.38, d.between(-0.14, -0.02)
    if truck:
        c.fill(box(-0.95, high - 0.42, 0.22, low, 0.06), p.accent, Shade.DOWN, 0.35, p.pattern)
        cabin = [
            (0.26, high - 0.3),
            (0.62, high - 0.3),
            (0.8, high),
            (0.96, high + 0.08),
            (0.96, low),
        ]
        c.fill(smooth([*cabin, (0.26, low)], steps=3), p.colour, Shade.DOWN, 0.4)
        windows = [
            [(0.36, high - 0.2), (0.58, high - 0.2), (0.7, high + 0.02), (0.36, high + 0.02)]
        ]
    else:
        roof = d.between(-0.52, -0.4)
        cabin = [(-0.62, high + 0.04), (-0.42, roof), (0.2, roof), (0.5, high + 0.04)]
        c.fill(smooth(cabin, steps=3), p.colour, Shade.DOWN, 0.35)
        body = [(-0.96, low), (-0.97, high + 0.08), (-0.6, high - 0.02), (0.5, high - 0.02)]
        body += [(0.92, high + 0.1), (0.98, low)]
        c.fill(smooth(body, steps=4), p.colour, Shade.DOWN, 0.42, p.pattern)
        edge = roof + 0.09
        windows = [
            [(-0.5, high), (-0.38, edge), (-0.14, edge), (-0.14, high)],
            [(-0.06, high), (-0.06, edge), (0.16, edge), (0.34, high)],
        ]
    for window in windows:
        c.fill(sharp(window), (196, 218, 230), Shade.SLANT, 0.4)
    if d.chance(0.4) and not truck:
        c.fill(box(-0.9, 0.1, 0.9, 0.18), p.accent, Shade.DOWN, 0.3)
    c.fill(ellipse(0.9, high + 0.22, 0.06, 0.07, 16), (255, 232, 150), Shade.BALL)
    size = d.between(0.2, 0.26)
    for x in (-0.56, 0.56):
        c.fill(ellipse(x, low, size, size), RUBBER, Shade.BALL, 0.5)
        c.fill(ellipse(x, low, size * 0.56, size * 0.56, 24), p.metal, Shade.BALL, 0.5)
        c.fill(ellipse(x, low, size * 0.2, size * 0.2, 12), darker(p.metal, 0.4))


def teddy(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a sitting teddy bear."""
    pale, fur = lighter(p.colour, 0.38), p.colour
    belly, head = d.between(0.42, 0.5), d.between(0.36, 0.44)
    for side in (-1, 1):
        c.fill(ellipse(side * head * 0.78, -0.78, 0.16, 0.16, 24), darker(fur, 0.08), Shade.BALL)
        c.fill(ellipse(side * head * 0.78, -0.76, 0.09, 0.09, 20), pale)
        arm = [(side * 0.3, -0.06), (side * 0.72, 0.2), (side * 0.66, 0.42), (side * 0.3, 0.3)]
        c.fill(smooth(arm), darker(fur, 0.1), Shade.BALL, 0.4)
    c.fill(ellipse(0, 0.32, belly, 0.52), fur, Shade.BALL, 0.42)
    c.fill(ellipse(0, 0.38, belly * 0.6, 0.32), pale, Shade.BALL, 0.2)
    for side in (-1, 1):
        c.fill(ellipse(side * 0.46, 0.72, 0.24, 0.22), fur, Shade.BALL, 0.42)
        c.fill(ellipse(side * 0.48, 0.74, 0.13, 0.12, 20), pale)
    c.fill(ellipse(0, -0.46, head, head * 0.9), fur, Shade.BALL, 0.42)
    c.fill(ellipse(0, -0.34, head * 0.5, head * 0.4), pale, Shade.BALL, 0.25)
    c.fill(ellipse(0, -0.42, 0.075, 0.055, 16), DARK, Shade.BALL, 0.5)
    c.stroke(arc(0, -0.33, 0.08, 0.06, 10, 170, 10), 0.022, DARK)
    for side in (-1, 1):
        c.fill(ellipse(side * head * 0.42, -0.56, 0.045, 0.05, 14), DARK, Shade.BALL, 0.6)
    if d.chance(0.5):
        for side in (-1, 1):
            wing = sharp([(0, -0.07), (side * 0.24, -0.17), (side * 0.24, 0.05)])
            c.fill(wing, p.accent, Shade.DOWN, 0.35)
        c.fill(ellipse(0, -0.06, 0.06, 0.06, 14), darker(p.accent, 0.15))


def book(c: Canvas, p: Paint, d: Dice) -> None:
    """Draw a book that stands a little turned, with a title and an ornament on its cover."""
    wide, tall = d.between(0.5, 0.62), d.between(0.76, 0.92)
    thick = d.between(0.08, 0.2)
    lift = thick * 0.45
    pages = sharp(
        [
            (wide, -tall + 0.03),
            (wide + thick, -tall - lift + 0.05),
            (wide + thick, tall - lift - 0.03),
            (wide, tall - 0.03),
        ]
    )
    c.fill(pages, PAPER, Shade.ROUND, 0.25)
    top = [
        (-wide, -tall),
        (-wide + thick, -tall - lift),
        (wide + thick, -tall - lift),
        (wide, -tall),
    ]
    c.fill(sharp(top), darker(p.colour, 0.25))
    c.fill(box(-wide, -tall, wide, tall, 0.02), p.colour, Shade.SLANT, 0.35, p.pattern)
    c.fill(box(-wide, -tall, -wide + 0.09, tall), darker(p.colour, 0.22), Shade.ROUND, 0.3)
    ink: RGB = PAPER if sum(p.colour) < 460 else DARK
    if p.pattern is not None:
        c.fill(box(-wide * 0.62, -tall * 0.74, wide * 0.74, -tall * 0.22, 0.02), p.colour)
    for number, half in enumerate((0.34, d.between(0.16, 0.3))):
        y = -tall * 0.6 + number * 0.15
        c.stroke(sharp([(0.05 - half, y), (0.05 + half, y)]), 0.065, ink)
    kind = d.below(3)
    if kind == 0:
        c.fill(ellipse(0.05, 0.2, 0.26, 0.26), p.accent, Shade.DOWN, 0.35)
    elif kind == 1:
        c.fill(
            sharp([(-0.3, 0.44), (-0.05, 0.0), (0.12, 0.24), (0.22, 0.12), (0.42, 0.44)]),
            p.accent,
            Shade.DOWN,
        )
    else:
        c.stroke(arc(0.05, 0.2, 0.24, 0.24, 0, 360), 0.05, p.accent)
    c.stroke(sharp([(-0.12, tall * 0.82), (0.22, tall * 0.82)]), 0.03, ink)
