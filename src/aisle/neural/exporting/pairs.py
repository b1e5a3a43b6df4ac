"""CLIP, SigLIP and their kin: a network for texts and one for images, whose vectors compare."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from aisle.encoders.pretrained.folder import ImageInput, TextInput
from aisle.errors import EncoderError
from aisle.neural.exporting.checkpoints import Checkpoint, load_config, load_model
from aisle.neural.exporting.draft import EMBEDDING, Draft, Options, Traced
from aisle.neural.exporting.images import PIXELS, image_cases, read_image_input
from aisle.neural.exporting.patches import (
    fixed_input,
    image_features,
    is_patched,
    known_positions,
)
from aisle.neural.exporting.pooling import unit
from aisle.neural.exporting.texts import max_tokens, vocabulary_size
from aisle.neural.exporting.tokenizing import load_tokenizer, text_cases, tokenizer_json
from aisle.neural.exporting.tracing import count_parameters, original, trace
from aisle.neural.libraries import library


def draft_pair(checkpoint: Checkpoint, options: Options) -> Draft:
    """Draft the folder of a pair of networks.

    Raises
    ------
    EncoderError
        If it cannot be loaded, or `options` do not fit.
    """
    if options.output is not None:
        raise EncoderError(
            f"{checkpoint.label}: output {options.output!r}: a pair of networks has one output, "
            "in the space that both share"
        )
    config = load_config(checkpoint)
    if is_patched(config):
        image, notes = fixed_input(checkpoint, config, options)
    else:
        image, notes = read_image_input(checkpoint, options)
    model = load_model(checkpoint, "AutoModel").model
    text_network, text, tokenizer, told = _texts(checkpoint, model, options)
    image_network = _images(model, image)
    scale = float(model.logit_scale.detach().exp())
    bias = getattr(model, "logit_bias", None)
    extra = {} if bias is None else {"logit_bias": float(bias.detach())}
    dimension = int(text_network.original(text_network.cases[0].inputs)[EMBEDDING].shape[1])
    return Draft(
        (text_network, image_network),
        dimension,
        text=text,
        image=image,
        tokenizer=tokenizer,
        temperature=scale,
        notes=(*told, *notes),
        extra=extra,
    )


def _texts(
    checkpoint: Checkpoint, model: Any, options: Options
) -> tuple[Traced, TextInput, bytes, tuple[str, ...]]:
    """Trace the network of texts."""
    torch = library("torch", "deep")
    tokenizer = load_tokenizer(checkpoint)
    how, notes = _text_input(checkpoint, model, tokenizer, options)
    content = tokenizer_json(tokenizer, how, lowercase=False, label=checkpoint.label)

    def call(*inputs: Any) -> tuple[Any]:
        given = dict(zip(how.inputs, inputs, strict=True))
        return (unit(_vector(model.get_text_features(**given))),)

    vocabulary = vocabulary_size(model.text_model)
    cases = text_cases(content, how, vocabulary, end=_end(tokenizer, vocabulary))
    names: list[str] = list(how.inputs)
    inputs = {name: torch.from_numpy(cases[1].inputs[name]) for name in names}
    axes = {0: "batch"} if how.pad_to is not None else {0: "batch", 1: "tokens"}
    dynamic: dict[str, dict[int, str]] = {EMBEDDING: {0: "batch"}}
    dynamic |= dict.fromkeys(how.inputs, axes)
    traced = Traced(
        "text.onnx",
        trace(model, call, inputs, [EMBEDDING], dynamic),
        original(call, names, [EMBEDDING]),
        cases,
        count_parameters(model.text_model),
        "text",
    )
    return traced, how, content, notes


def _text_input(
    checkpoint: Checkpoint, model: Any, tokenizer: Any, options: Options
) -> tuple[TextInput, tuple[str, ...]]:
    prefix = options.prefix or ""
    if not model.config.model_type.startswith("siglip"):
        limit = max_tokens(checkpoint, model.text_model, tokenizer, None, options.max_tokens)
        return TextInput(max_tokens=limit, prefix=prefix), ()
    # SigLIP has seen every text filled up to one length, the filling unmasked, and reads the last.
    length = int(model.config.text_config.max_position_embeddings)
    if options.max_tokens not in (None, length):
        raise EncoderError(
            f"{checkpoint.label}: max_tokens {options.max_tokens}: texts always have {length} "
            "tokens here, filled up where they are shorter"
        )
    how = TextInput(
        inputs=("input_ids",),
        max_tokens=length,
        prefix=prefix,
        pad_to=length,
        pad_token=str(tokenizer.pad_token),
        lowercase=_lacks_lowercase(tokenizer),
    )
    note = f"texts are filled up to {length} tokens with {tokenizer.pad_token!r}"
    if how.lowercase:
        return how, (note, "texts are brought to lower case, as SigLIP 2 was trained")
    return how, (note,)


def _lacks_lowercase(tokenizer: Any) -> bool:
    """Say whether texts have to be brought to lower case before the tokenizer reads them.

    SigLIP 2 was trained on lower case (its authors' SigLIP2_demo.ipynb), with the tokenizer of
    Gemma, which keeps case. Its networks for squares are saved with that one; transformers'
    Siglip2Tokenizer, which those for any shape get, does it by itself.
    """
    return type(tokenizer).__name__.startswith("Gemma")


def _images(model: Any, how: ImageInput) -> Traced:
    """Trace the network of images."""
    torch = library("torch", "deep")
    cases = image_cases(how, PIXELS)
    flexible = is_patched(model.config)

    def call(pixels: Any) -> tuple[Any]:
        found = (
            image_features(model, how, pixels)
            if flexible
            else model.get_image_features(**{PIXELS: pixels})
        )
        return (unit(_vector(found)),)

    inputs = {PIXELS: torch.from_numpy(cases[1].inputs[PIXELS])}
    axes = {name: {0: "batch"} for name in (PIXELS, EMBEDDING)}
    with known_positions(model, how) if flexible else nullcontext():
        content = trace(model, call, inputs, [EMBEDDING], axes)
    return Traced(
        "image.onnx",
        content,
        original(call, [PIXELS], [EMBEDDING]),
        cases,
        count_parameters(model.vision_model),
        "image",
    )


def _vector(found: Any) -> Any:
    """Return the vector among what a model gives; older versions give nothing else."""
    return getattr(found, "pooler_output", found)


def _end(tokenizer: Any, vocabulary: int) -> int | None:
    """Return the token at which CLIP reads a text."""
    end = getattr(tokenizer, "eos_token_id", None)
    return int(end) if end is not None and end < vocabulary else None


def is_pair(config: Any) -> bool:
    """Say whether a configuration is that of a pair."""
    transformers = library("transformers", "deep")
    if not (hasattr(config, "text_config") and hasattr(config, "vision_config")):
        return False
    model = transformers.AutoModel._model_mapping.get(type(config), None)
    return all(hasattr(model, name) for name in ("get_text_features", "get_image_features"))
