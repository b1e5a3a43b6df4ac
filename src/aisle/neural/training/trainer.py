"""The trainer: AdamW over epochs, early stopping, checkpoints."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aisle.errors import AisleError, TrainingError
from aisle.neural.libraries import library
from aisle.neural.training import checkpoint as checkpoints
from aisle.neural.training.abandoning import stop_if_abandoned
from aisle.neural.training.batches import Order, loader, mixed
from aisle.neural.training.exclusive import exclusive
from aisle.neural.training.history import Epoch, History, best_of
from aisle.neural.training.job import Batch, Job, Rows
from aisle.neural.training.plan import TrainingPlan
from aisle.progress import Progress, silent

logger = logging.getLogger(__name__)


def train(
    job: Job,
    plan: TrainingPlan,
    *,
    checkpoint: Path | None = None,
    progress: Progress = silent,
    what: str = "training the network",
) -> History:
    """Train a network in place; it then has the weights of its best epoch.

    The same seed gives the same weights on the same machine, also after a kill: order, dropout and
    augmentation of an epoch follow from seed and epoch alone.

    Parameters
    ----------
    job
        The network, the rows and the loss.
    plan
        How to train.
    checkpoint
        A file that keeps the training after every epoch, and from which one that was killed goes
        on. It stays when the training is done: whoever has kept what came of it deletes it.
    progress
        Told after every step.
    what
        How progress calls it.

    Raises
    ------
    TrainingError
        If there are no rows, the loss is no number any more, or the machine cannot compute in the
        precision asked for.
    concurrent.futures.CancelledError
        In a thread of `abandonable` that was abandoned; the checkpoint is then as after a kill.
    """
    if not len(job.data):
        raise TrainingError("there are no rows to train a network on")
    with exclusive(plan.seed, job.threads):
        run = _Run(job, plan, checkpoint)
        try:
            run.all_epochs(progress, what)
        finally:
            run.close()
    return History.of(run.epochs)


class _Run:
    """One training on its way."""

    def __init__(self, job: Job, plan: TrainingPlan, checkpoint: Path | None) -> None:
        self.job, self.plan, self.path = job, plan, checkpoint
        self.epochs: list[Epoch] = []
        self._accelerator = _accelerator(plan)
        self._order = Order(len(job.data), plan.batch, plan.seed)
        if plan.gradient_checkpointing:
            _save_memory(job.module)
        optimiser = _optimiser(job, plan)
        self._module, self._optimiser, self._loader = self._accelerator.prepare(
            job.module, optimiser, loader(job, job.data, plan, self._order)
        )
        self._judging = self._stopping_loader()
        self._best: dict[str, Any] = {}
        self._of = _identity(job, plan)
        if checkpoint is not None:
            self._resume(checkpoint)

    def all_epochs(self, progress: Progress, what: str) -> None:
        while len(self.epochs) < self.plan.epochs and not self._out_of_patience():
            self._epoch(progress, what)
            if best_of(self.epochs) == len(self.epochs):
                self._best = _copied(self._plain().state_dict())
            if self.path is not None:
                self._keep(self.path)
        if self._best:
            self._plain().load_state_dict(self._best)

    def close(self) -> None:
        """Leave the module as it was handed over, on the processor and ready to answer."""
        self._accelerator.unwrap_model(self._module, keep_fp32_wrapper=False)
        self.job.module.to("cpu").eval()
        self._accelerator.free_memory()
        _forget_accelerator()

    def _epoch(self, progress: Progress, what: str) -> None:
        torch = library("torch", "deep")
        start, number = time.perf_counter(), len(self.epochs)
        self._order.epoch = number
        _tell_epoch(self.job.data, number)
        torch.manual_seed((self.plan.seed * 1_000_003 + number) % 2**63)
        self._module.train()
        total, steps = 0.0, len(self._order)
        for step, batch in enumerate(self._loader):
            stop_if_abandoned()
            rate = self._set_rate(number * steps + step, steps)
            with self._accelerator.accumulate(self._module):
                loss = self._loss(Batch(*batch), [self.plan.seed, number, step])
                self._accelerator.backward(loss)
                if self.plan.clip and self._accelerator.sync_gradients:
                    self._accelerator.clip_grad_norm_(self._module.parameters(), self.plan.clip)
                self._optimiser.step()
                self._optimiser.zero_grad()
            total += _finite(float(loss.detach()), self.plan)
            progress(what, number * steps + step + 1, self.plan.epochs * steps)
        stopping = None if self._judging is None else self._judged(self._judging)
        seconds = time.perf_counter() - start
        self.epochs.append(Epoch(total / max(1, steps), stopping, rate, seconds))

    def _loss(self, batch: Batch, seeds: list[int]) -> Any:
        if not self.plan.mixup or not self.job.mixable or len(batch.target) < 2:
            return self.job.loss(self._module(**batch.inputs), batch.target, batch.weight)
        batch, other, share = mixed(batch, self.job, self.plan.mixup, seeds)
        outputs = self._module(**batch.inputs)
        weight = None if batch.weight is None else batch.weight[other]
        own = self.job.loss(outputs, batch.target, batch.weight)
        return share * own + (1 - share) * self.job.loss(outputs, batch.target[other], weight)

    def _set_rate(self, step: int, steps: int) -> float:
        factor = self.plan.rate(step, (self.plan.horizon or self.plan.epochs) * steps)
        for group in self._optimiser.param_groups:
            group["lr"] = self.plan.learning_rate * group["factor"] * factor
        return self.plan.learning_rate * factor

    def _judged(self, batches: Any) -> float:
        """Return the mean loss of the stopping rows."""
        torch = library("torch", "deep")
        judge = self.job.judge or self.job.loss
        self._module.eval()
        total = weights = 0.0
        with torch.no_grad():
            for found in batches:
                batch = Batch(*found)
                heavy = len(batch.target) if batch.weight is None else float(batch.weight.sum())
                loss = judge(self._module(**batch.inputs), batch.target, batch.weight)
                total, weights = total + heavy * float(loss), weights + heavy
        return _finite(total / max(weights, 1e-12), self.plan)

    def _stopping_loader(self) -> Any:
        rows = self.job.stopping
        if rows is None or not len(rows):
            return None
        order = Order(len(rows), max(self.plan.batch, 64), None)
        return self._accelerator.prepare(loader(self.job, rows, self.plan, order))

    def _out_of_patience(self) -> bool:
        if not self.plan.patience or self._judging is None or not self.epochs:
            return False
        return len(self.epochs) - best_of(self.epochs) >= self.plan.patience

    def _plain(self) -> Any:
        return self._accelerator.unwrap_model(self._module)

    def _keep(self, path: Path) -> None:
        state = {
            "module": self._plain().state_dict(),
            "best": self._best,
            "optimiser": self._optimiser.state_dict(),
            "epochs": [asdict(epoch) for epoch in self.epochs],
        }
        scaler = self._accelerator.scaler
        if scaler is not None:
            state["scaler"] = scaler.state_dict()
        try:
            checkpoints.write(path, state, self._of)
        except AisleError as error:
            # A full disk costs what a kill would lose, and not the training.
            logger.warning("the training is not kept between epochs: %s", error)
            self.path = None

    def _resume(self, path: Path) -> None:
        state = checkpoints.read(path, self._of)
        if state is None:
            return
        self._plain().load_state_dict(state["module"])
        self._optimiser.load_state_dict(state["optimiser"])
        if self._accelerator.scaler is not None and "scaler" in state:
            self._accelerator.scaler.load_state_dict(state["scaler"])
        self._best = state["best"]
        self.epochs = [Epoch(**epoch) for epoch in state["epochs"]]


def _optimiser(job: Job, plan: TrainingPlan) -> Any:
    """Return AdamW; biases and scales, which have one dimension, do not decay."""
    torch = library("torch", "deep")
    groups: dict[tuple[float, bool], list[Any]] = {}
    for name, parameter in job.module.named_parameters():
        if parameter.requires_grad:
            fitting = [start for start in job.rates if name.startswith(start)]
            factor = job.rates[max(fitting, key=len)] if fitting else 1.0
            groups.setdefault((factor, parameter.ndim > 1), []).append(parameter)
    if not groups:
        raise TrainingError("the network has no weights that may be trained")
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "factor": factor,
                "weight_decay": plan.weight_decay if decays else 0.0,
            }
            for (factor, decays), parameters in groups.items()
        ],
        lr=plan.learning_rate,
        fused=True,
    )


def _accelerator(plan: TrainingPlan) -> Any:
    """Return accelerate's accelerator: a GPU where there is one, else the processor."""
    torch = library("torch", "deep")
    accelerate = library("accelerate", "deep")
    _forget_accelerator()
    gpu = torch.cuda.is_available()
    precision = plan.precision
    if precision == "auto":
        precision = "bfloat16" if _has_bfloat16(torch) else "float32"
    mixed_precision = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}[precision]
    if precision == "float16" and not gpu:
        raise TrainingError(
            "precision float16 needs a GPU, and there is none here; take bfloat16 or float32"
        )
    return accelerate.Accelerator(
        cpu=not gpu,
        mixed_precision=mixed_precision,
        gradient_accumulation_steps=plan.accumulate,
    )


