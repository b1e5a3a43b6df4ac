"""What image processors do to a photograph, in Aisle's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.folder import ImageInput
from aisle.errors import EncoderError

Interpolation = Literal["bilinear", "bicubic", "lanczos", "area", "nearest"]
Fit = Literal["pad", "crop", "stretch"]

# Pillow's numbers; Hamming is closest to bilinear.
_RESAMPLING: tuple[Interpolation, ...] = (
    "nearest",
    "lanczos",
    "bilinear",
    "bicubic",
    "area",
    "bilinear",
)
_CROPPED_BELOW = 384


def image_input(
    processor: Mapping[str, Any], *, fit: Fit | None, label: str
) -> tuple[ImageInput, tuple[str, ...]]:
    """Translate a ``preprocessor_config.json``.

    Parameters
    ----------
    processor
        Its content, of any version of transformers; or all attributes of a processor.
    fit
        Instead of the processor's own.
    label
        What messages call the model.

    Returns
    -------
    ImageInput and notes
        What the network reads, and what a user should know.

    Raises
    ------
    EncoderError
        If the processor says no fixed size.
    """
    size, own, crop = _geometry(processor, label)
    scale, shift = _values(processor)
    notes = []
    if own == "crop" and crop == 1.0 and not processor.get("do_center_crop"):
        notes.append("the model was made for photographs of any shape; a square is cut out")
    if fit is not None and fit != own:
        notes.append(f"photographs are fitted by {fit!r} instead of the model's own {own!r}")
    resample = processor.get("resample", 2)
    made = ImageInput(
        size=size,
        fit=fit or own,
        interpolation=_RESAMPLING[int(resample)] if int(resample) < len(_RESAMPLING) else "bicubic",
        mean=_three(-shift / scale),
        std=_three(1 / scale),
        colour="BGR" if processor.get("do_flip_channel_order") else "RGB",
        crop=crop,
    )
    return made, tuple(notes)


def check_values(how: ImageInput, processor: Any, label: str) -> None:
    """Compare a translation with the processor itself on pictures of one colour.

    Raises
    ------
    EncoderError
        If the sizes or the values differ.
    """
    side = 2 * max(how.size)
    for colour in ((255, 255, 255), (200, 90, 10)):
        picture = np.full((side, side, 3), colour, dtype=np.uint8)
        found = processor(images=[picture], return_tensors="np")["pixel_values"][0]
        ordered = colour[::-1] if how.colour == "BGR" else colour
        expected = (np.array(ordered) - how.mean) / how.std
        same = found.shape[-2:] == how.size and np.allclose(
            found.transpose(1, 2, 0), expected, rtol=1e-3, atol=2e-2
        )
        if not same:
            raise EncoderError(
                f"{label}: its {type(processor).__name__} cannot be described: a picture of the "
                f"colour {colour} becomes {found.shape} with {found[:, 0, 0].tolist()}, expected "
                f"{how.size} with {expected.tolist()}"
            )


def _geometry(processor: Mapping[str, Any], label: str) -> tuple[tuple[int, int], Fit, float]:
    """Return height and width, how a photograph gets there, and the share that is kept."""
    kind = str(processor.get("image_processor_type") or processor.get("feature_extractor_type"))
    size = _named(processor.get("size"), square=kind.startswith(("ViT", "DeiT", "Beit", "Siglip")))
    shortest = size.get("shortest_edge")
    if kind.startswith("ConvNext"):
        return _convnext(processor, shortest or size.get("height"), label)
    cropped = processor.get("do_center_crop", False)
    if cropped:
        frame = _named(processor.get("crop_size"), square=True)
        edge = shortest if processor.get("do_resize", True) else None
        height, width = frame.get("height"), frame.get("width")
        if height and width:
            before = edge or size.get("height") or height
            return (int(height), int(width)), "crop", min(1.0, height / before)
    if size.get("height") and size.get("width"):
        return (int(size["height"]), int(size["width"])), "stretch", 1.0
    if shortest:
        return (int(shortest), int(shortest)), "crop", 1.0
    raise EncoderError(
        f"{label}: its preprocessor_config.json names no fixed size (found size {size!r}); an "
        "encoder folder needs one"
    )


def _convnext(
    processor: Mapping[str, Any], edge: int | None, label: str
) -> tuple[tuple[int, int], Fit, float]:
    """Return the geometry of ConvNeXt, ResNet and their kin: larger inputs are not cropped."""
    if not edge:
        raise EncoderError(f"{label}: its preprocessor_config.json names no shortest_edge")
    if edge >= _CROPPED_BELOW:
        return (edge, edge), "stretch", 1.0
    share = processor.get("crop_pct") or 224 / 256
    return (edge, edge), "crop", edge / int(edge / share)


def _named(size: Any, *, square: bool) -> dict[str, Any]:
    """Return a size with names; old files have a number or a list."""
    if isinstance(size, Mapping):
        return dict(size)
    if isinstance(size, int):
        return {"height": size, "width": size} if square else {"shortest_edge": size}
    if isinstance(size, Sequence) and len(size) == 2:
        return {"height": size[0], "width": size[1]}
    return {}


def _values(processor: Mapping[str, Any]) -> tuple[npt.NDArray[np.float64], ...]:
    """Return scale and shift of each channel: x from 0 to 255 becomes x * scale + shift."""
    scale, shift = np.ones(3), np.zeros(3)
    if processor.get("do_rescale", True):
        factor = processor.get("rescale_factor")
        scale = scale * (1 / 255 if factor is None else factor)
        if processor.get("rescale_offset"):
            shift = shift - 1
    mean, std = (processor.get(key) for key in ("image_mean", "image_std"))
    # MobileViT's processor knows no such step, whatever mean it inherits.
    normalises = processor.get("do_normalize", not processor.get("do_flip_channel_order"))
    if mean is not None and std is not None and normalises:
        scale, shift = scale / np.array(std), (shift - np.array(mean)) / np.array(std)
    if std is not None and processor.get("include_top"):
        scale, shift = scale / np.array(std), shift / np.array(std)
    return scale, shift


def _three(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    # Twelve digits are far beyond float32, and 127.5 stays 127.5.
    red, green, blue = (float(f"{value:.12g}") + 0.0 for value in values)
    return red, green, blue
