"""`--track` of `aisle train`: where a training is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aisle.cli.screen import Screen
from aisle.errors import AisleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisle.catalog import Catalog
    from aisle.experiments.tracking import Tracker
    from aisle.models import ProductModel

_TRACKING = "Where the training is tracked"
_EXPERIMENT = "aisle"
_ALIAS = "champion"
_REGISTRY = "mlflow"


@dataclass(frozen=True)
class TrackingOptions:
    """The systems that a training is written down in."""

    track: Annotated[
        list[str] | None,
        typer.Option(
            metavar="T",
            rich_help_panel=_TRACKING,
            help="mlflow, tensorboard or wandb; may be repeated.",
        ),
    ] = None
    experiment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=_TRACKING,
            help=f"What the run is part of: {_EXPERIMENT}.",
        ),
    ] = None
    register: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", rich_help_panel=_TRACKING, help="Enter MLflow's registry by this name."
        ),
    ] = None
    alias: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=_TRACKING,
            help=f"Of the registered version: {_ALIAS}.",
        ),
    ] = None

    def trackers(self, out: Path) -> tuple[Tracker, ...]:
        """Make the trackers that were asked for, before there is anything to lose.

        Parameters
        ----------
        out
            The bundle to be written; the run is called after it and the time.

        Raises
        ------
        AisleError
            If a tracker is unknown or not installed, or an option lacks the one it belongs to.
        """
        kinds = tuple(dict.fromkeys(kind.lower() for kind in self.track or ()))
        if self.experiment is not None and not kinds:
            raise AisleError("--experiment names what a tracked run is part of: add --track mlflow")
        if self.register is not None and _REGISTRY not in kinds:
            raise AisleError("--register enters MLflow's registry: add --track mlflow")
        if self.alias is not None and self.register is None:
            raise AisleError("--alias points to a registered model: add --register NAME")
        if not kinds:
            return ()
        from aisle.experiments.tracking import tracker

        run_name = f"{out.stem}-{datetime.now():%Y%m%d-%H%M%S}"
        return tuple(
            tracker(
                kind,
                experiment=self.experiment or _EXPERIMENT,
                run_name=run_name,
                register=self.register if kind == _REGISTRY else None,
                alias=self.alias or _ALIAS,
            )
            for kind in kinds
        )


@dataclass(frozen=True)
class Outcome:
    """What became of the runs: JSON for machines, and the error to end with, if any."""

    runs: tuple[dict[str, Any], ...] = ()
    error: AisleError | None = None

    def check(self) -> None:
        """Raise the error, if there was one."""
        if self.error is not None:
            raise self.error


def track(
    screen: Screen,
    trackers: Sequence[Tracker],
    model: ProductModel,
    catalog: Catalog,
    *,
    bundle: Path,
    seconds: float,
) -> Outcome:
    """Write a training down and say where; the error is kept until everything else is done."""
    if not trackers:
        return Outcome()
    from aisle.experiments.tracking import IncompleteError, track_training

    error = None
    try:
        with screen.working("tracking"):
            tracked = track_training(
                model, catalog, trackers=trackers, bundle=bundle, seconds=seconds
            )
    except IncompleteError as found:
        error, tracked = found, found.tracked
    for run in tracked:
        if run.error is None:
            screen.say(f"tracked in {run.kind}: {run.where}")
    runs = tuple({"tracker": r.kind, "run": r.where, "error": r.error} for r in tracked)
    return Outcome(runs, error)
