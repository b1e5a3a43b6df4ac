"""Image networks of timm."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aisle.encoders.pretrained.folder import ImageInput
from aisle.errors import EncoderError
from aisle.neural.exporting.checkpoints import Checkpoint, fetch
from aisle.neural.exporting.draft import EMBEDDING, Draft, Options
from aisle.neural.exporting.images import draft_images
from aisle.neural.exporting.licences import UNKNOWN, licence_of
from aisle.neural.exporting.preprocessing import Fit
from aisle.neural.libraries import library

WEIGHTS = "model.safetensors"
_INTERPOLATIONS = ("bilinear", "bicubic", "lanczos", "nearest")


def draft_timm(source: str | Checkpoint, options: Options) -> Draft:
    """Draft the folder of an image network of timm; its features are those before the classifier.

    Parameters
    ----------
    source
        A name of timm, whose weights are downloaded, or a folder as timm saves it for the hub.

    Raises
    ------
    EncoderError
        If it cannot be loaded, or has no weights as safetensors.
    """
    timm = library("timm", "timm")
    if options.output is not None:
        raise EncoderError(
            f"output {options.output!r}: a network of timm is exported with its pooled features"
        )
    if isinstance(source, Checkpoint):
        config = source.read("config.json")
        name, told, label = config.get("architecture"), config.get("pretrained_cfg"), source.label
        arguments = dict(config.get("model_args") or {})
    else:
        name, label, arguments = source, f"timm:{source}", {}
        told = None
    try:
        if told is None:
            told = timm.get_pretrained_cfg(name).to_dict()
        folder = source if isinstance(source, Checkpoint) else fetch(_repository(told, label))
        network = _build(timm, str(name), folder.path, arguments, label)
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderError(f"{label}: timm cannot make this network ({error})") from error
    how = timm_image_input(told, options.fit)
    note = "the embedding is the pooled features, before the classifier"
    draft = draft_images(
        network, lambda pixels: (network(pixels).flatten(1),), [EMBEDDING], how, (note,)
    )
    licence = licence_of(folder.path)
    licence = str(told.get("license") or UNKNOWN) if licence == UNKNOWN else licence
    return Draft(
        draft.networks,
        draft.dimension,
        image=how,
        licence=None if licence == UNKNOWN else licence,
        notes=draft.notes,
    )


def timm_image_input(config: Mapping[str, Any], fit: Fit | None) -> ImageInput:
    """Translate the preprocessing that timm keeps beside weights.

    Parameters
    ----------
    config
        A ``pretrained_cfg``.
    fit
        Instead of its own.
    """
    _, height, width = config["input_size"]
    share = float(config.get("crop_pct") or 0.875)
    own: Fit = "stretch" if config.get("crop_mode") == "squash" else "crop"
    interpolation = config.get("interpolation", "bicubic")
    mean, std = ([255 * value for value in config[key]] for key in ("mean", "std"))
    return ImageInput(
        size=(height, width),
        fit=fit or ("pad" if config.get("crop_mode") == "border" else own),
        interpolation=interpolation if interpolation in _INTERPOLATIONS else "bicubic",
        mean=(mean[0], mean[1], mean[2]),
        std=(std[0], std[1], std[2]),
        crop=min(1.0, share),
    )


def _repository(config: Mapping[str, Any], label: str) -> str:
    found = config.get("hf_hub_id")
    if not found:
        raise EncoderError(
            f"{label}: has no weights on the Hugging Face hub; only safetensors are loaded, "
            "because pickles can run code. Save it with timm.models.save_for_hf, and export that "
            "folder"
        )
    return str(found).split("@", maxsplit=1)[0]


def _build(timm: Any, name: str, folder: Path, arguments: Mapping[str, Any], label: str) -> Any:
    """Make a network with the weights of a folder, and take its classifier off."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise EncoderError(f"{label}: has no {WEIGHTS}; weights as pickles are not loaded")
    weights = library("safetensors.torch", "timm").load_file(path)
    with_classifier = {"num_classes": _classes(weights), **arguments}
    network = timm.create_model(name, pretrained=False, **with_classifier)
    network.load_state_dict(weights, strict=True)
    network.reset_classifier(0)
    return network.float().eval()


def _classes(weights: Mapping[str, Any]) -> int:
    """Return how many classes weights were trained for."""
    for head in ("classifier", "head.fc", "head", "fc", "last_linear"):
        if f"{head}.weight" in weights:
            return int(weights[f"{head}.weight"].shape[0])
    return 0
