"""`aisle serve`: a model behind HTTP, answering as `aisle predict` does."""

from __future__ import annotations

import json
import os
import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from aisle.cli.options import Json, Model
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.screen import Screen
from aisle.errors import AisleError

if TYPE_CHECKING:
    from aisle.models import ProductModel
    from aisle.serving import ServingSettings

_LOAD = "What it takes on at once"
_SAFETY = "Who may ask for what"
_MORE = "Whole catalogues, new models and experiments"
_NEEDED = ("fastapi", "uvicorn", "prometheus_client", "python_multipart")


def serve(
    model: Model,
    *,
    host: Annotated[str, typer.Option(help="Where to listen; 0.0.0.0 for everywhere.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="0 takes any port that is free.")] = 8000,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes that share the port.")] = 1,
    name: Annotated[
        str | None,
        typer.Option(help="The model's name in addresses and answers; the file's by default."),
    ] = None,
    max_batch: Annotated[
        int, typer.Option(metavar="N", rich_help_panel=_LOAD, help="Products answered in one go.")
    ] = 128,
    max_delay_ms: Annotated[
        float,
        typer.Option(
            metavar="MS", rich_help_panel=_LOAD, help="How long a product waits for others."
        ),
    ] = 2.0,
    queue: Annotated[
        int,
        typer.Option(
            metavar="N", rich_help_panel=_LOAD, help="Products that may wait; more get a 429."
        ),
    ] = 512,
    deadline_ms: Annotated[
        float,
        typer.Option(metavar="MS", rich_help_panel=_LOAD, help="How long a request may take."),
    ] = 30_000,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=_SAFETY,
            help="Keys that callers present, a line each: name:SHA-256; read anew when it changes.",
        ),
    ] = None,
    new_key: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=_SAFETY,
            help="Make a key for a caller, add its digest to --keys, show the key once, and end.",
        ),
    ] = None,
    allow_urls: Annotated[
        bool,
        typer.Option(
            "--allow-urls", rich_help_panel=_SAFETY, help="Fetch photographs at public addresses."
        ),
    ] = False,
    cors: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN", rich_help_panel=_SAFETY, help="Pages that may ask; may be repeated."
        ),
    ] = None,
    jobs: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            rich_help_panel=_MORE,
            help="Take whole catalogues at /v1/jobs, kept in this folder.",
        ),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", rich_help_panel=_MORE, help="Load MODEL anew when its file changes."
        ),
    ] = False,
    challenger: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER.aisle",
            rich_help_panel=_MORE,
            help="A second model, compared at /v1/experiment.",
        ),
    ] = None,
    share: Annotated[
        float | None,
        typer.Option(
            metavar="S", rich_help_panel=_MORE, help="The share of products it answers: 0.1."
        ),
    ] = None,
    shadow: Annotated[
        bool,
        typer.Option(
            "--shadow",
            rich_help_panel=_MORE,
            help="It answers all products afterwards, and nobody gets its answers.",
        ),
    ] = False,
    train: Annotated[
        Path | None,
        typer.Option(
            metavar="CATALOG",
            rich_help_panel=_MORE,
            help="What MODEL was trained on: explanations show the nearest training products.",
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="K=V", help="Another setting; may be repeated."),
    ] = None,
    json_file: Json = None,
) -> None:
    """Answer over HTTP for products as they come, with the same answers as aisle predict.

    \b
    Example:
      aisle serve model.aisle
      aisle serve model.aisle --keys keys.txt --new-key shop
      aisle serve model.aisle --port 8080 --workers 2 --keys keys.txt
      aisle serve model.aisle --jobs jobs --watch
      aisle serve model.aisle --challenger other.aisle --share 0.1
      aisle serve model.aisle --set max_products=64 --set max_pixels=20000000
    """
    _check_extra()
    from aisle.models import load_model
    from aisle.serving import serve as run
    from aisle.serving.settings import make_settings

    inputs = (model, *(one for one in (keys, train) if one is not None))
    check_outputs([Output("--json", json_file)], inputs=inputs)
    if new_key is not None:
        _make_key(Screen(json_file), keys, new_key)
        return
    _hand_on_training(train)
    settings = make_settings(
        host=host,
        port=port,
        workers=workers,
        name=_name(model) if name is None else name,
        max_batch=max_batch,
        max_delay_ms=max_delay_ms,
        queue=queue,
        deadline_ms=deadline_ms,
        keys_file=None if keys is None else keys.absolute(),
        allow_urls=allow_urls,
        cors_origins=tuple(cors or ()),
        jobs=None if jobs is None else jobs.absolute(),
        watch=watch,
        challenger=None if challenger is None else challenger.absolute(),
        share=share,
        shadow=shadow,
        **_changed(changes or ()),
    )
    screen = Screen(json_file)
    with screen.working("reading the model"):
        loaded = load_model(model)

    def listening(url: str) -> None:
        _show(screen, url, settings, loaded)
        screen.write_json({"url": url, "model": settings.name, "process": os.getpid()})

    run(model, settings, model=loaded, listening=listening)


