"""A network tuned on a catalogue, written as an encoder folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aisle.catalog import Catalog
from aisle.encoders import resolve_encoder
from aisle.encoders.pretrained.folder import (
    TOKENIZER,
    EncoderFolder,
    parse_description,
    write_folder,
)
from aisle.errors import TrainingError
from aisle.neural.tuning.encoders import TunedImageEncoder, TunedTextEncoder
from aisle.progress import Progress, silent


def tune_folder(
    catalog: Catalog,
    network: str,
    out: str | Path,
    *,
    tune: str | Mapping[str, Any] = "last3",
    name: str | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[EncoderFolder, dict[str, list[float]]]:
    """Fine-tune an encoder on a catalogue, and write it as an encoder folder like any other.

    A model that is trained on the same rows with this folder believes its features more than they
    deserve, since they have seen the labels; ``tune`` in a recipe tunes anew in every fold. A
    folder is for other catalogues, for clustering and for search.

    Parameters
    ----------
    catalog
        With a target.
    network
        The name of an encoder folder, or its path.
    out
        The folder to write; an encoder that is there is replaced.
    tune
        See `Tuning`.
    name
        Of the new encoder; after `out` if left out.
    seed
        Of the training.
    progress
        Told after every step.

    Returns
    -------
    tuple
        The folder, and the curves of the training.

    Raises
    ------
    TrainingError
        If the rows teach nothing: no target, too few rows, or one class.
    """
    if catalog.schema.target is None:
        raise TrainingError("the catalogue has no target: name the column to tune for")
    kind, params = resolve_encoder(network, {})
    made = TunedTextEncoder if kind == "text-network" else TunedImageEncoder
    encoder = made(params["network"], tune=tune, seed=seed).fit(catalog, progress=progress)
    if not encoder.curves_:
        raise TrainingError(
            f"the catalogue has too few rows with a target and a {encoder.modality}, or one class "
            "alone: there is nothing to tune for"
        )
    inner = encoder.inner_
    before = parse_description(inner.description_, network)
    description = before.model_copy(
        update={
            "name": name or Path(out).name.lower(),
            "source": f"{before.source}, tuned for {catalog.schema.target!r} on "
            f"{int(catalog.has_target.sum()):,} products",
        }
    )
    files: dict[str, bytes | Path] = {before.networks[0].file: inner.onnx_}
    if hasattr(inner, "tokenizer_"):
        files[TOKENIZER] = inner.tokenizer_
    return write_folder(out, description, files), encoder.curves_
