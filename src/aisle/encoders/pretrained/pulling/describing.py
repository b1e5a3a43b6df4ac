"""What a downloaded repository says of itself, as the description of an encoder folder.

The exporter reads the same files through transformers; here nothing but JSON is needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from aisle.encoders.pretrained.folder import EncoderDescription, parse_description
from aisle.encoders.pretrained.known import HubNetwork, HubOnnx
from aisle.encoders.pretrained.onnx_file import check_onnx
from aisle.encoders.pretrained.pulling.downloads import Repository
from aisle.encoders.pretrained.pulling.orders import Order
from aisle.encoders.pretrained.session import Session
from aisle.errors import EncoderError

_POOLED = ("sentence_embedding", "embedding", "text_embeds", "image_embeds")
_TOKENS = ("last_hidden_state", "token_embeddings")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# Positions of these models count from the padding's number on.
_SHIFTED = ("roberta", "xlm-roberta", "camembert", "mpnet")
_RESAMPLING: dict[int, str] = dict(
    enumerate(("nearest", "lanczos", "bilinear", "bicubic", "area", "bilinear"))
)


class Unusable(Exception):  # noqa: N818 - no error that anybody sees: an export is tried instead
    """ONNX files of a repository that cannot be described truthfully."""


def describe_onnx(
    order: Order,
    onnx: HubOnnx,
    networks: Sequence[HubNetwork],
    repository: Repository,
    folder: Path,
) -> EncoderDescription:
    """Describe ONNX files by what they and the configurations beside them say.

    Parameters
    ----------
    order
        What the encoder is called.
    onnx
        What is known of the files beforehand.
    networks
        The files to describe.
    repository, folder
        Where they come from, and where they were downloaded.

    Raises
    ------
    Unusable
        If they do not say enough.
    EncoderError
        If one is damaged, or not safe.
    """
    entries: list[dict[str, Any]] = []
    content: dict[str, Any] = {}
    dimensions = set()
    for network in networks:
        where = f"{repository.name}/{network.file}"
        weights = (folder / network.file).read_bytes()
        output = network.output or _output(check_onnx(weights, where).tensors)
        session = Session(weights, output, where)
        dimensions.add(session.shape[-1] if session.shape else None)
        if network.tower == "image":
            content["image"] = read_image_input(folder)
            if len(session.shape) != 2:
                raise Unusable(f"{where} gives no single vector")
        else:
            content["text"] = _text_input(session, folder, onnx.prefix)
        entry = {"file": file_name(network), "precision": network.precision, "output": output}
        entries.append(entry if network.tower is None else {**entry, "tower": network.tower})
    if len(dimensions) != 1 or None in dimensions:
        raise Unusable(f"its dimension is not clear (found {dimensions})")
    content |= {
        "name": order.name,
        "modality": order.known.modality if order.known is not None else "text",
        "dimension": dimensions.pop(),
        "networks": entries,
        "temperature": onnx.temperature,
        **provenance(order, repository),
    }
    if content["modality"] == "image-text":
        output = next(entry["output"] for entry in entries if entry["tower"] == "image")
        content["zero_shot"] = {"output": output, "dimension": content["dimension"]}
    return parse_description(content, repository.name)


def file_name(network: HubNetwork) -> str:
    """Return what a network's file is called in an encoder folder."""
    plain = network.tower or "model"
    return (
        f"{plain}.onnx" if network.precision == "float32" else f"{plain}.{network.precision}.onnx"
    )


def provenance(order: Order, repository: Repository) -> dict[str, Any]:
    """Return where weights come from, and on what terms: entries of `EncoderDescription`."""
    licence, commercial = order.terms(repository)
    return {
        "licence": licence,
        "commercial": commercial,
        "source": repository.name,
        "revision": repository.commit,
    }


def _text_input(session: Session, folder: Path, prefix: str | None) -> dict[str, Any]:
    if unknown := set(session.inputs) - set(_INPUTS):
        raise Unusable(f"{session.where} asks for {', '.join(sorted(unknown))}")
    pooled = len(session.shape) == 2
    found = {"inputs": session.inputs, "pooled": pooled, **read_text_input(folder, pooled=pooled)}
    return found if prefix is None else {**found, "prefix": prefix}


def _output(tensors: list[str]) -> str:
    for name in (*_POOLED, *_TOKENS):
        if name in tensors:
            return name
    raise Unusable(f"none of its outputs is called {' or '.join((*_POOLED, *_TOKENS))}")


