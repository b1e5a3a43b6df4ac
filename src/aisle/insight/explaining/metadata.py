"""Which columns of metadata an expert went by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalog import Catalog
from aisle.encoders.metadata import MetadataEncoder
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.contributions import contributions
from aisle.insight.explaining.findings import Columns, ColumnShare


def explain_columns(asked: AskedExpert) -> Columns | None:
    """Share an expert's answer out among the columns of metadata.

    Exactly where its head is linear or made of trees, else by leaving columns out one by one. None
    where it reads no column that has a name.
    """
    encoders = [e for e in asked.encoders.values() if isinstance(e, MetadataEncoder)]
    names = list(dict.fromkeys(n for e in encoders for n in (*e.categories_, *e.numbers_)))
    if not names:
        return None
    known = contributions(asked) if len(encoders) == len(asked.encoders) else None
    told = dict.fromkeys(names, 0.0)
    if known is not None:
        for name, encoder in asked.encoders.items():
            assert isinstance(encoder, MetadataEncoder)
            block = known.values[asked.blocks[name]]
            for column, value in zip(column_of_each(encoder), block.tolist(), strict=True):
                told[column] += value
        method, rest = known.method, known.base
        if not known.against_mean:
            method += ", against a product without the value"
    else:
        left = asked.of_catalog(_without(asked.product, names))
        told = dict(zip(names, (asked.evidence - left).tolist(), strict=True))
        method, rest = "columns left out", asked.evidence - sum(told.values())
    ranked = sorted(names, key=lambda name: (-abs(told[name]), name))
    values = {name: asked.product.strings(name)[0] for name in names}
    return Columns(
        expert=asked.name,
        answer=asked.shown,
        method=method,
        columns=tuple(ColumnShare(name, values[name], told[name]) for name in ranked),
        rest=rest,
    )


def column_of_each(encoder: MetadataEncoder) -> list[str]:
    """Return the column of the catalogue that each column of the features comes from."""
    if encoder.form == "native":
        return [*encoder.categories_, *encoder.numbers_]
    found: list[str] = []
    for name, known in encoder.categories_.items():
        found += [name] * (len(known) + 2)
    for name in encoder.numbers_:
        found += [name] * 2
    return found


def _without(product: Catalog, names: Sequence[str]) -> Catalog:
    """Return the product once a column, without it."""
    made = product.take(np.zeros(len(names), dtype=np.int64))
    table = made.table
    for row, name in enumerate(names):
        if name in table.column_names:
            at = table.column_names.index(name)
            gone = np.arange(len(names)) == row
            values = table.column(name).combine_chunks()
            kept = pc.if_else(pa.array(gone), pa.scalar(None, values.type), values)
            table = table.set_column(at, name, kept)
    return replace(made, table=table)
