"""What the benchmarks share: the real catalogues, splits, and tables under results/."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from aisle import Catalog
from aisle.metrics import paired_difference

ROOT = Path(__file__).parent.parent
SPLITS = int(os.environ.get("AISLE_SPLITS", "20"))
"""How many splits to measure on; 20 for a figure to quote."""


def shared(*parts: str) -> Path:
    """Return a file of the real catalogues, or stop with a word on where they are looked for."""
    folder = ROOT / os.environ.get("AISLE_SHARED", "../shared")
    path = folder.joinpath("data", *parts)
    if not path.exists():
        raise SystemExit(f"{path} is missing: set AISLE_SHARED to the folder of real catalogues")
    return path


def encoder_folders() -> Path:
    """Return the folder of real encoder folders, or stop with a word on where it is looked for."""
    path = (ROOT / os.environ.get("AISLE_SHARED", "../shared") / "weights").resolve()
    if not path.is_dir():
        raise SystemExit(f"{path} is missing: set AISLE_SHARED to the folder with weights")
    return path


def splits(catalog: Catalog, count: int = SPLITS) -> Iterator[tuple[int, Catalog, Catalog]]:
    """Yield seed, training rows and test rows of duplicate-safe splits with 25 % for testing."""
    for seed in range(count):
        train, test = catalog.split(test=0.25, seed=seed)
        yield seed, train, test


def difference(a: Sequence[float], b: Sequence[float]) -> str:
    """Describe the paired difference of two scores over the same splits.

    The interval is widened for splits that share rows (Nadeau & Bengio, 2003).
    """
    found = paired_difference(a, b, test_share=0.25)
    worst = float((np.asarray(a) - np.asarray(b)).min())
    return f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}], lowest {worst:+.4f}"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def publish(name: str, title: str, *sections: str) -> None:
    """Print a result and write it to results/, with the command that makes it again."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    text = "\n\n".join(
        [f"# {title}", f"{date.today()}, {machine}: `python -m benchmarks {name}`", *sections]
    )
    print(text)
    (ROOT / "results").mkdir(exist_ok=True)
    (ROOT / "results" / f"{name}.md").write_text(text + "\n", encoding="utf-8")
