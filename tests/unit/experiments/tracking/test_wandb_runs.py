from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, ProductClassifier
from aisle.experiments.tracking import TrackingError, track_training, tracker

pytest.importorskip("wandb", reason="wandb is not installed")


def make(**options: Any) -> Any:
    return tracker("wandb", **{"experiment": "shop", "run_name": "first", **options})


def test_without_a_login_the_run_is_kept_here(
    store: Path, model: ProductClassifier, products: Catalog, bundle: Path
) -> None:
    (tracked,) = track_training(model, products, trackers=[make()], bundle=bundle)
    folder = Path(tracked.where)
    assert folder.parent == store / "wandb"
    assert folder.name.startswith("offline-run-")
    (records,) = folder.glob("*.wandb")
    words = (b"recipe.experts.text.head.use", b"experts/text", b"model.aisle", b"model-card")
    for _ in range(600):  # offline, a process of its own writes the file after the run has ended
        if all(word in records.read_bytes() for word in words):
            break
        time.sleep(0.1)
    content = records.read_bytes()
    assert [word for word in words if word not in content] == []
    staged = [p for p in (store / "own").rglob("*") if p.is_file()]
    assert bundle.read_bytes() in [p.read_bytes() for p in staged]


def test_curves_may_each_begin_at_one(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with make() as run:
        for name in ("text", "image"):
            for epoch in (1, 2):
                run.log_metrics({f"curves/{name}/loss": 1 / epoch}, step=epoch)
        assert run._run.summary["curves/image/loss"] == 0.5
        assert run._run.offline
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("environment", "netrc", "expected"),
    [
        ({}, "", "offline"),
        ({"WANDB_MODE": "disabled"}, "", "disabled"),
        ({"WANDB_API_KEY": "k" * 40}, "", "online"),
        ({"WANDB_API_KEY": "k" * 40, "WANDB_MODE": "offline"}, "", "offline"),
        ({}, "machine wandb.example login user password word\n", "online"),
        ({}, "machine other.example login user password word\n", "offline"),
        ({}, "not a netrc file", "offline"),
    ],
)
def test_the_mode_is_online_only_where_somebody_logged_in(
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    netrc: str,
    expected: str,
) -> None:
    import wandb

    (store / "no-netrc").write_text(netrc, encoding="utf-8")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = wandb.Settings(base_url="https://wandb.example")
    assert make()._mode(settings) == expected


def test_trouble_is_told(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("AISLE_TRACK_DIR", str(store / "file" / "below"))
    with pytest.raises(TrackingError, match="wandb: the run could not be written"), make() as run:
        run.log_parameters({"a": 1})
