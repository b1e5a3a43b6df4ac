"""Pulling pretrained encoders from the Hugging Face hub into encoder folders."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from aisle.encoders.pretrained.folder import (
    TOKENIZER,
    EncoderDescription,
    EncoderFolder,
    write_folder,
)
from aisle.encoders.pretrained.known import HubNetwork, HubOnnx
from aisle.encoders.pretrained.pulling.checking import check_runs
from aisle.encoders.pretrained.pulling.describing import (
    Unusable,
    describe_onnx,
    file_name,
    provenance,
    read_json,
    refuse_other_modules,
)
from aisle.encoders.pretrained.pulling.downloads import Repository, download, look_up
from aisle.encoders.pretrained.pulling.orders import Order, take_order
from aisle.errors import EncoderError
from aisle.progress import Progress, silent

logger = logging.getLogger(__name__)

_CONFIGS = re.compile(r"^(?!onnx/|openvino/)([^/]+/)?[^/]+\.(json|txt|model)$")


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
    order = take_order(
        name, home, precision=precision, accept_licence=accept_licence, progress=progress
    )
    order.check_licence()
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


def _pull_onnx(order: Order) -> EncoderFolder | None:
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
        refuse_other_modules(into)
        _download(order, repository, [n.file for n in networks], into)
        description = describe_onnx(order, onnx, networks, repository, into)
    except Unusable as reason:
        logger.info("%s: its ONNX files are not taken as they are: %s", order.name, reason)
        return None
    files = {file_name(n): into / n.file for n in networks}
    if description.text is not None:
        files[TOKENIZER] = into / TOKENIZER
    return _published(order, description, files)


def _usual_onnx(order: Order) -> HubOnnx | None:
    """Look for a text encoder where they usually lie; what images need cannot be told so safely."""
    repository = _look_up(order, order.repository)
    if any(path.endswith("preprocessor_config.json") for path in repository.files):
        return None
    files = [path for path in ("onnx/model.onnx", "model.onnx") if path in repository.files]
    return HubOnnx(networks=(HubNetwork(file=files[0]),)) if files else None


def _chosen(order: Order, onnx: HubOnnx, repository: Repository) -> list[HubNetwork]:
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


def _pull_export(order: Order, exporter: Exporter | None) -> EncoderFolder:
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
    if "auto_map" in read_json(into, "config.json"):
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
    description = exported.description.model_copy(update=provenance(order, repository))
    files = {network.file: exported.path / network.file for network in description.networks}
    if description.text is not None:
        files[TOKENIZER] = exported.path / TOKENIZER
    return _published(order, description, files)


def _own_code(order: Order) -> EncoderError:
    return EncoderError(
        f"{order.name}: {order.repository} needs Python code of its own, which is not run; export "
        "it to ONNX where you trust that code, and write an encoder folder. " + order.by_hand
    )


def _weights(order: Order, repository: Repository) -> list[str]:
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


def _look_up(order: Order, name: str) -> Repository:
    order.progress(f"looking up {name}", 0, 0)
    repository = look_up(
        name,
        revision=order.revision if name == order.repository else "main",
        by_hand=order.by_hand,
    )
    order.check_licence(repository)
    return repository


def _download(order: Order, repository: Repository, paths: Iterable[str], into: Path) -> None:
    download(repository, paths, into, by_hand=order.by_hand, progress=order.progress)


def _configs(repository: Repository) -> list[str]:
    return [path for path in repository.files if _CONFIGS.match(path)]


def _published(
    order: Order, description: EncoderDescription, files: dict[str, Path]
) -> EncoderFolder:
    """Write the encoder folder, after its networks have run where nobody looks for encoders."""
    order.progress(f"checking {order.name}", 0, 0)
    draft = write_folder(order.staging / "checked", description, files)
    check_runs(draft)
    return write_folder(
        order.home / order.name, description, {name: draft.path / name for name in files}
    )
