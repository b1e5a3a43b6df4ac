from __future__ import annotations

import pytest

from aisle.neural.fusing import METHODS, Design
from aisle.neural.fusing.module import _some_of, build_module

torch = pytest.importorskip("torch")


def test_some_of_what_is_present_is_hidden_but_never_all_and_nothing_appears() -> None:
    torch.manual_seed(0)
    present = torch.rand(4_000, 3) < 0.6
    shown = _some_of(present, 0.3)
    assert not (shown & ~present).any()
    assert torch.equal(shown.any(1), present.any(1))
    whole = present.all(1)
    share = shown[whole].float().mean().item()
    assert 0.68 < share < 0.75  # 0.7, and one more where all would be hidden
    assert torch.equal(_some_of(present, 0.0), present)


@pytest.mark.parametrize("method", METHODS)
def test_what_an_absent_modality_holds_is_not_looked_at(method: str) -> None:
    torch.manual_seed(0)
    module = build_module(Design(method, width=8, heads=2), [3, 5], 4).eval()
    seen = {"token_0": torch.randn(6, 3), "token_1": torch.randn(6, 5)}
    present = torch.tensor([[True, False]] * 6)
    scores = module(present, **seen)
    changed = {**seen, "token_1": torch.randn(6, 5)}
    assert scores.shape == (6, 4)
    assert torch.equal(module(present, **changed), scores)
    everything = torch.ones(6, 2, dtype=torch.bool)
    assert not torch.allclose(module(everything, **seen), scores)
    assert not torch.allclose(module(everything, **changed), module(everything, **seen))


@pytest.mark.parametrize("method", METHODS)
def test_the_absent_token_is_learned(method: str) -> None:
    module = build_module(Design(method, width=8, heads=2), [3, 5], 4)
    present = torch.tensor([[True, False]] * 6)
    module(present, token_0=torch.randn(6, 3), token_1=torch.zeros(6, 5)).sum().backward()
    assert module.absent.grad[1].abs().sum() > 0
    assert module.absent.grad[0].abs().sum() == 0


@pytest.mark.parametrize("method", METHODS)
def test_weights_sum_to_one(method: str) -> None:
    module = build_module(Design(method, width=8, heads=2, blocks=2), [3, 5, 2], 4).eval()
    present = torch.tensor([[True, True, True], [True, False, True]])
    projected = [torch.randn(2, 8) for _ in range(3)]
    _, weights = module.fused(projected, present)
    assert torch.allclose(weights.sum(1), torch.ones(2))
    assert (weights >= 0).all()
