"""A joint network's answers: with all modalities, and with some of them withheld."""

from __future__ import annotations

import numpy as np

from aisle.fusion import Answer, JointAnswer, stacked, taken, withheld

READERS = {"words": 0, "letters": 0, "image": 1}
TOKENS = np.array([[True, True], [True, False], [False, True], [False, False]])


def joint(start: float = 0.0) -> JointAnswer:
    by_set = {
        some: np.full((4, 2), start + value) for some, value in (((0, 1), 1), ((0,), 2), ((1,), 3))
    }
    return JointAnswer.of(TOKENS, READERS, by_set)


def answers() -> dict[str, Answer]:
    plain = Answer(np.zeros((4, 2)), np.ones(4, dtype=bool))
    return {"words": plain, "letters": plain, "image": plain, "gated": joint()}


def test_it_answers_for_products_that_have_anything() -> None:
    assert joint().present.tolist() == [True, True, True, False]


def test_withholding_asks_the_network_again() -> None:
    some = withheld(answers(), ["words"])
    assert (some["gated"].scores == 2).all()
    assert some["gated"].present.tolist() == [True, True, False, False]
    assert not some["image"].present.any()
    other = withheld(answers(), ["image"])["gated"]
    assert (other.scores == 3).all()
    assert other.present.tolist() == [True, False, True, False]
    assert (withheld(answers(), ["letters", "image"])["gated"].scores == 1).all()


def test_what_was_withheld_does_not_come_back() -> None:
    once = withheld(answers(), ["words"])
    assert (withheld(once, ["words", "image"])["gated"].scores == 2).all()
    assert not withheld(once, ["image"])["gated"].present.any()


def test_for_sets_that_it_was_not_asked_about_it_is_absent() -> None:
    only = JointAnswer.of(TOKENS, READERS, {(0, 1): np.ones((4, 2))})
    assert not only.without(["image"]).present.any()
    assert not only.without([]).present.any()
    assert only.without(["words", "image"]).present.any()


def test_rows_are_taken_with_all_that_was_said_of_them() -> None:
    some = taken({"gated": joint()}, np.array([2, 0]))["gated"]
    assert some.present.tolist() == [True, True]
    again = withheld({"words": some, "gated": some}, ["words"])["gated"]
    assert again.present.tolist() == [False, True]
    assert (again.scores == 2).all()
    # Taken after withholding, it is still withheld.
    after = joint().without(["image"]).take(np.array([1, 2]))
    assert after.present.tolist() == [False, True]
    assert (after.scores == 3).all()


def test_changes_reach_every_set_and_know_who_is_present() -> None:
    seen = []

    def change(scores: np.ndarray, present: np.ndarray) -> np.ndarray:
        seen.append(present.tolist())
        return scores * 10

    changed = joint().mapped(change)
    assert (changed.scores == 10).all()
    assert (changed.without(["image"]).scores == 30).all()
    assert [True, False, True, False] in seen
    assert [True, True, False, False] in seen


def test_folds_are_put_together_with_the_sets_that_all_know() -> None:
    short = JointAnswer.of(TOKENS, READERS, {(0, 1): np.ones((4, 2)), (1,): np.ones((4, 2))})
    whole = stacked([joint(), short])
    assert isinstance(whole, JointAnswer)
    assert len(whole) == 8
    assert set(whole.by_set) == {(0, 1), (1,)}
    assert whole.without(["image"]).scores[:, 0].tolist() == [3.0] * 4 + [1.0] * 4
    plain = stacked([Answer(np.zeros((2, 1)), np.ones(2, bool))] * 2)
    assert type(plain) is Answer
    assert len(plain) == 4


def test_what_is_kept_by_set_takes_half_the_room_of_what_is_said() -> None:
    whole = joint()
    kept = [whole, whole.take(np.arange(2)), whole.mapped(lambda scores, _: scores / 3)]
    for one in [*kept, stacked([whole, whole])]:
        assert isinstance(one, JointAnswer)
        assert {scores.dtype for scores in one.by_set.values()} == {np.dtype(np.float32)}
        assert one.scores.dtype == one.without(["words"]).scores.dtype == np.float64
        assert (one.scores == one.by_set[0, 1]).all()
