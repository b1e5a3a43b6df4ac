"""`aisle cache`: what is kept on disk to be had again sooner, and how to be rid of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aisle.cli.options import Json
from aisle.cli.outputs import Output, check_outputs
from aisle.cli.screen import Screen, plain_table

if TYPE_CHECKING:
    from aisle.cache import EncoderInfo, StoreInfo

cache_app = typer.Typer(
    name="cache", rich_markup_mode="rich", add_completion=False, invoke_without_command=True
)

_FINGERPRINT_SHOWN = 12
_DECIMALS_BELOW = 100


@cache_app.callback()
def cache(context: typer.Context) -> None:
    """Look at what is kept on disk to be had again sooner, and be rid of it.

    \b
    Example:
      aisle cache info
      aisle cache clear --encoder all-minilm-l6-v2
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@cache_app.command()
def info(json_file: Json = None) -> None:
    """Show which features, photographs and encoders are kept, and how much room they take.

    \b
    Example:
      aisle cache info
      aisle cache info --json cache.json
    """
    from aisle.cache import FeatureStore, cache_folder

    check_outputs([Output("--json", json_file)])
    screen = Screen(json_file)
    folder = cache_folder()
    with screen.working("adding up files"):
        parts = _parts(folder)
        features = FeatureStore().info()
    total = sum(part.bytes for part in parts)
    screen.say(Text(f"{_size(total)} in {folder}", style="bold"))
    if parts:
        table = plain_table()
        table.add_column(overflow="fold")
        table.add_column(justify="right", no_wrap=True)
        table.add_column(style="dim", no_wrap=True)
        for part in parts:
            table.add_row(part.name, _size(part.bytes), _counted(part.files, "file", "files"))
        screen.table(table)
    _show_features(screen, features)
    screen.write_json(
        {
            "folder": str(folder),
            "bytes": total,
            "parts": [
                {"name": part.name, "bytes": part.bytes, "files": part.files} for part in parts
            ],
            "features": _features_json(features),
        }
    )


@cache_app.command()
def clear(
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The features of this encoder alone: its name or fingerprint."
        ),
    ] = None,
    json_file: Json = None,
) -> None:
    """Delete computed features, which are computed again when they are needed.

    Photographs and encoders stay, and nothing is asked.

    \b
    Example:
      aisle cache clear
      aisle cache clear --encoder all-minilm-l6-v2
    """
    from aisle.cache import FeatureStore

    check_outputs([Output("--json", json_file)])
    screen = Screen(json_file)
    store = FeatureStore()
    before = store.info()
    chosen = before.encoders if encoder is None else _named(encoder, before.encoders)
    with screen.working("deleting features"):
        if encoder is None:
            freed = store.clear()
        else:
            freed = sum(store.clear(one.fingerprint) for one in chosen)
    gone = before.entries - store.info().entries
    store.close()
    screen.say(f"freed {_size(freed)}: {_counted(gone, 'vector', 'vectors')} deleted")
    screen.write_json(
        {
            "freed_bytes": freed,
            "entries": gone,
            "encoders": [{"name": one.name, "fingerprint": one.fingerprint} for one in chosen],
        }
    )


@dataclass(frozen=True)
class _Part:
    """Something in the folder of caches."""

    name: str
    bytes: int
    files: int


def _parts(folder: Path) -> list[_Part]:
    """Add up what lies in each folder within `folder`, the largest first."""
    if not folder.is_dir():
        return []
    found = []
    for path in folder.iterdir():
        sizes = [size for file in _files(path) if (size := _bytes(file)) is not None]
        found.append(_Part(path.name, sum(sizes), len(sizes)))
    return sorted(found, key=lambda part: (-part.bytes, part.name))


def _files(path: Path) -> Iterator[Path]:
    """Yield a file itself, or all that lie somewhere in a folder."""
    if not path.is_dir() or path.is_symlink():
        yield path
    for parent, _, names in os.walk(path):
        yield from (Path(parent) / name for name in names)


def _bytes(path: Path) -> int | None:
    try:
        return path.lstat().st_size
    except OSError:
        return None  # another process deleted it meanwhile


def _named(asked: str, encoders: tuple[EncoderInfo, ...]) -> tuple[EncoderInfo, ...]:
    """Return the encoders of a name, of which there may be several versions."""
    from aisle.errors import AisleError

    found = tuple(
        one for one in encoders if one.fingerprint == asked or _folded(one.name) == _folded(asked)
    )
    if found:
        return found
    known = ", ".join(sorted({one.name or one.fingerprint for one in encoders})) or "none at all"
    raise AisleError(f"--encoder {asked}: no features of that encoder are kept; kept are: {known}")


def _folded(name: str) -> str:
    return name.lower().replace("_", "-")


def _show_features(screen: Screen, features: StoreInfo) -> None:
    screen.heading("Features")
    screen.say(
        f"  {_counted(features.entries, 'vector', 'vectors')}, {_size(features.bytes)} of at most "
        f"{_size(features.limit_bytes)} (AISLE_CACHE_LIMIT)"
    )
    if features.switched_off:
        screen.note("  switched off: none is read or added at present (AISLE_FEATURE_CACHE)")
    if not features.encoders:
        return
    table = plain_table("encoder", "fingerprint", "vectors", "size", "last used")
    for column in table.columns[2:4]:
        column.justify = "right"
    for one in features.encoders:
        table.add_row(
            one.name or "-",
            one.fingerprint[:_FINGERPRINT_SHOWN],
            f"{one.entries:,}",
            _size(one.bytes),
            f"{one.last_used.astimezone():%Y-%m-%d %H:%M}",
        )
    screen.table(table)


def _features_json(features: StoreInfo) -> dict[str, object]:
    return {
        "path": None if features.path is None else str(features.path),
        "bytes": features.bytes,
        "limit_bytes": features.limit_bytes,
        "entries": features.entries,
        "switched_off": features.switched_off,
        "encoders": [
            {
                "name": one.name,
                "fingerprint": one.fingerprint,
                "entries": one.entries,
                "bytes": one.bytes,
                "last_used": one.last_used.isoformat(),
            }
            for one in features.encoders
        ],
    }


def _size(size: float) -> str:
    """Write a number of bytes for people, in powers of 1,000."""
    unit = "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    if unit == "bytes" or size >= _DECIMALS_BELOW:
        return f"{size:,.0f} {unit}"
    return f"{size:.1f} {unit}"


def _counted(count: int, one: str, more: str) -> str:
    return f"{count:,} {one if count == 1 else more}"
