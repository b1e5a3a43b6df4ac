"""`aisle encoders`: which pretrained encoders there are, getting them, and trying them out."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from aisle.cli.export import export_source, exporter_at_hand
from aisle.cli.options import Json, expanded
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.pretrained import AcceptLicence, EncodersDir, described, look_in, show_folder
from aisle.cli.screen import Screen, plain_table
from aisle.cli.trying import bench, check
from aisle.cli.tuning import tune

if TYPE_CHECKING:
    from aisle.encoders.pretrained.folder import EncoderFolder

encoders_app = typer.Typer(
    name="encoders", rich_markup_mode="rich", add_completion=False, invoke_without_command=True
)

_HEADINGS = {"text": "Texts", "image": "Photographs", "image-text": "Pairs of both"}


@encoders_app.callback()
def encoders(context: typer.Context) -> None:
    """Get pretrained encoders for texts and photographs, and try them out.

    \b
    Example:
      aisle encoders list
      aisle encoders pull all-minilm-l6-v2
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@encoders_app.command("list")
def show_list(encoders: EncodersDir = None, json_file: Json = None) -> None:
    """Show the encoders that are known and those that are at hand.

    \b
    Example:
      aisle encoders list
      aisle encoders list --encoders weights --json encoders.json
    """
    from aisle.encoders.pretrained.finding import list_folders

    check_outputs([Output("--json", json_file)])
    look_in(encoders)
    screen = Screen(json_file)
    rows = _listed(list_folders())
    for modality, heading in _HEADINGS.items():
        some = [row for row in rows if row["modality"] == modality]
        if not some:
            continue
        screen.heading(heading)
        table = plain_table("name", "dimension", "size", "")
        table.columns[0].no_wrap = True
        table.columns[1].justify = table.columns[2].justify = "right"
        table.columns[3].overflow = "fold"
        for row in some:
            said = Text.assemble(
                (f"{row['licence']}, ", "" if row["commercial"] else "yellow"),
                (row["state"], "green" if row["path"] else "dim"),
                f"\n{row['advice']}" if row["advice"] else "",
            )
            table.add_row(row["name"], f"{row['dimension']:,}", _megabytes(row["bytes"]), said)
        screen.table(table)
    homes = sorted({str(Path(row["path"]).parent) for row in rows if row["path"]})
    screen.say("", *(f"at hand in {home}" for home in homes))
    screen.write_json({"encoders": rows})
    screen.next_steps("aisle encoders pull NAME", "aisle encoders bench NAME")


def _listed(folders: Sequence[EncoderFolder]) -> list[dict[str, Any]]:
    """Return one row an encoder: the known ones in their order, then others that are at hand."""
    from aisle.encoders.pretrained.finding import plain_name
    from aisle.encoders.pretrained.known import known_encoders

    at_hand = {plain_name(folder.description.name): folder for folder in folders}
    rows = []
    for known in known_encoders():
        folder = at_hand.pop(known.name, None)
        row = {
            "name": known.name,
            "modality": known.modality,
            "dimension": known.dimension,
            "bytes": round(known.size * 1e6),
            "parameters": round(known.parameters * 1e6),
            "licence": known.licence,
            "commercial": known.commercial,
            "repository": known.repository,
            "aliases": list(known.aliases),
            "needs_export": known.repository is not None and known.needs_export,
            "needs_own_code": known.own_code,
            "known": True,
            "path": None,
            "advice": known.advice,
        }
        if folder is not None:
            row |= _found(folder)
        row["state"] = _state(row)
        rows.append(row)
    for folder in at_hand.values():
        extra = {"name": folder.description.name, "known": False, "advice": ""} | _found(folder)
        rows.append(extra | {"state": _state(extra)})
    return rows


def _found(folder: EncoderFolder) -> dict[str, Any]:
    """Return what is known of a folder, which is truer than what is known of its name."""
    description = folder.description
    return {
        "modality": description.modality,
        "dimension": description.dimension,
        "bytes": sum((folder.path / n.file).stat().st_size for n in description.networks),
        "licence": description.licence,
        "commercial": description.commercial,
        "precisions": sorted({network.precision for network in description.networks}),
        "path": str(folder.path),
    }


def _state(row: dict[str, Any]) -> str:
    if row["path"]:
        return "at hand"
    if row["repository"] is None:
        return "not on the hub"
    if row["needs_own_code"]:
        return "to be exported by hand"
    return "on the hub, needs PyTorch once" if row["needs_export"] else "on the hub"


@encoders_app.command()
def pull(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A known encoder, or OWNER/NAME on the hub.")
    ],
    accept_licence: AcceptLicence = False,
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where its folder is made, if not in the user's cache."),
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(metavar="P", help="float32, or int8-dynamic where the hub has it."),
    ] = None,
    json_file: Json = None,
) -> None:
    """Download a pretrained encoder from the Hugging Face hub, exporting it if need be.

    A download that was cut off goes on where it stopped.

    \b
    Example:
      aisle encoders pull all-minilm-l6-v2
      aisle encoders pull intfloat/e5-base-v2 --to weights
    """
    from aisle.encoders.pretrained.finding import pulled_home
    from aisle.encoders.pretrained.pulling.hub import pull as pull_encoder

    check_outputs([Output("--json", json_file)])
    screen = Screen(json_file)
    home = pulled_home() if to is None else to
    start = time.perf_counter()
    with screen.working(f"looking for {name}") as progress:
        folder = pull_encoder(
            name,
            home=home,
            accept_licence=accept_licence,
            precision=precision,
            progress=progress,
            exporter=exporter_at_hand(),
        )
    show_folder(screen, folder)
    screen.wrote(folder.path)
    screen.write_json({**described(folder), "seconds": time.perf_counter() - start})
    own = folder.description.name
    where = f" --encoders {shlex.quote(str(home))}" if to is not None else ""
    screen.next_steps(f"aisle encoders check {own}{where}", f"aisle encoders bench {own}{where}")


encoders_app.command("export")(export_source)
encoders_app.command()(expanded(tune))
encoders_app.command()(bench)
encoders_app.command()(check)


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"
