"""`aisle drift` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aisle.cli.main import main
from tests.products import product_rows
from tests.unit.cli.conftest import write_csv


@pytest.fixture
def files(tmp_path: Path, screen: None) -> Path:
    """A catalogue, another of its kind, and one with other words and prices."""
    same, now = product_rows(90, seed=1), product_rows(90, seed=2)
    for row in now:
        row |= {"title": f"{row['title']} clearance sale", "price": 999.0}
    for name, rows in (("before", product_rows(90)), ("same", same), ("now", now)):
        write_csv(tmp_path / f"{name}.csv", rows)
    return tmp_path


def test_drift_is_told_and_written(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, now = files / "before.csv", files / "now.csv"
    page, data = files / "drift.html", files / "drift.json"
    arguments = ["drift", before, now, "--target", "kind", "--html", page, "--json", data]
    assert main([str(argument) for argument in arguments]) == 0
    out = capsys.readouterr().out
    assert "Strong drift: now.csv is not like before.csv" in out
    assert "90 products before, 90 now" in out
    found = json.loads(data.read_text("utf-8"))
    assert found["verdict"] == "strong"
    assert found["target"] == "kind"
    moved = {column["column"] for column in found["columns"] if column["verdict"] != "none"}
    assert moved >= {"title", "price"}
    assert "kind" not in moved
    assert "<html" in page.read_text("utf-8")


def test_two_of_a_kind_are_alike(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["drift", str(files / "before.csv"), str(files / "same.csv"), "--sample", "60"]) == 0
    )
    out = capsys.readouterr().out
    assert "No drift" in out
    assert "--sample asks for more" in out


def test_a_wide_catalogue_does_not_fill_the_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    names = [f"column {n}" for n in range(30)]
    for name, kept in (("before", names), ("now", names[:25])):
        lines = [",".join(f"{n * 7 % 11 + at}.5" for at in range(len(kept))) for n in range(30)]
        (tmp_path / f"{name}.csv").write_text("\n".join([",".join(kept), *lines]) + "\n", "utf-8")
    assert main(["drift", str(tmp_path / "before.csv"), str(tmp_path / "now.csv")]) == 0
    out = capsys.readouterr().out
    assert "No drift in the 25 columns that now.csv shares with before.csv" in out
    assert "column 19" in out
    assert "column 20" not in out
    assert "and 5 more, as before" in out


def test_a_mistake_is_told_before_any_work(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, now = str(files / "before.csv"), str(files / "now.csv")
    assert main(["drift", before, now, "--html", "drift.pdf"]) == 2
    assert "--html drift.pdf" in capsys.readouterr().err
    assert main(["drift", before, str(files / "none.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err
    assert main(["drift", before, now, "--target", "colour"]) == 2
    assert "'colour'" in capsys.readouterr().err
