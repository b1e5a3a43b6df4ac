"""Photographs of products: a silhouette on a studio background, lit, with a soft shadow."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from aisle.catalog.sample.canvas import (
    RGB,
    Canvas,
    Pattern,
    Placement,
    darker,
    lighter,
    mixed,
)
from aisle.catalog.sample.dice import Dice
from aisle.catalog.sample.products import Look, Product
from aisle.catalog.sample.shapes import SILHOUETTES, Paint
from aisle.catalog.sample.shapes.kit import BRASS, STEEL

# Purposes of random numbers, apart from those that make the rows.
_SCENE, _FORM, _NUDGE = 20, 21, 22

_LYING = {"tshirt", "blouse", "dress", "knife", "necklace", "watch", "smartwatch", "phone"}
_SPINNING = {"knife": 12.0, "ball": 40.0, "watch": 28.0, "smartwatch": 28.0, "phone": 20.0}
_BACKGROUNDS: tuple[RGB, ...] = (
    (250, 250, 249),
    (248, 247, 245),
    (240, 241, 243),
    (245, 241, 234),
    (232, 236, 240),
    (240, 230, 224),
    (228, 236, 231),
    (234, 230, 240),
    (226, 228, 230),
)
_ACCENTS: tuple[RGB, ...] = (
    (236, 231, 220),
    (60, 66, 84),
    (203, 84, 70),
    (222, 172, 78),
    (74, 132, 136),
    (128, 158, 196),
    (214, 158, 150),
    (112, 140, 100),
)
_PRINTED = {
    "mug": 0.4,
    "bowl": 0.35,
    "tshirt": 0.3,
    "blouse": 0.32,
    "dress": 0.45,
    "umbrella": 0.4,
    "bottle": 0.22,
    "backpack": 0.2,
    "lamp": 0.25,
    "sofa": 0.1,
    "chair": 0.1,
    "book": 0.3,
    "sneaker": 0.12,
    "ball": 0.2,
    "kettle": 0.1,
    "toycar": 0.15,
}
_PATTERNS = ("stripes", "hoops", "dots", "checks", "band", "speckle")


def draw_product(product: Product, size: int) -> Image.Image:
    """Return the photograph of a product.

    Most are studio pictures; a few per cent are what catalogues are full of too: a card with the
    brand's name, a close-up, a collage of four.

    Parameters
    ----------
    product
        A row of the sample catalogue; near-duplicates get almost the same picture.
    size
        Width and height in pixels.

    Returns
    -------
    PIL.Image.Image
        RGB, (size, size).
    """
    look = product.look
    dice = Dice(*look.key, _SCENE)
    paint = _paint(look, dice)
    kind = dice.roll()
    if kind < 0.015:
        picture = _logo_card(look, paint, size)
    elif kind < 0.035:
        place = Placement(dice.between(0.3, 0.7), dice.between(0.3, 0.7), 0.95, 0.0)
        picture = _studio(look, paint, place, dice, size)
    elif kind < 0.05:
        picture = _collage(look, paint, dice, size)
    else:
        picture = _studio(look, paint, _placement(look, dice), dice, size)
    return _developed(picture, look, dice)


def _paint(look: Look, dice: Dice) -> Paint:
    shift = [dice.between(-9, 9) for _ in range(3)]
    red, green, blue = (
        round(min(250, max(6, value + change)))
        for value, change in zip(look.colour, shift, strict=True)
    )
    colour = (red, green, blue)
    accents = [a for a in _ACCENTS if sum(abs(x - y) for x, y in zip(a, colour, strict=True)) > 120]
    accent = dice.pick(accents)
    golden = look.material in ("gold", "brass") or (look.colour[0] - look.colour[2] > 60)
    metal = BRASS if golden and dice.chance(0.7) else STEEL
    printed = dice.chance(_PRINTED.get(look.shape, 0.0))
    kind, pitch, fine = dice.pick(_PATTERNS), dice.between(0.12, 0.3), dice.chance(0.5)
    if look.variety is not None:
        # A composed category is recognised by its print as well as by its words.
        kind, pitch = _PATTERNS[look.variety % 6], 0.1 + 0.06 * (look.variety // 6)
        accent = _ACCENTS[look.variety % len(_ACCENTS)]
        printed = dice.chance(0.7)
    if not printed:
        return Paint(colour, accent, metal, None)
    ink = mixed(colour, accent, 0.75) if fine else _tone(colour)
    return Paint(colour, accent, metal, Pattern(kind, ink, pitch))


def _tone(colour: RGB) -> RGB:
    return lighter(colour, 0.35) if sum(colour) < 420 else darker(colour, 0.25)


def _placement(look: Look, dice: Dice) -> Placement:
    turn = _SPINNING.get(look.shape, 10.0 if look.shape in _LYING else 3.0)
    if dice.chance(0.12):
        turn *= 2
    place = Placement(
        x=dice.between(0.43, 0.57),
        y=dice.between(0.44, 0.55),
        scale=dice.between(0.27, 0.4),
        degrees=dice.between(-turn, turn),
        mirrored=dice.chance(0.4),
    )
    if look.nudge:
        nudge = Dice(look.key[0], look.nudge, _NUDGE)
        return replace(
            place,
            x=place.x + nudge.between(-0.004, 0.004),
            y=place.y + nudge.between(-0.004, 0.004),
        )
    return place


def _studio(look: Look, paint: Paint, place: Placement, dice: Dice, size: int) -> Image.Image:
    picture = _background(dice, size, look.shape not in _LYING)
    canvas = Canvas(size, place)
    SILHOUETTES[look.shape](canvas, paint, Dice(*look.key, _FORM))
    product, mask = canvas.finish()
    shadow = _shadow(mask, look.shape in _LYING, place)
    picture.paste((38, 38, 50), (0, 0), shadow)
    # The product's edge pixels are already weighted by the mask: add, do not blend again.
    behind = ImageChops.multiply(picture, Image.merge("RGB", [ImageChops.invert(mask)] * 3))
    return ImageChops.add(behind, product)


def _background(dice: Dice, size: int, standing: bool) -> Image.Image:
    tint = dice.pick(_BACKGROUNDS)
    level = dice.between(0.97, 1.02) if dice.chance(0.9) else dice.between(0.62, 0.82)
    y, x = np.mgrid[0:1:16j, 0:1:16j]
    vignette = 1.02 - 0.16 * ((x - dice.between(0.3, 0.7)) ** 2 + (y - 0.4) ** 2)
    if standing:
        horizon = dice.between(0.55, 0.72)
        vignette = vignette - 0.05 / (1 + np.exp(-(y - horizon) * 26))
    pixels = np.array(tint)[None, None, :] * (vignette * level)[:, :, None]
    small = Image.fromarray(pixels.clip(0, 255).round().astype(np.uint8), "RGB")
    return small.resize((size, size), Image.Resampling.BICUBIC)


def _shadow(mask: Image.Image, lying: bool, place: Placement) -> Image.Image:
    """Return how dark the shadow is, as an L picture: drawn small, blurred, enlarged."""
    size = mask.width
    side = 56
    small = mask.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=1.0)
    bounds = small.getbbox()
    dark = Image.new("L", (side, side))
    if bounds is None:
        return dark.resize((size, size))
    if lying:
        dark.paste(small.point(_dim(0.4)), (1, 2))
        soft = dark.filter(ImageFilter.GaussianBlur(1.6))
    else:
        left, _, right, bottom = bounds
        inset = (right - left) * 0.06
        flat = max(1.5, (right - left) * 0.06)
        drop = small.point(_dim(0.16))
        dark.paste(drop, (3 if place.x < 0.5 else -3, 1))
        box = (left + inset, bottom - flat * 1.6, right - inset, bottom + flat * 0.9)
        ImageDraw.Draw(dark).ellipse(box, fill=112)
        soft = dark.filter(ImageFilter.GaussianBlur(1.5))
    return soft.resize((size, size), Image.Resampling.BICUBIC)


@lru_cache(maxsize=8)
def _dim(share: float) -> list[int]:
    return [round(value * share) for value in range(256)]


def _collage(look: Look, paint: Paint, dice: Dice, size: int) -> Image.Image:
    half = size // 2
    picture = Image.new("RGB", (size, size), (255, 255, 255))
    for at in ((0, 0), (half, 0), (0, half), (half, half)):
        place = Placement(0.5, 0.5, dice.between(0.3, 0.4), dice.between(-20, 20), dice.chance(0.5))
        tone = replace(paint, colour=mixed(paint.colour, dice.pick(_ACCENTS), dice.pick((0, 0.6))))
        picture.paste(_studio(look, tone, place, dice, half - 1), at)
    return picture


@lru_cache(maxsize=8)
def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(height)


def _logo_card(look: Look, paint: Paint, size: int) -> Image.Image:
    card = lighter(paint.colour, 0.82)
    picture = Image.new("RGB", (size, size), card)
    draw = ImageDraw.Draw(picture)
    ink = darker(paint.colour, 0.35)
    rim = size * 0.08
    draw.rectangle((rim, rim, size - rim, size - rim), outline=ink, width=max(1, size // 110))
    middle = (size / 2, size * 0.47)
    draw.text(middle, look.brand, fill=ink, font=_font(max(8, size // 9)), anchor="mm")
    line = size * 0.57
    draw.line((size * 0.36, line, size * 0.64, line), fill=paint.accent, width=max(1, size // 75))
    below = (size / 2, size * 0.65)
    draw.text(below, "photo coming soon", fill=ink, font=_font(max(6, size // 18)), anchor="mm")
    return picture


def _developed(picture: Image.Image, look: Look, dice: Dice) -> Image.Image:
    """Return the picture as the camera saw it: exposure, white balance, grain, compression."""
    exposure = dice.between(0.93, 1.04)
    warmth = dice.between(-0.035, 0.035)
    grain, offset = dice.chance(0.2), dice.below(200)
    squeezed = dice.chance(0.08)
    if look.nudge:
        exposure *= Dice(look.key[0], look.nudge, _NUDGE).between(0.99, 1.01)
    gains = (exposure * (1 + warmth), exposure, exposure * (1 - warmth))
    table = np.outer(gains, np.arange(256)).clip(0, 255).round().astype(int).ravel().tolist()
    picture = picture.point(table)
    if grain:
        noise = ImageChops.offset(_grain(picture.width), offset, offset)
        picture = ImageChops.add(picture, noise, 1.0, -12)
    return _squeezed(picture) if squeezed else picture


def _squeezed(picture: Image.Image) -> Image.Image:
    """Return the picture after a supplier saved it at too low a quality."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=22)
    return Image.open(buffer).convert("RGB")


@lru_cache(maxsize=4)
def _grain(size: int) -> Image.Image:
    draws = np.random.default_rng(0).normal(12, 4.5, (size, size)).clip(0, 24)
    plane = Image.fromarray(draws.round().astype(np.uint8), "L")
    return Image.merge("RGB", [plane] * 3)
