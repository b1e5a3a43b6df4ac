"""Fine-tuning one network on rows that are ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle.catalog import Task
from aisle.errors import EncoderError
from aisle.neural.importing import export_network
from aisle.neural.training import (
    Batch,
    ClassLoss,
    History,
    Job,
    ValueLoss,
    exclusive,
    image_text_contrastive,
    supervised_contrastive,
    train,
)
from aisle.neural.training.job import Rows
from aisle.neural.tuning.settings import Tuning
from aisle.progress import Progress, silent

Floats = npt.NDArray[np.float32]
Collate = Callable[[list[Any], tuple[str, ...]], Batch]
"""Makes a batch of rows for a network whose inputs have the given names."""


_APART = 0.01
"""How far a vector of length 1 may move when other rows stand beside it: rounding, no more."""


@dataclass(frozen=True, eq=False)
class Start:
    """What the new head begins with: a linear head on the frozen network.

    Parameters
    ----------
    weights, bias
        float32 (classes, dimension) and (classes,); of a price (1, dimension) and (1,).
    rooted
        Whether the embedding is taken by its square roots.
    """

    weights: Floats
    bias: Floats
    rooted: bool


def linear_start(features: Floats, targets: Any, task: Task, *, rooted: bool) -> Start:
    """Fit a linear head on the frozen network's features.

    Parameters
    ----------
    features
        float32 (rows, dimension), of length 1.
    targets
        int64 (rows,) from 0 without gaps, or float32 (rows,).
    task
        What the targets are.
    rooted
        Whether `features` are square roots.
    """
    from sklearn.linear_model import LogisticRegression, Ridge

    if task is Task.REGRESS:
        ridge = Ridge(alpha=1.0).fit(features, targets)
        found, bias = ridge.coef_[None], np.array([ridge.intercept_])
    else:
        linear = LogisticRegression(C=10.0, max_iter=300).fit(features, targets)
        found, bias = linear.coef_, linear.intercept_
        if len(found) == 1:  # two classes share one line
            found, bias = np.concatenate([-found, found]) / 2, np.concatenate([-bias, bias]) / 2
    return Start(found.astype(np.float32), bias.astype(np.float32), rooted)


def tune(
    network: Any,
    content: bytes,
    rows: Rows,
    collate: Collate,
    start: Start,
    *,
    tuning: Tuning,
    output: str,
    task: Task,
    where: str,
    pooling: str = "mean",
    teacher: int = 0,
    checkpoint: Path | None = None,
    progress: Progress = silent,
) -> tuple[bytes, History]:
    """Fine-tune a network and return it, and how that went.

    Parameters
    ----------
    network
        From `import_network` or `import_end`.
    content
        The ONNX file that it came from, float32.
    rows
        To train on.
    collate
        Makes a batch of rows for the network's inputs, whose names it is given.
    start
        The head's first weights.
    tuning
        How to tune.
    output
        The tensor that is the embedding.
    task
        What the targets of `rows` are.
    where
        What messages call the network.
    pooling
        How tokens become one vector where the network gives one a token.
    teacher
        The length of the teacher's vectors, 0 without one.
    checkpoint
        Keeps the training between epochs.
    progress
        Told after every step.

    Raises
    ------
    EncoderError
        If the network does not work on several rows at once.
    TrainingError
        If the training fails.
    """
    with exclusive(tuning.training.seed):
        from aisle.neural.tuning.module import TunableNetwork

        module = TunableNetwork(
            network,
            output,
            start.weights,
            start.bias,
            rooted=start.rooted,
            pooling=pooling,
            teacher=teacher,
        )
        _check_batches(module, rows, collate, where)
        module.free(tuning.depth)
        loss = _loss(tuning, task)
        job = Job(
            module,
            rows,
            lambda items: collate(items, network.inputs),
            loss,
            mixable=network.inputs if task is Task.CLASSIFY else (),
            rates={"head.": tuning.head_rate, "bridge.": tuning.head_rate},
        )
        history = train(
            job, tuning.training, checkpoint=checkpoint, progress=progress, what=f"tuning {where}"
        )
        module.settle()
        return export_network(network, content), history


def _check_batches(module: Any, rows: Rows, collate: Collate, where: str) -> None:
    """Refuse a network whose answer for a row changes with the rows beside it."""
    import torch

    items = [rows[row] for row in range(min(4, len(rows)))]
    names = module.network.inputs
    module.eval()
    with torch.no_grad():
        try:
            together = module(**collate(items, names).inputs).embedding
            alone = torch.cat([module(**collate([one], names).inputs).embedding for one in items])
        except (RuntimeError, IndexError) as error:
            raise EncoderError(
                f"{where}: cannot be tuned, since it fails on several rows at once "
                f"({str(error).splitlines()[0]}); export it with a batch of any size"
            ) from error
    differs = float((together - alone).abs().max())
    if not differs < _APART:
        raise EncoderError(
            f"{where}: cannot be tuned: in a batch its vectors differ by up to {differs:.2g} from "
            "those of each row alone. Does it read its attention mask? Export it with one"
        )


def _loss(tuning: Tuning, task: Task) -> Callable[[Any, Any, Any], Any]:
    """Return the sum of the objectives."""
    plan = tuning.training
    classes = ClassLoss(plan.label_smoothing, plan.focal)
    values = ValueLoss()

    def loss(outputs: Any, target: Any, weight: Any) -> Any:
        total: Any = 0.0
        if "classes" in tuning.objectives:
            one = classes if task is Task.CLASSIFY else values
            total = total + one(outputs.scores, target, weight)
        if "contrastive" in tuning.objectives:
            total = total + supervised_contrastive(outputs.embedding, target, tuning.temperature)
        if "image-text" in tuning.objectives and outputs.taught is not None:
            photographs, texts = outputs.taught
            total = total + image_text_contrastive(photographs, texts, tuning.temperature)
        return total

    return loss
