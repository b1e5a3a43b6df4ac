"""A product cut out of paper: filled outlines and strokes, shaded, with a mask of where it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from aisle.catalog.sample.outlines import Outline

RGB = tuple[int, int, int]

# Everything is drawn at three times its size and averaged down: edges come out smooth.
OVERSAMPLING = 3
# Fine enough to be enlarged without interpolation: the averaging hides the steps.
_RAMP = 224


class Shade(StrEnum):
    """Where the light falls on a part."""

    FLAT = "flat"
    ROUND = "round"
    DOWN = "down"
    UP = "up"
    BALL = "ball"
    SLANT = "slant"
    CLOTH = "cloth"


@dataclass(frozen=True)
class Pattern:
    """A print on a part: `stripes`, `hoops`, `dots`, `checks`, `band` or `speckle`.

    `pitch` is the distance of two repeats and `strength` the share of `colour`.
    """

    kind: str
    colour: RGB
    pitch: float
    strength: float = 1.0


@dataclass(frozen=True)
class Placement:
    """Where the unit square lies in the picture: centre and scale in shares of the picture's
    width, rotation in degrees, and whether it is mirrored."""

    x: float = 0.5
    y: float = 0.5
    scale: float = 0.38
    degrees: float = 0.0
    mirrored: bool = False


class Canvas:
    """Draws one product; `paint` is black where `mask` is 0.

    Parameters
    ----------
    size
        Width and height of the finished picture in pixels.
    placement
        Where the product stands in it.
    """

    def __init__(self, size: int, placement: Placement) -> None:
        side = size * OVERSAMPLING
        self._side = side
        self._unit = placement.scale * side
        angle = math.radians(placement.degrees)
        cos, sin = math.cos(angle) * self._unit, math.sin(angle) * self._unit
        flip = -1.0 if placement.mirrored else 1.0
        self._matrix = np.array([[cos * flip, sin * flip], [-sin, cos]])
        self._offset = np.array([placement.x * side, placement.y * side])
        self._paint = Image.new("RGB", (side, side))
        self._mask = Image.new("L", (side, side))
        self._painter = ImageDraw.Draw(self._paint)
        self._masker = ImageDraw.Draw(self._mask)

    def fill(
        self,
        outline: Outline,
        colour: RGB,
        shade: Shade = Shade.FLAT,
        depth: float = 0.35,
        pattern: Pattern | None = None,
    ) -> None:
        """Fill a closed outline; `depth` is how dark the dark side gets, from 0 to 1."""
        points = outline @ self._matrix + self._offset
        corners = [(x, y) for x, y in points.tolist()]
        if shade is Shade.FLAT and pattern is None:
            self._painter.polygon(corners, fill=colour)
            self._masker.polygon(corners, fill=255)
            return
        low = np.floor(points.min(axis=0)).clip(0, self._side - 1).astype(int).tolist()
        high = np.ceil(points.max(axis=0)).clip(1, self._side).astype(int).tolist()
        width, height = high[0] - low[0] + 1, high[1] - low[1] + 1
        if width < 2 or height < 2:
            return
        stencil = Image.new("L", (width, height))
        ImageDraw.Draw(stencil).polygon([(x - low[0], y - low[1]) for x, y in corners], fill=255)
        light = _ramp(shade).resize((width, height), Image.Resampling.NEAREST)
        tile = _tinted(light, colour, depth)
        if pattern is not None:
            printed = _printed(pattern, width, height, self._unit)
            tile.paste(_tinted(light, pattern.colour, depth), (0, 0), printed)
        self._paint.paste(tile, (low[0], low[1]), stencil)
        self._mask.paste(255, (low[0], low[1]), stencil)

    def stroke(self, line: Outline, width: float, colour: RGB) -> None:
        """Draw a flat line with round ends; `width` in units."""
        points = [(x, y) for x, y in (line @ self._matrix + self._offset).tolist()]
        pixels = max(1, round(width * self._unit))
        joint = "curve" if pixels > 4 * OVERSAMPLING // 2 else None
        for draw, paint in ((self._painter, colour), (self._masker, 255)):
            draw.line(points, fill=paint, width=pixels, joint=joint)
            radius = pixels / 2 - 0.5
            if radius > 1:
                for x, y in (points[0], points[-1]):
                    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=paint)

    def tube(self, line: Outline, width: float, colour: RGB, shine: float = 0.3) -> None:
        """Draw a line that looks round: dark rims, a light core."""
        self.stroke(line, width, darker(colour, 0.3))
        self.stroke(line, width * 0.72, colour)
        highlight = line - np.array([width * 0.12, width * 0.14])
        self.stroke(highlight, width * 0.22, lighter(colour, shine))

    def finish(self) -> tuple[Image.Image, Image.Image]:
        """Return the paint (RGB, black outside) and the mask (L) at the picture's size."""
        return self._paint.reduce(OVERSAMPLING), self._mask.reduce(OVERSAMPLING)


