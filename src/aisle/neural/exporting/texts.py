"""Text encoders of transformers: BERT and its kin, pooled inside of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aisle.encoders.pretrained.folder import TextInput
from aisle.errors import EncoderError
from aisle.neural.exporting.checkpoints import Checkpoint, load_config, load_model
from aisle.neural.exporting.draft import EMBEDDING, Draft, Options, Traced
from aisle.neural.exporting.pooling import POOLINGS, Pooling, unit
from aisle.neural.exporting.tokenizing import ENDLESS, load_tokenizer, text_cases, tokenizer_json
from aisle.neural.exporting.tracing import count_parameters, original, trace
from aisle.neural.libraries import library

INPUTS = ("input_ids", "attention_mask")
_ENCODERS_OF_PAIRS = {"t5": "T5EncoderModel", "mt5": "MT5EncoderModel"}
_USUAL_LENGTH = 512


@dataclass(frozen=True)
class Sentence:
    """What turns a network's tokens into the vector of a text.

    Parameters
    ----------
    pooling
        From tokens to one vector, and what follows on it.
    normalised
        Whether vectors have length 1.
    max_tokens
        The limit that the model's configuration names, if it does.
    lowercase
        Texts are lowercased before anything else.
    prefix
        Put before every text.
    notes
        What a user should know.
    """

    pooling: Pooling
    normalised: bool = True
    max_tokens: int | None = None
    lowercase: bool = False
    prefix: str = ""
    notes: tuple[str, ...] = ()


def draft_text(checkpoint: Checkpoint, options: Options) -> Draft:
    """Draft the folder of a text encoder that transformers can load.

    Raises
    ------
    EncoderError
        If it cannot be loaded, or `options` do not fit.
    """
    pooling = options.output or "mean"
    if pooling not in POOLINGS:
        raise EncoderError(
            f"{checkpoint.label}: output {pooling!r}: the tokens of a text become one vector by "
            f"one of {', '.join(POOLINGS)}"
        )
    note = f"tokens are pooled by {pooling!r}"
    return draft_sentence(checkpoint, Sentence(POOLINGS[pooling], notes=(note,)), options)


def draft_sentence(checkpoint: Checkpoint, sentence: Sentence, options: Options) -> Draft:
    """Draft the folder of a network of tokens, and what stands on it.

    Raises
    ------
    EncoderError
        If it cannot be loaded, or `options` do not fit.
    """
    torch = library("torch", "deep")
    model = load_tokens_model(checkpoint)
    tokenizer = load_tokenizer(checkpoint)
    normalised = sentence.normalised if options.normalised is None else options.normalised
    limit = max_tokens(checkpoint, model, tokenizer, sentence.max_tokens, options.max_tokens)
    prefix = sentence.prefix if options.prefix is None else options.prefix
    how = TextInput(inputs=INPUTS, max_tokens=limit, normalised=normalised, prefix=prefix)
    content = tokenizer_json(tokenizer, how, lowercase=sentence.lowercase, label=checkpoint.label)

    def call(ids: Any, mask: Any) -> tuple[Any]:
        tokens = model(input_ids=ids, attention_mask=mask).last_hidden_state
        vectors = sentence.pooling(tokens, mask)
        return (unit(vectors) if normalised else vectors,)

    example = torch.ones((2, min(limit, 8)), dtype=torch.int64)
    inputs = {"input_ids": example, "attention_mask": torch.ones_like(example)}
    axes = {name: {0: "batch", 1: "tokens"} for name in INPUTS}
    traced = trace(model, call, inputs, [EMBEDDING], {**axes, EMBEDDING: {0: "batch"}})
    with torch.no_grad():
        dimension = int(call(*inputs.values())[0].shape[1])
    network = Traced(
        "model.onnx",
        traced,
        original(call, INPUTS, [EMBEDDING]),
        text_cases(content, how, vocabulary_size(model)),
        count_parameters(model),
    )
    return Draft((network,), dimension, text=how, tokenizer=content, notes=sentence.notes)


def load_tokens_model(checkpoint: Checkpoint) -> Any:
    """Load a network that gives a vector a token.

    Raises
    ------
    EncoderError
        If it is not one.
    """
    config = load_config(checkpoint)
    loader = _ENCODERS_OF_PAIRS.get(config.model_type, "AutoModel")
    if loader == "AutoModel" and getattr(config, "is_encoder_decoder", False):
        raise EncoderError(
            f"{checkpoint.label}: {config.model_type} writes texts; expected an encoder such as "
            "BERT, MPNet or the encoder of T5"
        )
    return load_model(checkpoint, loader, spare=("pooler",)).model


def max_tokens(
    checkpoint: Checkpoint, model: Any, tokenizer: Any, told: int | None, asked: int | None
) -> int:
    """Return where texts are cut: what was asked for, else the least limit that anything names.

    Raises
    ------
    EncoderError
        If more was asked for than the network has positions.
    """
    most = _positions(model)
    if asked is not None:
        if most is not None and asked > most:
            raise EncoderError(
                f"{checkpoint.label}: max_tokens {asked}: the network has {most} positions"
            )
        return asked
    usual = getattr(tokenizer, "model_max_length", None)
    limits = [told, most, usual if told is None else None]
    known = [int(limit) for limit in limits if limit is not None and 0 < limit < ENDLESS]
    return min(known, default=_USUAL_LENGTH)


def vocabulary_size(model: Any) -> int:
    """Return how many tokens a network knows."""
    return int(model.get_input_embeddings().weight.shape[0])


def _positions(model: Any) -> int | None:
    """Return how many tokens a network can number, or None for one that counts differently."""
    for name, module in model.named_modules():
        if name.endswith(("position_embeddings", "position_embedding")):
            weight = getattr(module, "weight", None)
            if weight is not None:
                # RoBERTa and its kin count from the number after the padding's.
                padding = getattr(module, "padding_idx", None)
                return int(weight.shape[0]) - (0 if padding is None else int(padding) + 1)
    if getattr(model.config, "relative_attention_num_buckets", None) is not None:
        return None
    limit = getattr(model.config, "max_position_embeddings", None)
    return int(limit) if limit else None
