"""Finished trials on disk: a search that was killed goes on from them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aisle.errors import AisleError
from aisle.experiments.searching.sampling import Known, Proposal
from aisle.experiments.searching.target import Judged
from aisle.experiments.searching.trying import Outcome
from aisle.files import atomic_path
from aisle.models.recipe import ExpertPlan

logger = logging.getLogger(__name__)

_TRIAL = "trial"
_STATES = ("complete", "stopped", "failed")


@dataclass(frozen=True, eq=False)
class Finished:
    """A trial: what was tried, and what became of it."""

    proposal: Proposal
    outcome: Outcome

    @property
    def known(self) -> Known:
        """What the sampler is told of it."""
        return Known(self.proposal, self.outcome.state, self.outcome.folds, self.outcome.loss)


class Ledger:
    """The finished trials of one expert, in order, each in a file of its own.

    A file is there as a whole or not at all, so that a kill costs at most the trial in hand. Rows
    are float32 and bool in safetensors, everything else is JSON in its header.

    Parameters
    ----------
    folder
        Where the files lie; it need not exist.
    rows
        How many rows the catalogue has; files that hold another number are not read.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder = folder
        self._rows = rows
        self.trials: list[Finished] = []
        while (found := self._read(self._path(len(self.trials)))) is not None:
            self.trials.append(found)

    @property
    def best(self) -> Outcome | None:
        """The complete trial of the smallest loss, the first of equals."""
        complete = [trial.outcome for trial in self.trials if trial.outcome.judged is not None]
        return min(complete, key=lambda outcome: outcome.loss or 0.0, default=None)

    @property
    def seconds(self) -> float:
        """What all trials took."""
        return sum(trial.outcome.seconds for trial in self.trials)

    def add(self, trial: Finished) -> None:
        """Keep a trial.

        Raises
        ------
        AisleError
            If it cannot be written.
        """
        from safetensors.numpy import save

        arrays: dict[str, Any] = {}
        if (judged := trial.outcome.judged) is not None:
            arrays["losses"] = judged.losses
            if judged.wrong is not None:
                arrays["wrong"] = judged.wrong
        content: bytes = save(arrays, metadata={_TRIAL: json.dumps(_written(trial))})
        with atomic_path(self._path(len(self.trials))) as path:
            path.write_bytes(content)
        self.trials.append(trial)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:04d}.safetensors"

    def _read(self, path: Path) -> Finished | None:
        """Read a trial; None where there is none, or the file is damaged: it is tried again."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "np") as content:
                told = json.loads((content.metadata() or {})[_TRIAL])
                arrays = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
            return _restored(told, arrays, self._rows)
        except FileNotFoundError:
            return None
        except (SafetensorError, OSError, ValueError, LookupError, TypeError, AisleError) as error:
            logger.warning("%s: a finished trial cannot be read and is made again: %s", path, error)
            return None


def _written(trial: Finished) -> dict[str, Any]:
    outcome = trial.outcome
    return {
        "plan": trial.proposal.plan.model_dump(mode="json"),
        "values": dict(trial.proposal.values),
        "distributions": dict(trial.proposal.distributions),
        "state": outcome.state,
        "folds": outcome.folds,
        "loss": outcome.loss,
        "seconds": outcome.seconds,
        "fit_seconds": outcome.fit_seconds,
        "error": outcome.error,
    }


def _restored(told: dict[str, Any], arrays: Mapping[str, Any], rows: int) -> Finished:
    if told["state"] not in _STATES:
        raise ValueError(f"unknown state {told['state']!r}")
    judged = None
    if told["state"] == "complete":
        losses, wrong = arrays["losses"], arrays.get("wrong")
        if any(array is not None and array.shape != (rows,) for array in (losses, wrong)):
            raise ValueError(f"expected {rows} rows")
        judged = Judged(losses, None if wrong is None else wrong.astype(np.bool_))
    outcome = Outcome(
        told["state"],
        int(told["folds"]),
        None if told["loss"] is None else float(told["loss"]),
        judged,
        float(told["seconds"]),
        float(told["fit_seconds"]),
        told["error"],
    )
    plan = ExpertPlan.model_validate(told["plan"])
    return Finished(Proposal(plan, told["values"], told["distributions"]), outcome)
