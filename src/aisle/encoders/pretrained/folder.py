"""The encoder folder: a pretrained network with all that is needed to run it."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from aisle.errors import EncoderError

DESCRIPTION = "encoder.json"
TOKENIZER = "tokenizer.json"

Tower = Literal["text", "image"]
Shade = Annotated[int, Field(ge=0, le=255)]

_SMALLEST = 1e-6
_PLAIN = r"[A-Za-z0-9_][A-Za-z0-9_.\-]*"


class _Entry(BaseModel):
    """Keys that this version does not know are kept, so that a folder may say more."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class Network(_Entry):
    """One ONNX file.

    Parameters
    ----------
    file
        Its name in the folder.
    precision
        ``float32``, ``float16``, ``bfloat16``, ``int8-dynamic`` (activation scales found anew in
        every run, so that products must be run one at a time) or ``int8-static``.
    output
        The output that is the embedding.
    tower
        In a pair of networks, whether this one reads texts or images.
    seconds
        What one product took where the file was measured, beside the others.
    agreement
        The lowest cosine to the float32 network that was measured, over real inputs.
    """

    file: Annotated[str, Field(pattern=rf"^{_PLAIN}\.onnx$")]
    precision: Literal["float32", "float16", "bfloat16", "int8-dynamic", "int8-static"] = "float32"
    output: str = "embedding"
    tower: Tower | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None
    agreement: Annotated[float, Field(ge=-1, le=1.001)] | None = None


class TextInput(_Entry):
    """How a text becomes the input of a network.

    Parameters
    ----------
    inputs
        The names of the network's inputs, of ``input_ids``, ``attention_mask``, ``token_type_ids``.
    max_tokens
        Tokens beyond this many are cut off.
    pooled
        The network gives one vector a text; otherwise one a token, (1, tokens, dimension).
    pooling
        How tokens become one vector if the network does not do it.
    normalised
        The vectors have length 1; they are brought to it where the network does not do it.
    prefix
        Put before every text, such as ``passage: `` for E5.
    lowercase
        Bring texts to lower case first, where the tokenizer does not do it and the network was
        trained so.
    pad_to
        For networks that expect this many tokens, whatever the text.
    pad_token
        What fills them up.
    """

    inputs: tuple[Literal["input_ids", "attention_mask", "token_type_ids"], ...] = (
        "input_ids",
        "attention_mask",
    )
    max_tokens: Annotated[int, Field(ge=1, le=65_536)]
    pooled: bool = True
    pooling: Literal["mean", "cls", "max", "last"] = "mean"
    normalised: bool = True
    prefix: str = ""
    lowercase: bool = False
    pad_to: Annotated[int, Field(ge=1)] | None = None
    pad_token: str | None = None


class ImageInput(_Entry):
    """How a photograph becomes the input of a network.

    Parameters
    ----------
    size
        Height and width in pixels.
    fit
        ``pad`` keeps the whole photograph and fills the square, ``crop`` cuts its middle out,
        ``stretch`` changes its shape.
    background
        The colour around a padded photograph, red first.
    interpolation
        ``bilinear``, ``bicubic``, ``lanczos``, ``area`` or ``nearest``; shrinking is always free of
        aliases.
    mean, std
        A channel's value x, from 0 to 255, becomes (x - mean) / std; in the order of `colour`.
    layout
        ``NCHW`` or ``NHWC``.
    colour
        The order of the channels.
    crop
        For ``crop``: the side of the middle as a share of the shorter side.
    """

    size: tuple[Annotated[int, Field(ge=8, le=4096)], Annotated[int, Field(ge=8, le=4096)]]
    fit: Literal["pad", "crop", "stretch"] = "pad"
    background: tuple[Shade, Shade, Shade] = (255, 255, 255)
    interpolation: Literal["bilinear", "bicubic", "lanczos", "area", "nearest"] = "bicubic"
    mean: tuple[float, float, float] = (127.5, 127.5, 127.5)
    std: tuple[float, float, float] = (127.5, 127.5, 127.5)
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    colour: Literal["RGB", "BGR"] = "RGB"
    crop: Annotated[float, Field(gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _some_spread(self) -> ImageInput:
        if any(abs(value) < _SMALLEST for value in self.std):
            raise ValueError(f"std: a channel cannot be divided by less than {_SMALLEST}")
        return self


class ZeroShot(_Entry):
    """How photographs are compared with the names of categories.

    Parameters
    ----------
    output
        The output of the image network that lies in the space of texts.
    dimension
        Its length.
    text_encoder
        The encoder of the texts; none for a pair, which has its own.
    """

    output: str = "embedding"
    dimension: Annotated[int, Field(ge=1)] | None = None
    text_encoder: str | None = None


class EncoderDescription(_Entry):
    """What ``encoder.json`` holds.

    Parameters
    ----------
    name
        Lower case, such as ``all-minilm-l6-v2``.
    modality
        ``text``, ``image``, or ``image-text`` for a pair whose vectors lie in one space.
    dimension
        Of the embedding.
    licence, source
        Where the weights come from, and on what terms.
    commercial
        False where the licence forbids commercial use.
    networks
        One a precision, and for a pair one a tower besides.
    text, image
        What the network reads.
    zero_shot
        Where photographs can be compared with names of categories.
    temperature
        For a pair: what cosines are multiplied by before the softmax.
    """

    format: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=120)]
    modality: Literal["text", "image", "image-text"]
    dimension: Annotated[int, Field(ge=1)]
    licence: str = "unknown"
    source: str = "unknown"
    commercial: bool = True
    networks: Annotated[tuple[Network, ...], Field(min_length=1)]
    text: TextInput | None = None
    image: ImageInput | None = None
    zero_shot: ZeroShot | None = None
    temperature: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> EncoderDescription:
        for tower in self.towers:
            if getattr(self, tower) is None:
                raise ValueError(f"modality {self.modality!r} needs an entry {tower!r}")
            if not self.of_tower(tower):
                raise ValueError(f"no network reads {tower}; say tower: {tower!r} in networks")
        return self

    @property
    def towers(self) -> tuple[Tower, ...]:
        """What the networks read: texts, images, or both."""
        if self.modality == "image-text":
            return ("text", "image")
        return ("text",) if self.modality == "text" else ("image",)

    def of_tower(self, tower: Tower) -> tuple[Network, ...]:
        """Return the networks that read texts, or those that read images."""
        only = len(self.towers) == 1
        return tuple(
            n for n in self.networks if n.tower == tower or (only and n.tower in (None, tower))
        )


