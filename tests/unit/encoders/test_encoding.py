from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from aisle import Catalog, ProductClassifier
from aisle.catalog import Role
from aisle.encoders import encoding
from aisle.encoders.encoding import (
    SUFFIXES,
    Encoded,
    embedding_encoder,
    embeddings,
    write_embeddings,
)
from aisle.encoders.pretrained.session import Session
from aisle.errors import AisleError, CatalogError, EncoderError, RecipeError
from tests.products import product_rows
from tests.unit.encoders.pretrained.test_zero_shot import (
    colour_rows,
    image_folder,
    pair_folder,
    text_folder,
)

ROLES = {"title": "text", "image": "image", "kind": "ignored"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AISLE_ENCODERS", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def catalog(tmp_path: Path, home: Path) -> Catalog:
    pair_folder(home)
    rows = colour_rows(tmp_path)
    rows[3]["image"] = str(tmp_path / "gone.png")
    return Catalog.read(rows, roles=ROLES)


def _vectors(table: pa.Table) -> list[list[float] | None]:
    return table["vector"].to_pylist()


def test_a_row_a_product_with_its_vector_or_none(catalog: Catalog) -> None:
    table = embeddings(catalog, embedding_encoder("tiny-pair")).read_all()
    assert table.column_names == ["id", "vector", "error"]
    assert table["id"].to_pylist() == ["red-1", "green-1", "blue-1", "none-1", "none-2"]
    assert table.schema.field("vector").type == pa.list_(pa.float32(), 3)
    assert _vectors(table) == [[1, -1, -1], [-1, 1, -1], [-1, -1, 1], None, None]
    errors = table["error"].to_pylist()
    assert [error is None for error in errors] == [True, True, True, False, True]
    assert "gone.png" in errors[3]


def test_the_half_of_a_pair_and_the_columns_can_be_chosen(catalog: Catalog) -> None:
    texts = embedding_encoder("tiny-pair", modality="text", columns=["kind"])
    vectors = _vectors(embeddings(catalog, texts).read_all())
    assert vectors[0] == vectors[3] == pytest.approx(np.array([1, -1, -1]) / np.sqrt(3))
    assert None not in vectors
    titles = embeddings(catalog, embedding_encoder("tiny-pair", modality="text")).read_all()
    assert titles["vector"].is_valid().to_pylist() == [True, True, True, True, False]
    assert titles["error"].null_count == 5


def test_a_layer_can_be_taken(catalog: Catalog, home: Path) -> None:
    image_folder(home)
    plain = _vectors(embeddings(catalog, embedding_encoder("tiny-image")).read_all())
    layer = _vectors(
        embeddings(catalog, embedding_encoder("tiny-image", layer="bridge")).read_all()
    )
    assert plain[0] == [-1, 1, -1]
    assert layer[0] == [1, -1, -1]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_is_read_back_as_the_same_vectors(
    suffix: str, catalog: Catalog, home: Path, tmp_path: Path
) -> None:
    text_folder(home, width=12)
    texts = embedding_encoder("tiny-text")
    path = tmp_path / "out" / f"vectors{suffix}"
    assert write_embeddings(catalog, texts, path) == Encoded(5, 4, 0, 12)
    back = Catalog.read(path)
    assert back.schema["vector"].role is Role.VECTOR
    assert back.ids == catalog.ids
    matrix, present = back.vectors("vector")
    expected = embeddings(catalog, texts).read_all()["vector"].to_pylist()
    assert present.tolist() == [True, True, True, True, False]
    assert matrix[:4].tolist() == expected[:4]  # to the last bit


def test_the_same_products_give_the_same_bytes(catalog: Catalog, tmp_path: Path) -> None:
    encoder = embedding_encoder("tiny-pair")
    for suffix in SUFFIXES:
        paths = [tmp_path / f"{n}{suffix}" for n in "ab"]
        for path in paths:
            write_embeddings(catalog, encoder, path)
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_vectors_are_computed_as_they_are_read(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_MOST_ROWS", 2)
    monkeypatch.setattr(encoding, "_LEAST_ROWS", 2)
    seen: list[int] = []
    encoder = embedding_encoder("tiny-pair", modality="text")
    describe = encoder.describe
    monkeypatch.setattr(
        encoder,
        "describe",
        lambda part, **more: (seen.append(len(part)), describe(part, **more))[1],
    )
    stream = embeddings(catalog, encoder)
    assert seen == [0]  # only the dimension is known so far
    assert len(stream.read_next_batch()) == 2
    assert seen == [0, 2]
    assert [len(batch) for batch in stream] == [2, 1]
    write_embeddings(catalog, encoder, tmp_path / "v.parquet")
    assert pq.ParquetFile(tmp_path / "v.parquet").metadata.num_row_groups == 3
    write_embeddings(catalog, encoder, tmp_path / "v.arrow")
    assert pyarrow.ipc.open_file(tmp_path / "v.arrow").num_record_batches == 3


def test_products_without_an_identifier_are_counted_through(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_MOST_ROWS", 2)
    monkeypatch.setattr(encoding, "_LEAST_ROWS", 2)
    text_folder(home)
    rows = [{"title": f"a {word} mug"} for word in ("red", "green", "blue", "red", "green")]
    products = Catalog.read(rows, roles={"title": "text"})
    table = embeddings(products, embedding_encoder("tiny-text")).read_all()
    assert table["id"].to_pylist() == products.ids == list("01234")


def test_progress_goes_over_all_batches(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_MOST_ROWS", 2)
    monkeypatch.setattr(encoding, "_LEAST_ROWS", 2)
    told: list[tuple[int, int]] = []
    stream = embeddings(
        catalog,
        embedding_encoder("tiny-pair"),
        progress=lambda what, done, total: told.append((done, total)),
    )
    stream.read_all()
    assert told == sorted(told)
    assert told[-1] == (5, 5)


def test_a_second_run_asks_no_network(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "first.parquet", tmp_path / "second.parquet"]
    write_embeddings(catalog, embedding_encoder("tiny-pair"), paths[0])

    def refuse(*_: object) -> None:
        raise AssertionError("the network was run again")

    monkeypatch.setattr(Session, "run", refuse)
    write_embeddings(catalog, embedding_encoder("tiny-pair"), paths[1])
    assert pq.read_table(paths[0]).equals(pq.read_table(paths[1]))


def test_components_are_learned_on_the_catalogue(catalog: Catalog) -> None:
    encoder = embedding_encoder("tiny-pair", components=2)
    table = embeddings(catalog, encoder).read_all()
    assert table.schema.field("vector").type.list_size == 2
    vectors = _vectors(table)
    assert vectors[3:] == [None, None]
    # Two axes hold all of three points, so that their distances stay.
    some = np.array(vectors[:3])
    gaps = [np.linalg.norm(some[a] - some[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
    assert gaps == pytest.approx([np.sqrt(8 / 3)] * 3, rel=1e-5)
    nothing = catalog.take([4])
    with pytest.raises(CatalogError, match="no components can be learned from 1 products"):
        embeddings(nothing, embedding_encoder("tiny-pair", components=2))


def test_what_is_known_of_the_encoder_travels_with_the_vectors(
    catalog: Catalog, tmp_path: Path
) -> None:
    write_embeddings(catalog, embedding_encoder("tiny-pair"), tmp_path / "v.parquet")
    about = pq.read_schema(tmp_path / "v.parquet").metadata
    assert about[b"aisle.encoder"] == b"tiny-pair"
    assert json.loads(about[b"aisle.columns"]) == ["image"]


@pytest.mark.parametrize("name", ["tfidf", "word2vec", "descriptors", "vector"])
def test_an_encoder_that_learns_is_refused(name: str) -> None:
    with pytest.raises(EncoderError, match=f"'{name}' learns.*aisle encoders list.*recipe"):
        embedding_encoder(name)


def test_an_encoder_that_is_not_there_or_reads_something_else(home: Path) -> None:
    text_folder(home)
    with pytest.raises(RecipeError, match=r"no encoder 'tiny-txt'.*Did you mean 'tiny-text'"):
        embedding_encoder("tiny-txt")
    with pytest.raises(EncoderError, match="tiny-text: reads text, not image"):
        embedding_encoder("tiny-text", modality="image")


def test_a_catalogue_without_such_a_column(home: Path) -> None:
    pair_folder(home)
    texts = Catalog.read([{"id": "a", "title": "red"}], roles={"title": "text"})
    with pytest.raises(CatalogError, match=r"reads images.*--image COLUMN.*id, title"):
        embeddings(texts, embedding_encoder("tiny-pair"))


def test_no_products(catalog: Catalog, tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        path = tmp_path / f"none{suffix}"
        found = write_embeddings(catalog.slice(0, 0), embedding_encoder("tiny-pair"), path)
        assert found == Encoded(0, 0, 0, 3)
        assert path.is_file()


def test_what_goes_wrong_leaves_nothing_behind(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CatalogError, match=r"v.txt: embeddings are written as .*found '.txt'"):
        write_embeddings(catalog, embedding_encoder("tiny-pair"), tmp_path / "v.txt")

    def fail(*_: object) -> None:
        raise EncoderError("the network failed")

    monkeypatch.setattr(Session, "run", fail)
    path = tmp_path / "v.parquet"
    path.write_bytes(b"what stood there before")
    for kind in ("text", "image"):
        encoder = embedding_encoder("tiny-pair", modality=kind)
        with pytest.raises(AisleError, match="the network failed"):
            write_embeddings(catalog, encoder, path)
    assert path.read_bytes() == b"what stood there before"
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_a_model_learns_from_the_vectors_that_were_joined(
    suffix: str, home: Path, tmp_path: Path
) -> None:
    text_folder(home)
    words = {"Mugs": "red", "Lamps": "green", "Boots": "blue"}
    rows = [
        {"id": row["sku"], "title": f"a {words[str(row['kind'])]} {n}", "kind": row["kind"]}
        for n, row in enumerate(product_rows(60))
    ]
    products = Catalog.read(rows, roles={"title": "text"})
    path = tmp_path / f"vectors{suffix}"
    write_embeddings(products, embedding_encoder("tiny-text"), path)
    # Without their titles, only the vectors tell the kinds apart.
    plain = [{key: row[key] for key in ("id", "kind")} for row in rows]
    joined = Catalog.read(plain, target="kind", join=path, on="id")
    assert joined.schema["vector"].role is Role.VECTOR
    assert joined.schema["error"].role is Role.IGNORED
    model = ProductClassifier(recipe="fast", settings=["folds=2"]).fit(joined)
    assert list(model.modalities_) == ["vector"]
    assert model.metrics_["out_of_fold_accuracy"] == 1.0


def test_a_real_network_gives_its_dimension(
    weights: Path, tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISLE_ENCODERS", str(weights))
    found = write_embeddings(
        catalog, embedding_encoder("mobilenet-v1-025-128"), tmp_path / "v.parquet"
    )
    assert found == Encoded(5, 3, 1, 256)
    matrix, present = Catalog.read(tmp_path / "v.parquet").vectors("vector")
    assert present.tolist() == [True, True, True, False, False]
    assert not np.allclose(matrix[0], matrix[1])
