"""Models of PyTorch and Keras, written as encoder folders."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast, get_args

from aisle.encoders.pretrained.folder import (
    TOKENIZER,
    EncoderDescription,
    EncoderFolder,
    Network,
    ZeroShot,
    write_folder,
)
from aisle.errors import EncoderError
from aisle.neural.exporting.checking import Agreement, compare, together
from aisle.neural.exporting.checkpoints import Checkpoint, fetch, load_config
from aisle.neural.exporting.draft import EMBEDDING, Draft, Options
from aisle.neural.exporting.images import draft_image, processor_config
from aisle.neural.exporting.keras_models import KERAS_FILES, draft_keras
from aisle.neural.exporting.licences import UNKNOWN, check_licence, is_commercial, licence_of
from aisle.neural.exporting.pairs import draft_pair, is_pair
from aisle.neural.exporting.sentences import MODULES, draft_sentence_transformer
from aisle.neural.exporting.texts import draft_text
from aisle.neural.exporting.timm_models import draft_timm

Kind = Literal["transformers", "sentence-transformers", "timm", "keras"]
Fit = Literal["pad", "crop", "stretch"]

KERAS, TIMM = "keras:", "timm:"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exported:
    """An encoder folder, and how far its networks agree with the originals.

    Parameters
    ----------
    folder
        What was written.
    difference
        The largest absolute difference of any output.
    cosine
        The lowest cosine of two embeddings.
    checked
        On how many inputs.
    notes
        What a user should know.
    parameters
        How many weights the original has.
    relative
        The largest difference as a share of its output's largest magnitude.
    """

    folder: EncoderFolder
    difference: float
    cosine: float
    checked: int
    notes: tuple[str, ...]
    parameters: int = 0
    relative: float = 0.0


def export(
    source: str | Path,
    out: str | Path,
    *,
    name: str | None = None,
    kind: str | None = None,
    output: str | None = None,
    max_tokens: int | None = None,
    fit: str | None = None,
    accept_licence: bool = False,
    licence: str | None = None,
    normalised: bool | None = None,
    prefix: str | None = None,
) -> Exported:
    """Write a PyTorch or Keras model as an encoder folder, and check it against the original.

    Code that comes with a model is never run, and only safetensors and Keras files are loaded.

    Parameters
    ----------
    source
        A folder as ``save_pretrained`` writes it (transformers, sentence-transformers), a
        ``.keras`` or ``.h5`` file, ``keras:ResNet50``, ``timm:NAME``, or a model of the Hugging
        Face hub as ``OWNER/NAME``.
    out
        The encoder folder to write; one that is there is replaced.
    name
        Of the encoder; by default after `source`.
    kind
        ``transformers``, ``sentence-transformers``, ``timm`` or ``keras``; found out if left out.
    output
        What the embedding is. Texts: ``mean``, ``cls``, ``max`` or ``last``. Images of
        transformers: ``classifier`` (what it reads), ``pooled``, ``cls`` or ``mean``. Keras: the
        name of a layer, such as ``block5_pool``.
    max_tokens
        Texts are cut there; by default where the model says.
    fit
        ``pad``, ``crop`` or ``stretch``; by default as the model's preprocessing does it.
    accept_licence
        Export it although its licence forbids commercial use.
    licence
        Instead of what the model card says.
    normalised
        Whether texts' vectors get length 1; by default as the model says, and yes if it does not.
    prefix
        Put before every text; by default the model's own, if it has one.

    Returns
    -------
    Exported
        The folder and its agreement.

    Raises
    ------
    EncoderError
        If the model cannot be loaded or exported, its licence was not accepted, or the export does
        not agree with the original; nothing is written then.
    """
    options = Options(output, max_tokens, _fit(fit), normalised, prefix)
    origin = _origin(source, kind)
    told = licence or (licence_of(origin.path) if isinstance(origin.path, Path) else UNKNOWN)
    check_licence(origin.label, told, accept_licence)
    draft = origin.draft(options)
    told = draft.licence if told == UNKNOWN and draft.licence is not None else told
    check_licence(origin.label, told, accept_licence)
    agreements = [compare(network) for network in draft.networks]
    worst = together(agreements)
    description = _description(name or origin.name, origin.label, told, draft, agreements)
    files: dict[str, bytes | Path] = {network.file: network.content for network in draft.networks}
    if draft.tokenizer is not None:
        files[TOKENIZER] = draft.tokenizer
    folder = write_folder(out, description, files)
    notes = draft.notes
    if told == UNKNOWN:
        notes = (*notes, "no licence was found; name it with licence if you know it")
    logger.info("%s: exported, differs by %.2g at most", origin.label, worst.difference)
    return Exported(
        folder,
        worst.difference,
        worst.cosine,
        worst.checked,
        notes,
        sum(network.parameters for network in draft.networks),
        worst.relative,
    )


@dataclass(frozen=True)
class _Origin:
    """Where a model comes from, and what drafts its folder."""

    label: str
    name: str
    path: Path | None
    draft: Callable[[Options], Draft]


def _origin(source: str | Path, kind: str | None) -> _Origin:
    """Find out what `source` is."""
    if kind is not None and kind not in get_args(Kind):
        raise EncoderError(f"kind {kind!r}: expected one of {', '.join(get_args(Kind))}")
    told = str(source)
    path = Path(told).expanduser()
    if told.lower().startswith(KERAS) or (kind == "keras" and not path.exists()):
        rest = _after(KERAS, told)
        return _Origin(told, _plain(rest), None, partial(draft_keras, rest))
    if told.lower().startswith(TIMM) or (kind == "timm" and not path.exists()):
        rest = _after(TIMM, told)
        return _Origin(told, _plain(rest), None, partial(draft_timm, rest))
    if path.is_file() and (kind == "keras" or path.suffix.lower() in KERAS_FILES):
        return _Origin(path.name, _plain(path.stem), path.parent, partial(draft_keras, path))
    if path.is_dir():
        checkpoint = Checkpoint(path, path.resolve().name)
    elif re.fullmatch(r"[\w.\-]+/[\w.\-]+", told) and not isinstance(source, Path):
        checkpoint = fetch(told)
    else:
        raise EncoderError(
            f"{told}: there is no such file or folder; expected a folder with a config.json, a "
            ".keras file, keras:NAME, timm:NAME, or a model of the hub as OWNER/NAME"
        )
    label = checkpoint.label
    drafting = _drafting(checkpoint, cast("Kind | None", kind))
    return _Origin(
        label,
        _plain(label.rsplit("/", 1)[-1]),
        checkpoint.path,
        partial(drafting, checkpoint),
    )


def _after(mark: str, told: str) -> str:
    return told[len(mark) :] if told.lower().startswith(mark) else told


def _drafting(checkpoint: Checkpoint, kind: Kind | None) -> Callable[[Any, Options], Draft]:
    """Return what drafts the folder of a checkpoint."""
    if kind is None:
        if checkpoint.has(MODULES):
            kind = "sentence-transformers"
        elif "pretrained_cfg" in checkpoint.read("config.json"):
            kind = "timm"
    if kind == "sentence-transformers":
        if not checkpoint.has(MODULES):
            raise EncoderError(
                f"{checkpoint.label}: has no {MODULES}, as folders of sentence-transformers do; "
                "leave kind out"
            )
        return draft_sentence_transformer
    if kind == "timm":
        return draft_timm
    config = load_config(checkpoint)
    if is_pair(config):
        return draft_pair
    return draft_image if _reads_images(checkpoint, config) else draft_text


def _reads_images(checkpoint: Checkpoint, config: Any) -> bool:
    known = getattr(config, "image_size", None) is not None or hasattr(config, "num_channels")
    return known or (bool(processor_config(checkpoint)) and not hasattr(config, "vocab_size"))


def _description(
    name: str, source: str, licence: str, draft: Draft, agreements: list[Agreement]
) -> EncoderDescription:
    networks = tuple(
        Network(file=network.file, tower=network.tower, agreement=min(1.0, agreement.cosine))
        for network, agreement in zip(draft.networks, agreements, strict=True)
    )
    pair = draft.modality == "image-text"
    return EncoderDescription(
        name=name,
        modality=draft.modality,
        dimension=draft.dimension,
        licence=licence,
        source=source,
        commercial=is_commercial(licence),
        networks=networks,
        text=draft.text,
        image=draft.image,
        zero_shot=ZeroShot(output=EMBEDDING, dimension=draft.dimension) if pair else None,
        temperature=draft.temperature,
        **draft.extra,
    )


def _fit(fit: str | None) -> Fit | None:
    if fit is not None and fit not in get_args(Fit):
        raise EncoderError(f"fit {fit!r}: expected one of {', '.join(get_args(Fit))}")
    return cast("Fit | None", fit)


def _plain(name: str) -> str:
    """Return a name for an encoder: lower case, without what a path would not hold."""
    return re.sub(r"[^a-z0-9.\-]+", "-", name.lower()).strip("-.") or "encoder"
