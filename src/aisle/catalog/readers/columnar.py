"""Parquet, Arrow IPC and Feather: typed columns, read as they are."""

from __future__ import annotations

import gzip

import pyarrow as pa

from aisle.catalog.readers.loaded import Loaded
from aisle.catalog.readers.normalise import normalise
from aisle.catalog.readers.source import FileSource, reading

PARQUET_MAGIC = b"PAR1"
ARROW_MAGIC = b"ARROW1"
# A stream has no magic bytes; it begins with the mark of its first message.
ARROW_STREAM_START = b"\xff\xff\xff\xff"


def read_columnar(source: FileSource, *, parquet: bool) -> Loaded:
    """Read a Parquet file, or an Arrow IPC file or stream (Feather is such a file).

    Parameters
    ----------
    source
        The file; a gzip one is unpacked in memory, for these formats are read from the end.
    parquet
        Whether it is Parquet.

    Returns
    -------
    Loaded
        In the format ``parquet`` or ``arrow``, with the types that `normalise` leaves.

    Raises
    ------
    CatalogError
        If the file is damaged, of another format, or has no rows.
    """
    with reading(source.path, "Parquet file" if parquet else "Arrow file"):
        file = _open(source)
        if parquet:
            from pyarrow.parquet import ParquetFile

            table = ParquetFile(file).read()
        elif source.head.startswith(ARROW_MAGIC):
            table = pa.ipc.open_file(file).read_all()
        else:
            table = pa.ipc.open_stream(file).read_all()
        # Arrow trusts offsets and text as they stand; a damaged file would crash whoever uses them.
        table.validate(full=True)
        table, problems = normalise(table, str(source.path))
    return Loaded(table, "parquet" if parquet else "arrow", source.path.parent, problems)


def _open(source: FileSource) -> pa.NativeFile:
    if source.compressed:
        with gzip.open(source.path, "rb") as file:
            return pa.BufferReader(file.read())
    return pa.OSFile(str(source.path), "rb")
