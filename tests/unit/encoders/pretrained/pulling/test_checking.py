"""Every network of a folder run once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aisle.encoders.pretrained.pulling.checking import check_runs
from aisle.errors import EncoderError
from tests.unit.encoders.pretrained.test_trying import image_folder, text_folder


def test_folders_that_run_pass(tmp_path: Path) -> None:
    check_runs(text_folder(tmp_path))
    check_runs(image_folder(tmp_path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dimension": 5}, r"\(model.onnx\): gives vectors of length 3, expected 5"),
        # The second network alone is at fault.
        ({"scale": float("nan")}, r"\(small.onnx\): gives numbers that are not finite"),
        ({"image": {"size": [16, 16]}}, r"\(model.onnx\): the network failed"),
    ],
)
def test_a_network_at_fault_is_named(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=words):
        check_runs(image_folder(tmp_path, **changes))
