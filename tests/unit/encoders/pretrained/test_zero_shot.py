from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from aisle import Catalog
from aisle.encoders.pretrained.folder import EncoderDescription, EncoderFolder, write_folder
from aisle.encoders.pretrained.prompts import NamedCategory, named_categories
from aisle.encoders.pretrained.zero_shot import TEMPERATURE, NameMatcher
from aisle.errors import CatalogError, EncoderError

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
WORDS = {
    "[UNK]": (0, 0, 0),
    "red": (1, -1, -1),
    "crimson": (1, -0.9, -1),
    "green": (-1, 1, -1),
    "blue": (-1, -1, 1),
}
CATEGORIES = named_categories(list(COLOURS), "colours")


def text_graph(width: int = 3) -> bytes:
    """A network that looks up a vector for each token: (1, tokens) to (1, tokens, width)."""
    table = np.resize(np.array(list(WORDS.values()), dtype=np.float32), (len(WORDS), width))
    return _model(
        [helper.make_node("Gather", ["table", "input_ids"], ["tokens"])],
        [numpy_helper.from_array(table, "table")],
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "n"])],
        {"tokens": [1, "n", width]},
    )


def image_graph() -> bytes:
    """A network that gives the mean colour, and it again as `bridge` and, turned, as `turned`."""
    turn = np.eye(3, dtype=np.float32)[[1, 2, 0]]
    return _model(
        [
            helper.make_node("GlobalAveragePool", ["pixels"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["bridge"]),
            helper.make_node("MatMul", ["bridge", "turn"], ["turned"]),
        ],
        [numpy_helper.from_array(turn, "turn")],
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, 8, 8])],
        {"bridge": [1, 3], "turned": [1, 3]},
    )


