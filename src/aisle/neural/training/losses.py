"""What a training makes small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from aisle.errors import RecipeError

Tensor = Any
Kind = Literal["huber", "absolute", "square"]


@dataclass(frozen=True)
class ClassLoss:
    """Cross-entropy of class scores.

    Parameters
    ----------
    label_smoothing
        The share of every target that is spread over all classes (Szegedy et al., 2016).
    focal
        The exponent by which what is already answered well counts less (Lin et al., 2017).
    """

    label_smoothing: float = 0.0
    focal: float = 0.0

    @property
    def plain(self) -> ClassLoss:
        """The same without smoothing and focus: what stopping rows are judged by."""
        return ClassLoss()

    def __call__(self, logits: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the mean loss; `logits` (rows, classes), `target` int64 (rows,)."""
        from torch.nn import functional

        found = functional.cross_entropy(
            logits.float(), target, reduction="none", label_smoothing=self.label_smoothing
        )
        if self.focal:
            chosen = logits.float().softmax(1).gather(1, target[:, None])[:, 0]
            # The slope of a power has no bound at 0.
            found = (1 - chosen).clamp_min(1e-6) ** self.focal * found
        return weighted_mean(found, weight)


@dataclass(frozen=True)
class ValueLoss:
    """The distance of values from their targets.

    Parameters
    ----------
    kind
        ``huber`` (square up to 1, then straight), ``absolute`` or ``square``.
    """

    kind: Kind = "huber"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise RecipeError(f"loss: expected one of {get_args(Kind)}, found {self.kind!r}")

    def __call__(self, values: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        """Return the mean loss; `values` (rows,) or (rows, 1), `target` float32 (rows,)."""
        from torch.nn import functional

        one = {
            "huber": functional.smooth_l1_loss,
            "absolute": functional.l1_loss,
            "square": functional.mse_loss,
        }[self.kind]
        found = one(values.float().reshape(len(target)), target, reduction="none")
        return weighted_mean(found, weight)


def supervised_contrastive(embeddings: Tensor, target: Tensor, temperature: float = 0.1) -> Tensor:
    """Return how far rows of one class are from one another, beside the other rows.

    Parameters
    ----------
    embeddings
        (rows, dimension), of any length.
    target
        int64 (rows,). A row whose class no other row has counts nothing.
    temperature
        The lower, the more the nearest rows count.

    References
    ----------
    Khosla et al. (2020), Supervised contrastive learning.
    """
    import torch
    from torch.nn import functional

    unit = functional.normalize(embeddings.float(), dim=1)
    itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    scores = (unit @ unit.T / temperature).masked_fill(itself, -1e9)
    same = (target[:, None] == target[None, :]) & ~itself
    logs = scores - scores.logsumexp(1, keepdim=True)
    some = same.any(1)
    if not some.any():
        return embeddings.sum() * 0
    means = (logs * same).sum(1)[some] / same.sum(1)[some]
    return -means.mean()


def image_text_contrastive(images: Tensor, texts: Tensor, temperature: float = 0.07) -> Tensor:
    """Return how well photographs and texts of the same products find one another.

    Parameters
    ----------
    images, texts
        (rows, dimension), of any length; row by row of the same product.
    temperature
        The lower, the more the nearest rows count.

    References
    ----------
    Radford et al. (2021), Learning transferable visual models from natural language supervision.
    """
    import torch
    from torch.nn import functional

    left, right = (functional.normalize(one.float(), dim=1) for one in (images, texts))
    scores = left @ right.T / temperature
    target = torch.arange(len(scores), device=scores.device)
    return (
        functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)
    ) / 2


def weighted_mean(losses: Tensor, weight: Tensor | None) -> Tensor:
    """Return the mean of `losses`, (rows,), by weight."""
    if weight is None:
        return losses.mean()
    return (losses * weight).sum() / weight.sum().clamp_min(1e-12)
