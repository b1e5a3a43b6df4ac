"""Texts through a pretrained network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from aisle.encoders.pretrained.choosing import chosen_network
from aisle.encoders.pretrained.folder import (
    TOKENIZER,
    EncoderDescription,
    EncoderFolder,
    TextInput,
    fingerprint,
)
from aisle.encoders.pretrained.session import Floats, Session, shared_session
from aisle.errors import EncoderError
from aisle.progress import Progress, silent
from aisle.threads import cores, in_threads

Ids = npt.NDArray[np.int64]
Encoded = Mapping[str, Ids]
"""The inputs that a network may ask for, by name, int64 (1, tokens)."""

_TEXTS_AT_ONCE = 1_024


class TextNetwork:
    """Turns texts into vectors, each text alone.

    One text a run, several runs at a time: then no text is padded to the length of another, a
    dynamically quantised network takes its scale from that text alone, and it is also the fastest
    way on a CPU (`benchmarks/text_encoding.py`).

    Parameters
    ----------
    content
        The ONNX file.
    tokenizer
        The content of its ``tokenizer.json``.
    how
        How a text becomes the network's input.
    output
        The tensor to take.
    where
        What messages call the network.
    """

    def __init__(
        self, content: bytes, tokenizer: bytes, how: TextInput, output: str, where: str
    ) -> None:
        self.how = how
        self.fingerprint = fingerprint(content, tokenizer, how.model_dump_json(), output)
        self._session: Session = shared_session(content, output, where)
        self._where = where
        self._tokenizer = _tokenizer(tokenizer, how, where)

    @classmethod
    def load(
        cls, folder: EncoderFolder, *, precision: str | None = None, layer: str | None = None
    ) -> Self:
        """Load the texts' network of an encoder folder.

        Parameters
        ----------
        folder
            The folder.
        precision
            Such as ``float32``; by default the best one that is there.
        layer
            A tensor of the network to take instead of its embedding.

        Raises
        ------
        EncoderError
            If the folder has no such network, or it cannot be loaded.
        """
        network = chosen_network(folder, "text", precision)
        alone = folder.description.model_copy(update={"networks": (network,)})
        return cls.build(alone, folder.read(network.file), folder.read(TOKENIZER), layer=layer)

    @classmethod
    def build(
        cls,
        description: EncoderDescription,
        content: bytes,
        tokenizer: bytes,
        *,
        layer: str | None = None,
    ) -> Self:
        """Build the network of a description that names one alone; raises EncoderError."""
        network, how = description.networks[0], description.text
        if how is None:
            raise EncoderError(f"{description.name}: reads no texts")
        where = f"{description.name} ({network.file})"
        return cls(content, tokenizer, how, layer or network.output, where)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return the network itself: it has learned nothing that a copy could change."""
        return self

    @cached_property
    def dimension(self) -> int:
        """The length of the vectors."""
        size = self._session.shape[-1] if self._session.shape else None
        if size is None:
            size = len(self._pooled(self.tokens(["a"])[0]))
        return self._session.checked_dimension(size)

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> Floats:
        """Return a vector for each text, float32 (rows, dimension); equal texts are run once.

        Parameters
        ----------
        texts
            In any order; an empty one is encoded like any other.
        progress
            Told how many different texts are done.
        """
        distinct = list(dict.fromkeys(texts))
        found: dict[str, Floats] = {}

        def note(text: str, vector: Floats) -> None:
            found[text] = vector
            progress("encoding texts", len(found), len(distinct))

        self.each(distinct, note)
        if not found:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return np.stack([found[text] for text in texts])

    def each(self, texts: Sequence[str], done: Callable[[str, Floats], None]) -> None:
        """Run the network on every text, and hand on each vector, float32 (dimension,), in order.

        Parameters
        ----------
        texts
            Each is run, equal ones too.
        done
            Called in this thread with a text and its vector.
        """
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            some = texts[start : start + _TEXTS_AT_ONCE]
            items = list(zip(some, self.tokens(some), strict=True))
            in_threads(
                lambda item: self._vector(item[1]),
                items,
                cores(),
                lambda item, vector: done(item[0], vector),
            )

    def tokens(self, texts: Sequence[str]) -> list[Encoded]:
        """Return what the network reads of each text, by input, int64 (1, tokens).

        Raises
        ------
        EncoderError
            If the tokenizer fails.
        """
        # A lone half of a surrogate pair is no text; JSON may hold one all the same.
        cased = [text.lower() for text in texts] if self.how.lowercase else texts
        marked = [(self.how.prefix + text).encode("utf-8", "replace").decode() for text in cased]
        try:
            encoded = self._tokenizer.encode_batch(marked)
        except Exception as error:
            # The tokenizers library raises Exception itself.
            raise EncoderError(f"{self._where}: {TOKENIZER} fails on texts ({error})") from error
        return [
            {
                "input_ids": np.array([one.ids], dtype=np.int64),
                "attention_mask": np.array([one.attention_mask], dtype=np.int64),
                "token_type_ids": np.zeros((1, len(one.ids)), dtype=np.int64),
            }
            for one in encoded
        ]

    def _vector(self, encoded: Encoded) -> Floats:
        """Run the network on one text, float32 (dimension,); zeros for one without tokens."""
        if not encoded["attention_mask"].any():
            return np.zeros(self.dimension, dtype=np.float32)
        found = self._pooled(encoded)
        if found.shape != (self.dimension,) or not np.isfinite(found).all():
            raise EncoderError(
                f"{self._where}: expected {self.dimension} finite numbers a text, found the shape "
                f"{found.shape}{'' if np.isfinite(found).all() else ' and infinite numbers'}"
            )
        return found

    def _pooled(self, encoded: Encoded) -> Floats:
        feeds = {name: encoded[name] for name in self._session.inputs if name in encoded}
        found = self._session.run_one(feeds)
        if found.ndim > 1:
            kept = encoded["attention_mask"][0].astype(bool)
            found = _POOLING[self.how.pooling](found[kept] if len(found) == len(kept) else found)
        if self.how.normalised:
            found = found / max(float(np.sqrt(np.square(found, dtype=np.float64).sum())), 1e-12)
        return np.asarray(found, dtype=np.float32)


_POOLING: dict[str, Callable[[Floats], Floats]] = {
    "mean": lambda tokens: tokens.mean(axis=0),
    "max": lambda tokens: tokens.max(axis=0),
    "cls": lambda tokens: tokens[0],
    "last": lambda tokens: tokens[-1],
}


def _tokenizer(content: bytes, how: TextInput, where: str) -> Any:
    """Build a tokenizer that cuts at the network's length and pads only where that is fixed."""
    from tokenizers import Tokenizer

    try:
        made = Tokenizer.from_buffer(content)
    except Exception as error:
        # The tokenizers library raises Exception itself, whatever is wrong with the file.
        raise EncoderError(f"{where}: {TOKENIZER} cannot be read ({error})") from error
    around = made.num_special_tokens_to_add(False)
    most = min(how.max_tokens, how.pad_to or how.max_tokens)
    if most < around:
        raise EncoderError(
            f"{where}: max_tokens is {most}, but {TOKENIZER} puts {around} tokens around a text"
        )
    made.enable_truncation(most)
    made.no_padding()
    if how.pad_to is not None:
        padding = how.pad_token or "<pad>"
        known = made.token_to_id(padding)
        if known is None:
            raise EncoderError(f"{where}: {TOKENIZER} has no token {padding!r} to pad with")
        made.enable_padding(length=how.pad_to, pad_id=known, pad_token=padding)
    return made
