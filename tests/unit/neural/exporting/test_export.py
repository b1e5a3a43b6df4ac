"""What an export finds out by itself, refuses and writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aisle.encoders.pretrained.folder import open_folder
from aisle.errors import EncoderError
from aisle.neural.exporting import checking, export
from tests.unit.neural.exporting.conftest import Save
from tests.unit.neural.exporting.test_texts import bert

NC = "---\nlicense: cc-by-nc-4.0\n---\n"


def test_what_is_written(transformers: Any, save: Save, tmp_path: Path) -> None:
    folder = save(bert(transformers), texts=True, card="---\nlicense: mit\n---\n")
    found = export(folder, tmp_path / "Some Name", name="small-bert")
    assert sorted(path.name for path in (tmp_path / "Some Name").iterdir()) == [
        "encoder.json",
        "model.onnx",
        "tokenizer.json",
    ]
    description = open_folder(tmp_path / "Some Name").description
    assert description == found.folder.description
    assert (description.name, description.licence, description.source) == (
        "small-bert",
        "mit",
        "model",
    )
    assert description.commercial
    assert str(tmp_path) not in (tmp_path / "Some Name" / "encoder.json").read_text()
    assert found.parameters > 1000
    assert found.checked >= 16


def test_the_graph_is_plain(transformers: Any, save: Save, tmp_path: Path) -> None:
    import onnx

    export(save(bert(transformers), texts=True), tmp_path / "out")
    model = onnx.load(tmp_path / "out" / "model.onnx")
    assert {(one.domain, one.version) for one in model.opset_import} == {("", 17)}
    assert [one.name for one in model.graph.input] == ["input_ids", "attention_mask"]
    sizes = [dim.dim_param for dim in model.graph.input[0].type.tensor_type.shape.dim]
    assert sizes == ["batch", "tokens"]


def test_an_encoder_that_is_there_is_replaced_and_nothing_else(
    transformers: Any, save: Save, tmp_path: Path
) -> None:
    folder = save(bert(transformers), texts=True)
    export(folder, tmp_path / "out")
    export(folder, tmp_path / "out", output="cls")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    with pytest.raises(EncoderError, match="holds something that is no encoder"):
        export(folder, tmp_path / "other")
    assert (tmp_path / "other" / "letter.txt").read_text() == "mine"


def test_a_licence_has_to_be_accepted(transformers: Any, save: Save, tmp_path: Path) -> None:
    folder = save(bert(transformers), texts=True, card=NC)
    with pytest.raises(EncoderError, match=r"cc-by-nc-4\.0 forbids commercial use"):
        export(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    description = export(folder, tmp_path / "out", accept_licence=True).folder.description
    assert (description.licence, description.commercial) == ("cc-by-nc-4.0", False)
    assert export(folder, tmp_path / "mit", licence="mit").folder.description.commercial


def test_a_network_that_does_not_agree_is_not_written(
    transformers: Any, save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(bert(transformers), texts=True)
    monkeypatch.setattr(checking, "LOWEST_COSINE", 1.1)
    with pytest.raises(EncoderError, match="does not agree with the original"):
        export(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_the_hub_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EncoderError, match="hf download someone/model --local-dir FOLDER"):
        export("someone/model", tmp_path / "out")


@pytest.mark.parametrize("source", ["nothing-here", "./nothing/here/at-all", "nothing.keras"])
def test_what_is_not_there(source: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="there is no such file or folder"):
        export(source, tmp_path / "out")


def test_a_folder_without_a_model(tmp_path: Path, transformers: Any) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError, match=r"has no config\.json"):
        export(tmp_path / "empty", tmp_path / "out")
    (tmp_path / "empty" / "config.json").write_text("{")
    with pytest.raises(EncoderError, match=r"config\.json is not valid JSON"):
        export(tmp_path / "empty", tmp_path / "out")
    (tmp_path / "empty" / "config.json").write_text(json.dumps({"model_type": "quux"}))
    with pytest.raises(EncoderError, match="does not know the architecture 'quux'"):
        export(tmp_path / "empty", tmp_path / "out")


def test_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="kind 'onnx': expected one of transformers"):
        export(tmp_path, tmp_path / "out", kind="onnx")
