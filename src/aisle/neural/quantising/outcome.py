"""What came of a quantisation."""

from __future__ import annotations

from dataclasses import dataclass

from aisle.encoders.pretrained.folder import EncoderFolder, Tower


@dataclass(frozen=True)
class Trial:
    """One network, measured beside the others of its tower.

    Parameters
    ----------
    tower
        Whether it reads texts or images.
    precision
        Such as ``int8-dynamic``.
    file
        Its name in the folder, or the name that it would have got.
    bytes
        Its size; None if it could not be made.
    seconds
        Of the processor a product, on one thread; None if it could not be run.
    lowest, mean
        Cosines to the float32 network, over inputs that were not used to calibrate.
    kept
        It is in the folder now.
    reason
        Why it is, or why not.
    """

    tower: Tower
    precision: str
    file: str
    bytes: int | None
    seconds: float | None
    lowest: float | None
    mean: float | None
    kept: bool
    reason: str


@dataclass(frozen=True)
class Quantised:
    """An encoder folder after its quantisation.

    Parameters
    ----------
    folder
        As it is now.
    trials
        Every network that was there or was tried, float32 first in each tower.
    """

    folder: EncoderFolder
    trials: tuple[Trial, ...]