def darker(colour: RGB, share: float) -> RGB:
    """Return `colour` mixed with black."""
    return mixed(colour, (8, 8, 14), share)


def lighter(colour: RGB, share: float) -> RGB:
    """Return `colour` mixed with white."""
    return mixed(colour, (255, 255, 252), share)


def mixed(colour: RGB, other: RGB, share: float) -> RGB:
    """Return `colour` with `share` of `other`."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(colour, other, strict=True))
    return r, g, b


@lru_cache(maxsize=4096)
def _palette(colour: RGB, depth: float) -> bytes:
    light = np.linspace(-1, 1, 256)[:, None]
    base = np.array(colour, dtype=np.float64)
    dark = base * (1 - depth) + np.array([6, 6, 14]) * depth
    bright = base + (255 - base) * min(0.75, 0.8 * depth)
    rows = np.where(light < 0, base + (dark - base) * -light, base + (bright - base) * light)
    return rows.round().astype(np.uint8).tobytes()


def _tinted(light: Image.Image, colour: RGB, depth: float) -> Image.Image:
    """Turn brightness (128 is the plain colour) into shades of `colour`."""
    tile = light.copy()
    tile.putpalette(_palette(colour, round(depth, 2)))
    return tile.convert("RGB")


@lru_cache(maxsize=16)
def _ramp(shade: Shade) -> Image.Image:
    x, y = np.meshgrid(np.linspace(-1, 1, _RAMP), np.linspace(-1, 1, _RAMP))
    return Image.fromarray(_brightness(shade, x, y).clip(0, 255).round().astype(np.uint8), "L")


def _brightness(
    shade: Shade, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    match shade:
        case Shade.ROUND:
            light = 150 + 95 * np.exp(-(((x + 0.45) / 0.22) ** 2)) - 150 * np.abs(x + 0.15) ** 2.2
        case Shade.DOWN:
            light = 175 - 105 * (y + 1) / 2
        case Shade.UP:
            light = 60 + 110 * (y + 1) / 2
        case Shade.BALL:
            light = 215 - 120 * np.hypot(x + 0.35, y + 0.45) ** 1.2
        case Shade.SLANT:
            light = 150 - 27.5 * (x + y)
        case Shade.CLOTH:
            folds = np.sin(5 * x + 1.5 * y) * np.cos(2.2 * x - 3 * y + 0.6)
            light = 140 + 34 * folds * (0.5 + 0.5 * np.abs(x)) - 26 * x**2 - 16 * y
        case _:
            light = np.full_like(x, 128)
    return light


def _printed(pattern: Pattern, width: int, height: int, unit: float) -> Image.Image:
    """Return where the second colour shows: an L picture of the part's box."""
    stencil = Image.new("L", (width, height))
    draw = ImageDraw.Draw(stencil)
    ink = round(255 * pattern.strength)
    pitch = max(4.0, pattern.pitch * unit)
    columns = np.arange(-pitch / 2, width + pitch, pitch).tolist()
    rows = np.arange(-pitch / 2, height + pitch, pitch).tolist()
    bars = [(x, 0.0, x + pitch * 0.42, float(height)) for x in columns]
    hoops = [(0.0, y, float(width), y + pitch * 0.42) for y in rows]
    match pattern.kind:
        case "stripes":
            _rectangles(draw, bars, ink)
        case "hoops":
            _rectangles(draw, hoops, ink)
        case "checks":
            _rectangles(draw, bars, ink // 2)
            _rectangles(draw, hoops, ink)
        case "band":
            _rectangles(draw, [(0, height * 0.52, width, height * 0.52 + pitch)], ink)
        case "speckle":
            # Steps of the golden and the plastic ratio spread the specks evenly.
            specks = [
                (number * 0.618034 % 1 * width, number * 0.754878 % 1 * height, 1 + number % 3.0)
                for number in range(90)
            ]
            _dots(draw, specks, ink)
        case _:
            radius = pitch * 0.22
            grid = [
                (x + pitch / 2 * (number % 2), y, radius)
                for number, y in enumerate(rows)
                for x in columns
            ]
            _dots(draw, grid, ink)
    return stencil


def _rectangles(
    draw: ImageDraw.ImageDraw, boxes: list[tuple[float, float, float, float]], ink: int
) -> None:
    for corners in boxes:
        draw.rectangle(corners, fill=ink)


def _dots(draw: ImageDraw.ImageDraw, dots: list[tuple[float, float, float]], ink: int) -> None:
    for x, y, r in dots:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=ink)
