"""Pulling pretrained encoders from the Hugging Face hub into encoder folders."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.downloads import Repository, download, look_up
from aisle.encoders.pretrained.finding import VARIABLE, plain_name
from aisle.encoders.pretrained.folder import (
    TOKENIZER,
    EncoderDescription,
    EncoderFolder,
    parse_description,
    write_folder,
)
from aisle.encoders.pretrained.known import (
    HubNetwork,
    HubOnnx,
    KnownEncoder,
    Precision,
    find_known,
    similar_known,
)
from aisle.encoders.pretrained.onnx_file import check_onnx
from aisle.encoders.pretrained.session import Session
from aisle.errors import EncoderError
from aisle.progress import Progress, silent

logger = logging.getLogger(__name__)

STAGING = ".pulling"
"""Where downloads lie until their encoder folder is written; what was cut off goes on there."""

_SAMPLE = "cotton shirt, long sleeves, size M"
_POOLED = ("sentence_embedding", "embedding", "text_embeds", "image_embeds")
_TOKENS = ("last_hidden_state", "token_embeddings")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_CONFIGS = re.compile(r"^(?!onnx/|openvino/)([^/]+/)?[^/]+\.(json|txt|model)$")
_UNCOMMERCIAL = re.compile(r"(^|-)nc(-|$)|non-?commercial|research-only", re.IGNORECASE)
# Positions of these models count from the padding's number on.
_SHIFTED = ("roberta", "xlm-roberta", "camembert", "mpnet")
_RESAMPLING: dict[int, str] = dict(
    enumerate(("nearest", "lanczos", "bilinear", "bicubic", "area", "bilinear"))
)


class _Exported(Protocol):
    @property
    def folder(self) -> EncoderFolder: ...


class Exporter(Protocol):
    """Writes a downloaded repository as an encoder folder; needs PyTorch, so it lives above."""

    def __call__(
        self,
        source: str | Path,
        out: Path,
        *,
        name: str | None = None,
        kind: Any = None,
        accept_licence: bool = False,
        licence: str | None = None,
        prefix: str | None = None,
    ) -> _Exported:
        """Export `source` to the folder `out`."""


class _Unusable(Exception):  # noqa: N818 - no error that anybody sees: an export is tried instead
    """ONNX files of a repository that cannot be described truthfully."""


@dataclass(frozen=True)
class _Order:
    """What was asked for, and what is known of it."""

    name: str
    repository: str
    known: KnownEncoder | None
    precision: Precision | None
    accept_licence: bool
    home: Path
    progress: Progress

    @property
    def revision(self) -> str:
        return self.known.revision if self.known is not None else "main"

    @property
    def staging(self) -> Path:
        return self.home / STAGING / self.name

    @property
    def by_hand(self) -> str:
        """What can be done without the hub."""
        return (
            f"Without the hub: copy an encoder folder to {self.home / self.name}, or name the "
            f"folder that holds it with --encoders DIR or {VARIABLE}"
        )


def pull(
    name: str,
    *,
    home: Path,
    accept_licence: bool = False,
    precision: str | None = None,
    progress: Progress = silent,
    exporter: Exporter | None = None,
) -> EncoderFolder:
    """Download a pretrained encoder and write it as an encoder folder.

    ONNX files of the hub are taken where there are any that can be described truthfully; else the
    weights are downloaded and exported.

    Parameters
    ----------
    name
        A known encoder's, or a repository of the hub as ``OWNER/NAME``.
    home
        The folder in which the encoder folder is written.
    accept_licence
        Pull it although its licence forbids commercial use.
    precision
        One that the hub has ready, such as ``int8-dynamic``; float32 when left out.
    progress
        Told the bytes that are there.
    exporter
        For what the hub has no ONNX file of; ``aisle.neural.exporting.export`` is one.

    Returns
    -------
    EncoderFolder
        One that was loaded and run.

    Raises
    ------
    EncoderError
        If it is unknown, its licence was not accepted, the hub does not give it, or it does not
        run.
    """
    order = _order(name, home, accept_licence, precision, progress)
    if order.known is not None:
        _check_licence(order, order.known.licence, order.known.commercial)
    try:
        folder = _pull_onnx(order) or _pull_export(order, exporter)
    except OSError as error:
        raise EncoderError(
            f"{order.name}: {home} cannot be written to ({error.strerror or error}); free some "
            "space, or name another folder with --to"
        ) from error
    shutil.rmtree(order.staging, ignore_errors=True)
    with suppress(OSError):  # others may be pulling
        order.staging.parent.rmdir()
    return folder


def _order(
    name: str, home: Path, accept_licence: bool, precision: str | None, progress: Progress
) -> _Order:
    known = find_known(name)
    repository = known.repository if known is not None else name.strip()
    if known is None and not _HUB_ID.fullmatch(repository or ""):
        near = similar_known(name)
        hint = f" Did you mean {near!r}?" if near else ""
        raise EncoderError(
            f"there is no known encoder {name!r}.{hint} 'aisle encoders list' shows them; anything "
            "else of the Hugging Face hub is named OWNER/NAME"
        )
    own = known.name if known is not None else plain_name(name).split("/")[-1]
    if repository is None:
        raise EncoderError(
            f"{own}: is not on the Hugging Face hub; copy its encoder folder to {home / own}, or "
            f"name the folder that holds it with --encoders DIR or {VARIABLE}"
        )
    asked = "int8-dynamic" if precision == "int8" else precision
    if asked is not None and asked not in get_args(Precision):
        raise EncoderError(
            f"--precision {precision}: expected one of {', '.join(get_args(Precision))}"
        )
    return _Order(
        own,
        repository,
        known,
        asked,  # type: ignore[arg-type]
        accept_licence,
        home,
        progress,
    )


def _check_licence(order: _Order, licence: str, commercial: bool) -> None:
    if not commercial and not order.accept_licence:
        raise EncoderError(
            f"{order.name}: its licence {licence} forbids commercial use; read it at "
            f"{order.repository}, and pull with --accept-licence if your use is allowed"
        )


def _pull_onnx(order: _Order) -> EncoderFolder | None:
    """Take ONNX files as they are; None where there are none that can be taken."""
    onnx = order.known.onnx if order.known is not None else _usual_onnx(order)
    if onnx is None:
        return None
    source = order.repository if onnx.repository is None else onnx.repository
    repository = _look_up(order, source)
    networks = _chosen(order, onnx, repository)
    if not networks:
        return None
    # Weights that lie beside their network in a file of their own are an export's matter.
    if any(path.startswith(f"{n.file}_data") for n in networks for path in repository.files):
        return None
    configs = _configs(repository)
    if TOKENIZER not in configs and any(n.tower != "image" for n in networks):
        return None
    into = order.staging / source.replace("/", "--")
    _download(order, repository, configs, into)
    try:
        # Before anything large is downloaded.
        _refuse_other_modules(into)
        _download(order, repository, [n.file for n in networks], into)
        description = _describe(order, onnx, networks, repository, into)
    except _Unusable as reason:
        logger.info("%s: its ONNX files are not taken as they are: %s", order.name, reason)
        return None
    files = {_file_name(n): into / n.file for n in networks}
    if description.text is not None:
        files[TOKENIZER] = into / TOKENIZER
    return _published(order, description, files)


def _usual_onnx(order: _Order) -> HubOnnx | None:
    """Look for a text encoder where they usually lie; what images need cannot be told so safely."""
    repository = _look_up(order, order.repository)
    if any(path.endswith("preprocessor_config.json") for path in repository.files):
        return None
    files = [path for path in ("onnx/model.onnx", "model.onnx") if path in repository.files]
    return HubOnnx(networks=(HubNetwork(file=files[0]),)) if files else None


def _chosen(order: _Order, onnx: HubOnnx, repository: Repository) -> list[HubNetwork]:
    precision = order.precision or "float32"
    found = [n for n in onnx.networks if n.precision == precision and n.file in repository.files]
    if not found and order.precision not in (None, "float32"):
        there = sorted({n.precision for n in onnx.networks if n.file in repository.files})
        raise EncoderError(
            f"{order.name}: the hub has no {precision} network of it"
            f"{'; it has ' + ', '.join(there) if there else ''}. Leave --precision out, and see "
            "'aisle encoders export --help' for --quantise"
        )
    return found


def _pull_export(order: _Order, exporter: Exporter | None) -> EncoderFolder:
    """Download the weights and have them exported."""
    if order.precision not in (None, "float32"):
        raise EncoderError(
            f"{order.name}: the hub has no {order.precision} network of it, and an export gives "
            "float32; leave --precision out, and see 'aisle encoders export --help' for --quantise"
        )
    if order.known is not None and order.known.own_code:
        raise _own_code(order)
    if exporter is None:
        raise EncoderError(
            f"{order.name}: the hub has no ONNX file of it that can be taken as it is, and PyTorch "
            'to export it is not installed: pip install "aisle[deep]". ' + order.by_hand
        )
    repository = _look_up(order, order.repository)
    into = order.staging / order.repository.replace("/", "--")
    _download(order, repository, _configs(repository), into)
    if "auto_map" in _read(into, "config.json"):
        raise _own_code(order)
    _download(order, repository, _weights(order, repository), into)
    order.progress(f"exporting {order.name}", 0, 0)
    known = order.known
    exported = exporter(
        into,
        order.staging / "exported",
        name=order.name,
        kind=known.kind if known is not None else None,
        accept_licence=order.accept_licence,
        licence=known.licence if known is not None else repository.licence,
        prefix=known.onnx.prefix if known is not None and known.onnx is not None else None,
    ).folder
    description = exported.description.model_copy(update=_provenance(order, repository))
    files = {network.file: exported.path / network.file for network in description.networks}
    if description.text is not None:
        files[TOKENIZER] = exported.path / TOKENIZER
    return _published(order, description, files)


def _own_code(order: _Order) -> EncoderError:
    return EncoderError(
        f"{order.name}: {order.repository} needs Python code of its own, which is not run; export "
        "it to ONNX where you trust that code, and write an encoder folder. " + order.by_hand
    )


def _weights(order: _Order, repository: Repository) -> list[str]:
    """Return the files with the weights: safetensors alone, because a pickle can run code."""
    found = [path for path in repository.files if re.match(r"^model[^/]*\.safetensors$", path)]
    # Layers on top of the network, in folders of their own.
    found += [path for path in repository.files if re.match(r"^\d+_\w+/model\.safetensors$", path)]
    if not any("/" not in path for path in found):
        raise EncoderError(
            f"{order.name}: {order.repository} holds no model.safetensors; weights as pickles are "
            "not loaded, because they can run code. Save it again with save_pretrained, and give "
            "that folder to 'aisle encoders export'"
        )
    return found


def _look_up(order: _Order, name: str) -> Repository:
    order.progress(f"looking up {name}", 0, 0)
    repository = look_up(
        name,
        revision=order.revision if name == order.repository else "main",
        by_hand=order.by_hand,
    )
    if order.known is None:
        licence = repository.licence or "unknown"
        _check_licence(order, licence, _UNCOMMERCIAL.search(licence) is None)
    return repository


def _download(order: _Order, repository: Repository, paths: Iterable[str], into: Path) -> None:
    download(repository, paths, into, by_hand=order.by_hand, progress=order.progress)


def _configs(repository: Repository) -> list[str]:
    return [path for path in repository.files if _CONFIGS.match(path)]


def _describe(
    order: _Order,
    onnx: HubOnnx,
    networks: list[HubNetwork],
    repository: Repository,
    into: Path,
) -> EncoderDescription:
    """Describe ONNX files by what they and the configurations beside them say."""
    entries: list[dict[str, Any]] = []
    content: dict[str, Any] = {}
    dimensions = set()
    for network in networks:
        where = f"{repository.name}/{network.file}"
        weights = (into / network.file).read_bytes()
        output = network.output or _output(check_onnx(weights, where).tensors)
        session = Session(weights, output, where)
        dimensions.add(session.shape[-1] if session.shape else None)
        if network.tower == "image":
            content["image"] = read_image_input(into)
            if len(session.shape) != 2:
                raise _Unusable(f"{where} gives no single vector")
        else:
            content["text"] = _text_input(session, into, onnx.prefix)
        entry = {"file": _file_name(network), "precision": network.precision, "output": output}
        entries.append(entry if network.tower is None else {**entry, "tower": network.tower})
    if len(dimensions) != 1 or None in dimensions:
        raise _Unusable(f"its dimension is not clear (found {dimensions})")
    content |= {
        "name": order.name,
        "modality": order.known.modality if order.known is not None else "text",
        "dimension": dimensions.pop(),
        "networks": entries,
        "temperature": onnx.temperature,
        **_provenance(order, repository),
    }
    if content["modality"] == "image-text":
        output = next(entry["output"] for entry in entries if entry["tower"] == "image")
        content["zero_shot"] = {"output": output, "dimension": content["dimension"]}
    return parse_description(content, repository.name)


def _text_input(session: Session, into: Path, prefix: str | None) -> dict[str, Any]:
    if unknown := set(session.inputs) - set(_INPUTS):
        raise _Unusable(f"{session.where} asks for {', '.join(sorted(unknown))}")
    pooled = len(session.shape) == 2
    found = {"inputs": session.inputs, "pooled": pooled, **read_text_input(into, pooled=pooled)}
    return found if prefix is None else {**found, "prefix": prefix}


def _provenance(order: _Order, repository: Repository) -> dict[str, Any]:
    known = order.known
    licence = known.licence if known is not None else repository.licence or "unknown"
    commercial = known.commercial if known is not None else not _UNCOMMERCIAL.search(licence)
    return {
        "licence": licence,
        "commercial": commercial,
        "source": repository.name,
        "revision": repository.commit,
    }


def _output(tensors: list[str]) -> str:
    for name in (*_POOLED, *_TOKENS):
        if name in tensors:
            return name
    raise _Unusable(f"none of its outputs is called {' or '.join((*_POOLED, *_TOKENS))}")


def _file_name(network: HubNetwork) -> str:
    plain = f"{network.tower or 'model'}"
    return (
        f"{plain}.onnx" if network.precision == "float32" else f"{plain}.{network.precision}.onnx"
    )


# The exporter reads the same files through transformers; here nothing but JSON is needed.


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
        _read(folder, "sentence_bert_config.json").get("max_seq_length"),
        _read(folder, "tokenizer_config.json").get("model_max_length"),
        _positions(_read(folder, "config.json")),
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
    prompts = _read(folder, "config_sentence_transformers.json")
    if default := prompts.get("default_prompt_name"):
        found["prefix"] = prompts.get("prompts", {}).get(default, "")
    return found


def _modules(folder: Path) -> dict[str, str]:
    """Return the kinds of modules of a sentence encoder, and where their files are."""
    modules = _read(folder, "modules.json", list)
    return {str(m["type"]).rsplit(".", 1)[-1]: str(m.get("path", "")) for m in modules}


def _refuse_other_modules(folder: Path) -> None:
    # A Dense layer, say, is not in the ONNX file of the network below it.
    if others := set(_modules(folder)) - {"Transformer", "Pooling", "Normalize"}:
        raise _Unusable(f"it has modules of other kinds: {', '.join(sorted(others))}")


def _pooling(folder: Path, kinds: dict[str, str]) -> str:
    path = kinds.get("Pooling")
    if path is None:
        return "mean"
    config = _read(folder, f"{path}/config.json")
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
        raise _Unusable(f"it pools by {', '.join(modes) or 'nothing'}")
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
    config = _read(folder, "preprocessor_config.json")
    resized, cropped = _side(config.get("size")), _side(config.get("crop_size"))
    fit: Literal["crop", "stretch"] = "stretch"
    found: dict[str, Any] = {}
    if config.get("do_center_crop") and cropped is not None and resized is not None:
        fit, size = "crop", cropped
        found["crop"] = min(1.0, min(cropped) / min(resized))
    elif resized is not None and not _is_shorter_side(config.get("size")):
        size = resized
    else:
        raise _Unusable("preprocessor_config.json does not say the size of a photograph")
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


def _read(folder: Path, name: str, kind: type = dict) -> Any:
    """Return the content of a JSON file; an empty dictionary or list if there is none."""
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


def _published(
    order: _Order, description: EncoderDescription, files: dict[str, Path]
) -> EncoderFolder:
    """Write the encoder folder, after its networks have run where nobody looks for encoders."""
    order.progress(f"checking {order.name}", 0, 0)
    draft = write_folder(order.staging / "checked", description, files)
    check_runs(draft)
    return write_folder(
        order.home / order.name, description, {name: draft.path / name for name in files}
    )


def check_runs(folder: EncoderFolder) -> None:
    """Run every network of a folder once.

    Raises
    ------
    EncoderError
        If one does not load or run, or gives no vectors of the dimension that is described.
    """
    from aisle.encoders.pretrained.image import ImageNetwork
    from aisle.encoders.pretrained.text import TextNetwork

    description = folder.description
    for tower in description.towers:
        for network in description.of_tower(tower):
            where = f"{description.name} ({network.file})"
            if tower == "text":
                reader = TextNetwork.load(folder, precision=network.precision)
                found = reader.encode([_SAMPLE])[0]
            else:
                found = ImageNetwork.load(folder, precision=network.precision).encode(_checkered())
            if not np.isfinite(found).all():
                raise EncoderError(f"{where}: gives numbers that are not finite")
            if len(found) != description.dimension:
                raise EncoderError(
                    f"{where}: gives vectors of length {len(found)}, expected "
                    f"{description.dimension} as its encoder.json says"
                )


def _checkered() -> npt.NDArray[np.uint8]:
    rows, columns = np.indices((96, 128)) // 16
    grey = ((rows + columns) % 2 * 200 + 20).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)
