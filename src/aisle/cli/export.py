"""`aisle encoders export`: a model of PyTorch or Keras as an encoder folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from aisle.cli.options import Json
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.pretrained import AcceptLicence, described, show_folder
from aisle.cli.screen import Screen
from aisle.errors import EncoderError

if TYPE_CHECKING:
    from aisle.encoders.pretrained.folder import EncoderFolder
    from aisle.encoders.pretrained.pulling.hub import Exporter
    from aisle.neural.quantising import Quantised
    from aisle.progress import Progress
_TEXTS = "For models of texts"


def export_source(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A folder of transformers or timm, a .keras file, keras:VGG16, or OWNER/NAME.",
        ),
    ],
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="The encoder folder to write.")
    ],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the encoder is called.")
    ] = None,
    kind: Annotated[
        Literal["transformers", "sentence-transformers", "timm", "keras"] | None,
        typer.Option(help="Whose model it is, if not found out."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(metavar="LAYER", help="The layer that is the embedding, if not the last one."),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", rich_help_panel=_TEXTS, help="Longer ones are cut off."),
    ] = None,
    fit: Annotated[
        Literal["pad", "crop", "stretch"] | None,
        typer.Option(help="How photographs are made square."),
    ] = None,
    prefix: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            rich_help_panel=_TEXTS,
            help="Put before every text, such as 'passage: '.",
        ),
    ] = None,
    normalised: Annotated[
        bool | None,
        typer.Option(
            "--normalised/--not-normalised",
            rich_help_panel=_TEXTS,
            help="Whether vectors get length 1.",
        ),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the weights, not what their card says.")
    ] = None,
    accept_licence: AcceptLicence = False,
    quantise: Annotated[
        bool, typer.Option("--quantise", help="Add an int8 network, if it agrees with the other.")
    ] = False,
    json_file: Json = None,
) -> None:
    """Write a model of PyTorch or Keras as an encoder folder, and compare it with the original.

    \b
    Example:
      aisle encoders export bert-tuned -o encoders/bert-tuned
      aisle encoders export resnet.keras -o encoders/resnet --fit pad --quantise
    """
    check_outputs([Output("--json", json_file)])
    screen = Screen(json_file)
    start = time.perf_counter()
    with screen.working(f"exporting {source}"):
        exported = _export()(
            source,
            out,
            name=name,
            kind=kind,
            output=output,
            max_tokens=max_tokens,
            fit=fit,
            prefix=prefix,
            normalised=normalised,
            licence=licence,
            accept_licence=accept_licence,
        )
    folder: EncoderFolder = exported.folder
    trials: tuple[Any, ...] = ()
    if quantise:
        with screen.working("quantising") as progress:
            quantised = _quantised(folder, progress)
        folder, trials = quantised.folder, quantised.trials
    show_folder(screen, folder)
    screen.say(
        f"agrees with the original on {exported.checked:,} inputs: lowest cosine "
        f"{exported.cosine:.6f}, largest difference {exported.difference:.2g}"
    )
    for trial in trials:
        screen.say(f"{trial.file}: {'kept' if trial.kept else 'not kept'}, {trial.reason}")
    for note in exported.notes:
        screen.note(str(note))
    screen.wrote(folder.path)
    screen.write_json(
        {
            **described(folder),
            "checked": exported.checked,
            "cosine": exported.cosine,
            "difference": exported.difference,
            "notes": [str(note) for note in exported.notes],
            "trials": [asdict(trial) for trial in trials],
            "seconds": time.perf_counter() - start,
        }
    )


def exporter_at_hand() -> Exporter | None:
    """Return the exporter, or None where the libraries that it needs are not installed."""
    if find_spec("torch") is None or find_spec("transformers") is None:
        return None

    def export(source: str | Path, out: Path, **options: Any) -> Any:
        # Imported only if the hub has nothing that can be taken as it is.
        return _export()(source, out, **options)

    return export


def _export() -> Callable[..., Any]:
    try:
        from aisle.neural.exporting import export
    except ImportError as error:
        raise EncoderError(
            f"exporting needs {error.name or error}, which is not installed: pip install "
            '"aisle[deep]", for Keras models "aisle[keras]"'
        ) from error
    return cast("Callable[..., Any]", export)


def _quantised(folder: EncoderFolder, progress: Progress) -> Quantised:
    try:
        from aisle.neural.quantising import quantise
    except ImportError as error:
        raise EncoderError(
            f"--quantise needs {error.name or error}, which is not installed: pip install "
            f'"aisle[deep]". The float32 encoder is in {folder.path}'
        ) from error
    return quantise(folder, progress=progress)
