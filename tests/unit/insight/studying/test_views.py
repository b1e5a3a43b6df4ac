from __future__ import annotations

import pytest

from aisle import AisleError, Catalog
from aisle.insight.studying.views import default_views, named_views


@pytest.fixture(autouse=True)
def _no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aisle.insight.studying.views.list_folders", list)


@pytest.fixture(scope="module")
def texts() -> Catalog:
    rows = [{"title": f"a red mug number {n}", "kind": "mug"} for n in range(20)]
    return Catalog.read(rows, target="kind", roles={"title": "text"})


def test_texts_are_looked_at_by_text_encoders_alone(texts: Catalog) -> None:
    views, skipped = default_views(texts)
    assert {view.modality for view in views} == {"text"}
    assert {view.variant for view in views} == {"plain", "lemmas", "stems", ""}
    assert skipped == ()


def test_photographs_come_with_classical_descriptors(photographed: Catalog) -> None:
    views, _ = default_views(photographed)
    names = [view.name for view in views if view.modality == "image"]
    assert names == ["descriptors", "colour", "hog", "sift"]


def test_encoders_are_named_with_their_variants_or_side_by_side(photographed: Catalog) -> None:
    one, other, both = named_views(["tfidf-stems", "lbp", "tfidf + hog"], photographed)
    assert (one.encoder, one.params) == ("tfidf", {"morphology": "stem"})
    assert (other.encoder, other.modality, other.family) == ("lbp", "image", "classical")
    assert both.modality == "text+image"
    assert [part.name for part in both.parts] == ["tfidf", "hog"]


def test_an_encoder_is_taken_once(texts: Catalog) -> None:
    assert len(named_views(["tfidf", "tfidf"], texts)) == 1


def test_an_unknown_encoder_is_refused(texts: Catalog) -> None:
    with pytest.raises(AisleError, match=r"tfdif.*Did you mean 'tfidf'"):
        named_views(["tfdif"], texts)


def test_an_encoder_of_what_is_not_there_is_refused(texts: Catalog) -> None:
    with pytest.raises(AisleError, match="'hog' reads image, and the catalogue has no such column"):
        named_views(["hog"], texts)


def test_no_encoder_at_all_is_refused(texts: Catalog) -> None:
    with pytest.raises(AisleError, match="needs an encoder"):
        named_views([], texts)
