"""Models of the Hugging Face hub: their folder, their configuration, their weights."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aisle.encoders.pretrained.finding import pulled_home
from aisle.encoders.pretrained.pulling.downloads import download, look_up
from aisle.encoders.pretrained.pulling.orders import STAGING
from aisle.errors import EncoderError
from aisle.neural.libraries import library

_PARTS = re.compile(r"^(\d+_\w+/)?[^/]+\.(json|txt|model|safetensors)$|^README\.md$")


@dataclass(frozen=True)
class Checkpoint:
    """A folder with a model in it.

    Parameters
    ----------
    path
        Where it is.
    label
        What messages call it: what the user named.
    """

    path: Path
    label: str

    def read(self, file: str) -> Any:
        """Return the content of a JSON file; an empty dictionary where there is none.

        Raises
        ------
        EncoderError
            If the file is no JSON.
        """
        try:
            return json.loads((self.path / file).read_text("utf-8"))
        except OSError:
            return {}
        except ValueError as error:
            raise EncoderError(f"{self.label}: its {file} is not valid JSON ({error})") from error

    def has(self, *files: str) -> bool:
        """Say whether one of these files is there."""
        return any((self.path / file).is_file() for file in files)

    @property
    def architecture(self) -> str:
        """The class that the weights were saved from, or nothing."""
        named = self.read("config.json").get("architectures") or [""]
        return str(named[0])


def fetch(repository: str) -> Checkpoint:
    """Download a model of the hub: configuration, tokenizer and weights as safetensors.

    Raises
    ------
    EncoderError
        If the hub cannot be reached, or has no such model.
    """
    by_hand = (
        "Without the hub: download the model elsewhere with 'hf download "
        f"{repository} --local-dir FOLDER', and export FOLDER"
    )
    found = look_up(repository, revision="main", by_hand=by_hand)
    into = pulled_home() / STAGING / repository.replace("/", "--")
    download(found, [path for path in found.files if _PARTS.match(path)], into, by_hand=by_hand)
    return Checkpoint(into, repository)


def load_config(checkpoint: Checkpoint) -> Any:
    """Return the configuration that transformers understands.

    Raises
    ------
    EncoderError
        If it needs code of its own, or transformers does not know its architecture.
    """
    transformers = library("transformers", "deep")
    content = checkpoint.read("config.json")
    if not content:
        raise EncoderError(
            f"{checkpoint.label}: has no config.json; expected a folder as 'save_pretrained' "
            "writes it, a Keras file, keras:NAME, timm:NAME, or a model of the hub as OWNER/NAME"
        )
    try:
        return transformers.AutoConfig.from_pretrained(
            checkpoint.path, trust_remote_code=False, local_files_only=True
        )
    except (ValueError, KeyError, OSError) as error:
        own = " It needs Python code of its own, which is not run." if "auto_map" in content else ""
        raise EncoderError(
            f"{checkpoint.label}: transformers {transformers.__version__} does not know the "
            f"architecture {content.get('model_type')!r}.{own} Export a model of a known one"
        ) from error


@dataclass(frozen=True)
class Loaded:
    """A model with its weights.

    Parameters
    ----------
    model
        The PyTorch module.
    absent
        Names of the weights that the checkpoint lacks although it may.
    """

    model: Any
    absent: tuple[str, ...]


def load_model(checkpoint: Checkpoint, loader: str, *, spare: tuple[str, ...] = ()) -> Loaded:
    """Load a model's weights in float32, ready to answer.

    Parameters
    ----------
    checkpoint
        Its folder.
    loader
        A class of transformers, such as ``AutoModel``.
    spare
        Parts of the names of weights that the checkpoint need not hold.

    Raises
    ------
    EncoderError
        If there are no safetensors, or weights are missing, which would be random numbers.
    """
    torch, transformers = library("torch", "deep"), library("transformers", "deep")
    try:
        model, info = getattr(transformers, loader).from_pretrained(
            checkpoint.path,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EncoderError(
            f"{checkpoint.label}: its weights cannot be loaded ({_first_line(error)}). Only "
            "safetensors are, because pickles can run code: save the model again with "
            "save_pretrained where there is none"
        ) from error
    absent = {name for name in info["missing_keys"] if _is_spare(name, spare)}
    # Each mismatch is a name and two shapes.
    mismatched = {str(one[0]) for one in info["mismatched_keys"]}
    missing = sorted((set(info["missing_keys"]) - absent) | mismatched)
    if missing:
        raise EncoderError(
            f"{checkpoint.label}: lacks {len(missing)} weights of its architecture, such as "
            f"{', '.join(missing[:3])}; expected all of them. Save the whole model again"
        )
    return Loaded(model.eval(), tuple(sorted(absent)))


def _is_spare(name: str, spare: tuple[str, ...]) -> bool:
    """Say whether a weight may be missing: a part of its dotted name is one of `spare`."""
    return any(part in spare for part in name.split("."))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
