from __future__ import annotations

import re
from typing import get_args

import pytest

from aisle.encoders.pretrained.finding import plain_name
from aisle.encoders.pretrained.folder import EncoderDescription
from aisle.encoders.pretrained.known import find_known, known_encoders, similar_known

NAMES = [
    "all-minilm-l6-v2",
    "multilingual-e5-small",
    "bert-base",
    "distilbert-base",
    "roberta-base",
    "use-multilingual",
    "resnet50",
    "vgg16",
    "inceptionv3",
    "efficientnet-b0",
    "efficientnet-b3",
    "mobilenet-v2-100",
    "mobilenet-v3",
    "mobilenet-edgetpu-100",
    "convnextv2-tiny",
    "vit-base",
    "dinov2-small",
    "clip-vit-b32",
    "siglip2-base",
    "marqo-ecommerce-b",
]


def test_every_promised_encoder_is_known() -> None:
    assert [encoder.name for encoder in known_encoders()] == NAMES


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("all-MiniLM-L6-v2", "all-minilm-l6-v2"),
        ("all_minilm_l6_v2", "all-minilm-l6-v2"),
        ("minilm", "all-minilm-l6-v2"),
        ("sentence-transformers/all-MiniLM-L6-v2", "all-minilm-l6-v2"),
        ("USE", "use-multilingual"),
        ("bert", "bert-base"),
        ("dino", "dinov2-small"),
        ("clip", "clip-vit-b32"),
        ("SigLIP2", "siglip2-base"),
        ("siglip", "siglip2-base"),
    ],
)
def test_names_aliases_and_repositories_find_an_encoder(said: str, meant: str) -> None:
    found = find_known(said)
    assert found is not None
    assert found.name == meant


def test_an_unknown_name_finds_none_but_a_hint() -> None:
    assert find_known("minillm") is None
    assert similar_known("minillm") == "all-minilm-l6-v2"
    assert similar_known("qqqqqq") is None


def test_no_name_stands_for_two_encoders() -> None:
    names = [
        plain_name(name)
        for encoder in known_encoders()
        for name in {encoder.name, *encoder.aliases, encoder.repository or encoder.name}
    ]
    assert len(names) == len(set(names))


def test_names_and_advice_are_in_their_form() -> None:
    for encoder in known_encoders():
        assert encoder.name == plain_name(encoder.name)
        assert encoder.advice.endswith(".")
        assert encoder.advice.count(". ") == 0
        assert encoder.repository is None or re.fullmatch(r"[\w.-]+/[\w.-]+", encoder.repository)


def test_what_may_not_be_used_commercially_says_so() -> None:
    forbidden = [encoder.name for encoder in known_encoders() if not encoder.commercial]
    assert forbidden == ["convnextv2-tiny"]
    assert all("NC" not in e.licence for e in known_encoders() if e.name not in forbidden)


def test_onnx_files_fit_what_the_encoder_reads() -> None:
    modalities = get_args(EncoderDescription.model_fields["modality"].annotation)
    for encoder in known_encoders():
        assert encoder.modality in modalities
        if encoder.onnx is None:
            continue
        exact = [n for n in encoder.onnx.networks if n.precision == "float32"]
        towers = {network.tower for network in exact}
        assert towers == ({"text", "image"} if encoder.modality == "image-text" else {None})
        assert len(exact) == len(towers)
