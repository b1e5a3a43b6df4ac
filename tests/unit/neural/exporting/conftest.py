"""Small models with random weights, saved as their libraries save them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WORDS = "red ceramic mug ml dish ##washer safe kids t shirt usb charger with cable set of a b c d e"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]

Save = Callable[..., Path]


@pytest.fixture(scope="session")
def torch() -> Any:
    return pytest.importorskip("torch", reason="exporting needs the extra 'deep'")


@pytest.fixture(scope="session")
def transformers(torch: Any) -> Any:
    found = pytest.importorskip("transformers", reason="exporting needs the extra 'deep'")
    pytest.importorskip("onnx", reason="exporting needs the extra 'deep'")
    return found


@pytest.fixture(scope="session")
def tokenizer(transformers: Any) -> Any:
    """A WordPiece tokenizer of some twenty words."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: index for index, word in enumerate([*SPECIAL, *WORDS.split()])}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        eos_token="[SEP]",
        model_max_length=32,
    )


@pytest.fixture
def save(torch: Any, transformers: Any, tokenizer: Any, tmp_path: Path) -> Save:
    """Save a model of a configuration, with a tokenizer or an image processor, if any."""

    def saved(
        config: Any,
        *,
        loader: str = "AutoModel",
        texts: bool = False,
        images: dict[str, Any] | None = None,
        card: str | None = None,
        into: Path = tmp_path / "model",
    ) -> Path:
        torch.manual_seed(0)
        model = getattr(transformers, loader).from_config(config).eval()
        for parameter in model.parameters():
            # As they come, most networks answer nearly the same to everything.
            if parameter.ndim > 2:
                torch.nn.init.kaiming_normal_(parameter, nonlinearity="relu")
            elif parameter.ndim == 1 and parameter.abs().mean() < 0.1:
                # Normalisations of weight 0.02, and biases.
                torch.nn.init.normal_(parameter, mean=0.5, std=0.1)
        for buffer_name, buffer in model.named_buffers():
            # Statistics of a trained network are not 0 and 1.
            if buffer_name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
            elif buffer_name.endswith("running_mean"):
                buffer.uniform_(-0.2, 0.2)
        model.save_pretrained(into)
        if texts:
            tokenizer.save_pretrained(into)
        if images is not None:
            (into / "preprocessor_config.json").write_text(json.dumps(images))
        if card is not None:
            (into / "README.md").write_text(card)
        return into

    return saved
