"""Threads that stop when nobody waits for them any more."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import pytest

from aisle.neural.training import TrainingPlan, abandonable, stop_if_abandoned, train
from tests.unit.neural.training.test_trainer import job, trained, weights

pytest.importorskip("accelerate", reason="accelerate is not installed")

PATIENCE = 60
"""Seconds after which a test that would wait for ever fails."""


def interrupt() -> None:
    """Press control and C: the main thread is told, as by the keyboard."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def test_an_interrupted_training_ends_at_its_next_step_and_can_be_resumed(tmp_path: Path) -> None:
    path, plan = tmp_path / "training.pt", TrainingPlan(epochs=3, seed=2)
    disturbed, noted = job(), threading.Event()
    working: list[Future[Any]] = []

    def progress(_: str, done: int, total: int) -> None:
        if done == total // 3 + 1:  # the first step of the second epoch
            interrupt()
            assert noted.wait(PATIENCE)

    with pytest.raises(KeyboardInterrupt), abandonable(1) as pool:  # noqa: PT012
        working.append(pool.submit(train, disturbed, plan, checkpoint=path, progress=progress))
        try:
            working[0].result(PATIENCE)
        finally:
            threading.Timer(0.5, noted.set).start()  # by then the pool knows
    with pytest.raises(CancelledError, match="nobody waits"):
        working[0].result(PATIENCE)
    assert disturbed.data.epochs == [0, 1]
    resumed = job()
    train(resumed, plan, checkpoint=path)
    assert resumed.data.epochs == [1, 2]
    assert weights(resumed.module) == trained(plan)[1]


def test_a_failure_ends_the_others_before_it_is_told() -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless() -> None:
        begun.set()
        try:
            while True:
                stop_if_abandoned()
        finally:
            ended.set()

    def failing() -> None:
        assert begun.wait(PATIENCE)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), abandonable(2) as pool:  # noqa: PT012
        pool.submit(endless)
        waiting = [pool.submit(failing), pool.submit(endless)]
        waiting[0].result(PATIENCE)
    assert ended.is_set()
    assert waiting[1].cancelled() or waiting[1].exception() is not None


def test_elsewhere_nothing_is_abandoned() -> None:
    stop_if_abandoned()
    with abandonable(1) as pool:
        assert pool.submit(lambda: [stop_if_abandoned(), 1][1]).result(PATIENCE) == 1
