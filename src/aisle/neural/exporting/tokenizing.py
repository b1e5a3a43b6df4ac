"""Tokenizers as one file, and inputs made with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from aisle.encoders.pretrained.folder import TextInput
from aisle.errors import EncoderError
from aisle.neural.exporting.checkpoints import Checkpoint
from aisle.neural.exporting.draft import Case, Ids
from aisle.neural.libraries import library

TITLES = (
    "Red ceramic mug, 350 ml, dishwasher safe",
    "Kids' T-shirt",
    "USB-C charger 65W with 2m cable (EU plug), black – for laptops, tablets & phones; 3-year "
    "warranty included",
    "Crème brûlée set of 6 ramekins",
)
"""Real inputs to compare on: short and long, with what is not ASCII."""

ENDLESS = 10**6
"""Tokenizers without a limit claim one of 10^30."""


def load_tokenizer(checkpoint: Checkpoint) -> Any:
    """Load a model's tokenizer; raises EncoderError if it cannot become a ``tokenizer.json``."""
    transformers = library("transformers", "deep")
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            checkpoint.path, trust_remote_code=False, local_files_only=True
        )
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise EncoderError(
            f"{checkpoint.label}: its tokenizer cannot be loaded ({error}); expected a "
            "tokenizer.json, or the vocabulary that its class needs"
        ) from error
    return tokenizer


def tokenizer_json(tokenizer: Any, how: TextInput, *, lowercase: bool, label: str) -> bytes:
    """Return the content of ``tokenizer.json``, which gives the same tokens as the original.

    Raises
    ------
    EncoderError
        If it does not.
    """
    made = _fast(tokenizer, label)
    if lowercase:
        from tokenizers import normalizers

        before = [normalizers.Lowercase()]
        made.normalizer = normalizers.Sequence([*before, *filter(None, [made.normalizer])])
    made.enable_truncation(how.max_tokens)
    made.no_padding()
    if how.pad_to is not None:
        padding = how.pad_token or ""
        made.enable_padding(length=how.pad_to, pad_id=made.token_to_id(padding), pad_token=padding)
    for title in TITLES:
        text = title.lower() if lowercase else title
        expected = tokenizer(text, truncation=True, max_length=how.max_tokens)["input_ids"]
        found = made.encode(title).ids
        if found[: len(expected)] != list(expected):
            raise EncoderError(
                f"{label}: its tokenizer cannot be written as one tokenizer.json: {title!r} "
                f"becomes {found[:12]}, the original gives {list(expected)[:12]}"
            )
    return bytes(made.to_str().encode())


def text_cases(
    tokenizer: bytes,
    how: TextInput,
    vocabulary: int,
    *,
    end: int | None = None,
    seed: int = 0,
) -> tuple[Case, ...]:
    """Return random and real inputs, one a run and padded in a batch.

    Parameters
    ----------
    tokenizer
        The content of ``tokenizer.json``.
    how
        What the network reads.
    vocabulary
        How many tokens there are.
    end
        The token that ends a text, for networks that look for it.
    seed
        Of the random inputs.
    """
    from tokenizers import Tokenizer

    random = np.random.default_rng(seed)
    loaded = Tokenizer.from_buffer(tokenizer)
    lengths = (7, min(how.max_tokens, 48)) if how.pad_to is None else (how.pad_to,)
    cases = []
    for length in lengths:
        for rows in (1, 3):
            ids = random.integers(0, vocabulary, (rows, length), dtype=np.int64)
            mask = np.ones_like(ids)
            if how.pad_to is None:
                mask[-1, ids.shape[1] - ids.shape[1] // 3 :] = 0
            if end is not None:
                ids[:, ids.shape[1] // 2] = end
            cases.append(Case({"input_ids": ids, "attention_mask": mask}))
    alone = []
    for one in loaded.encode_batch([how.prefix + title for title in TITLES]):
        ids, mask = (np.array([v], dtype=np.int64) for v in (one.ids, one.attention_mask))
        alone.append({"input_ids": ids, "attention_mask": mask})
    cases += [Case(inputs) for inputs in alone]
    # In a batch, each text gets what it gets alone.
    batch = {name: _padded([one[name] for one in alone]) for name in alone[0]}
    return (*cases, Case(batch, tuple(alone)))


def _padded(rows: Sequence[Ids]) -> Ids:
    made = np.zeros((len(rows), max(row.shape[1] for row in rows)), dtype=np.int64)
    for index, row in enumerate(rows):
        made[index, : row.shape[1]] = row[0]
    return made


def _fast(tokenizer: Any, label: str) -> Any:
    """Return a copy of the tokenizer behind a fast one; convert a slow one."""
    from tokenizers import Tokenizer

    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        convert = library("transformers.convert_slow_tokenizer", "deep").convert_slow_tokenizer
        try:
            backend = convert(tokenizer)
        except (ValueError, KeyError, AttributeError, ImportError) as error:
            raise EncoderError(
                f"{label}: its tokenizer {type(tokenizer).__name__} cannot be converted to a "
                f"tokenizer.json ({error}); put one beside the model"
            ) from error
    return Tokenizer.from_str(backend.to_str())
