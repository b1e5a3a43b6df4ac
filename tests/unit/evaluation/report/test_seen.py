from __future__ import annotations

from dataclasses import replace

import pytest

from aisle.evaluation import ClassAgainst, ClassEvaluation
from aisle.evaluation.page import evaluation_page
from aisle.evaluation.report.seen import seen_told
from aisle.evaluation.versus import Difference
from aisle.models.seen import Seen
from tests.unit.evaluation.report.evaluations import small, values


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (Seen(40, 1.0, True, 40), "All of these products trained this model, so the figures"),
        (Seen(10, 0.25, True, 40), "10 of 40 products (25.0%) trained this model"),
        (
            Seen(20, 0.5, False, 8),
            "About 50.0% of these products (estimated from the 8 that could be looked up) trained",
        ),
    ],
)
def test_products_that_trained_the_model_are_warned_of(seen: Seen, words: str) -> None:
    found = replace(small(), seen_in_training=seen)
    assert words in seen_told(found)[0]
    assert words in evaluation_page(found)
    assert words in evaluation_page(replace(values(40), seen_in_training=seen))
    shown = found.to_dict()["seen_in_training"]
    assert shown == {
        "rows": seen.rows,
        "share": seen.share,
        "exact": seen.exact,
        "looked_up": seen.looked_up,
    }


@pytest.mark.parametrize(
    ("own", "theirs", "told"),
    [
        (None, Seen(10, 0.25, True, 40), ["10 of 40 products (25.0%) trained old.aisle"]),
        (Seen(0, 0.0, True, 40), Seen(10, 0.25, True, 40), ["The comparison favours old.aisle."]),
        (Seen(20, 0.5, True, 40), Seen(0, 0.0, True, 40), ["The comparison favours this model."]),
        (Seen(20, 0.5, True, 40), None, ["20 of 40 products (50.0%) trained this model"]),
        (
            Seen(20, 0.5, True, 40),
            Seen(30, 0.75, True, 40),
            ["trained this model", "The comparison favours old.aisle."],
        ),
    ],
)
def test_of_two_models_the_one_that_has_seen_more_is_favoured(
    own: Seen | None, theirs: Seen | None, told: list[str]
) -> None:
    found = compared(own, theirs)
    lines = seen_told(found)
    assert len(lines) == len(told)
    for line, words in zip(lines, told, strict=True):
        assert words in line
    assert ("favours" in " ".join(lines)) == (own is not None and theirs is not None)


def test_models_that_have_seen_the_same_products_are_both_warned_of_and_neither_favoured() -> None:
    lines = seen_told(compared(Seen(40, 1.0, True, 40), Seen(40, 1.0, True, 40)))
    assert [line.split(" trained ")[0] for line in lines] == ["All of these products"] * 2
    assert "favours" not in " ".join(lines)


def test_a_promise_is_not_called_kept_on_products_that_trained_the_model() -> None:
    found = small()
    assert "The promise was kept here" in evaluation_page(found)
    seen = replace(found, seen_in_training=Seen(10, 0.25, True, 40))
    page = evaluation_page(seen)
    assert "The promise was kept here" not in page
    assert "products that trained the model cannot tell" in page


def compared(own: Seen | None, theirs: Seen | None) -> ClassEvaluation:
    """Return an evaluation against another model that is called old.aisle."""
    even = Difference(0.0, -0.1, 0.1)
    other = ClassAgainst(
        name="old.aisle",
        recipe="fast",
        fusion="late",
        model_rows=100,
        seconds=0.5,
        accuracy=0.9,
        macro_f1=0.9,
        coverage=1.0,
        accepted_precision=0.9,
        accuracy_difference=even,
        macro_f1_difference=even,
        both_right=40,
        only_this=0,
        only_other=0,
        both_wrong=0,
        p_value=1.0,
        groups=40,
        differ=0,
        per_class=(),
        differing=(),
        seen_in_training=theirs,
    )
    return replace(small(), against=other, seen_in_training=own)


@pytest.mark.parametrize("seen", [None, Seen(0, 0.0, True, 40)])
def test_without_such_products_nothing_is_said(seen: Seen | None) -> None:
    found = replace(small(), seen_in_training=seen)
    assert not seen_told(found)
    assert "trained this model" not in evaluation_page(found)
