"""One candidate on one split: what its training is said to take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aisle import Catalog
from aisle.catalog import Task
from aisle.experiments.comparing import Candidate
from aisle.experiments.comparing.measuring import measure
from tests.unit.encoders.pretrained.networks import pooled_network, text_folder

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")

AN_HOUR = 3600.0


def test_what_another_candidate_has_tuned_is_counted_as_if_it_were_tuned_now(
    products: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    folder = text_folder(tmp_path, pooled_network()).path
    tune = "text.tune={depth: whole, epochs: 1, batch: 8, learning_rate: 0.02}"
    own = ("folds=2", "metadata=null", f"text.encoders={folder}", tune)
    train, test = products.split(test=0.3, seed=0)
    first = measure(Candidate("one", own, "fast").load(Task.CLASSIFY), train, test, 0)
    assert first.error is None
    assert first.train_seconds < AN_HOUR, "nothing was spared"
    kept = sorted((tmp_path / "cache" / "tuned").rglob("curves.json"))
    assert len(kept) == 3, "two folds, and all rows"
    for path in kept:
        told = json.loads(path.read_text())
        assert 0 < told["seconds"] < first.train_seconds
        path.write_text(json.dumps({**told, "seconds": AN_HOUR}))
    other = Candidate("other", (*own, "text.head=bayes"), "fast").load(Task.CLASSIFY)
    second = measure(other, train, test, 0)
    assert second.error is None
    assert 3 * AN_HOUR < second.train_seconds < 4 * AN_HOUR
