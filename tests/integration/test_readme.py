"""What the README tells people to type works as it stands."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from aisle import Catalog
from aisle.catalog.sample import SampleOptions, make_sample
from tests.integration.commands import command, start
from tests.unit.encoders.pretrained.networks import (
    VOCABULARY,
    image_folder,
    image_network,
    onnx,
    text_folder,
    tokenizer,
)
from tests.unit.encoders.pretrained.test_zero_shot import pair_folder

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the README names: catalogues, and tiny encoders of those names."""
    folder = tmp_path_factory.mktemp("shop")
    made = make_sample(folder, SampleOptions(products=160, categories=5))
    for name in ("new.csv", "c.csv"):
        shutil.copy(folder / "catalog.csv", folder / name)
    labels = Catalog.read(made, target="category").labels
    names = sorted({label for label in labels if label})
    (folder / "names.txt").write_text("\n".join(names), encoding="utf-8")
    home = folder / "home"
    text_folder(home, name="all-minilm-l6-v2")
    image_folder(home, name="resnet50")
    image_folder(home, with_block5_pool(), name="vgg16")
    pair_folder(home, name="clip-vit-b32")
    bert_checkpoint(folder / "my-bert")
    return folder


def with_block5_pool() -> bytes:
    """Return a network that computes a tensor of that name on its way."""
    network = onnx.load_from_string(image_network())
    for node in network.graph.node:
        for names in (node.input, node.output):
            names[:] = ["block5_pool" if name == "rectified" else name for name in names]
    return bytes(network.SerializeToString())


def bert_checkpoint(path: Path) -> None:
    """Save a small BERT with random weights as transformers does."""
    transformers = pytest.importorskip("transformers", reason="exporting needs the extra 'deep'")
    config = transformers.BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=40,
    )
    transformers.BertModel(config).save_pretrained(path)
    words = transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_buffer(tokenizer()),
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=32,
    )
    words.save_pretrained(path)


def shortened(typed: list[str]) -> list[str]:
    """Return a command that does the same in less time."""
    if "--minutes" in typed:
        at = typed.index("--minutes")
        typed = [*typed[:at], "--trials", "2", *typed[at + 2 :]]
    # The first training of all, which asks for a precision, is done in full.
    if typed[1] == "train" and "--precision" not in typed:
        quick = ["folds=2", "learning_curve=false"]
        quick = quick[any(word.startswith("folds=") for word in typed) :]
        typed = [*typed, *(part for setting in quick for part in ("--set", setting))]
    if typed[1] == "study":
        typed = [*typed, "--seeds", "2", "--projection", "pca"]
    if typed[1] == "compare":
        typed = [*typed, "--seeds", "2", "--minutes", "0.01"]
    return typed


def test_the_python_example(shop: Path) -> None:
    (code,) = blocks("python")
    subprocess.run([sys.executable, "-c", code], cwd=shop, check=True)
    assert (shop / "report.html").stat().st_size > 10_000
    assert (shop / "model.aisle").is_file()


def test_the_commands(shop: Path) -> None:
    aisle = Path(sys.executable).with_name("aisle")
    lines = [line for block in blocks("console") for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("aisle ")]
    commands = [typed for typed in commands if typed[1:3] != ["encoders", "pull"]]
    # A server does not end by itself; tests/unit/cli/test_serve.py starts one.
    commands = [typed for typed in commands if typed[1] != "serve"]
    assert len(commands) >= 16
    homes = os.pathsep.join([str(shop / "home"), str(shop / "encoders")])
    environment = {**os.environ, "AISLE_ENCODERS": homes}
    for number, typed in enumerate(map(shortened, commands)):
        # The first ones as they are typed, and those whose trackers work on until Python ends.
        if number < 5 or "--track" in typed:
            ended = subprocess.run(
                [str(aisle), *typed[1:]],
                cwd=shop,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, f"{typed}: {ended.stderr}"
        else:
            process = start(shop / "said", command, typed[1:], shop, environment)
            process.join()
            assert process.exitcode == 0, f"{typed}: {(shop / 'said').read_text(encoding='utf-8')}"
    assert (shop / "answers.csv").read_text(encoding="utf-8").startswith("id,category,confidence")
