"""The trainer on a small network."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.errors import TrainingError
from aisle.neural.training import Batch, ClassLoss, History, Job, TrainingPlan, exclusive, train

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")


class Rows:
    def __init__(self, count: int, seed: int = 0) -> None:
        dice = np.random.default_rng(seed)
        self.inputs = dice.normal(size=(count, 6)).astype(np.float32)
        self.targets = (self.inputs[:, 0] + self.inputs[:, 1] ** 2 > 0.7).astype(np.int64)
        self.epochs: list[int] = []

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, row: int) -> tuple[Any, Any]:
        return self.inputs[row], self.targets[row]

    def set_epoch(self, epoch: int) -> None:
        self.epochs.append(epoch)


def batch(items: list[Any]) -> Batch:
    rows = torch.from_numpy(np.stack([row for row, _ in items]))
    return Batch({"rows": rows}, torch.tensor([int(target) for _, target in items]), None)


class Network(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk = torch.nn.Sequential(
            torch.nn.Linear(6, 16),
            torch.nn.BatchNorm1d(16),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.2),
        )
        self.head = torch.nn.Linear(16, 2)

    def forward(self, rows: Any) -> Any:
        return self.head(self.trunk(rows))


def network(seed: int = 0) -> Network:
    with exclusive(seed):
        return Network()


def job(stopping: Rows | None = None, **changes: Any) -> Job:
    given: dict[str, Any] = {
        "module": network(),
        "data": Rows(97),
        "collate": batch,
        "loss": ClassLoss(),
        "stopping": stopping,
        "mixable": ("rows",),
    }
    return Job(**{**given, **changes})


def weights(module: Any) -> bytes:
    return b"".join(value.numpy().tobytes() for value in module.state_dict().values())


def trained(plan: TrainingPlan, **changes: Any) -> tuple[History, bytes]:
    one = job(**changes)
    return train(one, plan), weights(one.module)


def test_learns_and_tells_how() -> None:
    one = job(stopping=Rows(60, seed=1))
    history = train(one, TrainingPlan(epochs=12, learning_rate=0.02, patience=0))
    assert len(history.epochs) == 12
    assert history.epochs[-1].training_loss < 0.7 * history.epochs[0].training_loss
    losses = [epoch.stopping_loss for epoch in history.epochs]
    assert losses[history.best - 1] == min(loss for loss in losses if loss is not None)
    assert set(history.curves()) == {"training_loss", "stopping_loss", "learning_rate"}
    assert not one.module.training


def test_the_weights_of_the_best_epoch_are_kept() -> None:
    stopping = Rows(60, seed=1)
    one = job(stopping=stopping)
    history = train(one, TrainingPlan(epochs=15, learning_rate=0.1, patience=0, seed=4))
    with torch.no_grad():
        scores = one.module(torch.from_numpy(stopping.inputs))
        loss = float(ClassLoss()(scores, torch.from_numpy(stopping.targets), None))
    assert loss == pytest.approx(history.epochs[history.best - 1].stopping_loss, abs=1e-5)


def test_stops_when_patience_is_at_its_end() -> None:
    history, _ = trained(
        TrainingPlan(epochs=60, learning_rate=0.2, patience=2), stopping=Rows(60, seed=1)
    )
    assert len(history.epochs) < 60
    assert len(history.epochs) == history.best + 2


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mixup": 0.4},
        {"precision": "bfloat16"},
        {"accumulate": 3},
        {"workers": 2},
        {"label_smoothing": 0.1, "focal": 2.0},
        {"schedule": "constant", "warm_up": 0.5, "clip": 0.0},
    ],
)
def test_the_same_seed_gives_the_same_weights(changes: dict[str, Any]) -> None:
    plan = TrainingPlan(epochs=2, batch=16, seed=5, **changes)
    _, first = trained(plan)
    torch.rand(7)  # what else is drawn in the process does not matter
    history, second = trained(plan)
    assert first == second
    assert first != trained(TrainingPlan(epochs=2, batch=16, seed=6, **changes))[1]
    assert all(np.isfinite(epoch.training_loss) for epoch in history.epochs)


def test_workers_change_nothing() -> None:
    assert (
        trained(TrainingPlan(epochs=2, seed=1))[1]
        == trained(TrainingPlan(epochs=2, seed=1, workers=3))[1]
    )


def test_two_trainings_in_threads_repeat() -> None:
    plan = TrainingPlan(epochs=2)
    alone = trained(plan)[1]
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(trained(plan)[1])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone, alone]


def test_random_numbers_and_threads_are_given_back() -> None:
    before = torch.random.get_rng_state(), torch.get_num_threads()
    trained(TrainingPlan(epochs=1))
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert before[1] == torch.get_num_threads()


def test_a_refit_follows_the_longer_schedule() -> None:
    rates = [[e.rate for e in trained(TrainingPlan(epochs=n, horizon=8))[0].epochs] for n in (3, 8)]
    assert rates[0] == rates[1][:3]
    assert rates[1][-1] < rates[0][-1]


def test_parameters_learn_at_rates_of_their_own() -> None:
    one = job(rates={"trunk.": 0.0})
    before = one.module.trunk[0].weight.clone(), one.module.head.weight.clone()
    train(one, TrainingPlan(epochs=1, weight_decay=0.0))
    assert torch.equal(before[0], one.module.trunk[0].weight)
    assert not torch.equal(before[1], one.module.head.weight)


def test_frozen_parameters_stay() -> None:
    one = job()
    one.module.trunk.requires_grad_(False)
    before = one.module.trunk[0].weight.clone()
    train(one, TrainingPlan(epochs=1))
    assert torch.equal(before, one.module.trunk[0].weight)
    one.module.requires_grad_(False)
    with pytest.raises(TrainingError, match="no weights that may be trained"):
        train(one, TrainingPlan(epochs=1))


def test_row_weights_count() -> None:
    def heavy(items: list[Any]) -> Batch:
        made = batch(items)
        return made._replace(weight=(made.target == 1).float() + 1e-9)

    one = job(collate=heavy)
    train(one, TrainingPlan(epochs=20, learning_rate=0.05, patience=0))
    with torch.no_grad():
        answers = one.module(torch.from_numpy(Rows(97).inputs)).argmax(1)
    assert answers.float().mean() > 0.95  # only rows of class 1 had a say


def test_data_is_told_of_every_epoch() -> None:
    rows = Rows(40)
    train(job(data=rows), TrainingPlan(epochs=3))
    assert rows.epochs == [0, 1, 2]


def test_a_lone_last_row_is_left_out_of_an_epoch() -> None:
    history, _ = trained(TrainingPlan(epochs=2, batch=32), data=Rows(65))
    assert all(np.isfinite(epoch.training_loss) for epoch in history.epochs)


def test_divergence_is_told() -> None:
    with pytest.raises(TrainingError, match="diverged at a learning rate"):
        trained(TrainingPlan(epochs=5, learning_rate=1e30, clip=0.0, warm_up=0.0))


def test_no_rows() -> None:
    with pytest.raises(TrainingError, match="no rows"):
        train(job(data=Rows(0)), TrainingPlan())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize(("able", "same"), [(True, "bfloat16"), (False, "float32")])
def test_a_precision_is_chosen_by_what_the_machine_can(
    able: bool, same: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: able)
    plan = TrainingPlan(epochs=2, batch=16, precision="auto")
    assert trained(plan)[1] == trained(replace(plan, precision=same))[1]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_float16_needs_a_gpu() -> None:
    with pytest.raises(TrainingError, match="needs a GPU"):
        trained(TrainingPlan(precision="float16"))


def test_gradient_checkpointing_needs_a_network_that_can() -> None:
    with pytest.raises(TrainingError, match="cannot compute activations again"):
        trained(TrainingPlan(gradient_checkpointing=True))


def _killed_after(epochs: int, path: Path, plan: TrainingPlan) -> None:
    class Doomed(Rows):
        def set_epoch(self, epoch: int) -> None:
            if epoch == epochs:
                os.kill(os.getpid(), signal.SIGKILL)

    train(job(data=Doomed(97), stopping=Rows(30, seed=2)), plan, checkpoint=path)


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_killed_training_goes_on_and_ends_the_same(tmp_path: Path, epochs: int) -> None:
    plan = TrainingPlan(epochs=5, learning_rate=0.05, patience=0, seed=3)
    path = tmp_path / "training.pt"
    process = multiprocessing.get_context("spawn").Process(
        target=_killed_after, args=(epochs, path, plan)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert path.exists()
    stopping = Rows(30, seed=2)
    whole, resumed = job(stopping=stopping), job(data=Rows(97), stopping=stopping)
    undisturbed = train(whole, plan)
    history = train(resumed, plan, checkpoint=path)
    assert weights(whole.module) == weights(resumed.module)
    assert history.curves() == undisturbed.curves()
    assert resumed.data.epochs == list(range(epochs, 5))


def test_a_finished_training_stays_on_disk_until_its_outcome_is_kept(tmp_path: Path) -> None:
    """A kill between the last epoch and the keeping of the network costs no training."""
    plan, path = TrainingPlan(epochs=3, seed=3), tmp_path / "training.pt"
    first, again = job(), job()
    history = train(first, plan, checkpoint=path)
    assert train(again, plan, checkpoint=path).curves() == history.curves()
    assert weights(again.module) == weights(first.module)
    assert again.data.epochs == [], "nothing was trained anew"


@pytest.mark.parametrize("spoil", [lambda content: content[: len(content) // 2], lambda _: b"no"])
def test_a_damaged_checkpoint_is_no_harm(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    plan, path = TrainingPlan(epochs=2), tmp_path / "training.pt"
    with pytest.raises(KeyboardInterrupt):
        train(job(), plan, checkpoint=path, progress=_interrupting(at=5))
    path.write_bytes(spoil(path.read_bytes()))
    one = job()
    train(one, plan, checkpoint=path)
    assert weights(one.module) == trained(plan)[1]


def test_a_checkpoint_of_other_settings_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "training.pt"
    with pytest.raises(KeyboardInterrupt):
        train(job(), TrainingPlan(epochs=2), checkpoint=path, progress=_interrupting(at=5))
    other = TrainingPlan(epochs=2, learning_rate=0.03)
    one = job()
    train(one, other, checkpoint=path)
    assert weights(one.module) == trained(other)[1]


def _interrupting(at: int) -> Callable[[str, int, int], None]:
    def progress(_: str, done: int, total: int) -> None:
        assert done <= total
        if done == at:
            raise KeyboardInterrupt

    return progress
