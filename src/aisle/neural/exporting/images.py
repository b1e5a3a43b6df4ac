"""Image networks of transformers: the vector before the classifier, or the pooled one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from aisle.encoders.pretrained.folder import ImageInput
from aisle.errors import EncoderError
from aisle.neural.exporting.checkpoints import Checkpoint, Loaded, load_config, load_model
from aisle.neural.exporting.draft import EMBEDDING, LOGITS, Case, Draft, Options, Traced
from aisle.neural.exporting.preprocessing import check_values, image_input
from aisle.neural.exporting.tracing import Call, count_parameters, original, trace
from aisle.neural.libraries import library

logger = logging.getLogger(__name__)

PIXELS = "pixel_values"
OUTPUTS = ("classifier", "pooled", "cls", "mean")
PROCESSORS = ("preprocessor_config.json", "processor_config.json")
_CLASSIFIERS = ("classifier", "cls_classifier", "head")


def draft_image(checkpoint: Checkpoint, options: Options) -> Draft:
    """Draft the folder of an image network that transformers can load.

    Raises
    ------
    EncoderError
        If it cannot be loaded, or `options` do not fit.
    """
    if options.output is not None and options.output not in OUTPUTS:
        raise EncoderError(
            f"{checkpoint.label}: output {options.output!r}: expected one of {', '.join(OUTPUTS)}"
        )
    if options.output == "classifier" and not _classifies(checkpoint):
        raise EncoderError(f"{checkpoint.label}: {checkpoint.architecture} has no classifier")
    load_config(checkpoint)
    how, notes = read_image_input(checkpoint, options)
    loader = "AutoModelForImageClassification" if _classifies(checkpoint) else "AutoModel"
    loaded = load_model(checkpoint, loader, spare=("pooler",))
    call, names, note = _embedding(checkpoint, loaded, how, options.output)
    return draft_images(loaded.model, call, names, how, (note, *notes))


def draft_images(
    model: Any, call: Call, outputs: list[str], how: ImageInput, notes: tuple[str, ...]
) -> Draft:
    """Draft the folder of a PyTorch module that reads photographs.

    Parameters
    ----------
    model
        Holds the weights.
    call
        From pixels to the outputs.
    outputs
        Their names, the embedding first.
    how
        What it reads.
    notes
        What a user should know.
    """
    torch = library("torch", "deep")
    cases = image_cases(how, PIXELS)
    example = torch.from_numpy(cases[0].inputs[PIXELS])
    content = trace(
        model, call, {PIXELS: example}, outputs, {n: {0: "batch"} for n in (PIXELS, *outputs)}
    )
    with torch.no_grad():
        dimension = int(call(example)[0].shape[1])
    network = Traced(
        "model.onnx", content, original(call, [PIXELS], outputs), cases, count_parameters(model)
    )
    return Draft((network,), dimension, image=how, notes=notes)


def read_image_input(
    checkpoint: Checkpoint, options: Options
) -> tuple[ImageInput, tuple[str, ...]]:
    """Translate the preprocessing of a checkpoint, and compare it with the processor itself.

    Raises
    ------
    EncoderError
        If there is none, or it cannot be described.
    """
    content = processor_config(checkpoint)
    if not content:
        raise EncoderError(
            f"{checkpoint.label}: has no {PROCESSORS[0]}, which says how photographs are prepared; "
            "take it from where the model comes from"
        )
    processor = _load_processor(checkpoint)
    # A file may leave out what is the processor's default.
    known = {} if processor is None else processor.to_dict()
    told = {key: value for key, value in content.items() if value is not None}
    how, notes = image_input({**known, **told}, fit=options.fit, label=checkpoint.label)
    if processor is None:
        return how, (*notes, "the preprocessing could not be compared with the processor's own")
    check_values(how, processor, checkpoint.label)
    return how, notes


def processor_config(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """Return what a checkpoint says of its image processor; empty where it says nothing."""
    for file in PROCESSORS:
        content = checkpoint.read(file)
        content = content.get("image_processor", content)
        if "image_mean" in content or "size" in content or "image_processor_type" in content:
            return dict(content)
    return {}


def image_cases(how: ImageInput, name: str, *, seed: int = 0) -> tuple[Case, ...]:
    """Return noise and drawn pictures, one a run and three in a batch."""
    random = np.random.default_rng(seed)
    height, width = how.size
    noise = random.integers(0, 256, (4, height, width, 3))
    pictures = np.concatenate([noise, drawings(height, width)]).astype(np.float32)
    values = (pictures - np.array(how.mean)) / np.array(how.std)
    if how.layout == "NCHW":
        values = values.transpose(0, 3, 1, 2)
    ready = np.ascontiguousarray(values, dtype=np.float32)
    parts = (ready[:1], ready[1:4], ready[4:5], ready[5:])
    return tuple(Case({name: part}) for part in parts)


def drawings(height: int, width: int) -> Any:
    """Return pictures of the sample catalogue, uint8 (3, height, width, 3)."""
    from aisle.catalog.sample import SampleOptions, draw_product, sample_products

    side = max(height, width)
    products = sample_products(SampleOptions(products=3))
    drawn = [draw_product(one, side).convert("RGB").resize((width, height)) for one in products]
    return np.stack([np.asarray(one) for one in drawn])


def _embedding(
    checkpoint: Checkpoint, loaded: Loaded, how: ImageInput, output: str | None
) -> tuple[Call, list[str], str]:
    """Return what gives the outputs, their names, and a word on the embedding."""
    model = loaded.model
    if output == "classifier" or (output is None and _classifies(checkpoint)):
        return _before_classifier(checkpoint, model), [EMBEDDING, LOGITS], _DESCRIBED["classifier"]
    base = model.base_model if _classifies(checkpoint) else model
    torch = library("torch", "deep")
    try:
        with torch.no_grad():
            found = base(**{PIXELS: torch.zeros(1, 3, *how.size)})
    except (RuntimeError, ValueError, TypeError) as error:
        raise EncoderError(
            f"{checkpoint.label}: does not read photographs of {how.size} pixels, as its "
            f"preprocessing makes them: {error}"
        ) from error
    pooler = getattr(found, "pooler_output", None)
    trained = pooler is not None and not loaded.absent
    chosen = output or _usual(base, found, trained)
    if chosen == "pooled" and not trained:
        raise EncoderError(f"{checkpoint.label}: has no pooled output; take output 'cls' or 'mean'")
    tokens = found.last_hidden_state
    if chosen == "cls" and tokens.ndim != 3:
        raise EncoderError(f"{checkpoint.label}: has no [CLS] token; take output 'mean'")
    note = _DESCRIBED[chosen]
    if chosen == "pooled" and tokens.ndim == 3 and torch.allclose(pooler, tokens[:, 0], atol=1e-5):
        note += ", which is the first token ([CLS])"
    before = _tokens_before_patches(model, how, tokens)

    def call(pixels: Any) -> tuple[Any]:
        answer = base(**{PIXELS: pixels})
        if chosen == "pooled":
            return (answer.pooler_output.flatten(1),)
        if chosen == "cls":
            return (answer.last_hidden_state[:, 0],)
        last = answer.last_hidden_state
        return (last.mean((2, 3)) if last.ndim == 4 else last[:, before:].mean(1),)

    return call, [EMBEDDING], note


def _classifies(checkpoint: Checkpoint) -> bool:
    return "ForImageClassification" in checkpoint.architecture


def _before_classifier(checkpoint: Checkpoint, model: Any) -> Call:
    """Return a function that gives what the last layer reads, and the logits."""
    head = next((getattr(model, n) for n in _CLASSIFIERS if hasattr(model, n)), None)
    if head is None:
        raise EncoderError(
            f"{checkpoint.label}: {type(model).__name__} has no classifier that is known here; "
            "take output 'pooled', 'cls' or 'mean'"
        )

    def call(pixels: Any) -> tuple[Any, Any]:
        seen: list[Any] = []
        hook = head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        try:
            logits = model(**{PIXELS: pixels}).logits
        finally:
            hook.remove()
        return seen[0].flatten(1), logits

    return call


def _usual(base: Any, found: Any, trained: bool) -> str:
    """Return which output stands for the photograph where nobody said."""
    if trained:
        return "pooled"
    has_first = any(name.endswith("cls_token") for name, _ in base.named_parameters())
    return "cls" if has_first and found.last_hidden_state.ndim == 3 else "mean"


def _tokens_before_patches(model: Any, how: ImageInput, tokens: Any) -> int:
    """Return how many tokens stand for no place: [CLS], registers."""
    patch = getattr(model.config, "patch_size", None)
    if tokens.ndim != 3 or not isinstance(patch, int):
        return 0
    return max(0, int(tokens.shape[1]) - (how.size[0] // patch) * (how.size[1] // patch))


def _load_processor(checkpoint: Checkpoint) -> Any:
    """Load the original preprocessing; None where it needs torchvision, which may be absent."""
    transformers = library("transformers", "deep")
    try:
        return transformers.AutoImageProcessor.from_pretrained(
            checkpoint.path, trust_remote_code=False, local_files_only=True, backend="pil"
        )
    except (ImportError, ValueError, OSError, TypeError, KeyError, AttributeError) as error:
        logger.info("%s: its image processor cannot be loaded: %s", checkpoint.label, error)
        return None


_DESCRIBED = {
    "classifier": "the embedding is what the classifier reads",
    "pooled": "the embedding is the network's own pooled output",
    "cls": "the embedding is the first token ([CLS]) of the last layer",
    "mean": "the embedding is the mean over all places of the last layer",
}
