from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from aisle.experiments.tracking import KINDS, TrackingError, tracker


def make(kind: str = "mlflow", **options: Any) -> object:
    return tracker(kind, **{"experiment": "e", "run_name": "r", **options})


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TrackingError, match=r"'neptune'; the trackers are mlflow, tensorboard, w"):
        make("neptune")


@pytest.mark.parametrize("name", ["", "../up", "a/b", "..", "a\nb"])
@pytest.mark.parametrize("what", ["experiment", "run_name", "register"])
def test_a_name_that_could_be_a_path_is_refused(what: str, name: str) -> None:
    with pytest.raises(TrackingError, match=r"name .*expected letters"):
        make(**{what: name})


@pytest.mark.parametrize("alias", ["v7", "V12", "latest", "", "a b"])
def test_an_alias_that_mlflow_keeps_for_itself_is_refused(alias: str) -> None:
    with pytest.raises(TrackingError, match="alias"):
        make(register="shop", alias=alias)


def test_only_mlflow_registers() -> None:
    with pytest.raises(TrackingError, match="no model registry"):
        make("tensorboard", register="shop")


@pytest.mark.parametrize("kind", KINDS)
def test_a_library_that_is_not_installed_is_named_with_its_extra(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(TrackingError, match=rf"library {kind}.*pip install 'aisle\[track\]'"):
        make(kind)


def test_no_tracking_library_is_imported_unless_asked_for() -> None:
    code = (
        "import sys; import aisle.cli.main, aisle.experiments.tracking\n"
        "import aisle.experiments.tracking.training, aisle.experiments.tracking.flavour\n"
        "print([n for n in ('mlflow', 'tensorboard', 'wandb', 'pandas') if n in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
