"""Image networks of transformers become encoder folders that give the same vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.encoders.pretrained.image import ImageNetwork
from aisle.errors import EncoderError
from aisle.neural.exporting import export
from tests.unit.neural.exporting.conftest import Save

HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
SQUARE = {
    "image_processor_type": "ViTImageProcessor",
    "size": {"height": 64, "width": 64},
    "resample": 2,
    **HALF,
}
CONVNEXT = {
    "image_processor_type": "ConvNextImageProcessor",
    "size": {"shortest_edge": 64},
    "crop_pct": 0.875,
    "resample": 3,
}
VIT = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "image_size": 64,
    "patch_size": 16,
}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ResNet": ({"embedding_size": 16, "hidden_sizes": [16, 32], "depths": [1, 1]}, CONVNEXT),
    "RegNet": (
        {"embedding_size": 8, "hidden_sizes": [8, 32], "depths": [1, 1], "groups_width": 8},
        CONVNEXT,
    ),
    "ConvNextV2": ({"hidden_sizes": [8, 8, 16, 32], "depths": [1, 1, 1, 1]}, CONVNEXT),
    "EfficientNet": (
        {
            "image_size": 64,
            "in_channels": [32, 16],
            "out_channels": [16, 24],
            "kernel_sizes": [3, 3],
            "strides": [1, 2],
            "num_block_repeats": [1, 1],
            "expand_ratios": [1, 4],
            "depthwise_padding": [],
            "hidden_dim": 1280,
            "width_coefficient": 1.0,
            "depth_coefficient": 1.0,
        },
        {
            "image_processor_type": "EfficientNetImageProcessor",
            "size": {"height": 64, "width": 64},
            "include_top": True,
            "resample": 0,
        },
    ),
    "MobileNetV1": (
        {"depth_multiplier": 0.25, "min_depth": 8},
        {
            "image_processor_type": "MobileNetV1ImageProcessor",
            "size": {"shortest_edge": 72},
            "crop_size": {"height": 64, "width": 64},
            "do_center_crop": True,
            **HALF,
        },
    ),
    "MobileNetV2": (
        {"depth_multiplier": 0.25},
        {
            "image_processor_type": "MobileNetV2ImageProcessor",
            "size": {"shortest_edge": 72},
            "crop_size": {"height": 64, "width": 64},
            "do_center_crop": True,
            **HALF,
        },
    ),
    "SwiftFormer": ({"depths": [1, 1, 1, 1], "embed_dims": [8, 8, 16, 32]}, SQUARE),
    "ViT": (VIT, SQUARE),
    "DeiT": (VIT, SQUARE),
    "Beit": (VIT, SQUARE),
    "Swin": (
        {
            "image_size": 64,
            "patch_size": 4,
            "embed_dim": 16,
            "depths": [1, 1],
            "num_heads": [2, 2],
            "window_size": 4,
        },
        SQUARE,
    ),
    "Dinov2": (
        # Positions of 7 x 7 places have to be resized to 4 x 4.
        {**VIT, "image_size": 112},
        {
            "image_processor_type": "BitImageProcessor",
            "size": {"shortest_edge": 72},
            "crop_size": {"height": 64, "width": 64},
            "do_center_crop": True,
            "resample": 3,
        },
    ),
}


def classifier(transformers: Any, kind: str) -> Any:
    # Without the name of its class, a DeiT has two classifiers to choose from.
    architectures = [f"{kind}ForImageClassification"]
    config = getattr(transformers, f"{kind}Config")(**KINDS[kind][0], architectures=architectures)
    config.num_labels = 5
    return config


def pixels(seed: int = 0, *, side: int = 64) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_classifier_is_exported_with_what_it_reads(
    kind: str, transformers: Any, save: Save, tmp_path: Path
) -> None:
    loader = "AutoModelForImageClassification"
    folder = save(classifier(transformers, kind), loader=loader, images=KINDS[kind][1])

    found = export(folder, tmp_path / "out")

    assert found.folder.description.modality == "image"
    assert found.cosine > 0.99999
    network = ImageNetwork.load(found.folder)
    assert network.dimension == found.folder.description.dimension
    # A picture that needs no resizing, which libraries do each in their own way.
    side = round(64 / found.folder.description.image.crop)
    logits = ImageNetwork.load(found.folder, layer="logits").encode(pixels(side=side))
    np.testing.assert_allclose(
        logits, logits_of(transformers, folder, pixels(side=side)), atol=1e-3
    )


def logits_of(transformers: Any, folder: Path, picture: np.ndarray) -> np.ndarray:
    """Return a classifier's logits, with its own preprocessing."""
    import torch

    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    model = transformers.AutoModelForImageClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return model(processor([picture], return_tensors="pt")["pixel_values"]).logits[0].numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_without_a_classifier_is_exported(
    kind: str, transformers: Any, save: Save, tmp_path: Path
) -> None:
    config = getattr(transformers, f"{kind}Config")(**KINDS[kind][0])
    found = export(save(config, images=KINDS[kind][1]), tmp_path / "out")
    assert found.cosine > 0.99999
    vectors = [ImageNetwork.load(found.folder).encode(pixels(seed)) for seed in (0, 1)]
    assert vectors[0].shape == (found.folder.description.dimension,)
    assert not np.allclose(*vectors)


