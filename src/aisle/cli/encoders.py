"""`aisle encoders`: which pretrained encoders there are, getting them, and trying them out."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from rich.text import Text

from aisle.cli.options import Json
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.screen import Screen, plain_table
from aisle.errors import EncoderError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from aisle.encoders.pretrained.folder import EncoderFolder, Network, Tower
    from aisle.encoders.pretrained.hub import Exporter
    from aisle.neural.quantising import Quantised
    from aisle.progress import Progress

    Pixels = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]

encoders_app = typer.Typer(
    name="encoders", rich_markup_mode="rich", add_completion=False, invoke_without_command=True
)

_HEADINGS = {"text": "Texts", "image": "Photographs", "image-text": "Pairs of both"}
_DRAWN = 320

EncodersDir = Annotated[
    Path | None,
    typer.Option("--encoders", metavar="DIR", help="A folder that holds encoder folders."),
]
AcceptLicence = Annotated[
    bool,
    typer.Option("--accept-licence", help="Take it although its licence forbids commercial use."),
]


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


def look_in(folder: Path | None) -> None:
    """Let encoders be looked for in `folder` first, for the rest of this process.

    Raises
    ------
    EncoderError
        If there is no such folder.
    """
    from aisle.encoders.pretrained.finding import VARIABLE

    if folder is None:
        return
    if not folder.is_dir():
        raise EncoderError(f"--encoders {folder}: there is no such folder")
    others = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = os.pathsep.join([str(folder.absolute()), *([others] if others else [])])


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
    from aisle.encoders.pretrained.hub import pull as pull_encoder

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
            exporter=_exporter(),
        )
    _show_folder(screen, folder)
    screen.wrote(folder.path)
    screen.write_json({**_described(folder), "seconds": time.perf_counter() - start})
    own = folder.description.name
    where = f" --encoders {shlex.quote(str(home))}" if to is not None else ""
    screen.next_steps(f"aisle encoders check {own}{where}", f"aisle encoders bench {own}{where}")


def _exporter() -> Exporter | None:
    """Return the exporter, or None where the libraries that it needs are not installed."""
    if find_spec("torch") is None or find_spec("transformers") is None:
        return None

    def export(source: str | Path, out: Path, **options: Any) -> Any:
        # Imported only if the hub has nothing that can be taken as it is.
        return _export()(source, out, **options)

    return export


@encoders_app.command("export")
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
        int | None, typer.Option(min=1, metavar="N", help="Longer texts are cut off.")
    ] = None,
    fit: Annotated[
        Literal["pad", "crop", "stretch"] | None,
        typer.Option(help="How photographs are made square."),
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
            accept_licence=accept_licence,
        )
    folder: EncoderFolder = exported.folder
    trials: tuple[Any, ...] = ()
    if quantise:
        with screen.working("quantising") as progress:
            quantised = _quantised(folder, progress)
        folder, trials = quantised.folder, quantised.trials
    _show_folder(screen, folder)
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
            **_described(folder),
            "checked": exported.checked,
            "cosine": exported.cosine,
            "difference": exported.difference,
            "notes": [str(note) for note in exported.notes],
            "trials": [asdict(trial) for trial in trials],
            "seconds": time.perf_counter() - start,
        }
    )


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


@encoders_app.command()
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
    from aisle.encoders.pretrained.finding import find_folder
    from aisle.threads import cores

    inputs = () if catalog is None else (catalog,)
    check_outputs([Output("--json", json_file)], inputs=inputs)
    look_in(encoders)
    screen = Screen(json_file)
    folders = [find_folder(name) for name in names]
    with screen.working("reading products"):
        samples = _samples(catalog, rows, {t for f in folders for t in f.description.towers})
    table = plain_table("encoder", "reads", "precision", "a second", "ms each", "agrees")
    for column in table.columns[3:]:
        column.justify = "right"
    results = []
    for folder in folders:
        with screen.working(f"measuring {folder.description.name}"):
            found = [_timed(run, samples) for run in _runs(folder)]
        for run, one in zip(_runs(folder), found, strict=True):
            table.add_row(
                folder.description.name,
                run.tower,
                run.network.precision,
                f"{one['products_a_second']:,.0f}",
                f"{one['milliseconds']:.1f}",
                "-" if one["cosine"] is None else f"{one['cosine']:.4f}",
            )
        results.append({"name": folder.description.name, "networks": found})
    screen.table(table)
    screen.say(
        f"{cores()} cores; a second: with all of them; ms each: one product after the other, the "
        "middle one; agrees: lowest cosine to float32"
    )
    screen.write_json({"rows": rows, "cores": cores(), "encoders": results})


@encoders_app.command()
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
    from aisle.encoders.pretrained.finding import find_folder
    from aisle.encoders.pretrained.folder import open_folder

    check_outputs([Output("--json", json_file)])
    look_in(encoders)
    screen = Screen(json_file)
    # A damaged folder is opened by its path, so that the message says what is wrong with it.
    folder = open_folder(name) if Path(name).is_dir() else find_folder(name)
    with screen.working(f"checking {folder.description.name}"):
        samples = _samples(None, 16, set(folder.description.towers))
        found = [_checked(run, samples) for run in _runs(folder)]
    _show_folder(screen, folder)
    table = plain_table("network", "precision", "agrees", "")
    table.columns[2].justify = "right"
    for one in found:
        cosine = "-" if one["cosine"] is None else f"{one['cosine']:.4f}"
        said = Text(one["problem"] or "runs", style="red" if one["problem"] else "green")
        table.add_row(one["file"], one["precision"], cosine, said)
    screen.table(table)
    problems = [f"{one['file']}: {one['problem']}" for one in found if one["problem"]]
    screen.write_json(
        {**_described(folder), "ok": not problems, "checks": found, "problems": problems}
    )
    if problems:
        told = "\n".join(f"  {problem}" for problem in problems)
        raise EncoderError(
            f"{folder.path}: is not fit for use:\n{told}\nPull or export the encoder again"
        )


@dataclass(frozen=True)
class _Run:
    """A network of a folder, and the one that it is compared with."""

    folder: EncoderFolder
    tower: Tower
    network: Network
    reference: Network | None

    def encode(self, samples: _Samples, network: Network) -> Floats:
        """Run a network on all cores, float32 (rows, dimension)."""
        import numpy as np

        from aisle.threads import cores, in_threads

        one = self.encoder(network)
        if self.tower == "text":
            # In threads of its own.
            return np.asarray(one(samples.texts))
        vectors: list[Floats] = []
        in_threads(one, samples.pictures, cores(), lambda _, vector: vectors.append(vector))
        return np.stack(vectors)

    def encoder(self, network: Network) -> Callable[[Any], Floats]:
        """Load a network; what is returned reads many texts, or one photograph."""
        from aisle.encoders.pretrained.image import ImageNetwork
        from aisle.encoders.pretrained.text import TextNetwork

        if self.tower == "text":
            return TextNetwork.load(self.folder, precision=network.precision).encode
        return ImageNetwork.load(self.folder, precision=network.precision).encode


def _runs(folder: EncoderFolder) -> Iterator[_Run]:
    for tower in folder.description.towers:
        networks = folder.description.of_tower(tower)
        exact = next((n for n in networks if n.precision == "float32"), None)
        for network in networks:
            yield _Run(folder, tower, network, None if network is exact else exact)


@dataclass(frozen=True)
class _Samples:
    """What networks are tried on."""

    texts: list[str]
    pictures: list[Pixels]


def _samples(catalog: Path | None, rows: int, towers: set[Tower]) -> _Samples:
    if catalog is not None:
        return _read_samples(catalog, rows, towers)
    import numpy as np

    from aisle.catalog.sample import SampleOptions, draw_product, sample_products

    products = list(sample_products(SampleOptions(products=rows)))
    texts = [f"{product.title or ''}\n{product.description or ''}" for product in products]
    if "image" not in towers:
        return _Samples(texts, [])
    drawn = [draw_product(product, _DRAWN).convert("RGB") for product in products]
    return _Samples(texts, [np.asarray(picture) for picture in drawn])


def _read_samples(path: Path, rows: int, towers: set[Tower]) -> _Samples:
    from aisle.catalog import Catalog

    catalog = Catalog.read(path, sample=rows)
    texts = [text for text in catalog.texts() if text]
    pictures: list[Pixels] = []
    if "image" in towers:
        # At one scale for all encoders, so that they are compared on the same photographs.
        results = catalog.map_images(lambda pixels: pixels, side=_DRAWN)
        pictures = [result.value for result in results if result.value is not None]
    for tower, found in (("text", texts), ("image", pictures)):
        if tower in towers and not found:
            raise EncoderError(
                f"{path}: its {rows} rows have no {tower}s that could be read; name another "
                "catalogue, or leave --catalog out"
            )
    return _Samples(texts, pictures)


def _timed(run: _Run, samples: _Samples) -> dict[str, Any]:
    """Measure a network: with all cores, and one product after the other."""
    import numpy as np

    start = time.perf_counter()
    one = run.encoder(run.network)
    items: list[Any] = [[t] for t in samples.texts] if run.tower == "text" else samples.pictures
    one(items[0])
    loaded = time.perf_counter()
    vectors = run.encode(samples, run.network)
    done = time.perf_counter()
    seconds = []
    for item in items[:32]:
        begin = time.perf_counter()
        one(item)
        seconds.append(time.perf_counter() - begin)
    # Equal texts are run once only.
    count = len(set(samples.texts)) if run.tower == "text" else len(items)
    return {
        **_named(run),
        "products_a_second": count / (done - loaded),
        "milliseconds": float(np.median(seconds)) * 1e3,
        "load_seconds": loaded - start,
        "cosine": _agreement(run, samples, vectors),
    }


def _checked(run: _Run, samples: _Samples) -> dict[str, Any]:
    """Say what is wrong with a network, if anything is."""
    import numpy as np

    from aisle.encoders.pretrained.choosing import AGREES

    cosine: float | None = None
    problem: str | None = None
    expected = run.folder.description.dimension
    try:
        vectors = run.encode(samples, run.network)
        if vectors.shape[1] != expected:
            problem = f"gives vectors of length {vectors.shape[1]}, expected {expected}"
        elif not np.isfinite(vectors).all():
            problem = "gives numbers that are not finite"
        elif np.allclose(vectors, vectors[0], atol=1e-6):
            problem = "gives the same vector for every product"
        else:
            cosine = _agreement(run, samples, vectors)
            if cosine is not None and cosine < AGREES:
                problem = f"does not agree with float32: cosine {cosine:.4f}, expected {AGREES}"
    except EncoderError as error:
        problem = str(error)
    return {**_named(run), "cosine": cosine, "problem": problem}


def _agreement(run: _Run, samples: _Samples, vectors: Floats) -> float | None:
    """Return the lowest cosine to what the float32 network gives; None if there is no other."""
    import numpy as np

    if run.reference is None:
        return None
    exact = run.encode(samples, run.reference)
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(exact, axis=1)
    return float(np.min((vectors * exact).sum(axis=1) / np.maximum(lengths, 1e-12)))


def _named(run: _Run) -> dict[str, Any]:
    network = run.network
    return {"tower": run.tower, "file": network.file, "precision": network.precision}


def _described(folder: EncoderFolder) -> dict[str, Any]:
    description = folder.description
    return {
        "name": description.name,
        "modality": description.modality,
        "dimension": description.dimension,
        "licence": description.licence,
        "commercial": description.commercial,
        "source": description.source,
        "path": str(folder.path),
        "networks": [
            {
                "file": network.file,
                "precision": network.precision,
                "bytes": (folder.path / network.file).stat().st_size,
            }
            for network in description.networks
        ],
    }


def _show_folder(screen: Screen, folder: EncoderFolder) -> None:
    description = folder.description
    about = f"reads {' and '.join(description.towers)}s, {description.dimension:,} numbers each"
    screen.say(Text.assemble((description.name, "bold"), f", {about}"))
    terms = "" if description.commercial else ", no commercial use"
    screen.say(f"{description.licence}{terms}; from {description.source}")


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"
