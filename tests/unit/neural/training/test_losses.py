"""What a training makes small."""

from __future__ import annotations

import pytest

from aisle.errors import RecipeError
from aisle.neural.training import (
    ClassLoss,
    ValueLoss,
    image_text_contrastive,
    supervised_contrastive,
)

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.4, 0.3]])
TARGET = torch.tensor([0, 2])


def test_plain_cross_entropy() -> None:
    expected = -LOGITS.log_softmax(1)[[0, 1], TARGET].mean()
    assert ClassLoss()(LOGITS, TARGET, None) == pytest.approx(float(expected))
    assert ClassLoss(0.1, 2.0).plain == ClassLoss()


def test_smoothing_is_pytorchs() -> None:
    expected = torch.nn.functional.cross_entropy(LOGITS, TARGET, label_smoothing=0.2)
    assert ClassLoss(label_smoothing=0.2)(LOGITS, TARGET, None) == pytest.approx(float(expected))


def test_focal_loss_of_the_paper() -> None:
    chosen = LOGITS.softmax(1)[[0, 1], TARGET]
    expected = (-((1 - chosen) ** 2) * chosen.log()).mean()
    assert ClassLoss(focal=2.0)(LOGITS, TARGET, None) == pytest.approx(float(expected))


def test_focal_loss_has_a_slope_where_all_is_right() -> None:
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    ClassLoss(focal=0.5)(logits, torch.tensor([0]), None).backward()
    assert torch.isfinite(logits.grad).all()


def test_weights() -> None:
    one = ClassLoss()(LOGITS[:1], TARGET[:1], None)
    assert ClassLoss()(LOGITS, TARGET, torch.tensor([3.0, 0.0])) == pytest.approx(float(one))


def test_values() -> None:
    values, target = torch.tensor([[1.0], [5.0]]), torch.tensor([1.5, 1.0])
    assert ValueLoss("absolute")(values, target, None) == pytest.approx(2.25)
    assert ValueLoss("square")(values, target, None) == pytest.approx(8.125)
    assert ValueLoss()(values, target, None) == pytest.approx((0.125 + 3.5) / 2)
    with pytest.raises(RecipeError, match="loss"):
        ValueLoss("cubic")  # type: ignore[arg-type]


def test_contrast_is_low_where_classes_lie_apart() -> None:
    target = torch.tensor([0, 0, 1, 1])
    apart = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    mixed = apart[[0, 2, 1, 3]]
    assert supervised_contrastive(apart, target) < 0.1
    assert supervised_contrastive(mixed, target) > 1.0


def test_contrast_without_pairs_is_nothing() -> None:
    rows = torch.randn(3, 4, requires_grad=True)
    loss = supervised_contrastive(rows, torch.tensor([0, 1, 2]))
    loss.backward()
    assert float(loss) == 0
    assert not rows.grad.any()


def test_photographs_find_their_texts() -> None:
    rows = torch.eye(5)
    assert image_text_contrastive(rows, rows, 0.07) < 0.01
    assert image_text_contrastive(rows, rows.roll(1, 0), 0.07) > 5