def test_which_output_is_told(transformers: Any, save: Save, tmp_path: Path) -> None:
    config = transformers.Dinov2Config(**KINDS["Dinov2"][0])
    folder = save(config, images=KINDS["Dinov2"][1])
    pooled = export(folder, tmp_path / "pooled")
    mean = export(folder, tmp_path / "mean", output="mean")
    assert "pooled output, which is the first token ([CLS])" in pooled.notes[0]
    assert "mean over all places" in mean.notes[0]


def test_the_mean_leaves_the_first_token_out(transformers: Any, save: Save, tmp_path: Path) -> None:
    import torch

    folder = save(transformers.ViTConfig(**VIT), images=SQUARE)
    found = export(folder, tmp_path / "out", output="mean")
    values = (pixels().astype(np.float32) - 127.5) / 127.5
    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        tokens = model(torch.from_numpy(values.transpose(2, 0, 1)[None])).last_hidden_state[0]
    assert len(tokens) == 17
    vector = ImageNetwork.load(found.folder).encode(pixels())
    np.testing.assert_allclose(vector, tokens[1:].mean(0).numpy(), atol=1e-5)


def test_an_untrained_pooler_is_not_taken(transformers: Any, save: Save, tmp_path: Path) -> None:
    folder = save(transformers.ViTConfig(**VIT), images=SQUARE)
    model = transformers.ViTModel.from_pretrained(folder, add_pooling_layer=False)
    model.save_pretrained(folder)
    found = export(folder, tmp_path / "out")
    assert found.notes[0] == "the embedding is the first token ([CLS]) of the last layer"
    with pytest.raises(EncoderError, match="has no pooled output; take output 'cls' or 'mean'"):
        export(folder, tmp_path / "other", output="pooled")


def test_a_network_for_another_size_is_refused(
    transformers: Any, save: Save, tmp_path: Path
) -> None:
    folder = save(transformers.ViTConfig(**VIT), images=SQUARE)
    other = {**SQUARE, "size": {"height": 32, "width": 32}}
    (folder / "preprocessor_config.json").write_text(json.dumps(other))
    with pytest.raises(EncoderError, match=r"does not read photographs of \(32, 32\) pixels"):
        export(folder, tmp_path / "out")


def test_how_photographs_are_fitted_can_be_chosen(
    transformers: Any, save: Save, tmp_path: Path
) -> None:
    folder = save(transformers.ResNetConfig(**KINDS["ResNet"][0]), images=CONVNEXT)
    found = export(folder, tmp_path / "out", fit="pad")
    assert found.folder.description.image.fit == "pad"
    assert any("'pad' instead of the model's own 'crop'" in note for note in found.notes)
    with pytest.raises(EncoderError, match="fit 'squeeze': expected one of pad, crop, stretch"):
        export(folder, tmp_path / "out", fit="squeeze")


def test_preprocessing_has_to_be_there(transformers: Any, save: Save, tmp_path: Path) -> None:
    folder = save(transformers.ResNetConfig(**KINDS["ResNet"][0]))
    with pytest.raises(EncoderError, match=r"has no preprocessor_config\.json"):
        export(folder, tmp_path / "out")
