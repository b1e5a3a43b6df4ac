from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aisle import Catalog, ProductClassifier, evaluate
from aisle.catalog.sample import SampleOptions, make_sample
from aisle.errors import AisleError
from aisle.evaluation.consistency import consistency
from aisle.evaluation.consistency.editing import image_edited, text_edited
from tests.products import product_rows


@pytest.fixture(scope="module")
def model(products: Catalog) -> ProductClassifier:
    return ProductClassifier(settings=["folds=3"]).fit(products)


def test_only_products_that_an_edit_changes_are_edited() -> None:
    rows = [{"title": "blue mug", "brand": "Red Co"}, {"title": "plain mug", "brand": "Acme"}]
    products = Catalog.read(rows, roles={"title": "text", "brand": "category"})
    edited, changed = text_edited(products, "colours", 0)
    assert changed.tolist() == [0]
    assert edited.strings("title")[0] != "blue mug"
    assert edited.strings("brand") == ["Red Co"]
    again, _ = text_edited(products.take([0]), "colours", 0)
    assert again.strings("title") == edited.strings("title")


def test_answers_are_compared_edit_by_edit(model: ProductClassifier) -> None:
    found = evaluate(model, product_rows(30, seed=1), consistency=True)
    seen = found.consistency
    assert seen is not None
    assert (seen.rows, seen.of) == (30, 30)
    edits = {edit.edit: edit for edit in seen.edits}
    # titles have no punctuation to move and no fields; case does not matter to TF-IDF
    assert {"colours", "case"} <= set(edits)
    assert edits["case"].same == 1.0
    assert edits["case"].accuracy == edits["case"].accuracy_before == found.accuracy
    assert edits["case"].decisions_changed == 0
    assert edits["colours"].rows < 30
    assert [edit.same for edit in seen.edits] == sorted(edit.same for edit in seen.edits)
    assert found.to_dict()["consistency"]["edits"][0]["edit"] == seen.edits[0].edit
    assert "consistency" not in evaluate(model, product_rows(30, seed=1)).to_dict()


def test_fewer_products_are_spread_over_the_catalogue(model: ProductClassifier) -> None:
    products = model.read(product_rows(30, seed=1))
    predictions = model.predict(products)
    found = consistency(model, products, predictions, rows=10)
    assert (found.rows, found.of) == (10, 30)
    assert all(edit.rows <= 10 for edit in found.edits)
    with pytest.raises(AisleError, match="1 or more"):
        consistency(model, products, predictions, rows=0)


class Shouting(ProductClassifier):
    """A classifier that answers capitals with the first category."""

    def predict(self, catalog, **asked):  # type: ignore[no-untyped-def]
        products = self.read(catalog)
        table = super().predict(products, **asked)
        first = self.classes_[0]
        names = [
            first if text.isupper() else name
            for text, name in zip(products.texts(), table["category"].to_pylist(), strict=True)
        ]
        place = table.column_names.index("category")
        return table.set_column(place, "category", [names])


def test_answers_that_change_are_counted_and_shown() -> None:
    model = Shouting(settings=["folds=3"]).fit(Catalog.read(product_rows(), target="kind"))
    found = evaluate(model, product_rows(60, seed=1), consistency=True).consistency
    assert found is not None
    case = next(edit for edit in found.edits if edit.edit == "case")
    assert case is found.edits[0]
    assert 0 < case.broken < 60
    assert case.same == pytest.approx(1 - case.broken / case.rows)
    assert case.accuracy == pytest.approx(case.accuracy_before - case.broken / case.rows)
    flip = found.worst[0]
    assert flip.edit == "case"
    assert flip.before == flip.truth != flip.after == model.classes_[0]
    assert flip.texts is not None
    assert flip.texts[1] == flip.texts[0].upper()
    assert len({flip.row for flip in found.worst}) == len(found.worst)


def test_photographs_are_edited_in_the_catalogue(tmp_path: Path) -> None:
    table = make_sample(tmp_path, SampleOptions(products=70, image_size=48, near_duplicates=0))
    products = Catalog.read(table, target="category")
    present = [bool(images) for images in products.images()]
    parts = list(image_edited(products, "mirror"))
    rows = np.concatenate([rows for _, rows in parts])
    assert rows.tolist() == np.flatnonzero(present).tolist()
    first = parts[0][0]
    was = products.take(parts[0][1][:1]).map_images(lambda pixels: pixels, side=48)[0].value
    now = first.take([0]).map_images(lambda pixels: pixels, side=48)[0].value
    assert was is not None
    assert now is not None
    np.testing.assert_array_equal(now, was[:, ::-1])
