"""Runs: one candidate on one split, measured once and written down."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa

from aisle.catalog import Catalog
from aisle.errors import AisleError
from aisle.models.recipe import Recipe

_FORMAT = 2


@dataclass(frozen=True)
class Run:
    """What one candidate did on one split.

    Parameters
    ----------
    seed
        Of the split, and of the model.
    scores
        By measure, such as ``accuracy``; empty if it failed.
    train_seconds
        Fitting, with the vectors of pretrained networks at hand; what was fine-tuned before counts
        as if it were tuned now.
    ms_per_product
        Answering new products, encoding included, with nothing cached.
    megabytes
        Size of the bundle (10^6 bytes).
    fusion
        The fusion that training rows chose.
    error
        Why it failed; None if it did not.
    """

    seed: int
    scores: Mapping[str, float | None] = field(default_factory=dict)
    train_seconds: float = 0.0
    ms_per_product: float = 0.0
    megabytes: float = 0.0
    fusion: str = ""
    error: str | None = None


def fingerprint(catalog: Catalog) -> str:
    """Return a digest of a catalogue's rows, roles and task; photographs count by their names."""
    digest = hashlib.sha256(json.dumps(catalog.schema.to_list(), sort_keys=True).encode())
    digest.update(catalog.task.value.encode())
    with pa.ipc.new_stream(pa.PythonFile(_Sink(digest), "w"), catalog.table.schema) as stream:
        # In one piece: where a table is cut depends on how it was read.
        stream.write_table(catalog.table.combine_chunks())
    return digest.hexdigest()


class _Sink:
    """A file that only feeds a digest."""

    closed = False

    def __init__(self, digest: Any) -> None:
        self._digest = digest

    def write(self, content: Any) -> int:
        self._digest.update(content)
        return len(content)

    def flush(self) -> None:
        """Do nothing."""


def run_key(
    catalog: str, recipe: Recipe, test: float, seed: int, encoders: Mapping[str, str]
) -> str:
    """Return what a run is known by: equal keys give equal scores.

    Parameters
    ----------
    catalog
        A `fingerprint`.
    recipe, test, seed
        What is fitted, and on which split.
    encoders
        Digests of the recipe's encoders, from `encoder_digests`: a name may come to stand for
        another network.
    """
    entries = recipe.model_dump(mode="json", exclude={"name"})
    said = [_FORMAT, version("aisle"), catalog, entries, dict(encoders), test, seed]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class Journal:
    """Finished runs in a file of JSON lines; a comparison that was killed goes on from them.

    Every run is added at once and in a single write, so that a killed process leaves at worst one
    torn last line, which is not read.

    Parameters
    ----------
    path
        The file, which need not exist; None keeps nothing beyond this process.
    """

    def __init__(self, path: str | Path | None) -> None:
        self._path = None if path is None else Path(path)
        self._runs: dict[str, Run] = dict(_read(self._path)) if self._path else {}

    def get(self, key: str) -> Run | None:
        """Return a finished run, if there is one."""
        return self._runs.get(key)

    def add(self, key: str, run: Run) -> None:
        """Keep a finished run.

        Raises
        ------
        AisleError
            If the file cannot be written.
        """
        self._runs[key] = run
        if self._path is None:
            return
        line = json.dumps({"key": key, **asdict(run)}, ensure_ascii=False).encode() + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab", buffering=0) as out:
                # After a torn line a new one begins.
                out.write(line if _ends_whole(self._path) else b"\n" + line)
                os.fsync(out.fileno())
        except OSError as error:
            raise AisleError(
                f"{self._path}: finished runs could not be kept ({error.strerror or error}); free "
                "some space or choose another folder"
            ) from error


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as content:
        if content.seek(0, os.SEEK_END) == 0:
            return True
        content.seek(-1, os.SEEK_END)
        return content.read() == b"\n"


def _read(path: Path) -> dict[str, Run]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise AisleError(f"{path}: finished runs could not be read ({error.strerror})") from error
    runs: dict[str, Run] = {}
    for line in lines:
        try:
            entry = json.loads(line)
            key = str(entry.pop("key"))
            runs[key] = Run(**{f.name: entry[f.name] for f in fields(Run)})
        except (ValueError, LookupError, TypeError, AttributeError):
            continue  # torn by a kill, or of another version: measured again
    return runs
