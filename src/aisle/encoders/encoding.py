"""Embeddings of a catalogue as a table: a stream that is written as it is computed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from aisle.catalog import Catalog, Role
from aisle.encoders.encoder import columns_to_read
from aisle.encoders.features import Features
from aisle.encoders.pretrained.encoder import PretrainedEncoder
from aisle.encoders.pretrained.finding import find_folder
from aisle.encoders.pretrained.folder import Tower
from aisle.encoders.registry import encoder_names, find_encoder, make_encoder, resolve_encoder
from aisle.errors import CatalogError, EncoderError
from aisle.files import atomic_path
from aisle.progress import Progress, silent

Write = Callable[[pa.RecordBatch], None]

_MOST_ROWS = 4_096
_LEAST_ROWS = 64
_BATCH_BYTES = 32 << 20
_SAMPLE = 2_000
_READS = {"text": Role.TEXT, "image": Role.IMAGE}


@dataclass(frozen=True)
class Encoded:
    """What was written.

    Parameters
    ----------
    rows
        Products.
    present
        Those that have a vector.
    errors
        Those of which something could not be read.
    dimension
        The length of the vectors.
    """

    rows: int
    present: int
    errors: int
    dimension: int


def embedding_encoder(
    name: str,
    *,
    modality: Tower | None = None,
    columns: Sequence[str] | None = None,
    layer: str | None = None,
    components: int | None = None,
) -> PretrainedEncoder[Any]:
    """Return the encoder whose vectors are written.

    Parameters
    ----------
    name
        The name of an encoder folder, or its path.
    modality
        Which half of a pair; by default the one that reads images.
    columns
        The columns to read; all of the catalogue's when left out.
    layer
        A tensor of the network to take instead of its embedding.
    components
        Principal components of vectors of length 1, instead of what the network gives.

    Raises
    ------
    EncoderError
        If the encoder learns from a catalogue, or does not read this modality.
    RecipeError
        If there is no such encoder.
    """
    kind, params = resolve_encoder(name, {})
    if not issubclass(find_encoder(kind), PretrainedEncoder):
        raise EncoderError(
            f"the encoder {name!r} learns from the products that it is shown, so its vectors "
            "would mean nothing beside those of another catalogue; name a pretrained one, which "
            "learns nothing here ('aisle encoders list' shows them), or let 'aisle train' use "
            f"{name!r} through a recipe"
        )
    if modality is not None and name not in encoder_names():
        towers = find_folder(name).description.towers
        if modality not in towers:
            raise EncoderError(f"{name}: reads {' and '.join(towers)}, not {modality}")
        kind = f"{modality}-network"
    params |= {"columns": columns, "layer": layer, "components": components}
    # As the network gives them: a rectified layer's square roots are for heads.
    params["scale"] = "none" if components is None else "length"
    return cast("PretrainedEncoder[Any]", make_encoder(kind, params))


def is_pair(name: str) -> bool:
    """Say whether an encoder reads texts and images, so that one has to be chosen."""
    return name not in encoder_names() and len(find_folder(name).description.towers) > 1


def embeddings(
    catalog: Catalog, encoder: PretrainedEncoder[Any], *, progress: Progress = silent
) -> pa.RecordBatchReader:
    """Return the vector of every product as a stream, which is computed as it is read.

    Principal components, if the encoder keeps any, are learned before from at most 2,000 products,
    evenly spread.

    Parameters
    ----------
    catalog
        The products.
    encoder
        From `embedding_encoder`.
    progress
        Told how many products are done.

    Returns
    -------
    pyarrow.RecordBatchReader
        ``id``, ``vector`` (a list of float32, all of one length; null where a product lacks the
        modality) and ``error`` (what of a product could not be read). What is known of the
        encoder is in the schema's metadata.

    Raises
    ------
    CatalogError
        If the catalogue has no column that the encoder reads, or components cannot be learned.
    """
    modality = encoder.modality
    read = columns_to_read(catalog, encoder.columns, (_READS[modality],))
    if not read:
        raise CatalogError(
            f"{encoder.network} reads {modality}s, and no column of the catalogue holds any; "
            f"name one with --{modality} COLUMN, if there is one. Its columns are "
            f"{', '.join(column.name for column in catalog.schema)}"
        )
    if encoder.components is not None:
        _learn_components(catalog, encoder, progress)
    dimension = _described(catalog.slice(0, 0), encoder).dimension
    about = {"encoder": encoder.network, "modality": modality, "columns": json.dumps(read)}
    schema = pa.schema(
        {
            "id": pa.string(),
            "vector": pa.list_(pa.float32(), dimension),
            "error": pa.string(),
        },
        metadata={f"aisle.{key}": value for key, value in about.items()},
    )
    return pa.RecordBatchReader.from_batches(schema, _batches(catalog, encoder, schema, progress))


def write_embeddings(
    catalog: Catalog,
    encoder: PretrainedEncoder[Any],
    path: str | Path,
    *,
    progress: Progress = silent,
) -> Encoded:
    """Write the vector of every product to a file, atomically and in bounded memory.

    Parameters
    ----------
    catalog, encoder, progress
        As in `embeddings`.
    path
        Ends in ``.parquet``, ``.arrow``, ``.feather``, ``.jsonl`` or ``.csv``. The last two hold
        vectors as JSON lists, which read back as the same numbers; Parquet holds them as lists
        of any length, which every reader can read.

    Raises
    ------
    CatalogError
        If the suffix is another, or the catalogue has no column that the encoder reads.
    AisleError
        If the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _WRITERS:
        raise CatalogError(
            f"{path}: embeddings are written as {', '.join(SUFFIXES)}; "
            f"found {suffix or 'no suffix'!r}"
        )
    stream = embeddings(catalog, encoder, progress=progress)
    rows = present = errors = 0
    with atomic_path(path) as temporary, _WRITERS[suffix](temporary, stream.schema) as write:
        for batch in stream:
            write(batch)
            rows += len(batch)
            present += len(batch) - batch["vector"].null_count
            errors += len(batch) - batch["error"].null_count
    return Encoded(rows, present, errors, stream.schema.field("vector").type.list_size)


