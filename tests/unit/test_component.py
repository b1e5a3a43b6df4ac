"""Parameters in, learned state out: what scikit-learn's tools can do with any part."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.base import clone

from aisle import ProductClassifier, ProductRegressor
from aisle.component import Component
from aisle.encoders import ENCODERS, make_encoder
from aisle.fusion import BestSingle, ClassExpert, EarlyValue, Late
from aisle.heads import CLASSIFIERS, REGRESSORS, find_classifier, find_regressor


class Part(Component):
    def __init__(self, one: int, *, two: tuple[int, ...] = (1, 2)) -> None:
        self.one = one
        self.two = two


class Bare(Component):
    pass


class Open(Component):
    def __init__(self, **anything: int) -> None:
        self.anything = anything


EVERY: list[Component] = [
    Part(1),
    Bare(),
    *(make_encoder(name, {}) for name in ENCODERS),
    *(find_classifier(name)() for name in CLASSIFIERS),
    *(find_regressor(name)() for name in REGRESSORS),
    BestSingle(),
    Late(),
    EarlyValue(),
    ClassExpert({"text": ["text-0"]}, find_classifier("logistic")(C=3.0)),
    ProductClassifier(recipe="fast", settings=("folds=3",), seed=7),
    ProductRegressor(),
]


@pytest.mark.parametrize("part", EVERY, ids=lambda part: type(part).__name__)
def test_scikit_learn_can_clone_it(part: Any) -> None:
    twin = clone(part)
    assert type(twin) is type(part)
    assert twin is not part
    assert repr(twin) == repr(part)
    assert twin.get_params().keys() == set(part.parameter_names())


@pytest.mark.parametrize("part", EVERY, ids=lambda part: type(part).__name__)
def test_set_params_takes_what_get_params_gives(part: Any) -> None:
    before = repr(part)
    assert part.set_params(**part.get_params()) is part
    assert repr(part) == before
    with pytest.raises(ValueError, match="no parameter 'nonsense'; it has "):
        part.set_params(nonsense=1)


def test_parameters_are_kept_untouched_and_in_order() -> None:
    two = (3, 4)
    part = Part(5, two=two)
    assert part.get_params() == {"one": 5, "two": two}
    assert part.get_params()["two"] is two
    assert Part.parameter_names() == ("one", "two")
    assert repr(part) == "Part(one=5, two=(3, 4))"
    assert Bare().get_params() == {}


def test_nothing_is_set_when_one_name_is_wrong() -> None:
    part = Part(1)
    with pytest.raises(ValueError, match="'three'"):
        part.set_params(one=2, three=3)
    assert part.one == 1


def test_parameters_without_a_name_are_refused() -> None:
    with pytest.raises(TypeError, match="names every parameter"):
        Open(a=1).get_params()


def test_what_was_learned_is_not_cloned() -> None:
    part = make_encoder("tfidf", {})
    part.vocabulary_ = ["term"]  # type: ignore[attr-defined]
    assert not hasattr(clone(part), "vocabulary_")
