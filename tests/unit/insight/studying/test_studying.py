from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from aisle import AisleError, Catalog, study
from aisle.insight import Study
from aisle.insight.studying.clustering import choose_clusters
from aisle.insight.studying.distances import walks
from tests.products import product_rows


def test_every_encoder_meets_every_projection(found: Study) -> None:
    names = {"tfidf", "tfidf-lemmas", "tfidf-stems", "colour", "tfidf + colour"}
    pairs = {(result.encoder, result.projection) for result in found.results}
    assert pairs == {(name, p) for name in names for p in ("none", "pca", "tsne")}
    assert {result.encoder for result in found.chosen} == names
    assert len(found.chosen) == len(names)


def test_the_highest_silhouette_chooses(found: Study) -> None:
    scores = [result.silhouette for result in found.results]
    assert scores == sorted(scores, reverse=True)
    for chosen in found.chosen:
        own = [r.silhouette for r in found.results if r.encoder == chosen.encoder]
        assert chosen.silhouette == max(own)
    assert found.best.encoder == "colour"
    assert found.best.ari == 1.0


def test_labels_choose_nothing(photographed: Catalog) -> None:
    shuffled = photographed.table.column("kind").to_pylist()
    np.random.default_rng(0).shuffle(shuffled)
    place = photographed.table.column_names.index("kind")
    mixed = replace(
        photographed, table=photographed.table.set_column(place, "kind", pa.array(shuffled))
    )
    one = study(photographed, ["tfidf", "colour"], ["none", "pca"], seeds=2)
    other = study(mixed, ["tfidf", "colour"], ["none", "pca"], seeds=2)
    keys = ("encoder", "projection", "silhouette", "clusters", "stability", "chosen")
    told = [[{key: getattr(r, key) for key in keys} for r in s.results] for s in (one, other)]
    assert told[0] == told[1]
    assert one.best.ari == 1.0
    assert abs(other.best.ari or 0) < 0.2


def test_what_is_missing_is_counted(found: Study) -> None:
    absent = {result.encoder: result.absent for result in found.results}
    assert absent["colour"] == absent["tfidf + colour"] == 1
    assert absent["tfidf"] == 0
    assert found.unlabelled == 2
    assert sum(dict(found.classes).values()) == 58
    assert sum(map(sum, found.confusion.counts)) == 57


def test_clusters_are_as_many_as_classes_or_as_given(found: Study, photographed: Catalog) -> None:
    assert found.chooser == "classes"
    assert {result.clusters for result in found.results} == {3}
    given = study(photographed, ["colour"], ["none"], seeds=1, clusters=5)
    assert (given.chooser, given.best.clusters) == ("given", 5)


def test_without_classes_the_silhouette_chooses_their_number(photographed: Catalog) -> None:
    bare = photographed.with_target(None)
    found = study(bare, ["colour"], ["none", "pca"], seeds=2)
    assert (found.target, found.chooser, found.confusion) == (None, "silhouette", None)
    assert found.best.clusters == 3
    assert found.best.ari is None
    assert found.best.ami is None


def test_the_number_of_clusters_is_found_where_it_is_plain() -> None:
    rng = np.random.default_rng(0)
    middles = np.repeat(np.eye(6) * 5, 25, axis=0)
    points = (middles + rng.normal(0, 0.2, middles.shape)).astype(np.float32)
    assert choose_clusters(points, np.arange(150), walks(points)) == 6


def test_a_price_is_no_class() -> None:
    catalog = Catalog.read(product_rows(30), target="price")
    found = study(catalog, ["tfidf"], ["none"], seeds=1)
    assert found.target is None
    assert found.best.ari is None


def test_large_catalogues_are_sampled_evenly(photographed: Catalog) -> None:
    found = study(photographed, ["tfidf"], ["none"], seeds=1, rows=30)
    assert (found.products, found.studied) == (60, 30)
    assert found.picture.rows[0] == 0
    assert found.picture.rows[-1] == 59


def test_the_same_study_twice_is_the_same(photographed: Catalog) -> None:
    runs = [study(photographed, ["tfidf"], ["tsne"], seeds=2).results for _ in range(2)]
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"seeds": 0}, "seeds: expected 1 or more"),
        ({"clusters": 1}, "clusters: expected 2 to 30"),
        ({"clusters": 31}, "clusters: expected 2 to 30"),
        ({"rows": 5}, "at least 12 products, found 5"),
    ],
)
def test_numbers_out_of_range_are_refused(
    photographed: Catalog, asked: dict[str, int], told: str
) -> None:
    with pytest.raises(AisleError, match=told):
        study(photographed, ["tfidf"], ["none"], **asked)


def test_products_that_are_all_the_same_are_refused() -> None:
    catalog = Catalog.read([{"title": "one red mug"}] * 20, roles={"title": "text"})
    with pytest.raises(AisleError, match="all products are the same"):
        study(catalog, ["tfidf"], ["none"])


def test_by_default_what_cannot_be_studied_is_skipped(
    monkeypatch: pytest.MonkeyPatch, photographed: Catalog
) -> None:
    monkeypatch.setattr("aisle.insight.studying.views.list_folders", list)
    table = photographed.table.set_column(
        photographed.table.column_names.index("photo"), "photo", pa.nulls(60, pa.string())
    )
    found = study(replace(photographed, table=table), projections=["none"], seeds=1)
    assert {skipped.name for skipped in found.skipped} == {"descriptors", "colour", "hog", "sift"}
    assert "0 of 60 products" in found.skipped[0].reason
    assert {result.modality for result in found.results} == {"text"}


def test_the_best_of_texts_and_photographs_are_joined(
    monkeypatch: pytest.MonkeyPatch, photographed: Catalog
) -> None:
    monkeypatch.setattr("aisle.insight.studying.views.list_folders", list)
    found = study(photographed, projections=["none"], seeds=1)
    both = found.best_of("text+image")
    text, image = found.best_of("text"), found.best_of("image")
    assert both.encoder == f"{text.encoder} + {image.encoder}"


def test_a_study_is_written_in_three_ways(found: Study, tmp_path: Path) -> None:
    found.save(tmp_path / "s.json")
    told = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert set(told["results"][0]) >= {
        "encoder", "projection", "silhouette", "ari", "ami", "seeds",
    }  # fmt: skip
    assert told["best"] == told["results"][0]
    found.save(tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as read:
        lines = list(csv.DictReader(read))
    assert [line["encoder"] for line in lines] == [r.encoder for r in found.results]
    with pytest.raises(AisleError, match=r"\.json, \.html or \.csv"):
        found.save(tmp_path / "s.txt")
