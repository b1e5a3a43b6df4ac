"""Encoders by name, and what is said of those that do not fit."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Self

import pytest

from aisle import plugins
from aisle.catalog import Catalog
from aisle.encoders import (
    ENCODERS,
    Encoder,
    Features,
    encoder_names,
    find_encoder,
    make_encoder,
)
from aisle.errors import RecipeError


class Whole(Encoder):
    modality = "sound"

    def __init__(self, needed: int, other: int = 3) -> None:
        self.needed = needed
        self.other = other

    def fit(self, catalog: Catalog) -> Self:
        return self

    def transform(self, catalog: Catalog) -> Features:
        raise NotImplementedError


class NoModality(Whole):
    modality = None  # type: ignore[assignment]


class Half(Encoder):
    modality = "sound"

    def fit(self, catalog: Catalog) -> Self:
        return self


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the classes above as a plug-in would."""
    points = {
        name: (EntryPoint(name, f"{__name__}:{name}", "aisle.encoders"),)
        for name in ("Whole", "NoModality", "Half", "ENCODERS", "RecipeError")
    }
    monkeypatch.setattr(plugins, "_installed", lambda group: points)


@pytest.mark.parametrize("name", ENCODERS)
def test_own_encoders_fulfil_the_contract(name: str) -> None:
    encoder = make_encoder(name, {})
    assert isinstance(encoder, find_encoder(name))
    assert encoder.get_params().keys() == set(encoder.parameter_names())
    assert encoder.modality in ("text", "image", "metadata", "vector")
    assert name in encoder_names()


def test_parameters_arrive_untouched() -> None:
    ngrams = [3, 5]
    assert make_encoder("tfidf", {"ngrams": ngrams}).get_params()["ngrams"] is ngrams


@pytest.mark.usefixtures("installed")
def test_a_plug_in_is_found_and_built() -> None:
    assert encoder_names() == [*ENCODERS, "Whole", "NoModality", "Half", "ENCODERS", "RecipeError"]
    assert make_encoder("Whole", {"needed": 1}).get_params() == {"needed": 1, "other": 3}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("tf-idf", {}, "no encoder 'tf-idf'.*Did you mean 'tfidf'"),
        ("tfidf", {"ngram": 1}, "no parameter 'ngram'; did you mean 'ngrams'"),
        ("Whole", {}, "needs a value for needed"),
        ("NoModality", {}, "does not name its modality"),
        ("Half", {}, "does not define transform"),
        ("ENCODERS", {}, "is no class"),
        ("RecipeError", {}, "does not derive from Encoder"),
    ],
)
def test_what_does_not_fit_is_explained(name: str, params: dict[str, int], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        make_encoder(name, params)
