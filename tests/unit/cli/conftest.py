"""What tests of commands share: a quiet screen, a catalogue on disk, the form of a help text."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from aisle.cli.main import main


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen of 100 columns; what `main` does to uncaught errors is undone afterwards."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "100")


def write_csv(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    """Write products as a CSV file, and return its path."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def check_help(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Callable[..., None]], None]:
    """Check that the help of a command has its one sentence and an example, in 80 columns."""

    def check(name: str, command: Callable[..., None]) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        assert main([name, "--help"]) == 0
        out = capsys.readouterr().out
        sentence = (command.__doc__ or "").split("\n\n")[0]
        assert sentence
        assert " ".join(sentence.split()) in " ".join(out.split())
        assert f"  aisle {name}" in out.split("Example:")[1]
        assert max(map(len, out.splitlines())) <= 80

    return check