def _has_bfloat16(torch: Any) -> bool:
    """Say whether bfloat16 is computed by the machine, and not imitated, which is slower."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    asked = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, name, bool)() for name in asked)


def _forget_accelerator() -> None:
    """Accelerate keeps its settings for the whole process; the next training has its own."""
    from accelerate.state import AcceleratorState, GradientState

    AcceleratorState._reset_state(True)
    GradientState._reset_state()


def _save_memory(module: Any) -> None:
    switch = getattr(module, "gradient_checkpointing_enable", None)
    if switch is None:
        raise TrainingError(
            f"{type(module).__name__} cannot compute activations again: leave "
            "gradient_checkpointing out, and take smaller batches with accumulate instead"
        )
    switch()


def _identity(job: Job, plan: TrainingPlan) -> str:
    """Tell this training from others: its settings, its rows and the shapes of its weights."""
    shapes = [(name, tuple(value.shape)) for name, value in job.module.state_dict().items()]
    rows = (len(job.data), 0 if job.stopping is None else len(job.stopping))
    told = repr((sorted(asdict(plan).items()), rows, shapes, sorted(job.rates.items())))
    return hashlib.sha256(told.encode()).hexdigest()


def _tell_epoch(data: Rows, epoch: int) -> None:
    tell = getattr(data, "set_epoch", None)
    if tell is not None:
        tell(epoch)


def _copied(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value.detach().to("cpu", copy=True) for name, value in state.items()}


def _finite(loss: float, plan: TrainingPlan) -> float:
    if not math.isfinite(loss):
        raise TrainingError(
            f"the loss became {loss}: training diverged at a learning rate of "
            f"{plan.learning_rate:g}; take a lower one, or more warm_up"
        )
    return loss