def read_text_input(folder: Path, *, pooled: bool) -> dict[str, Any]:
    """Read how texts are prepared from the configurations of a repository.

    Parameters
    ----------
    folder
        Where ``modules.json``, ``tokenizer_config.json`` and their like are.
    pooled
        The network gives one vector a text already.

    Returns
    -------
    dict
        Entries of `TextInput`.
    """
    kinds = _modules(folder)
    limits = [
        read_json(folder, "sentence_bert_config.json").get("max_seq_length"),
        read_json(folder, "tokenizer_config.json").get("model_max_length"),
        _positions(read_json(folder, "config.json")),
    ]
    # Tokenizers without a limit say so with a number of 31 digits.
    tokens = [int(limit) for limit in limits if limit is not None and 0 < limit <= 65_536]
    found: dict[str, Any] = {
        "max_tokens": min(tokens, default=512),
        # What says nothing about it is brought to length 1, as the exporter does.
        "normalised": "Normalize" in kinds or not kinds,
    }
    if not pooled:
        found["pooling"] = _pooling(folder, kinds)
    prompts = read_json(folder, "config_sentence_transformers.json")
    if default := prompts.get("default_prompt_name"):
        found["prefix"] = prompts.get("prompts", {}).get(default, "")
    return found


def _modules(folder: Path) -> dict[str, str]:
    """Return the kinds of modules of a sentence encoder, and where their files are."""
    modules = read_json(folder, "modules.json", list)
    return {str(m["type"]).rsplit(".", 1)[-1]: str(m.get("path", "")) for m in modules}


def refuse_other_modules(folder: Path) -> None:
    """Raise Unusable if something stands on the network that its ONNX file does not hold."""
    # A Dense layer, say, is not in the ONNX file of the network below it.
    if others := set(_modules(folder)) - {"Transformer", "Pooling", "Normalize"}:
        raise Unusable(f"it has modules of other kinds: {', '.join(sorted(others))}")


def _pooling(folder: Path, kinds: dict[str, str]) -> str:
    path = kinds.get("Pooling")
    if path is None:
        return "mean"
    config = read_json(folder, f"{path}/config.json")
    older = {"mean_tokens": "mean", "cls_token": "cls", "max_tokens": "max", "lasttoken": "last"}
    named = config.get("pooling_mode")
    modes = [str(named)] if isinstance(named, str) else list(named or ())
    modes += [
        older.get(key.removeprefix("pooling_mode_"), key)
        for key, used in config.items()
        if key.startswith("pooling_mode_") and used is True
    ]
    mode = {"lasttoken": "last"}.get(modes[0], modes[0]) if len(modes) == 1 else None
    if mode not in older.values():
        raise Unusable(f"it pools by {', '.join(modes) or 'nothing'}")
    return str(mode)


def _positions(config: dict[str, Any]) -> int | None:
    text = config.get("text_config") or config
    positions = text.get("max_position_embeddings")
    if positions is None:
        # The towers of CLIP leave out what is the rule.
        return 77 if config.get("model_type") == "clip" else None
    shift = 2 if config.get("model_type") in _SHIFTED else 0
    return int(positions) - shift


def read_image_input(folder: Path) -> dict[str, Any]:
    """Read how photographs are prepared from ``preprocessor_config.json``.

    Returns
    -------
    dict
        Entries of `ImageInput`.
    """
    config = read_json(folder, "preprocessor_config.json")
    resized, cropped = _side(config.get("size")), _side(config.get("crop_size"))
    fit: Literal["crop", "stretch"] = "stretch"
    found: dict[str, Any] = {}
    if config.get("do_center_crop") and cropped is not None and resized is not None:
        fit, size = "crop", cropped
        found["crop"] = min(1.0, min(cropped) / min(resized))
    elif resized is not None and not _is_shorter_side(config.get("size")):
        size = resized
    else:
        raise Unusable("preprocessor_config.json does not say the size of a photograph")
    scale = float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0
    if config.get("do_normalize", True) and "image_mean" in config:
        found["mean"] = [mean / scale for mean in config["image_mean"]]
        found["std"] = [std / scale for std in config["image_std"]]
    else:
        found["mean"], found["std"] = [0.0] * 3, [1 / scale] * 3
    resampling = _RESAMPLING.get(config.get("resample", 2), "bilinear")
    return {**found, "size": size, "fit": fit, "interpolation": resampling}


def _is_shorter_side(size: Any) -> bool:
    return isinstance(size, dict) and "shortest_edge" in size


def _side(size: Any) -> tuple[int, int] | None:
    if _is_shorter_side(size):
        return int(size["shortest_edge"]), int(size["shortest_edge"])
    if isinstance(size, dict):
        return (int(size["height"]), int(size["width"])) if "height" in size else None
    return None if size is None else (int(size), int(size))


def read_json(folder: Path, name: str, kind: type = dict) -> Any:
    """Return what a JSON file holds; an empty dictionary or list if there is none.

    Raises
    ------
    EncoderError
        If it is no JSON, or not of that kind.
    """
    path = folder / name
    if not path.is_file():
        return kind()
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise EncoderError(f"{path}: is not valid JSON ({error})") from error
    if not isinstance(content, kind):
        raise EncoderError(f"{path}: expected a {kind.__name__}, found {str(content)[:80]!r}")
    return content