def _learn_components(
    catalog: Catalog, encoder: PretrainedEncoder[Any], progress: Progress
) -> None:
    rows = np.unique(np.linspace(0, max(len(catalog) - 1, 0), _SAMPLE).astype(np.int64))
    some = catalog.take(rows[: len(catalog)])
    described = encoder.describe(some, progress=progress)
    encoder.fit_described(described)
    found = encoder.projection_
    if found is None or not found.axes.shape[1]:
        raise CatalogError(
            f"no components can be learned from {len(some):,} products: they have no "
            f"{encoder.modality} that can be read, or all the same one; leave --components out"
        )


def _described(
    catalog: Catalog, encoder: PretrainedEncoder[Any], told: Progress = silent
) -> Features:
    described = encoder.describe(catalog, progress=told)
    return described if encoder.components is None else encoder.transform_described(described)


def _batches(
    catalog: Catalog, encoder: PretrainedEncoder[Any], schema: pa.Schema, progress: Progress
) -> Iterator[pa.RecordBatch]:
    kind = schema.field("vector").type
    total, numbered = len(catalog), catalog.schema.id not in catalog.table.column_names
    step = max(min(_MOST_ROWS, _BATCH_BYTES // (4 * kind.list_size)), _LEAST_ROWS)
    for start in range(0, total, step):
        part = catalog.slice(start, min(start + step, total))
        features = _described(part, encoder, partial(_told, progress, start, total))
        # A part of a catalogue counts its own rows from 0.
        ids = [str(start + row) for row in range(len(part))] if numbered else part.ids
        columns = [
            pa.array(ids, pa.string()),
            _vectors(features.matrix, features.present, kind),
            pa.array([features.errors.get(row) for row in range(len(part))], pa.string()),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
        progress("encoding products", start + len(part), total)


def _vectors(
    matrix: npt.NDArray[np.float32], present: npt.NDArray[np.bool_], kind: pa.DataType
) -> pa.Array:
    numbers = pa.array(np.ascontiguousarray(matrix, dtype=np.float32).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(numbers, type=kind, mask=pa.array(~present))


def _told(progress: Progress, before: int, total: int, what: str, done: int, _: int) -> None:
    progress(what, min(before + done, total), total)


@contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[Write]:
    # Before version 26, pyarrow cannot read lists of one length of which some are null.
    at = schema.get_field_index("vector")
    plain = schema.set(at, pa.field("vector", pa.list_(pa.float32())))

    def write(batch: pa.RecordBatch) -> None:
        writer.write_batch(batch.cast(plain))

    # Hardly two vectors are equal, so that a dictionary of them would only cost time.
    with pq.ParquetWriter(path, plain, compression="zstd", use_dictionary=False) as writer:
        yield write


@contextmanager
def _arrow(path: Path, schema: pa.Schema) -> Iterator[Write]:
    with pa.OSFile(str(path), "wb") as out, pa.ipc.new_file(out, schema) as writer:
        yield writer.write_batch


@contextmanager
def _jsonl(path: Path, schema: pa.Schema) -> Iterator[Write]:
    with path.open("w", newline="\n", encoding="utf-8") as out:

        def write(batch: pa.RecordBatch) -> None:
            for name, vector, error in _rows(batch):
                told = [json.dumps(value, ensure_ascii=False) for value in (name, error)]
                out.write(
                    f'{{"id": {told[0]}, "vector": {vector or "null"}, "error": {told[1]}}}\n'
                )

        yield write


@contextmanager
def _csv(path: Path, schema: pa.Schema) -> Iterator[Write]:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(schema.names)
        yield lambda batch: writer.writerows(_rows(batch))


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[str | None, str | None, str | None]]:
    """Yield id, vector and error, the vector as a JSON list."""
    vectors = batch["vector"]
    numbers = vectors.flatten().to_numpy(zero_copy_only=False)
    filled = iter(numbers.reshape(-1, vectors.type.list_size))
    there = vectors.is_valid().to_pylist()
    names, errors = batch["id"].to_pylist(), batch["error"].to_pylist()
    for name, has, error in zip(names, there, errors, strict=True):
        # Nine digits tell any two float32 numbers apart.
        text = f"[{', '.join(f'{value:.9g}' for value in next(filled).tolist())}]" if has else None
        yield name, text, error


_WRITERS: dict[str, Callable[[Path, pa.Schema], AbstractContextManager[Write]]] = {
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".feather": _arrow,
    ".jsonl": _jsonl,
    ".csv": _csv,
}

SUFFIXES = tuple(_WRITERS)
"""What the name of the file may end in."""
