"""`aisle encoders bench` and `check`: pretrained encoders tried out on products."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from aisle.cli.options import Json
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.pretrained import EncodersDir, described, look_in, show_folder
from aisle.cli.screen import Screen, plain_table
from aisle.errors import EncoderError

_CHECKED = 16


def bench(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Encoders at hand.")],
    catalog: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Its products are taken, not made-up ones."),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, metavar="N", help="How many products.")] = 64,
    encoders: EncodersDir = None,
    json_file: Json = None,
) -> None:
    """Measure how fast encoders are on this machine, one line a network.

    \b
    Example:
      aisle encoders bench all-minilm-l6-v2 mobilenet-v2-100
      aisle encoders bench all-minilm-l6-v2 --catalog catalog.csv --rows 500
    """
    from aisle.encoders.pretrained import trying
    from aisle.encoders.pretrained.finding import find_folder
    from aisle.threads import cores

    inputs = () if catalog is None else (catalog,)
    check_outputs([Output("--json", json_file)], inputs=inputs)
    look_in(encoders)
    screen = Screen(json_file)
    folders = [find_folder(name) for name in names]
    with screen.working("reading products"):
        towers = {tower for folder in folders for tower in folder.description.towers}
        products = (
            trying.made_up_products(rows, towers)
            if catalog is None
            else trying.read_products(catalog, rows, towers)
        )
    table = plain_table("encoder", "reads", "precision", "a second", "ms each", "agrees")
    for column in table.columns[3:]:
        column.justify = "right"
    results = []
    for folder in folders:
        with screen.working(f"measuring {folder.description.name}"):
            speeds = trying.time_networks(folder, products)
        for speed in speeds:
            table.add_row(
                folder.description.name,
                speed.tower,
                speed.precision,
                f"{speed.products_a_second:,.0f}",
                f"{speed.milliseconds:.1f}",
                _cosine(speed.cosine),
            )
        networks = [asdict(speed) for speed in speeds]
        results.append({"name": folder.description.name, "networks": networks})
    screen.table(table)
    screen.say(
        f"{cores()} cores; a second: with all of them; ms each: one product after the other, the "
        "middle one; agrees: lowest cosine to float32"
    )
    screen.write_json({"rows": rows, "cores": cores(), "encoders": results})


def check(
    name: Annotated[str, typer.Argument(metavar="NAME|DIR", help="An encoder, or its folder.")],
    encoders: EncodersDir = None,
    json_file: Json = None,
) -> None:
    """Run every network of an encoder, and see whether they are safe and agree.

    \b
    Example:
      aisle encoders check all-minilm-l6-v2
      aisle encoders check weights/bert-tuned --json check.json
    """
    from aisle.encoders.pretrained import trying
    from aisle.encoders.pretrained.finding import find_folder
    from aisle.encoders.pretrained.folder import open_folder

    check_outputs([Output("--json", json_file)])
    look_in(encoders)
    screen = Screen(json_file)
    # A damaged folder is opened by its path, so that the message says what is wrong with it.
    folder = open_folder(name) if Path(name).is_dir() else find_folder(name)
    with screen.working(f"checking {folder.description.name}"):
        products = trying.made_up_products(_CHECKED, folder.description.towers)
        checks = trying.check_networks(folder, products)
    show_folder(screen, folder)
    table = plain_table("network", "precision", "agrees", "")
    table.columns[2].justify = "right"
    for one in checks:
        said = Text(one.problem or "runs", style="red" if one.problem else "green")
        table.add_row(one.file, one.precision, _cosine(one.cosine), said)
    screen.table(table)
    problems = [f"{one.file}: {one.problem}" for one in checks if one.problem]
    screen.write_json(
        {
            **described(folder),
            "ok": not problems,
            "checks": [asdict(one) for one in checks],
            "problems": problems,
        }
    )
    if problems:
        told = "\n".join(f"  {problem}" for problem in problems)
        raise EncoderError(
            f"{folder.path}: is not fit for use:\n{told}\nPull or export the encoder again"
        )


def _cosine(cosine: float | None) -> str:
    return "-" if cosine is None else f"{cosine:.4f}"
