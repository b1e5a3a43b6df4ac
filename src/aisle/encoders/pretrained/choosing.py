"""Which of a folder's networks to run."""

from __future__ import annotations

from aisle.encoders.pretrained.folder import EncoderFolder, Network, Tower
from aisle.errors import EncoderError

AGREES = 0.98
"""The lowest cosine to the float32 network at which a faster one may stand for it."""


def chosen_network(folder: EncoderFolder, tower: Tower, precision: str | None = None) -> Network:
    """Return the network to run: the fastest that was measured and agrees with float32.

    Without measurements it is the first that the folder names.

    Parameters
    ----------
    folder
        An encoder folder.
    tower
        Whether texts or images are to be read.
    precision
        Take the network of this precision.

    Raises
    ------
    EncoderError
        If the folder has no such network.
    """
    description = folder.description
    there = description.of_tower(tower) if tower in description.towers else ()
    if not there:
        raise EncoderError(
            f"{description.name}: reads {' and '.join(description.towers)}, not {tower}"
        )
    if precision is not None:
        for network in there:
            if network.precision == precision:
                return network
        raise EncoderError(
            f"{description.name}: has no network of precision {precision!r}; it has "
            f"{', '.join(network.precision for network in there)}"
        )
    measured = [n for n in there if n.seconds is not None and _agrees(n)]
    return min(measured, key=lambda n: n.seconds or 0.0) if measured else there[0]


def _agrees(network: Network) -> bool:
    if network.precision == "float32":
        return True
    return network.agreement is not None and network.agreement >= AGREES
