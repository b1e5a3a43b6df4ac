"""Networks asked once for each content: what was answered before comes from the feature cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from aisle.cache import content_key, default_store
from aisle.catalog import Catalog
from aisle.catalog.images import ImageResult, UnreadableImageError, decode
from aisle.catalog.images.reading import MOST_WORKERS
from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.session import Floats
from aisle.encoders.pretrained.text import TextNetwork
from aisle.progress import Progress, silent
from aisle.threads import cores

_TEXTS_AT_ONCE = 4_096


def text_vectors(
    network: TextNetwork, texts: Sequence[str], name: str, progress: Progress = silent
) -> Floats:
    """Return the vector of every text, float32 (rows, dimension).

    Parameters
    ----------
    network
        Asked for texts that it has not been asked for before.
    texts
        In any order; equal ones are asked for once.
    name
        Of the encoder, for people who look at the cache.
    progress
        Told how many different texts are done.
    """
    vectors = np.zeros((len(texts), network.dimension), dtype=np.float32)
    first: dict[str, int] = {}
    for row, text in enumerate(texts):
        first.setdefault(text, row)
    distinct = list(first)
    for start in range(0, len(distinct), _TEXTS_AT_ONCE):
        keys = {text: content_key(text) for text in distinct[start : start + _TEXTS_AT_ONCE]}
        told = partial(_told, progress, start, len(distinct))
        known = _known(network, keys, name, told)
        for text, key in keys.items():
            vectors[first[text]] = known[key]
        told(len(keys))
    for row, text in enumerate(texts):
        if first[text] != row:
            vectors[row] = vectors[first[text]]
    return vectors


def _known(
    network: TextNetwork, keys: Mapping[str, bytes], name: str, told: Callable[[int], None]
) -> dict[bytes, Floats]:
    """Return the vectors of different texts by their keys; `told` hears how many there are."""
    store = default_store()
    known = store.get_many(network.fingerprint, list(keys.values()))
    missing = [text for text, key in keys.items() if key not in known]
    with store.writer(network.fingerprint, name) as writer:

        def note(text: str, vector: Floats) -> None:
            known[keys[text]] = vector
            writer.put(keys[text], vector)
            told(len(known))

        network.each(missing, note)
    return known


def _told(progress: Progress, before: int, total: int, done: int) -> None:
    progress("encoding texts", before + done, total)


def image_vectors(
    network: ImageNetwork,
    catalog: Catalog,
    columns: Sequence[str] | None,
    name: str,
    progress: Progress = silent,
) -> list[ImageResult[Floats]]:
    """Return the vector of every product's photograph, or why there is none.

    Parameters
    ----------
    network
        Asked for photographs that it has not been asked for before.
    catalog
        The products.
    columns
        The image columns to read; all of the catalogue's when left out.
    name
        Of the encoder, for people who look at the cache.
    progress
        Told how many products are done.
    """
    store = default_store()
    known: dict[bytes, Floats] = {}
    with store.writer(network.fingerprint, name) as writer:

        def described(content: bytes) -> Floats:
            if not content:
                raise UnreadableImageError("there are no bytes")
            key = content_key(content)
            # The same photograph often lies under several names.
            vector = known[key] if key in known else store.get(network.fingerprint, key)
            if vector is None:
                vector = network.encode(decode(content, side=network.side))
                if not np.isfinite(vector).all():
                    raise UnreadableImageError("the network gives no finite numbers for it")
                writer.put(key, vector)
            known[key] = vector
            return vector

        return catalog.map_contents(
            described,
            columns=columns,
            workers=cores() if cores() > MOST_WORKERS else None,
            progress=progress,
            what="encoding photographs",
        )
