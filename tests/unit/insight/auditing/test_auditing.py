from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from aisle import Catalog, ProductClassifier, ProductRegressor, audit
from aisle.errors import AisleError, TrainingError
from tests.products import product_rows


def test_wrong_labels_come_first_with_the_right_ones_suggested(case: Any) -> None:
    first = case.found.rows[:5]
    assert {finding.row for finding in first} == {*case.wrong, 91}
    truth = {7: "Lamps", 23: "Boots", 41: "Boots", 66: "Mugs", 91: "Lamps"}
    assert {finding.row: finding.suggested for finding in first} == truth
    assert all(finding.score > 0.8 for finding in first)
    assert all(finding.given == case.catalog.labels[finding.row] for finding in first)


def test_findings_are_ranked_on_one_scale(case: Any) -> None:
    scores = [finding.score for finding in case.found.rows]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert len({finding.row for finding in case.found.rows}) == len(scores)


def test_near_duplicates_that_disagree_are_a_kind_of_their_own(case: Any) -> None:
    conflict = next(one for one in case.found.conflicts if 90 in one.rows)
    assert conflict.rows == (90, 91)
    assert conflict.labels == ("Lamps", "Mugs")
    twin = next(finding for finding in case.found.rows if finding.row == 91)
    assert twin.kind == "conflicting-duplicate"
    assert twin.twins == (90,)


def test_a_class_of_one_is_reported_apart_and_never_suspicious(case: Any) -> None:
    assert case.found.untested == (("Kites", 1),)
    assert 92 not in {finding.row for finding in case.found.rows if finding.kind != "outlier"}


def test_rows_without_a_label_are_counted_and_skipped(case: Any) -> None:
    assert (case.found.products, case.found.missing) == (93, 1)
    assert 93 not in {finding.row for finding in case.found.rows}


def test_each_expert_gives_its_evidence(case: Any) -> None:
    finding = next(finding for finding in case.found.rows if finding.row == 7)
    text = next(one for one in finding.evidence if one.expert == "text")
    assert text.answer == "Lamps"
    assert text.suggested > 0.5 > text.given
    assert {one.expert for one in finding.evidence} == {"text", "metadata"}


def test_like_products_are_shown_beside(case: Any) -> None:
    finding = next(finding for finding in case.found.rows if finding.row == 7)
    labels = [near.label for near in finding.neighbours]
    assert labels.count("Lamps") >= 3
    assert finding.row not in {near.row for near in finding.neighbours}


def test_overlaps_say_which_way_labels_went(case: Any) -> None:
    found = {(overlap.first, overlap.second): overlap for overlap in case.found.overlaps}
    overlap = found["Boots", "Mugs"]
    assert (overlap.forth, overlap.back) == (0, 2)
    assert {23, 41} <= set(overlap.examples)
    ranked = [overlap.rows for overlap in case.found.overlaps]
    assert ranked == sorted(ranked, reverse=True)


def test_the_joint_counts_every_product_of_the_classes_it_holds(case: Any) -> None:
    sizes = dict(case.found.classes)
    for name, line in zip(case.found.names, case.found.joint, strict=True):
        assert sum(line) <= sizes[name]


def test_the_json_has_the_promised_shape(case: Any, tmp_path: Path) -> None:
    case.found.save(tmp_path / "audit.json")
    told = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert told["rows"][0].keys() >= {"id", "given", "suggested", "score", "kind"}
    assert [row["row"] for row in told["rows"]] == [f.row for f in case.found.rows]
    assert told["rows"][0]["id"].startswith(("S", "D"))
    assert told["untested"] == {"Kites": 1}


def test_an_unknown_suffix_is_refused(case: Any, tmp_path: Path) -> None:
    with pytest.raises(AisleError, match=r"\.json, \.html or \.csv"):
        case.found.save(tmp_path / "audit.pdf")


def test_the_same_seed_finds_the_same(case: Any) -> None:
    again = audit(case.catalog, recipe="fast", settings=["folds=3"])
    assert again.rows == case.found.rows
    assert again.overlaps == case.found.overlaps


def test_a_model_lends_its_recipe() -> None:
    model = ProductClassifier(recipe="fast", settings=["folds=2", "metadata=null"])
    found = audit(product_rows(30), target="kind", recipe=model)
    assert {e.expert for f in found.rows for e in f.evidence} <= {"text"}
    assert found.recipe == "fast"


def test_prices_far_from_what_is_usual_are_listed() -> None:
    rows = product_rows(90)
    rows[30]["price"] = 9_000.0
    found = audit(rows, target="price", recipe="fast", settings=["folds=3"])
    first = found.rows[0]
    assert (first.row, first.kind, first.given) == (30, "unlikely-value", "9000")
    assert first.suggested is not None
    assert float(first.suggested) < 100
    assert first.score > 0.9 > max((f.score for f in found.rows[1:]), default=0)
    with pytest.raises(AisleError, match="no fact"):
        found.corrected(0.9)
    assert found.corrected({30: "10.5"}).values[30] == 10.5


def test_a_catalogue_without_target_or_classes_is_refused() -> None:
    with pytest.raises(TrainingError, match="name the column"):
        audit(product_rows(9))
    with pytest.raises(TrainingError, match="no label can be told"):
        audit([{"title": f"mug {n}", "kind": "Mugs"} for n in range(9)], target="kind")
    with pytest.raises(TrainingError, match="at least 4"):
        audit(Catalog.read(product_rows(9), target="kind").take([0, 1, 2]))


def test_a_recipe_of_the_other_task_is_refused() -> None:
    with pytest.raises(AisleError, match="classifier's recipe"):
        audit(product_rows(30), target="kind", recipe=ProductRegressor())
    with pytest.raises(AisleError, match="regressor's recipe"):
        audit(product_rows(30), target="price", recipe=ProductClassifier())


def test_without_cleanlab_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    with pytest.raises(AisleError, match=r'pip install "aisle\[audit\]"'):
        audit(product_rows(9), target="kind")