@dataclass(frozen=True)
class EncoderFolder:
    """A folder with a pretrained network in it.

    Parameters
    ----------
    path
        Where it is.
    description
        What its ``encoder.json`` says.
    """

    path: Path
    description: EncoderDescription

    def read(self, file: str) -> bytes:
        """Return the content of a file of the folder; raises EncoderError if it is not there."""
        try:
            return (self.path / file).read_bytes()
        except OSError as error:
            raise EncoderError(
                f"{self.path}: its file {file!r} cannot be read ({error.strerror or error}); "
                "pull or export the encoder again"
            ) from error


def open_folder(path: str | Path) -> EncoderFolder:
    """Open an encoder folder and check its description; no network is loaded yet.

    Raises
    ------
    EncoderError
        If there is no ``encoder.json``, it is not valid, or a file that it names is not there.
    """
    path = Path(path)
    where = path / DESCRIPTION
    try:
        content = json.loads(where.read_text("utf-8"))
    except OSError as error:
        raise EncoderError(
            f"{path}: is no encoder folder: {DESCRIPTION} cannot be read "
            f"({error.strerror or error}). A Hugging Face or Keras model becomes one with "
            f"'aisle encoders export {path} -o FOLDER'"
        ) from error
    except (ValueError, RecursionError) as error:
        raise EncoderError(f"{where}: is not valid JSON ({error})") from error
    description = parse_description(content, str(where))
    needed = [network.file for network in description.networks]
    if "text" in description.towers:
        needed.append(TOKENIZER)
    for file in needed:
        if not (path / file).is_file():
            raise EncoderError(
                f"{path}: {DESCRIPTION} needs the file {file!r}, which is not there; pull or "
                "export the encoder again"
            )
    return EncoderFolder(path, description)


def parse_description(content: object, where: str) -> EncoderDescription:
    """Check the content of an ``encoder.json``; raises EncoderError that names every fault."""
    try:
        return EncoderDescription.model_validate(content)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in item['loc']) or 'encoder'}: {item['msg']} "
            f"(found {str(item['input'])[:80]!r})"
            for item in error.errors()
        ]
        told = "\n".join(lines)
        raise EncoderError(f"{where}: does not describe an encoder:\n{told}") from error


def description_json(description: EncoderDescription) -> str:
    """Return the text of an ``encoder.json``; entries that say nothing are left out."""
    content = description.model_dump(mode="json", exclude_none=True)
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def write_folder(
    path: str | Path, description: EncoderDescription, files: Mapping[str, bytes | Path]
) -> EncoderFolder:
    """Write an encoder folder: it is there as a whole, or not at all.

    Parameters
    ----------
    path
        The folder, which is replaced if it is an encoder folder already.
    description
        For its ``encoder.json``.
    files
        By name, the content or a file to copy.

    Raises
    ------
    EncoderError
        If something else stands at `path`, or it cannot be written.
    """
    path = Path(path)
    try:
        if path.exists() and not (path / DESCRIPTION).is_file() and _entries(path):
            raise EncoderError(f"{path}: holds something that is no encoder; name another folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent))
        try:
            for name, content in files.items():
                if isinstance(content, Path):
                    shutil.copyfile(content, draft / name)
                else:
                    (draft / name).write_bytes(content)
            (draft / DESCRIPTION).write_text(description_json(description), "utf-8")
            open_folder(draft)
            draft.chmod(0o755)
            _take_place(draft, path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise EncoderError(
            f"{path}: the encoder could not be written ({error.strerror or error}); free some "
            "space or name another folder"
        ) from error
    return open_folder(path)


def fingerprint(*parts: bytes | str) -> str:
    """Return a short hexadecimal digest of what decides an encoder's answers, in order."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()


def _entries(path: Path) -> list[Path]:
    return list(path.iterdir()) if path.is_dir() else [path]


def _take_place(draft: Path, path: Path) -> None:
    """Put a folder in the place of another; a folder cannot be replaced in one step."""
    old = None
    if path.exists():
        old = draft.with_suffix(".old")
        path.rename(old)
    try:
        draft.rename(path)
    except BaseException:
        if old is not None:
            old.rename(path)
        raise
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)
