"""Processes that need not import again what most commands import.

They are forked from one that has these imports behind it and does nothing else, and run a command
as its console script does, in a quarter of the time.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

HEAVY = (
    "PIL.Image",
    "cv2",
    "lightgbm",
    "plotly",
    "pyarrow.parquet",
    "scipy.optimize",
    "skops.io",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
    "aisle.catalog.images.fetching",
    "aisle.cli.main",
    "aisle.cli.train",
    "aisle.encoders.metadata",
    "aisle.encoders.text.lexical",
    "aisle.evaluation.page",
    "aisle.heads.linear",
    "aisle.models",
)

_STARTING = multiprocessing.get_context("forkserver")
_STARTING.set_forkserver_preload(list(HEAVY))


def start(said: Path, function: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """Call a function in a process, whose status is what it exits with and whose words are kept."""
    process = _STARTING.Process(target=_call, args=(said, function, arguments))
    process.start()
    return process


def command(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run `aisle` in this process, which ends with it."""
    os.environ.update(environment)
    os.chdir(folder)
    from aisle.cli.main import main

    sys.argv = ["aisle", *words]
    sys.exit(main())


def _call(said: Path, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    with said.open("wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    function(*arguments)