def tokenizer_json() -> bytes:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    made = Tokenizer(WordLevel({w: at for at, w in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    return bytes(made.to_str().encode())


def text_folder(home: Path, name: str = "tiny-text", width: int = 3) -> EncoderFolder:
    return _folder(
        home,
        {"name": name, "modality": "text", "dimension": width, "networks": [_network("text.onnx")]},
        {"text.onnx": text_graph(width)},
    )


def image_folder(home: Path, **changes: Any) -> EncoderFolder:
    """An image encoder whose embedding is no colour that a text encoder would know."""
    network = _network("image.onnx", output="turned")
    about = {"name": "tiny-image", "modality": "image", "dimension": 3, "networks": [network]}
    return _folder(home, {**about, **changes}, {"image.onnx": image_graph()})


def pair_folder(home: Path, **changes: Any) -> EncoderFolder:
    networks = [
        _network("image.onnx", output="bridge", tower="image"),
        _network("text.onnx", tower="text"),
    ]
    about = {"name": "tiny-pair", "modality": "image-text", "dimension": 3, "networks": networks}
    files = {"image.onnx": image_graph(), "text.onnx": text_graph()}
    return _folder(home, {**about, **changes}, files)


def colour_rows(folder: Path) -> list[dict[str, object]]:
    """Products of three colours; the last two have no photograph, the last one no title either."""
    rows: list[dict[str, object]] = []
    for name, shade in COLOURS.items():
        path = folder / f"{name}.png"
        Image.new("RGB", (12, 12), shade).save(path)
        rows.append({"id": f"{name}-1", "title": f"a {name} mug", "image": str(path), "kind": name})
    rows.append({"id": "none-1", "title": "crimson mug", "image": None, "kind": "red"})
    rows.append({"id": "none-2", "title": None, "image": None, "kind": "blue"})
    return rows


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("AISLE_ENCODERS", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    roles = {"title": "text", "image": "image", "kind": "ignored"}
    return Catalog.read(colour_rows(tmp_path), roles=roles)


def _matcher(encoder: str, **options: Any) -> NameMatcher:
    return NameMatcher(encoder, CATEGORIES, **{"templates": ("a photo of {}",), **options})


def _best(matcher: NameMatcher, catalog: Catalog) -> list[str | None]:
    found = matcher.scores(catalog).probabilities
    known = np.isfinite(found).all(axis=1)
    return [list(COLOURS)[row.argmax()] if k else None for row, k in zip(found, known, strict=True)]


def test_a_pair_names_the_colours_of_photographs_and_titles(home: Path, catalog: Catalog) -> None:
    pair_folder(home)
    assert _best(_matcher("tiny-pair"), catalog) == ["red", "green", "blue", "red", None]
    only = _matcher("tiny-pair", modalities=["image"])
    assert _best(only, catalog) == ["red", "green", "blue", None, None]
    scored = _matcher("tiny-pair").scores(catalog)
    assert scored.present["text"].tolist() == [True, True, True, True, False]
    assert scored.present["image"].tolist() == [True, True, True, False, False]
    assert np.nansum(scored.probabilities, axis=1) == pytest.approx([1, 1, 1, 1, 0])


def test_both_modalities_together_are_the_mean_of_their_logarithms(
    home: Path, catalog: Catalog
) -> None:
    pair_folder(home, temperature=3.0)
    mixed = catalog.table.slice(0, 1).to_pylist()
    mixed[0]["title"] = "green"
    row = Catalog.read(mixed, roles={"title": "text", "image": "image", "kind": "ignored"})
    alone = [
        _matcher("tiny-pair", modalities=[m]).scores(row).probabilities for m in ("text", "image")
    ]
    expected = np.exp((np.log(alone[0]) + np.log(alone[1])) / 2)
    both = _matcher("tiny-pair").scores(row).probabilities
    assert both == pytest.approx(expected / expected.sum())
    # Only photographs have the temperature of the pair: the title is surer of itself.
    assert both[0].argmax() == 1


def test_the_temperature_of_the_folder_is_taken(home: Path, catalog: Catalog) -> None:
    pair_folder(home, temperature=2.0)
    found = _matcher("tiny-pair", modalities=["image"]).scores(catalog).probabilities[0]
    # The angle between two of the colours has a cosine of -1/3.
    assert found == pytest.approx(_softmax(2.0 * np.array([1, -1 / 3, -1 / 3])), abs=1e-5)
    text_folder(home)
    found = _matcher("tiny-text").scores(catalog).probabilities[0]
    assert found == pytest.approx(_softmax(TEMPERATURE * np.array([1, -1 / 3, -1 / 3])), abs=1e-5)


def test_an_image_encoder_with_a_bridge_needs_its_text_encoder(
    home: Path, catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge = {"output": "bridge", "dimension": 3, "text_encoder": "tiny-text"}
    folder = image_folder(home, zero_shot=bridge)
    with pytest.raises(EncoderError, match=r"tiny-image needs a second encoder.*'tiny-text'"):
        _matcher("tiny-image")
    text_folder(home)
    expected = ["red", "green", "blue", None, None]
    assert _best(_matcher("tiny-image", modalities=["image"]), catalog) == expected
    # Named by its path, it finds what lies beside it.
    monkeypatch.setenv("AISLE_ENCODERS", str(tmp_path / "elsewhere"))
    assert _best(_matcher(str(folder.path), modalities=["image"]), catalog) == expected


def test_a_text_encoder_reads_titles_alone(home: Path, catalog: Catalog) -> None:
    text_folder(home)
    matcher = _matcher("tiny-text")
    assert matcher.comparable == matcher.modalities_for(catalog) == ("text",)
    assert _best(matcher, catalog) == ["red", "green", "blue", "red", None]
    with pytest.raises(EncoderError, match="compares text with names of categories, not 'image'"):
        _matcher("tiny-text", modalities=["text", "image"])


def test_an_image_encoder_alone_knows_no_names(home: Path) -> None:
    image_folder(home)
    with pytest.raises(EncoderError, match=r"photographs alone.*take a pair"):
        _matcher("tiny-image")


def test_vectors_of_another_length_are_refused(home: Path, catalog: Catalog) -> None:
    text_folder(home, width=5)
    image_folder(home, zero_shot={"output": "bridge", "text_encoder": "tiny-text"})
    with pytest.raises(EncoderError, match=r"images have 3 numbers, those of names .* 5"):
        _matcher("tiny-image", modalities=["image"]).scores(catalog)


def test_a_category_is_the_mean_of_normalised_vectors_of_its_prompts(home: Path) -> None:
    pair_folder(home)
    warm = NamedCategory("red", synonyms=("green",))
    matcher = NameMatcher("tiny-pair", [warm, CATEGORIES[2]], templates=("{}", "{} {}"))
    sides = np.array([[1, -1, -1], [-1, 1, -1]]) / np.sqrt(3)
    middle = sides.mean(axis=0) / np.linalg.norm(sides.mean(axis=0))
    assert matcher.names[0] == pytest.approx(middle, abs=1e-6)
    assert np.linalg.norm(matcher.names, axis=1) == pytest.approx([1, 1])


def test_only_the_columns_that_are_named_are_read(home: Path, catalog: Catalog) -> None:
    text_folder(home)
    matcher = _matcher("tiny-text", columns={"text": ["kind"]})
    assert _best(matcher, catalog) == ["red", "green", "blue", "red", "blue"]


def test_a_catalogue_without_a_column_to_compare(home: Path) -> None:
    pair_folder(home)
    rows = [{"id": f"x{n}", "title": "a red mug"} for n in range(3)]
    texts = Catalog.read(rows, roles={"title": "text"})
    assert _matcher("tiny-pair").modalities_for(texts) == ("text",)
    with pytest.raises(CatalogError, match="no column of image; name one with --image COLUMN"):
        _matcher("tiny-pair", modalities=["image", "text"]).modalities_for(texts)
    nothing = Catalog.read(rows, roles={"title": "ignored"})
    with pytest.raises(CatalogError, match="no column of text or image"):
        _matcher("tiny-pair").scores(nothing)


def test_why_a_photograph_could_not_be_read_is_told(home: Path, tmp_path: Path) -> None:
    pair_folder(home)
    rows = colour_rows(tmp_path)
    rows[1]["image"] = str(tmp_path / "gone.png")
    roles = {"title": "text", "image": "image", "kind": "ignored"}
    scored = _matcher("tiny-pair").scores(Catalog.read(rows, roles=roles))
    assert list(scored.errors) == [1]
    assert "gone.png" in scored.errors[1]
    assert scored.probabilities[1].argmax() == 1  # by its title


def test_a_real_image_encoder_and_its_bridge_beat_chance(
    weights: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AISLE_ENCODERS", str(weights))
    path = shared / "data" / "flipkart" / "catalog.csv"
    products = Catalog.read(path, target="category", sample=60)
    names = named_categories(sorted(set(products.labels)), "flipkart")
    matcher = NameMatcher(
        "mobilenet-edgetpu-100",
        names,
        templates=("a product photo: {}",),
        columns={"text": ["title"]},
    )
    found = matcher.scores(products)
    said = np.array([one.name for one in names])[found.probabilities.argmax(axis=1)]
    assert (said == products.labels).mean() > 0.5
    assert set(found.present) == {"text", "image"}


def _softmax(scores: np.ndarray) -> np.ndarray:
    return np.exp(scores) / np.exp(scores).sum()


def _network(file: str, output: str = "tokens", **more: str) -> dict[str, str]:
    return {"file": file, "output": output, **more}


def _folder(home: Path, about: dict[str, Any], files: dict[str, bytes]) -> EncoderFolder:
    if "text" in about["modality"]:
        about = {"text": {"inputs": ["input_ids"], "max_tokens": 16, "pooled": False}, **about}
        files = {**files, "tokenizer.json": tokenizer_json()}
    if "image" in about["modality"]:
        about = {"image": {"size": [8, 8]}, **about}
    return write_folder(
        home / about["name"],
        EncoderDescription.model_validate(json.loads(json.dumps(about))),
        files,
    )


def _model(
    nodes: list[Any], tensors: list[Any], inputs: list[Any], outputs: dict[str, list[Any]]
) -> bytes:
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, values, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
