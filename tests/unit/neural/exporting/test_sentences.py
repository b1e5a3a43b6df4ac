"""Folders of sentence-transformers give the vectors that the package itself gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import EncoderError
from aisle.neural.exporting import export
from tests.unit.neural.exporting.conftest import Save
from tests.unit.neural.exporting.test_texts import KINDS, bert

TEXTS = ["red ceramic mug", "usb charger with cable", "a", ""]
TYPES = "sentence_transformers.models."


@pytest.fixture
def sentence_folder(transformers: Any, save: Save, tmp_path: Path) -> Path:
    """A DistilBERT with a mean, as sentence-transformers saved it for years."""
    folder = save(
        transformers.DistilBertConfig(**KINDS["DistilBert"]), texts=True, into=tmp_path / "st"
    )
    write(folder / "sentence_bert_config.json", {"max_seq_length": 16, "do_lower_case": False})
    add(folder, "Transformer", "")
    mean = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    add(folder, "Pooling", "1_Pooling", mean)
    return folder


def write(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


def add(folder: Path, kind: str, path: str, config: dict[str, Any] | None = None) -> None:
    """Add a module to a folder of sentence-transformers."""
    listed = folder / "modules.json"
    modules = json.loads(listed.read_text()) if listed.exists() else []
    name = str(len(modules))
    modules.append({"idx": len(modules), "name": name, "path": path, "type": TYPES + kind})
    write(listed, modules)
    if config is not None:
        write(folder / path / "config.json", config)


def add_dense(folder: Path, activation: str = "torch.nn.modules.activation.Tanh") -> None:
    import torch
    from safetensors.torch import save_file

    sizes = {"in_features": 32, "out_features": 12, "bias": True}
    add(folder, "Dense", "2_Dense", {**sizes, "activation_function": activation})
    generator = torch.Generator().manual_seed(0)
    weights = {
        "linear.weight": torch.randn(12, 32, generator=generator),
        "linear.bias": torch.randn(12, generator=generator),
    }
    save_file(weights, folder / "2_Dense" / "model.safetensors")


def expected(folder: Path, texts: list[str] = TEXTS) -> np.ndarray:
    package = pytest.importorskip(
        "sentence_transformers", reason="compares with the peer, a development dependency"
    )
    model = package.SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return np.stack([model.encode([text], show_progress_bar=False)[0] for text in texts])


def test_a_dense_layer_and_its_tanh(sentence_folder: Path, tmp_path: Path) -> None:
    add_dense(sentence_folder)
    found = export(sentence_folder, tmp_path / "out")
    assert found.folder.description.dimension == 12
    assert found.folder.description.text.max_tokens == 16
    assert found.folder.description.text.normalised is False
    vectors = TextNetwork.load(found.folder).encode(TEXTS)
    np.testing.assert_allclose(vectors, expected(sentence_folder), atol=1e-5)


def test_normalised_after_a_dense_layer(sentence_folder: Path, tmp_path: Path) -> None:
    add_dense(sentence_folder, "torch.nn.modules.linear.Identity")
    add(sentence_folder, "Normalize", "3_Normalize")
    found = export(sentence_folder, tmp_path / "out")
    assert found.folder.description.text.normalised is True
    vectors = TextNetwork.load(found.folder).encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors, expected(sentence_folder), atol=1e-5)


@pytest.mark.parametrize(
    "flags",
    [
        ("cls_token",),
        ("max_tokens",),
        ("mean_sqrt_len_tokens",),
        ("weightedmean_tokens",),
        ("lasttoken",),
        ("cls_token", "mean_tokens"),
    ],
)
def test_every_pooling(flags: tuple[str, ...], sentence_folder: Path, tmp_path: Path) -> None:
    modes = {f"pooling_mode_{flag}": True for flag in flags}
    config = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": False, **modes}
    write(sentence_folder / "1_Pooling" / "config.json", config)
    found = export(sentence_folder, tmp_path / "out")
    vectors = TextNetwork.load(found.folder).encode(TEXTS)
    np.testing.assert_allclose(vectors, expected(sentence_folder), atol=1e-5)


def test_what_the_package_saves_today(sentence_folder: Path, tmp_path: Path) -> None:
    package = pytest.importorskip(
        "sentence_transformers", reason="compares with the peer, a development dependency"
    )
    add_dense(sentence_folder)
    today = tmp_path / "today"
    package.SentenceTransformer(str(sentence_folder), device="cpu").save_pretrained(str(today))
    vectors = TextNetwork.load(export(today, tmp_path / "out").folder).encode(TEXTS)
    np.testing.assert_allclose(vectors, expected(sentence_folder), atol=1e-5)


def test_lowercased_texts(sentence_folder: Path, tmp_path: Path) -> None:
    lower = {"max_seq_length": 16, "do_lower_case": True}
    write(sentence_folder / "sentence_bert_config.json", lower)
    network = TextNetwork.load(export(sentence_folder, tmp_path / "out").folder)
    np.testing.assert_array_equal(network.encode(["RED Mug"]), network.encode(["red mug"]))
    cased = {"max_seq_length": 16, "do_lower_case": False}
    write(sentence_folder / "sentence_bert_config.json", cased)
    network = TextNetwork.load(export(sentence_folder, tmp_path / "other").folder)
    assert not np.allclose(network.encode(["RED Mug"]), network.encode(["red mug"]))


def test_the_default_prompt_is_the_prefix(sentence_folder: Path, tmp_path: Path) -> None:
    prompts = {"prompts": {"a": "red ", "b": "kids "}, "default_prompt_name": "b"}
    write(sentence_folder / "config_sentence_transformers.json", prompts)
    found = export(sentence_folder, tmp_path / "out")
    assert found.folder.description.text.prefix == "kids "
    vectors = TextNetwork.load(found.folder).encode(TEXTS)
    np.testing.assert_allclose(vectors, expected(sentence_folder), atol=1e-5)
    write(sentence_folder / "config_sentence_transformers.json", {"prompts": {"a": "red "}})
    other = export(sentence_folder, tmp_path / "other")
    assert other.folder.description.text.prefix == ""
    assert any("knows prompts (a 'red ')" in note for note in other.notes)


def test_a_module_that_is_not_known_is_refused(sentence_folder: Path, tmp_path: Path) -> None:
    add(sentence_folder, "LSTM", "2_LSTM", {})
    with pytest.raises(EncoderError, match=r"names 'sentence_transformers\.models\.LSTM'"):
        export(sentence_folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_activation_from_elsewhere_is_not_imported(
    sentence_folder: Path, tmp_path: Path
) -> None:
    add_dense(sentence_folder, "evil.module.Tanh")
    with pytest.raises(EncoderError, match=r"a Dense layer with 'evil\.module\.Tanh'"):
        export(sentence_folder, tmp_path / "out")


def test_a_dense_layer_as_a_pickle_is_not_loaded(sentence_folder: Path, tmp_path: Path) -> None:
    add_dense(sentence_folder)
    weights = sentence_folder / "2_Dense" / "model.safetensors"
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(EncoderError, match="weights as pickles are not loaded"):
        export(sentence_folder, tmp_path / "out")


def test_the_kind_has_to_fit(transformers: Any, save: Save, tmp_path: Path) -> None:
    folder = save(bert(transformers), texts=True)
    with pytest.raises(EncoderError, match=r"has no modules\.json"):
        export(folder, tmp_path / "out", kind="sentence-transformers")


def test_the_real_minilm(transformers: Any, shared: Path, tmp_path: Path) -> None:
    original = shared / "weights" / "all-minilm-l6-v2"
    if not (original / "model.safetensors").is_file():
        pytest.skip(f"no weights at {original}; set AISLE_SHARED to where they are")
    found = export(original, tmp_path / "out", licence="Apache-2.0")
    assert found.cosine > 0.9999
    assert found.folder.description.text.max_tokens == 256
    assert found.folder.description.commercial
    texts = ["Red ceramic mug, 350 ml", "Kids' T-shirt – ünïcode, " * 30]
    vectors = TextNetwork.load(found.folder).encode(texts)
    # The folder holds float16, which the package would compute with.
    package = pytest.importorskip("sentence_transformers", reason="a development dependency")
    model = package.SentenceTransformer(
        str(original), device="cpu", model_kwargs={"dtype": "float32"}
    )
    cosines = (vectors * model.encode(texts, show_progress_bar=False)).sum(axis=1)
    assert cosines.min() > 0.9999
