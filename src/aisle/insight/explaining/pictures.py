"""Where in a photograph an expert found what it says, by several methods, and whom to trust."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.encoder import PretrainedImageEncoder
from aisle.errors import EncoderError
from aisle.insight.explaining.activation import LastMaps, activation_map, find_last_maps
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.deletion import Kept, deletions
from aisle.insight.explaining.findings import Grid, ImageMap, Picture
from aisle.insight.explaining.gradients import GradCam, load_grad_cam
from aisle.insight.explaining.occlusion import occlusion_map
from aisle.insight.explaining.question import Floats
from aisle.insight.explaining.rollout import RollOut, find_roll_out
from aisle.insight.explaining.sights import CELLS, NetworkSight, find_sight
from aisle.insight.explaining.slopes import embedding_slopes
from aisle.insight.explaining.words import curve_heights, seed_of

T = TypeVar("T")
Raw = tuple[str, str, Grid, bool, str]
"""A map before it was put to the test: method, layer, grid, signed, what was done."""


class Lookouts:
    """What it takes to look into networks, found once for all products."""

    def __init__(self) -> None:
        self._last: WeakKeyDictionary[PretrainedImageEncoder, LastMaps | None]
        self._last = WeakKeyDictionary()
        self._gradients: WeakKeyDictionary[PretrainedImageEncoder, GradCam | str | None]
        self._gradients = WeakKeyDictionary()
        self._attention: WeakKeyDictionary[PretrainedImageEncoder, RollOut | str | None]
        self._attention = WeakKeyDictionary()

    def raw_maps(self, sight: NetworkSight) -> tuple[list[Raw], list[str]]:
        """Return the maps that a network allows, and why others are missing."""
        encoder = sight.encoder
        prepared = sight.network.normalised(sight.frame)
        found: list[Raw] = []
        notes: list[str] = []
        last = _once(self._last, encoder, lambda: find_last_maps(encoder, prepared))
        if last is not None:
            grid, how = activation_map(sight, last)
            words = f"Class activation map: {how}, shared out over the last maps of features."
            found.append(("cam", last.tensor, grid, True, words))
        attention = _tried(
            self._attention, encoder, lambda: find_roll_out(encoder, prepared), notes
        )
        if attention is not None:
            words = "Attention roll-out: which patches reach the answer, whatever the category is."
            found.append(("roll-out", "", attention.of(prepared), False, words))
            return found, notes
        gradients = _tried(
            self._gradients, encoder, lambda: load_grad_cam(encoder, prepared), notes
        )
        if gradients is not None:
            slopes = embedding_slopes(sight)
            for layer, grid in gradients.maps(prepared, slopes):
                words = (
                    f"Grad-CAM at a layer of {grid.shape[0]} x {grid.shape[1]} places: the maps "
                    "of features, each weighed by the mean gradient of the answer."
                )
                found.append(("grad-cam", layer, grid, True, words))
        return found, notes


def explain_picture(asked: AskedExpert, lookouts: Lookouts) -> Picture | None:
    """Map an expert's answer onto its photograph; None where there is none that can be read."""
    sight = find_sight(asked)
    if sight is None:
        return None
    raw, notes = lookouts.raw_maps(sight) if isinstance(sight, NetworkSight) else ([], [])
    if not any(signed for *_, signed, _ in raw):
        words = "Occlusion: by how much the answer falls when this place is blurred."
        raw.append(("occlusion", "", occlusion_map(sight), True, words))

    def answer(variants: Sequence[Kept]) -> Floats:
        return curve_heights(asked, sight.parted(variants))

    rankings = [on_cells(grid).ravel() for _, _, grid, _, _ in raw]
    curves = deletions(rankings, answer, seed=seed_of(asked))
    maps = [
        ImageMap(method, layer, grid, signed, words, curve)
        for (method, layer, grid, signed, words), curve in zip(raw, curves, strict=True)
    ]
    return Picture(
        expert=asked.name,
        answer=asked.shown,
        pixels=sight.frame,
        maps=tuple(sorted(maps, key=lambda one: one.deletion.area)),
        notes=tuple(notes),
    )


def on_cells(grid: Grid) -> Grid:
    """Return a map with one number for each cell that is blurred, float64 (cells, cells)."""
    import cv2

    if grid.shape == (CELLS, CELLS):
        return grid
    finer = grid.shape[0] > CELLS
    method = cv2.INTER_AREA if finer else cv2.INTER_LINEAR
    resized: npt.NDArray[Any] = cv2.resize(grid, (CELLS, CELLS), interpolation=method)
    return np.asarray(resized, dtype=np.float64)


def _once(
    known: WeakKeyDictionary[PretrainedImageEncoder, T],
    encoder: PretrainedImageEncoder,
    find: Callable[[], T],
) -> T:
    if encoder not in known:
        known[encoder] = find()
    return known[encoder]


def _tried(
    known: WeakKeyDictionary[PretrainedImageEncoder, T | str | None],
    encoder: PretrainedImageEncoder,
    find: Callable[[], T | None],
    notes: list[str],
) -> T | None:
    """Return what is found, or note why it cannot be."""

    def found() -> T | str | None:
        try:
            return find()
        except EncoderError as error:
            return str(error)

    told = _once(known, encoder, found)
    if isinstance(told, str):
        if told not in notes:
            notes.append(told)
        return None
    return told
