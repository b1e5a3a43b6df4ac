from __future__ import annotations

from pathlib import Path

import pytest

from aisle import AisleError, Catalog, ProductClassifier
from aisle.experiments.tracking import flavour

pd = pytest.importorskip("pandas", reason="pandas is not installed")


def test_a_bundle_answers_with_a_frame(
    bundle: Path, model: ProductClassifier, products: Catalog
) -> None:
    frame = products.table.to_pandas()
    found = flavour._load_pyfunc(str(bundle)).predict(frame)
    pd.testing.assert_frame_equal(found, model.predict(frame).to_pandas())
    assert len(found) == len(products)


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04N.")
    with pytest.raises(AisleError, match="not a bundle"):
        flavour._load_pyfunc(str(tmp_path / "model.pkl"))
