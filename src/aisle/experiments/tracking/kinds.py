"""Trackers by name."""

from __future__ import annotations

import re

from aisle.experiments.tracking.tracker import Tracker, TrackingError

KINDS = ("mlflow", "tensorboard", "wandb")
"""The systems that a training can be written down in."""

_NAME = re.compile(r"[\w .\-]*[\w\-][\w .\-]*")
# MLflow keeps these two for itself: v12 is a version, latest the newest one.
_ALIAS = re.compile(r"(?!v\d+$)(?!latest$)[\w\-]+", re.IGNORECASE)


def tracker(
    kind: str,
    *,
    experiment: str,
    run_name: str,
    register: str | None = None,
    alias: str = "champion",
) -> Tracker:
    """Make a tracker; nothing is written, nor any server asked, before it is first used.

    Parameters
    ----------
    kind
        ``mlflow``: the server that ``MLFLOW_TRACKING_URI`` or ``mlflow.set_tracking_uri`` names,
        else ``mlflow.db`` and ``mlruns``; ``tensorboard``: ``runs``; ``wandb``: online where it is
        configured, else ``wandb``, to be uploaded with ``wandb sync``. Local stores lie in
        ``AISLE_TRACK_DIR``, or in the current folder.
    experiment
        What the run belongs to; a project in Weights & Biases.
    run_name
        How the run is called.
    register
        The name under which the model enters MLflow's registry; by default it does not.
    alias
        Points to the registered version from then on, as in ``models:/shop@champion``.

    Raises
    ------
    TrackingError
        If there is no such kind, its library is not installed, or a name cannot be used.
    """
    if kind not in KINDS:
        raise TrackingError(f"there is no tracker {kind!r}; the trackers are {', '.join(KINDS)}")
    for what, name in (("experiment", experiment), ("run", run_name), ("registered", register)):
        if name is not None and not _NAME.fullmatch(name):
            raise TrackingError(
                f"{what} name {name!r}: expected letters, digits, spaces, '.', '_' and '-'"
            )
    if register is not None and kind != "mlflow":
        raise TrackingError(f"{kind} has no model registry here; register with mlflow")
    if register is not None and not _ALIAS.fullmatch(alias):
        raise TrackingError(
            f"alias {alias!r}: expected letters, digits, '_' and '-', and neither 'latest' nor "
            "'v' with a number; choose another, such as champion"
        )
    if kind == "mlflow":
        from aisle.experiments.tracking.mlflow_runs import MlflowTracker

        return MlflowTracker(
            experiment=experiment, run_name=run_name, register=register, alias=alias
        )
    if kind == "tensorboard":
        from aisle.experiments.tracking.tensorboard_files import TensorboardTracker

        return TensorboardTracker(experiment=experiment, run_name=run_name)
    from aisle.experiments.tracking.wandb_runs import WandbTracker

    return WandbTracker(experiment=experiment, run_name=run_name)
