"""Bundles that earlier versions wrote keep loading, and answer as they did."""

from __future__ import annotations

from pathlib import Path

import pytest

from aisle.models import load_model
from tests.products import product_rows

DATA = Path(__file__).parents[2] / "data"


def test_a_classifier_of_format_1_answers_as_it_did(tmp_path: Path) -> None:
    model = load_model(DATA / "classifier-format-1.aisle")
    table = model.predict([{**product_rows(60)[1], "maker": None}]).to_pylist()
    assert table[0]["category"] == "Lamps"
    assert table[0]["confidence"] == pytest.approx(0.9999641093867854, abs=1e-9)
    assert table[0]["modalities"] == ["text", "metadata"]
    model.save(tmp_path / "again.aisle")
    again = load_model(tmp_path / "again.aisle")
    assert again.predict(product_rows(9)).equals(model.predict(product_rows(9)))


def test_a_regressor_of_format_1_still_gives_intervals() -> None:
    table = load_model(DATA / "regressor-format-1.aisle").predict(product_rows(20)).to_pylist()
    assert all(row["low"] <= row["value"] <= row["high"] for row in table)
    assert any(row["low"] < row["value"] < row["high"] for row in table)
