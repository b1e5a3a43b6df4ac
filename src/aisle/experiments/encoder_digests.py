"""What the encoders of a recipe are beyond their names, which may come to stand for others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from aisle.encoders import resolve_encoder
from aisle.encoders.pretrained.finding import find_folder
from aisle.encoders.pretrained.folder import DESCRIPTION, TOKENIZER, EncoderFolder
from aisle.errors import AisleError
from aisle.models.recipe import ExpertPlan
from aisle.neural.tuning import Tuning

_TUNED_FROM = ("config.json", "model.safetensors")
"""What a folder's network is tuned from where the folder holds no float32 one."""

_DIGESTS: dict[tuple[str, int, int], str] = {}
"""By path, size and time of change: many candidates read one folder."""


def encoder_digests(plans: Iterable[ExpertPlan], others: Iterable[str] = ()) -> dict[str, str]:
    """Return a digest of the files that encoders read, by the name or path that names them.

    Parameters
    ----------
    plans
        Experts whose encoders and teachers count.
    others
        Names of encoder folders that count besides.

    Returns
    -------
    dict of str to str
        Hexadecimal digests; empty texts for what is not at hand. Encoders that read no file are not
        in it.
    """
    names = {*others, *(name for plan in plans for name in _named(plan))}
    return {name: _digest(name) for name in sorted(names)}


def _named(plan: ExpertPlan) -> Iterator[str]:
    """Yield the encoder folders and vector files that an expert names."""
    for part in plan.encoders:
        try:
            _, params = resolve_encoder(part.use, part.params)
        except AisleError:
            yield part.use
            continue
        yield from (str(params[key]) for key in ("network", "vectors") if params.get(key))
    tune = plan.tune or {}
    if "image-text" in str(tune.get("objective")):
        yield str(tune.get("teacher", Tuning().teacher))


def _digest(name: str) -> str:
    try:
        files = _files(find_folder(name))
    except AisleError:
        files = [Path(name)]
    try:
        found = [f"{file.name} {_content(file)}" for file in files if file.is_file()]
    except OSError:
        return ""
    return hashlib.sha256("\n".join(found).encode()).hexdigest() if found else ""


def _files(folder: EncoderFolder) -> list[Path]:
    networks = [network.file for network in folder.description.networks]
    names = dict.fromkeys([DESCRIPTION, TOKENIZER, *networks, *_TUNED_FROM])
    return [folder.path / name for name in names]


def _content(file: Path) -> str:
    found = file.stat()
    key = (str(file.absolute()), found.st_size, found.st_mtime_ns)
    if key not in _DIGESTS:
        with file.open("rb") as content:
            _DIGESTS[key] = hashlib.file_digest(content, "sha256").hexdigest()
    return _DIGESTS[key]
