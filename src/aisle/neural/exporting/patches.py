"""SigLIP 2 for photographs of any shape, made to read one size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aisle.encoders.pretrained.folder import ImageInput
from aisle.neural.exporting.checkpoints import Checkpoint
from aisle.neural.exporting.draft import Options
from aisle.neural.libraries import library


def is_patched(config: Any) -> bool:
    """Say whether a network reads patches and the shape that they form (NaFlex)."""
    return bool(config.model_type == "siglip2")


def fixed_input(
    checkpoint: Checkpoint, config: Any, options: Options
) -> tuple[ImageInput, tuple[str, ...]]:
    """Return a square with as many patches as the network has positions for."""
    vision = config.vision_config
    side = int(vision.patch_size) * math.isqrt(int(vision.num_patches))
    how = ImageInput(size=(side, side), fit=options.fit or "pad", interpolation="bilinear")
    return how, (
        f"{checkpoint.label} reads photographs of any shape; here they are fitted into a square of "
        f"{side} pixels",
    )


def image_features(model: Any, how: ImageInput, pixels: Any) -> Any:
    """Return a model's features of square photographs (batch, 3, height, width)."""
    torch = library("torch", "deep")
    side = int(model.config.vision_config.patch_size)
    rows, columns = how.size[0] // side, how.size[1] // side
    cut = pixels.reshape(-1, 3, rows, side, columns, side).permute(0, 2, 4, 3, 5, 1)
    cut = cut.reshape(-1, rows * columns, side * side * 3)
    shapes = torch.ones_like(cut[:, 0, :2]).to(torch.int64) * torch.tensor([rows, columns])
    return model.get_image_features(
        pixel_values=cut,
        pixel_attention_mask=torch.ones_like(cut[:, :, 0]).to(torch.int64),
        spatial_shapes=shapes,
    )


@contextmanager
def known_positions(model: Any, how: ImageInput) -> Iterator[None]:
    """Have the positions of one size computed beforehand: ONNX has no such resizing."""
    torch = library("torch", "deep")
    embeddings = model.vision_model.embeddings
    side = int(model.config.vision_config.patch_size)
    rows, columns = how.size[0] // side, how.size[1] // side
    grid = embeddings.position_embedding.weight.detach()
    grid = grid.reshape(embeddings.position_embedding_size, -1, grid.shape[-1])
    shape = torch.tensor([[rows, columns]])
    positions = embeddings.resize_positional_embeddings(grid, shape, max_length=rows * columns)
    embeddings.resize_positional_embeddings = lambda *_, **__: positions
    try:
        yield
    finally:
        # The class has the function that the instance hid.
        del embeddings.resize_positional_embeddings
