"""Digests of the files that the encoders of a recipe read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aisle.experiments.encoder_digests import encoder_digests
from aisle.models.recipe import ExpertPlan
from tests.unit.encoders.pretrained.networks import image_folder, text_folder


def plan(*encoders: Any, **more: Any) -> ExpertPlan:
    return ExpertPlan.model_validate({"encoders": list(encoders), "head": "logistic", **more})


def test_encoders_that_read_no_files_have_none() -> None:
    assert encoder_digests([plan("tfidf", {"use": "word2vec"})]) == {}


def test_a_digest_follows_the_files_and_not_their_place_or_their_dates(tmp_path: Path) -> None:
    one, same = text_folder(tmp_path / "one"), text_folder(tmp_path / "same")
    found = encoder_digests([plan("tfidf", str(one.path))], [str(same.path)])
    assert set(found) == {str(one.path), str(same.path)}
    assert len(set(found.values())) == 1
    for file in ("encoder.json", "tokenizer.json", "model.onnx", "model.safetensors"):
        with (same.path / file).open("ab") as content:
            content.write(b"\n")
        other = encoder_digests([plan({"use": "text-network", "network": str(same.path)})])
        assert other[str(same.path)] not in found.values()
        found |= {file: other[str(same.path)]}


def test_what_is_not_at_hand_is_told_from_what_is(tmp_path: Path) -> None:
    where = tmp_path / "tiny-text"
    assert encoder_digests([plan(str(where))]) == {str(where): ""}
    text_folder(tmp_path)
    assert encoder_digests([plan(str(where))])[str(where)]


def test_vectors_of_words_and_teachers_count_too(tmp_path: Path) -> None:
    vectors, photographs, teacher = tmp_path / "v.txt", image_folder(tmp_path), tmp_path / "text"
    vectors.write_text("1 2\nmug 1 2\n")
    words = plan({"use": "word2vec", "vectors": str(vectors)})
    tune = {"objective": "classes+image-text", "teacher": str(teacher)}
    found = encoder_digests([words, plan(str(photographs.path), tune=tune)])
    assert set(found) == {str(vectors), str(photographs.path), str(teacher)}
    assert found[str(teacher)] == ""
    vectors.write_text("1 2\nmug 1 3\n")
    assert encoder_digests([words])[str(vectors)] != found[str(vectors)]


@pytest.mark.parametrize("objective", ["classes", "contrastive"])
def test_a_teacher_that_is_not_asked_does_not_count(tmp_path: Path, objective: str) -> None:
    folder = image_folder(tmp_path)
    tune = {"objective": objective, "teacher": "any"}
    assert set(encoder_digests([plan(str(folder.path), tune=tune)])) == {str(folder.path)}
