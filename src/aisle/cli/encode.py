"""`aisle encode`: the embeddings of a catalogue as a table."""

from __future__ import annotations

import shlex
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from aisle.cli.options import ColumnOptions, Json, ReadingOptions
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.pretrained import AcceptLicence, EncodersDir, look_in, take_licences
from aisle.cli.screen import Screen

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.encoders.encoding import Encoded


def encode(
    columns: ColumnOptions,
    reading: ReadingOptions,
    *,
    encoder: Annotated[
        str,
        typer.Option("--encoder", "-e", metavar="NAME|DIR", help="A pretrained encoder at hand."),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Vectors as .parquet, .arrow, .jsonl or .csv."
        ),
    ],
    modality: Annotated[
        Literal["text", "image"] | None,
        typer.Option(help="Which half of a pair; image, unless only --text is given."),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(metavar="TENSOR", help="A tensor of the network, not its embedding."),
    ] = None,
    components: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Principal components, learned on this catalogue."),
    ] = None,
    encoders: EncodersDir = None,
    accept_licence: AcceptLicence = False,
    json_file: Json = None,
) -> None:
    """Turn every product into a vector with a pretrained encoder, and write a table.

    The table has the columns id, vector and error; read again, vector is a feature.

    Where --text or --image name columns, these alone are encoded.

    \b
    Example:
      aisle encode catalog.csv --encoder all-minilm-l6-v2 -o texts.parquet
      aisle encode catalog.csv --encoder mobilenet-v2-100 -o images.parquet
      aisle train catalog.csv --target category --join texts.parquet --on id -o model.aisle
    """
    from aisle.encoders.encoding import SUFFIXES, embedding_encoder, is_pair, write_embeddings

    check_outputs(
        [Output("--out", out, SUFFIXES), Output("--json", json_file)], inputs=reading.inputs
    )
    look_in(encoders)
    take_licences(accept_licence)
    screen = Screen(json_file)
    start = time.perf_counter()
    only_text = bool(columns.text) and not columns.image
    half = modality or ("text" if only_text and is_pair(encoder) else None)
    kind = embedding_encoder(encoder, modality=half).modality
    made = embedding_encoder(
        encoder,
        modality=half,
        columns=columns.text if kind == "text" else columns.image,
        layer=layer,
        components=components,
    )
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
    with screen.working("encoding") as progress:
        found = write_embeddings(catalog, made, out, progress=progress)
    screen.say(Text(f"{found.rows:,} products from {reading.catalog}", style="bold"))
    screen.problems(catalog.problems)
    _show(screen, found, kind)
    screen.wrote(out)
    screen.write_json(
        {
            **asdict(found),
            "encoder": encoder,
            "modality": kind,
            "output": str(out),
            "seconds": time.perf_counter() - start,
        }
    )
    _show_next(screen, catalog, reading, out)


def _show(screen: Screen, found: Encoded, kind: str) -> None:
    screen.say(f"{found.present:,} have a vector of {found.dimension:,} numbers")
    lacking = found.rows - found.present
    if lacking:
        screen.note(f"{lacking:,} have no {kind} that can be read: their vector is null")
    if found.errors:
        screen.note(f"{found.errors:,} have a problem, which stands in the column error")


def _show_next(screen: Screen, catalog: Catalog, reading: ReadingOptions, out: Path) -> None:
    """Show how the vectors are used, where the products are known by the same name there."""
    known_by = catalog.schema.id
    if known_by == "id":
        given, joined = (shlex.quote(str(path)) for path in (reading.catalog, out))
        screen.next_steps(
            f"aisle train {given} --target COLUMN --join {joined} --on id --ignore error "
            "-o model.aisle"
        )
    elif known_by is None:
        screen.note("no column tells the products apart: id is their row number, from 0")
    else:
        screen.say(f"the column id holds {known_by}")
