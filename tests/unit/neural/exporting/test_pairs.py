"""CLIP and SigLIP become two networks whose vectors compare as the originals' do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.encoders.pretrained.image import ImageNetwork
from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import EncoderError
from aisle.neural.exporting import export
from tests.unit.neural.exporting.conftest import Save
from tests.unit.neural.exporting.test_images import HALF, pixels

LAYERS = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
TEXT = {**LAYERS, "vocab_size": 30, "max_position_embeddings": 24}
IMAGE = {**LAYERS, "image_size": 64, "patch_size": 16}
ENDS = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3}
CLIP_IMAGES = {
    "image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": 64},
    "crop_size": {"height": 64, "width": 64},
    "do_center_crop": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
}
SIGLIP_IMAGES = {
    "image_processor_type": "SiglipImageProcessor",
    "size": {"height": 64, "width": 64},
    "resample": 3,
    **HALF,
}


@pytest.fixture
def clip(transformers: Any, save: Save) -> Path:
    config = transformers.CLIPConfig(
        text_config={**TEXT, **ENDS}, vision_config=IMAGE, projection_dim=16
    )
    return save(config, texts=True, images=CLIP_IMAGES)


@pytest.fixture
def siglip(transformers: Any, save: Save) -> Path:
    config = transformers.SiglipConfig(text_config={**TEXT, **ENDS}, vision_config=IMAGE)
    return save(config, texts=True, images=SIGLIP_IMAGES)


def unit(vector: Any) -> np.ndarray:
    vector = getattr(vector, "pooler_output", vector)[0].numpy()
    return vector / np.linalg.norm(vector)


def normal(picture: np.ndarray, how: dict[str, Any]) -> Any:
    import torch

    values = (picture / 255 - how["image_mean"]) / how["image_std"]
    return torch.from_numpy(values.transpose(2, 0, 1)[None].astype(np.float32))


def test_clip_gives_two_networks(clip: Path, transformers: Any, tmp_path: Path) -> None:
    import torch

    found = export(clip, tmp_path / "out").folder
    description = found.description
    assert description.modality == "image-text"
    assert {n.tower: n.file for n in description.networks} == {
        "text": "text.onnx",
        "image": "image.onnx",
    }
    assert description.dimension == description.zero_shot.dimension == 16
    model = transformers.AutoModel.from_pretrained(clip).eval()
    assert description.temperature == pytest.approx(model.logit_scale.exp().item())
    given = transformers.AutoTokenizer.from_pretrained(clip)("red mug", return_tensors="pt")
    with torch.no_grad():
        text = unit(model.get_text_features(given["input_ids"], given["attention_mask"]))
        image = unit(model.get_image_features(normal(pixels(), CLIP_IMAGES)))
    np.testing.assert_allclose(TextNetwork.load(found).encode(["red mug"])[0], text, atol=1e-5)
    np.testing.assert_allclose(ImageNetwork.load(found).encode(pixels()), image, atol=1e-5)


def test_clip_of_before_knew_its_end_by_its_number(
    clip: Path, transformers: Any, tmp_path: Path
) -> None:
    # Configurations that say 2 mean the largest number of a text.
    config = json.loads((clip / "config.json").read_text())
    config["text_config"]["eos_token_id"] = 2
    (clip / "config.json").write_text(json.dumps(config))
    assert export(clip, tmp_path / "out").cosine > 0.99999


def test_siglip_reads_texts_of_one_length(siglip: Path, transformers: Any, tmp_path: Path) -> None:
    import torch

    exported = export(siglip, tmp_path / "out")
    found, text = exported.folder, exported.folder.description.text
    assert (text.inputs, text.max_tokens, text.pad_to) == (("input_ids",), 24, 24)
    assert text.pad_token == "[PAD]"
    model = transformers.AutoModel.from_pretrained(siglip).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(siglip)
    given = tokenizer("red mug", padding="max_length", max_length=24, return_tensors="pt")
    with torch.no_grad():
        expected = unit(model.get_text_features(given["input_ids"]))
        image = unit(model.get_image_features(normal(pixels(), SIGLIP_IMAGES)))
    np.testing.assert_allclose(TextNetwork.load(found).encode(["red mug"])[0], expected, atol=1e-5)
    np.testing.assert_allclose(ImageNetwork.load(found).encode(pixels()), image, atol=1e-5)
    told = json.loads((found.path / "encoder.json").read_text())
    assert told["logit_bias"] == pytest.approx(model.logit_bias.item())
    with pytest.raises(EncoderError, match="texts always have 24 tokens here"):
        export(siglip, tmp_path / "other", max_tokens=8)


def test_siglip2_for_any_shape_reads_squares(save: Save, transformers: Any, tmp_path: Path) -> None:
    import torch

    if not hasattr(transformers, "Siglip2Config"):
        pytest.skip("this version of transformers has no SigLIP 2")
    vision = {**LAYERS, "patch_size": 8, "num_patches": 16}
    config = transformers.Siglip2Config(text_config={**TEXT, **ENDS}, vision_config=vision)
    folder = save(config, texts=True)
    exported = export(folder, tmp_path / "out")
    found = exported.folder
    assert found.description.image.size == (32, 32)
    assert any("into a square of 32 pixels" in note for note in exported.notes)

    picture = pixels()[:32, :32]
    processor = transformers.Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16)
    given = processor([picture], return_tensors="pt")
    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        expected = unit(model.get_image_features(**given))
    np.testing.assert_allclose(ImageNetwork.load(found).encode(picture), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["GemmaTokenizer", "Siglip2Tokenizer"])
def test_siglip2_reads_lower_case_whoever_brings_it_to_that(
    kind: str, save: Save, transformers: Any, tmp_path: Path
) -> None:
    import torch

    if not hasattr(transformers, kind):
        pytest.skip(f"this version of transformers has no {kind}")
    config = transformers.SiglipConfig(text_config={**TEXT, **ENDS}, vision_config=IMAGE)
    folder = save(config, images=SIGLIP_IMAGES)
    _save_gemma_tokenizer(folder, kind)
    exported = export(folder, tmp_path / "out")
    text = exported.folder.description.text
    assert text.lowercase is (kind == "GemmaTokenizer")
    assert any("lower case" in note for note in exported.notes) is text.lowercase
    shouted, said = TextNetwork.load(exported.folder).encode(["Red MUG", "red mug"])
    np.testing.assert_array_equal(shouted, said)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    assert type(tokenizer).__name__ == kind
    given = tokenizer("red mug", padding="max_length", max_length=24, return_tensors="pt")
    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        expected = unit(model.get_text_features(given["input_ids"]))
    np.testing.assert_allclose(said, expected, atol=1e-5)


def _save_gemma_tokenizer(folder: Path, kind: str) -> None:
    """Save a tokenizer that knows a few letters, small ones and capitals."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    special = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>"}
    special["unk_token"] = "<unk>"
    words = [*special.values(), "<mask>", "▁", *"redmugREDMUG"]
    vocabulary = {word: index for index, word in enumerate(words)}
    made = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", fuse_unk=True))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    made.save(str(folder / "tokenizer.json"))
    told = {"tokenizer_class": kind, "model_max_length": 24, "padding_side": "right", **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))


def test_a_pair_has_one_output(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="a pair of networks has one output"):
        export(clip, tmp_path / "out", output="cls")
