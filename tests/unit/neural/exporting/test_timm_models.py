"""Networks of timm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.encoders.pretrained.image import ImageNetwork
from aisle.errors import EncoderError
from aisle.neural.exporting import export
from aisle.neural.exporting.timm_models import timm_image_input
from tests.unit.neural.exporting.test_images import pixels

CONFIG = {
    "input_size": (3, 64, 64),
    "mean": (0.485, 0.456, 0.406),
    "std": (0.229, 0.224, 0.225),
    "interpolation": "bicubic",
    "crop_pct": 0.875,
    "crop_mode": "center",
}


@pytest.fixture(scope="module")
def timm(torch: Any) -> Any:
    try:
        import timm
    except (ImportError, RuntimeError) as error:
        # torchvision of another build of PyTorch raises RuntimeError.
        pytest.skip(f"timm cannot be imported here: {error}")
    return timm


def test_its_preprocessing_is_translated() -> None:
    how = timm_image_input(CONFIG, None)
    assert (how.size, how.fit, how.crop) == ((64, 64), "crop", 0.875)
    np.testing.assert_allclose(how.mean, (123.675, 116.28, 103.53))
    assert timm_image_input({**CONFIG, "crop_mode": "squash"}, None).fit == "stretch"
    assert timm_image_input({**CONFIG, "crop_mode": "border"}, None).fit == "pad"
    assert timm_image_input(CONFIG, "pad").fit == "pad"


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "vit_tiny_patch16_224", "resnet10t"])
def test_a_folder_is_exported(name: str, timm: Any, tmp_path: Path) -> None:
    import torch

    torch.manual_seed(0)
    sized = {"img_size": 64} if name.startswith("vit") else {}
    model = timm.create_model(name, pretrained=False, num_classes=7, **sized).eval()
    arguments = {"model_args": sized, "pretrained_cfg": {**CONFIG, "num_classes": 7}}
    timm.models.save_for_hf(model, tmp_path / "m", model_config=arguments, safe_serialization=True)
    found = export(tmp_path / "m", tmp_path / "out")
    picture = pixels(side=73)
    inside = (picture[4:68, 4:68] / 255 - CONFIG["mean"]) / CONFIG["std"]
    given = torch.from_numpy(inside.transpose(2, 0, 1)[None].astype(np.float32))
    with torch.no_grad():
        expected = model.forward_head(model.forward_features(given), pre_logits=True)[0].numpy()
    vector = ImageNetwork.load(found.folder).encode(picture)
    np.testing.assert_allclose(vector, expected, rtol=1e-3, atol=1e-4)


def test_pickles_are_not_loaded(timm: Any, tmp_path: Path) -> None:
    model = timm.create_model("resnet10t", pretrained=False, num_classes=7)
    timm.models.save_for_hf(
        model, tmp_path / "m", model_config={"pretrained_cfg": CONFIG}, safe_serialization=False
    )
    with pytest.raises(EncoderError, match=r"has no model\.safetensors"):
        export(tmp_path / "m", tmp_path / "out")
