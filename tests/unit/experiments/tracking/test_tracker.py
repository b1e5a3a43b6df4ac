from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aisle.experiments.tracking.tracker import (
    Tracker,
    TrackingError,
    folder,
    library,
    told,
    without_account,
)


class Noting(Tracker):
    kind = "noting"
    where = "here"

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.finished: list[bool] = []

    def log_parameters(self, parameters: Mapping[str, Any]) -> None: ...

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None: ...

    def log_artefact(self, path: Path) -> None: ...

    def log_model(self, model: Any, path: Path, example: Any = None) -> None: ...

    def finish(self, *, failed: bool = False) -> None:
        self.finished.append(failed)
        if self.broken:
            raise TrackingError("the end could not be written")


def test_a_run_ends_well_or_as_failed() -> None:
    tracker = Noting()
    with tracker:
        assert tracker.finished == []
    assert tracker.finished == [False]
    with pytest.raises(KeyError), tracker:
        raise KeyError
    assert tracker.finished == [False, True]


def test_trouble_in_the_end_does_not_hide_the_error_before() -> None:
    with pytest.raises(KeyError), Noting(broken=True):
        raise KeyError
    with pytest.raises(TrackingError, match="the end"), Noting(broken=True):
        pass


def test_known_troubles_are_told_in_one_line_without_passwords() -> None:
    with (
        pytest.raises(TrackingError) as caught,
        told("mlflow", "https://ann:secret@host", (OSError,)),
    ):
        raise OSError("no answer from https://ann:secret@host/api" + "x" * 999 + "\nsecond line")
    words = str(caught.value)
    assert words.startswith("mlflow: the run could not be written to https://host (no answer from ")
    assert "secret" not in words
    assert "second" not in words
    assert len(words) < 400


def test_unknown_troubles_are_bugs_and_pass() -> None:
    with pytest.raises(ZeroDivisionError), told("mlflow", "here", (OSError,)):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://me:pw@db:5432/x", "postgresql://db:5432/x"),
        ("http://host/a@b", "http://host/a@b"),
        ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
    ],
)
def test_without_account(given: str, expected: str) -> None:
    assert without_account(given) == expected


def test_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AISLE_TRACK_DIR", raising=False)
    assert folder() == Path()
    monkeypatch.setenv("AISLE_TRACK_DIR", "elsewhere")
    assert folder() == Path("elsewhere")


def test_reports_to_makers_are_off_unless_the_user_wants_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "true")
    library("json")
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert os.environ["WANDB_ERROR_REPORTING"] == "true"