def _check_extra() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise AisleError(
            f"serving needs {', '.join(name.replace('_', '-') for name in missing)}, not "
            'installed: pip install "aisle[serve]"'
        )


def _make_key(screen: Screen, keys: Path | None, name: str) -> None:
    """Make a key and show it, the only time that anybody can see it."""
    from aisle.serving.keys import add_key

    if keys is None:
        raise AisleError(f"--new-key {name}: name the file of keys too, with --keys FILE")
    key = add_key(keys, name)
    screen.say(Text(f"The key of {name}, which is shown this once:", style="bold"))
    screen.say(Text(key))
    screen.say(f"{keys} has its digest; a server that reads this file knows it in a second.")
    screen.next_steps(f"curl URL/v1/model -H 'X-API-Key: {key}'")
    screen.write_json({"name": name, "key": key, "file": str(keys)})


def _hand_on_training(train: Path | None) -> None:
    """Name the training products to whatever process answers."""
    from aisle.serving.page.nearest import VARIABLE

    if train is None:
        return
    if not train.exists():
        raise AisleError(
            f"{train}: there is no such file; --train names the catalogue that MODEL was trained on"
        )
    os.environ[VARIABLE] = str(train.absolute())


def _changed(changes: list[str] | tuple[()]) -> dict[str, Any]:
    """Return settings given as ``key=value``; raises AisleError for one that has an option."""
    from aisle.serving.settings import ServingSettings

    options = {"host", "port", "workers", "name", "max_batch", "max_delay_ms", "queue"}
    options |= {"deadline_ms", "keys_file", "allow_urls", "cors_origins"}
    options |= {"jobs", "watch", "challenger", "share", "shadow"}
    rest = sorted(set(ServingSettings.model_fields) - options)
    found: dict[str, Any] = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or key not in rest:
            raise AisleError(
                f"--set {change}: expected setting=value, where the setting is one of "
                f"{', '.join(rest)}"
            )
        found[key] = value
    return found


def _name(model: Path) -> str:
    """Return the file's name as one that can stand in an address."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", model.stem).strip("-._")[:100] or "model"


def _show(screen: Screen, url: str, settings: ServingSettings, model: ProductModel) -> None:
    from aisle.catalog import Role

    screen.say(Text(f"{settings.name} answers at {url}", style="bold"))
    if settings.keys_file is None and settings.host not in ("127.0.0.1", "::1", "localhost"):
        screen.note("everybody who can reach this machine may ask: --keys FILE wants a key first")
    read = [column.name for column in model.schema_ if column.role is Role.TEXT]
    sent = json.dumps({"products": [dict.fromkeys(read[:1], "...")]}, ensure_ascii=False)
    key = "" if settings.keys_file is None else " -H 'X-API-Key: KEY'"
    screen.next_steps(
        f"curl {url}/v2/health/ready",
        f"curl {url}/v1/model{key}",
        f"curl {url}/v1/predict{key} -H 'Content-Type: application/json' -d {shlex.quote(sent)}",
    )
