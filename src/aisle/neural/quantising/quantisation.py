"""An encoder folder's networks quantised, measured, and kept if that is worth it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aisle.catalog.images import Pixels
from aisle.encoders.pretrained.choosing import AGREES
from aisle.encoders.pretrained.folder import (
    DESCRIPTION,
    EncoderDescription,
    EncoderFolder,
    Tower,
    description_json,
    open_folder,
)
from aisle.errors import EncoderError
from aisle.files import write_bytes, write_text
from aisle.neural.quantising.candidates import (
    FLOAT32,
    Candidate,
    candidates,
    computes,
    float32_network,
)
from aisle.neural.quantising.libraries import library
from aisle.neural.quantising.measuring import Measured, measure
from aisle.neural.quantising.outcome import Quantised, Trial
from aisle.neural.quantising.towers import side
from aisle.progress import Progress, silent

METHODS: Mapping[str, tuple[Tower, ...]] = {
    "int8-dynamic": ("text",),
    "int8-static": ("image", "text"),
}
"""The ways to quantise, and the networks that each is good for."""

_BY_DEFAULT: Mapping[Tower, tuple[str, ...]] = {
    "text": ("int8-dynamic",),
    "image": ("int8-static",),
}

FASTER = 1.1
"""How many times as fast as float32 a quantised network must be to be worth its place."""

_TRUER = 1e-3
"""By how much its lowest cosine must be higher to take the place of one that is as fast."""


def quantise(
    folder: EncoderFolder,
    *,
    texts: Sequence[str] = (),
    images: Sequence[Pixels] = (),
    methods: Sequence[str] | None = None,
    progress: Progress = silent,
) -> Quantised:
    """Quantise the float32 networks of an encoder folder, and keep what is faster and agrees.

    Every network of the folder is measured on this machine, and what was found is written into its
    ``encoder.json``, so that the fastest one that agrees is taken from now on. Other files are left
    as they are.

    Parameters
    ----------
    folder
        With a float32 network for each modality that it reads.
    texts, images
        Products like those that will be encoded, at least 8; images uint8 (height, width, 3). Two
        thirds calibrate, the others measure. Without any, the sample catalogue's are taken; real
        photographs calibrate better than drawn ones.
    methods
        Of ``int8-dynamic`` (texts) and ``int8-static``; by default the first for texts and the
        second for images. Without any the networks are only measured.
    progress
        Told how far the work is.

    Returns
    -------
    Quantised
        The folder as it is now, and what was measured.

    Raises
    ------
    EncoderError
        If a method is unknown, there is no float32 network, too few inputs are given, or the
        libraries that quantise are not installed.
    AisleError
        If the folder cannot be written to.
    """
    for method in methods or ():
        if method not in METHODS:
            raise EncoderError(
                f"there is no quantisation method {method!r}; expected {' or '.join(METHODS)}"
            )
    library("onnx")
    library("onnxruntime.quantization")
    for tower in folder.description.towers:
        float32_network(folder, tower)
    found: list[tuple[Candidate, Trial]] = []
    for tower in folder.description.towers:
        asked = _BY_DEFAULT[tower] if methods is None else methods
        tried = [method for method in asked if tower in METHODS[method]]
        there = candidates(folder, side(folder, tower, texts, images), tried, progress)
        found += _judged(folder.description, tower, there, progress)
    return Quantised(_written(folder, found), tuple(trial for _, trial in found))


def _judged(
    description: EncoderDescription,
    tower: Tower,
    there: Sequence[Candidate],
    progress: Progress,
) -> list[tuple[Candidate, Trial]]:
    """Measure the networks of a tower, and decide on each."""
    runners = {at: one.runner for at, one in enumerate(there) if one.runner is not None}
    measured = measure(runners, 0, progress=progress)
    pairs = [(one, measured.get(at)) for at, one in enumerate(there)]
    judged = []
    for one, figures in pairs:
        fault = one.fault or _fault(description, tower, one, pairs)
        trial = Trial(
            tower=tower,
            precision=one.network.precision,
            file=one.network.file,
            bytes=len(one.content) or None,
            seconds=figures.seconds if figures else None,
            lowest=figures.lowest if figures else None,
            mean=figures.mean if figures else None,
            kept=not (one.new and fault),
            reason=fault or ("faster, and agrees" if one.new else "was there"),
        )
        judged.append((one, trial))
    return judged


def _fault(
    description: EncoderDescription,
    tower: Tower,
    one: Candidate,
    pairs: Sequence[tuple[Candidate, Measured | None]],
) -> str:
    """Say what speaks against a network; nothing against float32."""
    found = next((figures for other, figures in pairs if other is one), None)
    (source, exact), *others = pairs
    if one is source or found is None or exact is None:
        return ""
    if found.lowest < AGREES:
        return f"lowest cosine {found.lowest:.4f}, below {AGREES}"
    if exact.seconds < FASTER * found.seconds:
        return f"{exact.seconds / found.seconds:.2f} x as fast as float32, expected {FASTER} x"
    for other, figures in others:
        same = other.network.precision == one.network.precision and not other.new
        if not one.new or not same or figures is None or figures.lowest < AGREES:
            continue
        if figures.seconds < FASTER * found.seconds and found.lowest < figures.lowest + _TRUER:
            return f"not better than {other.network.file}, which was there"
    space = description.zero_shot.output if description.zero_shot and tower == "image" else ""
    if space and computes(source.content, space) and not computes(one.content, space):
        return f"does not compute {space!r}, which zero-shot needs"
    return ""


def _written(folder: EncoderFolder, found: Sequence[tuple[Candidate, Trial]]) -> EncoderFolder:
    """Write new networks, then the description: whoever opens the folder meanwhile finds it whole.

    The folder is not written anew, so that files and folders that Aisle knows nothing of stay.
    """
    networks = {network.file: network for network in folder.description.networks}
    for one, trial in found:
        if not trial.kept or trial.seconds is None:
            continue
        if one.new:
            write_bytes(folder.path / one.network.file, one.content)
        agreement = None if one.network.precision == FLOAT32 else trial.lowest
        networks[one.network.file] = one.network.model_copy(
            update={"seconds": _rounded(trial.seconds), "agreement": _rounded(agreement)}
        )
    description = folder.description.model_copy(update={"networks": tuple(networks.values())})
    write_text(folder.path / DESCRIPTION, description_json(description))
    return open_folder(folder.path)


def _rounded(figure: float | None) -> float | None:
    """Keep five figures: the others are noise."""
    return None if figure is None else float(f"{figure:.5g}")
