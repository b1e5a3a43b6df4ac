"""Rows in the order of an epoch, as batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from aisle.neural.training.job import Batch, Job, Rows
from aisle.neural.training.plan import TrainingPlan


class Order:
    """The rows of each batch of an epoch; the order follows from seed and epoch alone.

    Parameters
    ----------
    rows
        How many there are.
    batch
        Rows a batch. A last one of a single row is left out in training, since batch
        normalisation knows no spread of one row; another is left out in the next epoch.
    seed
        None takes the rows as they come, all of them.
    """

    def __init__(self, rows: int, batch: int, seed: int | None) -> None:
        self.epoch = 0
        self._rows, self._batch, self._seed = rows, batch, seed

    def __len__(self) -> int:
        whole, rest = divmod(self._rows, self._batch)
        alone = self._seed is not None and rest == 1 and whole > 0
        return whole + (rest > 0 and not alone)

    def __iter__(self) -> Iterator[list[int]]:
        order = np.arange(self._rows)
        if self._seed is not None:
            np.random.default_rng([self._seed, self.epoch]).shuffle(order)
        for number in range(len(self)):
            yield order[number * self._batch : (number + 1) * self._batch].tolist()


def loader(job: Job, data: Rows, plan: TrainingPlan, order: Order) -> Any:
    """Return a loader of batches in the given order, made ahead of time by `plan.workers`.

    Workers are threads: decoding, resizing and tokenising leave Python's lock alone, and a process
    that has threads at work cannot be forked safely.
    """
    from torch.utils.data import DataLoader, IterableDataset

    def made(rows: list[int]) -> Batch:
        return job.collate([data[row] for row in rows])

    class Made(IterableDataset):  # type: ignore[misc]
        def __iter__(self) -> Iterator[Batch]:
            return _ahead(made, order, plan.workers)

        def __len__(self) -> int:
            return len(order)

    return DataLoader(Made(), batch_size=None, collate_fn=_itself)


def _ahead(
    made: Callable[[list[int]], Batch], order: Iterable[list[int]], workers: int
) -> Iterator[Batch]:
    """Yield batches in order, made by threads, a few ahead."""
    if not workers:
        yield from map(made, order)
        return
    waiting: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for rows in order:
                waiting.append(pool.submit(made, rows))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _itself(batch: Batch) -> Batch:
    return batch


def mixed(batch: Batch, job: Job, alpha: float, seeds: list[int]) -> tuple[Batch, Any, float]:
    """Mix every row with another one.

    Returns
    -------
    tuple
        The mixed batch, the number of every row's other one, and the share of the row itself.
    """
    import torch

    dice = np.random.default_rng(seeds)
    share = float(dice.beta(alpha, alpha))
    other = torch.from_numpy(dice.permutation(len(batch.target))).to(batch.target.device)
    inputs = {
        name: share * value + (1 - share) * value[other] if name in job.mixable else value
        for name, value in batch.inputs.items()
    }
    return batch._replace(inputs=inputs), other, share
