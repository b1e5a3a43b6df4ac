"""Text encoders of transformers become encoder folders that give the same vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.encoders.pretrained.text import TextNetwork
from aisle.errors import EncoderError
from aisle.neural.exporting import export
from tests.unit.neural.exporting.conftest import Save

SMALL = {
    "vocab_size": 30,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
KINDS: dict[str, dict[str, Any]] = {
    "Bert": {**SMALL, "max_position_embeddings": 40},
    "DistilBert": {
        "vocab_size": 30,
        "dim": 32,
        "n_layers": 2,
        "n_heads": 4,
        "hidden_dim": 64,
        "max_position_embeddings": 40,
    },
    "Roberta": {**SMALL, "max_position_embeddings": 20, "pad_token_id": 0},
    "XLMRoberta": {**SMALL, "max_position_embeddings": 20, "pad_token_id": 1},
    "MPNet": {**SMALL, "max_position_embeddings": 40, "pad_token_id": 1},
    "Electra": {**SMALL, "embedding_size": 16},
    "DebertaV2": {**SMALL},
    "ModernBert": {**SMALL, "pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3},
}


def bert(transformers: Any, **changed: Any) -> Any:
    return transformers.BertConfig(**{**KINDS["Bert"], **changed})


def by_hand(transformers: Any, folder: Path, text: str) -> np.ndarray:
    """Return the mean of the tokens' vectors at length 1, computed without an export."""
    import torch

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        given = tokenizer(text, return_tensors="pt")
        vector = model(given["input_ids"], given["attention_mask"]).last_hidden_state[0].mean(0)
    return (vector / vector.norm()).numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_an_architecture_is_exported(
    kind: str, transformers: Any, save: Save, tmp_path: Path
) -> None:
    config = getattr(transformers, f"{kind}Config")(**KINDS[kind])
    folder = save(config, texts=True)

    found = export(folder, tmp_path / "out", name="small")

    assert found.folder.description.modality == "text"
    assert found.folder.description.dimension == 32
    assert found.difference < 1e-5
    assert found.cosine > 0.99999
    text = "red ceramic mug with cable"
    vector = TextNetwork.load(found.folder).encode([text])[0]
    np.testing.assert_allclose(vector, by_hand(transformers, folder, text), atol=1e-5)


def test_the_least_limit_of_tokens_counts(transformers: Any, save: Save, tmp_path: Path) -> None:
    # The tokenizer names 32; RoBERTa's 20 positions begin after the padding's number.
    roberta = save(transformers.RobertaConfig(**KINDS["Roberta"]), texts=True)
    assert export(roberta, tmp_path / "roberta").folder.description.text.max_tokens == 19
    small = save(bert(transformers), texts=True, into=tmp_path / "bert")
    assert export(small, tmp_path / "a").folder.description.text.max_tokens == 32
    assert export(small, tmp_path / "b", max_tokens=8).folder.description.text.max_tokens == 8
    with pytest.raises(EncoderError, match="max_tokens 64: the network has 40 positions"):
        export(small, tmp_path / "c", max_tokens=64)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("pooling", ["cls", "max", "last"])
def test_another_pooling(pooling: str, transformers: Any, save: Save, tmp_path: Path) -> None:
    import torch

    folder = save(bert(transformers), texts=True)
    found = export(folder, tmp_path / "out", output=pooling, normalised=False)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    given = transformers.AutoTokenizer.from_pretrained(folder)("red mug", return_tensors="pt")
    with torch.no_grad():
        tokens = model(**given).last_hidden_state[0].numpy()
    expected = {"cls": tokens[0], "max": tokens.max(0), "last": tokens[-1]}[pooling]

    vector = TextNetwork.load(found.folder).encode(["red mug"])[0]

    np.testing.assert_allclose(vector, expected, atol=1e-5)
    assert found.folder.description.text.normalised is False
    assert np.linalg.norm(vector) > 1.5


def test_a_prefix_is_kept(transformers: Any, save: Save, tmp_path: Path) -> None:
    folder = save(bert(transformers), texts=True)
    plain = export(folder, tmp_path / "plain")
    marked = export(folder, tmp_path / "marked", prefix="red ")
    assert marked.folder.description.text.prefix == "red "
    np.testing.assert_array_equal(
        TextNetwork.load(marked.folder).encode(["mug"]),
        TextNetwork.load(plain.folder).encode(["red mug"]),
    )


def test_an_unknown_pooling_is_refused(transformers: Any, save: Save, tmp_path: Path) -> None:
    folder = save(bert(transformers), texts=True)
    with pytest.raises(EncoderError, match="one of mean, cls, max, last"):
        export(folder, tmp_path / "out", output="pooler")


def test_a_model_that_writes_texts_is_refused(
    transformers: Any, save: Save, tmp_path: Path
) -> None:
    config = transformers.BartConfig(
        vocab_size=30,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
    )
    with pytest.raises(EncoderError, match="bart writes texts"):
        export(save(config, texts=True), tmp_path / "out")


def test_missing_weights_are_no_random_numbers(
    transformers: Any, save: Save, tmp_path: Path
) -> None:
    folder = save(bert(transformers), texts=True)
    bert(transformers, num_hidden_layers=3).save_pretrained(folder)
    with pytest.raises(EncoderError, match=r"lacks \d+ weights of its architecture"):
        export(folder, tmp_path / "out")


def test_pickles_are_not_loaded(transformers: Any, save: Save, tmp_path: Path) -> None:
    import torch

    folder = save(bert(transformers), texts=True)
    model = transformers.AutoModel.from_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="pickles can run code"):
        export(folder, tmp_path / "out")


def test_code_of_the_model_is_not_run(transformers: Any, save: Save, tmp_path: Path) -> None:
    import json

    folder = save(bert(transformers), texts=True)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text("raise SystemExit('this code was run')")
    with pytest.raises(EncoderError, match="Python code of its own, which is not run"):
        export(folder, tmp_path / "out")
