"""Runs in MLflow, on a server or in local files, and models in its registry."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from aisle.experiments.tracking.signature import requirements, roles, signature
from aisle.experiments.tracking.tracker import (
    Parameter,
    Tracker,
    folder,
    library,
    told,
    without_account,
)
from aisle.models import ProductModel

FLAVOUR = "aisle.experiments.tracking.flavour"
"""The module by which MLflow loads the model."""

_BATCH = 100
_LONGEST_VALUE = 6000
_LONGEST_NAME = 250
_NO_NAME = re.compile(r"[^\w.\- :/]")
_KNOWN_ALREADY = "RESOURCE_ALREADY_EXISTS"


class MlflowTracker(Tracker):
    """A run in MLflow, written through a client of its own: the user's active run is left alone.

    Parameters
    ----------
    experiment, run_name, register, alias
        See `aisle.experiments.tracking.tracker`.
    """

    kind = "mlflow"

    def __init__(self, *, experiment: str, run_name: str, register: str | None, alias: str) -> None:
        self._mlflow = library("mlflow")
        self._experiment = experiment
        self._run_name = run_name
        self._register = register
        self._alias = alias

    @property
    def where(self) -> str:
        """The server's page of the run, or the local store and the run's id."""
        uri = without_account(self._uri)
        if "_run" not in self.__dict__:
            return uri
        info = self._run.info
        if uri.startswith("http"):
            return f"{uri.rstrip('/')}/#/experiments/{info.experiment_id}/runs/{info.run_id}"
        return f"{uri}, run {info.run_id}"

    def log_parameters(self, parameters: Mapping[str, Parameter]) -> None:
        """Write parameters down as texts; MLflow cuts off what is longer than it takes."""
        entities = library("mlflow.entities")
        listed = [
            entities.Param(_name(name), str(value)[:_LONGEST_VALUE])
            for name, value in parameters.items()
        ]
        with self._told():
            for start in range(0, len(listed), _BATCH):
                self._client.log_batch(self._run_id, params=listed[start : start + _BATCH])

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write scores down."""
        entities = library("mlflow.entities")
        now = time.time_ns() // 1_000_000
        listed = [
            entities.Metric(_name(name), value, now, step or 0) for name, value in metrics.items()
        ]
        with self._told():
            for start in range(0, len(listed), _BATCH):
                self._client.log_batch(self._run_id, metrics=listed[start : start + _BATCH])

    def log_artefact(self, path: Path) -> None:
        """Keep a file with the run."""
        with self._told():
            self._client.log_artifact(self._run_id, str(path))

    def log_model(self, model: ProductModel, path: Path, example: pa.Table | None = None) -> None:
        """Keep the bundle as a logged model that ``mlflow.pyfunc`` loads, and register it."""
        with self._told():
            kept = self._client.create_logged_model(
                self._run.info.experiment_id,
                name="model",
                source_run_id=self._run_id,
                model_type=model.kind,
            )
            with TemporaryDirectory() as temporary:
                local = Path(temporary, "model")
                self._save(model, path, example, local, kept.model_id)
                self._client.log_model_artifacts(kept.model_id, str(local))
            self._client.finalize_logged_model(kept.model_id, "READY")
            output = library("mlflow.entities").LoggedModelOutput(kept.model_id, 0)
            self._client.log_outputs(self._run_id, [output])
            if self._register is not None:
                self._enter(model, kept, self._register)

    def finish(self, *, failed: bool = False) -> None:
        """End the run."""
        if "_run" in self.__dict__:
            with self._told():
                self._client.set_terminated(self._run_id, "FAILED" if failed else "FINISHED")

    @cached_property
    def _uri(self) -> str:
        if self._own:
            return f"sqlite:///{quote((folder() / 'mlflow.db').as_posix())}"
        return str(self._mlflow.get_tracking_uri())

    @cached_property
    def _own(self) -> bool:
        """Whether runs go to a store of Aisle's choice, since the user named none."""
        return not self._mlflow.is_tracking_uri_set()

    @cached_property
    def _client(self) -> Any:
        if self._own:
            folder().mkdir(parents=True, exist_ok=True)
            if not os.access(folder(), os.W_OK):
                # MLflow would try again for minutes.
                raise PermissionError(f"{folder().absolute()} may not be written to")
        return self._mlflow.MlflowClient(tracking_uri=self._uri)

    @cached_property
    def _run(self) -> Any:
        return self._client.create_run(
            self._experiment_id(),
            run_name=self._run_name,
            tags={"mlflow.source.name": "aisle", "mlflow.source.type": "LOCAL"},
        )

    @property
    def _run_id(self) -> str:
        return str(self._run.info.run_id)

    def _experiment_id(self) -> str:
        found = self._client.get_experiment_by_name(self._experiment)
        if found is not None:
            return str(found.experiment_id)
        # A server knows by itself where artefacts go.
        place = (folder() / "mlruns").absolute().as_uri() if self._own else None
        try:
            return str(self._client.create_experiment(self._experiment, artifact_location=place))
        except self._mlflow.MlflowException as error:
            if error.error_code != _KNOWN_ALREADY:
                raise
            # Another training made it in the meantime.
            return str(self._client.get_experiment_by_name(self._experiment).experiment_id)

    def _save(
        self,
        model: ProductModel,
        path: Path,
        example: pa.Table | None,
        local: Path,
        model_id: str,
    ) -> None:
        description = library("mlflow.models").Model(
            run_id=self._run_id, model_uuid=model_id, model_id=model_id
        )
        library("mlflow.pyfunc").save_model(
            str(local),
            mlflow_model=description,
            loader_module=FLAVOUR,
            data_path=str(path),
            signature=signature(model),
            input_example=None if example is None else example.to_pandas(),
            pip_requirements=requirements(),
            metadata={"aisle": {"kind": model.kind, "columns": roles(model)}},
        )

    def _enter(self, model: ProductModel, kept: Any, name: str) -> None:
        """Make the model a version of a registered one, and let the alias point to it."""
        try:
            self._client.create_registered_model(name)
        except self._mlflow.MlflowException as error:
            if error.error_code != _KNOWN_ALREADY:
                raise
        scores = {n: f"{v:.6g}" for n, v in model.metrics_.items() if n.startswith("out_of_fold")}
        version = self._client.create_model_version(
            name,
            # By its id, MLflow would look for it in the global store, which may be another one.
            kept.artifact_location,
            run_id=self._run_id,
            model_id=kept.model_id,
            tags={
                "target": model.schema_.target or "",
                "recipe": model.recipe_.name,
                "rows": str(model.rows_),
                "seed": str(model.seed),
                "model_id": kept.model_id,
                **scores,
            },
        )
        self._client.set_registered_model_alias(name, self._alias, str(version.version))
        # MLflow's page of the logged model finds its versions by this tag.
        versions = json.dumps([{"name": name, "version": version.version}])
        self._client.set_logged_model_tags(kept.model_id, {"mlflow.modelVersions": versions})

    def _told(self) -> AbstractContextManager[None]:
        databases = library("sqlalchemy.exc").SQLAlchemyError
        troubles = (self._mlflow.MlflowException, databases, OSError, ImportError)
        return told(self.kind, self._uri, troubles)


def _name(name: str) -> str:
    return _NO_NAME.sub("_", name)[:_LONGEST_NAME]
