"""Where a network found what an expert says, from its last maps of features: no gradient needed.

A network for photographs ends in maps of features, one a channel, whose means over all places are
its embedding. What the expert's head makes of a channel can so be shared out among the places in
proportion to the channel's map there. For a linear head the shares are exact, and in sum they are
the head's score (Zhou et al., 2016, Learning deep features for discriminative localization). For
other heads, a channel counts by how much the answer falls without it (Desai and Ramaswamy, 2020,
Ablation-CAM).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.encoder import PretrainedImageEncoder
from aisle.encoders.pretrained.probing import Probe
from aisle.insight.explaining.contributions import contributions
from aisle.insight.explaining.findings import Grid
from aisle.insight.explaining.question import Floats
from aisle.insight.explaining.sights import NetworkSight

Array = npt.NDArray[Any]

_LOOKED_AT = 12
"""How many tensors before the embedding are tried."""

_AGREES = 1e-3
_NOTHING = 1e-8


@dataclass(frozen=True, eq=False)
class LastMaps:
    """The tensor that holds a network's last maps of features.

    Parameters
    ----------
    probe
        Hands it out.
    tensor
        Its name.
    channels_last
        Whether it is laid out as (1, rows, columns, channels).
    flat
        Whether the embedding is all of it laid out in one row, and not its mean.
    """

    probe: Probe
    tensor: str
    channels_last: bool
    flat: bool

    def of(self, prepared: Array) -> Floats:
        """Return the maps for a network's input, float64 (channels, rows, columns)."""
        found = self.probe.look({self.probe.inputs[0]: prepared})[self.tensor][0]
        ordered = np.moveaxis(found, -1, 0) if self.channels_last else found
        return np.asarray(ordered, dtype=np.float64)

    def share_out(self, maps: Floats, by_number: Floats) -> Grid:
        """Share what each number of the embedding adds out among the places.

        Parameters
        ----------
        maps
            float64 (channels, rows, columns).
        by_number
            float64 (dimension,).
        """
        channels, rows, columns = maps.shape
        if self.flat and self.channels_last:
            return np.asarray(by_number.reshape(rows, columns, channels).sum(axis=2))
        if self.flat:
            return np.asarray(by_number.reshape(maps.shape).sum(axis=0))
        total = maps.sum(axis=(1, 2))
        used = np.abs(total) > _NOTHING
        found: Grid = np.einsum("k,khw->hw", by_number[used] / total[used], maps[used])
        return found


def find_last_maps(encoder: PretrainedImageEncoder, prepared: Array) -> LastMaps | None:
    """Look for the maps of features whose mean is the embedding, backwards from the embedding.

    Parameters
    ----------
    encoder
        Whose network it is.
    prepared
        Some input of the network, to try tensors with.
    """
    content, output = encoder.onnx_, embedding_of(encoder)
    where = encoder.network
    first = Probe(content, [output], where)
    names = list(first.known)
    if output not in names:
        return None
    embedding = first.look({first.inputs[0]: prepared})[output]
    if embedding.ndim == 4 and min(embedding.shape[2:]) > 1:
        channels_last = embedding.shape[3] > embedding.shape[1]
        return LastMaps(first, output, channels_last, flat=True)
    told = embedding.reshape(-1)
    before = names[: names.index(output)][::-1][:_LOOKED_AT]
    if not before:
        return None
    probe = Probe(content, before, where)
    for name, found in probe.look({probe.inputs[0]: prepared}).items():
        for channels_last, axes in ((False, (2, 3)), (True, (1, 2))):
            if found.ndim != 4 or found.shape[0] != 1 or min(found.shape[a] for a in axes) < 2:
                continue
            mean = found.mean(axis=axes).reshape(-1)
            if mean.shape == told.shape and np.allclose(mean, told, atol=_AGREES, rtol=_AGREES):
                return LastMaps(Probe(content, [name], where), name, channels_last, flat=False)
    return None


def embedding_of(encoder: PretrainedImageEncoder) -> str:
    """Return the name of the tensor that the encoder takes."""
    networks = encoder.description_["networks"]
    return str(encoder.layer or networks[0]["output"])


def activation_map(sight: NetworkSight, last: LastMaps) -> tuple[Grid, str]:
    """Return the evidence by place, float64 (rows, columns), and what was done."""
    prepared = sight.network.normalised(sight.frame)
    maps = last.of(prepared)
    told = by_number_exactly(sight)
    if told is not None:
        return last.share_out(maps, told), "exact shares of a linear head"
    return last.share_out(maps, by_number_ablated(sight, prepared)), "channels left out in turn"


def by_number_exactly(sight: NetworkSight) -> Floats | None:
    """Return what each number of the embedding adds to the score of a linear head, or None."""
    # A mean of training has no place in this photograph, so that columns are compared with 0.
    known = contributions(replace(sight.asked, means={}))
    if known is None or known.method != "linear SHAP" or sight.encoder.projection_ is not None:
        return None
    return known.values


def by_number_ablated(sight: NetworkSight, prepared: Array) -> Floats:
    """Return by how much the evidence falls without each number of the embedding."""
    vector = sight.network.run(np.asarray(prepared, dtype=np.float32))
    used = np.flatnonzero(np.abs(vector) > _NOTHING)
    without = np.tile(vector, (len(used), 1))
    without[np.arange(len(used)), used] = 0
    told = sight.of_vectors(np.concatenate([vector[None], without]))
    found = np.zeros(len(vector))
    found[used] = told[0] - told[1:]
    return found
