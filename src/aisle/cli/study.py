"""`aisle study`: whether a catalogue is separable without labels."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.options import ColumnOptions, Html, Json, ReadingOptions, spelled
from aisle.cli.outputs import PAGES, Output, check_outputs
from aisle.cli.pretrained import AcceptLicence, EncodersDir, look_in, take_licences
from aisle.cli.screen import Screen, plain_table

if TYPE_CHECKING:
    from aisle.insight import Study
    from aisle.insight.studying import Result

_WIDE = 100


def study(
    columns: ColumnOptions,
    reading: ReadingOptions,
    *,
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            metavar="E", help="Encoder or encoder folder; A+B for two at once; may be repeated."
        ),
    ] = None,
    projection: Annotated[
        list[str] | None,
        typer.Option(metavar="P", help="none, pca, tsne or umap; may be repeated."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Runs of k-means on each.")] = 10,
    clusters: Annotated[
        int | None,
        typer.Option(min=2, metavar="K", help="How many; as many as classes when left out."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="All results as a table.")
    ] = None,
    encoders: EncodersDir = None,
    accept_licence: AcceptLicence = False,
    json_file: Json = None,
    html: Html = None,
) -> None:
    """See whether products fall into their classes without labels, and which encoder sees it best.

    A catalogue without classes is clustered too. At most 3,000 products are looked at, evenly
    spread; --sample asks for another number.

    \b
    Example:
      aisle study catalog.csv --target category --html study.html
      aisle study catalog.csv --encoder tfidf --encoder all-minilm-l6-v2 --projection umap
      aisle study catalog.csv --clusters 12
    """
    check_outputs(
        [
            Output("--csv", csv, (".csv",)),
            Output("--json", json_file),
            Output("--html", html, PAGES),
        ],
        inputs=reading.inputs,
    )
    look_in(encoders)
    take_licences(accept_licence)
    from aisle.insight import study as look
    from aisle.insight.studying.projecting import DEFAULT, check_projections
    from aisle.insight.studying.studying import MOST_ROWS

    asked = check_projections(projection or DEFAULT)
    screen = Screen(json_file)
    with screen.working("reading the catalogue"):
        catalog = reading.read(columns)
    screen.problems(catalog.problems)
    with screen.working("studying") as progress:
        found = look(
            catalog,
            encoder,
            asked,
            seeds,
            clusters,
            rows=reading.sample or MOST_ROWS,
            progress=progress,
        )
    _show(screen, found)
    for path in (csv, html):
        if path is not None:
            found.save(path)
    screen.say("")
    screen.wrote(csv, html)
    screen.write_json(found.to_dict())
    _show_next(screen, found, columns, reading)


def _show(screen: Screen, found: Study) -> None:
    from aisle.insight.studying import wording
    from aisle.pages.formatting import plural

    classes = f" of {plural(len(found.classes), 'class', 'classes')}" if found.classes else ""
    screen.say(Text(f"{plural(found.studied, 'product')}{classes}", style="bold"))
    if found.studied < found.products:
        screen.note(f"of {found.products:,} products, evenly spread; --sample asks for more")
    if found.unlabelled:
        screen.note(f"{found.unlabelled:,} products have no class and do not count in scores")
    screen.say(wording.number_of_clusters(found))
    _show_table(screen, found)
    for skipped in found.skipped:
        screen.note(f"not studied: {skipped.name}: {skipped.reason}")
    told = wording.verdict(found)
    screen.heading(told.headline)
    screen.say(*told.details)
    lines = [*wording.families(found), wording.variants(found)]
    if found.confusion is not None:
        lines += wording.clusters(found.confusion)
    screen.say(*(line for line in lines if line))


def _show_table(screen: Screen, found: Study) -> None:
    """Show each encoder by the projection that its silhouette chose."""
    judged = found.best.ari is not None
    screen.heading("Encoders, highest silhouette first")
    wide = screen.width >= _WIDE
    headings = ["encoder", "projection", "silhouette"]
    headings += ["ARI", *(["AMI"] if wide else [])] if judged else []
    headings += [] if judged and not wide else ["stability", "clusters"]
    table = plain_table(*headings)
    for column in table.columns:
        column.no_wrap = True
    table.columns[0].overflow = "ellipsis"
    for column in table.columns[2:]:
        column.justify = "right"
    for result in found.chosen:
        table.add_row(*_cells(result, headings), style="bold" if result is found.best else "")
    screen.table(table)


def _cells(result: Result, headings: list[str]) -> list[str]:
    from aisle.insight.studying.projecting import NAMES

    cells = {
        "encoder": result.encoder,
        "projection": NAMES[result.projection],
        "silhouette": f"{result.silhouette:.3f}",
        "ARI": f"{result.ari or 0:.3f} ± {result.ari_deviation or 0:.3f}",
        "AMI": f"{result.ami or 0:.3f}",
        "stability": f"{result.stability:.2f}",
        "clusters": str(result.clusters),
    }
    return [cells[heading] for heading in headings]


def _show_next(
    screen: Screen, found: Study, columns: ColumnOptions, reading: ReadingOptions
) -> None:
    from aisle.insight.studying import wording

    given = spelled(columns, reading, leave_out=("sample",))
    catalog = shlex.quote(str(reading.catalog))
    screen.next_steps(*(step.command for step in wording.steps(found, catalog, given)))
