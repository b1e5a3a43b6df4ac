"""Runs as TensorBoard's event files.

TensorBoard's own writer opens its files through TensorFlow where that is installed, which takes
seconds and hundreds of megabytes to import. Its records and messages need no TensorFlow.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from aisle.experiments.tracking.tracker import Parameter, Tracker, folder, library, told
from aisle.models import ProductModel

_TEXTS = (".md", ".txt")


class TensorboardTracker(Tracker):
    """A folder with one event file: scalars, curves, texts, and parameters for HParams.

    Parameters
    ----------
    experiment, run_name
        Become folders below ``runs``.
    """

    kind = "tensorboard"

    def __init__(self, *, experiment: str, run_name: str) -> None:
        library("tensorboard")
        self._folder = folder() / "runs" / experiment / run_name
        self._parameters: dict[str, Parameter] = {}
        self._start = time.time()

    @property
    def where(self) -> str:
        """The folder of the run."""
        return str(self._folder)

    def log_parameters(self, parameters: Mapping[str, Parameter]) -> None:
        """Note parameters; they are written when the run ends, as one set."""
        self._parameters |= parameters
        with self._told():
            _ = self._records

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Write scalars."""
        scalar = library("tensorboard.plugins.scalar.summary_v2").scalar_pb
        with self._told():
            for name, value in metrics.items():
                self._write(scalar(name, value), step or 0)

    def log_artefact(self, path: Path) -> None:
        """Write a text down, and the whereabouts of any other file: TensorBoard keeps no files."""
        with self._told():
            is_text = path.suffix.lower() in _TEXTS
            words = path.read_text("utf-8") if is_text else f"`{path.absolute()}`"
            text = library("tensorboard.plugins.text.summary_v2").text_pb
            self._write(text(path.stem, words), 0)

    def log_model(self, model: ProductModel, path: Path, example: pa.Table | None = None) -> None:
        """Write down where the bundle is."""
        self.log_artefact(path)

    def finish(self, *, failed: bool = False) -> None:
        """Write parameters and the outcome for HParams, and close the file."""
        if "_records" not in self.__dict__:
            return
        names = library("tensorboard.plugins.hparams.metadata")
        pages = library("tensorboard.plugins.hparams.plugin_data_pb2")
        start = pages.SessionStartInfo(start_time_secs=self._start)
        for name, value in self._parameters.items():
            _set(start.hparams[name], value)
        status = library("tensorboard.plugins.hparams.api_pb2").Status
        outcome = status.Value("STATUS_FAILURE" if failed else "STATUS_SUCCESS")
        end = pages.SessionEndInfo(status=outcome, end_time_secs=time.time())
        with self._told():
            self._write_page(
                names.SESSION_START_INFO_TAG, pages.HParamsPluginData(session_start_info=start)
            )
            self._write_page(
                names.SESSION_END_INFO_TAG, pages.HParamsPluginData(session_end_info=end)
            )
            self._records.close()

    @cached_property
    def _records(self) -> Any:
        """The open event file; its first record says which format follows."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(self._start)}.aisle.{os.getpid()}"
        writer = library("tensorboard.summary.writer.record_writer").RecordWriter
        records = writer((self._folder / name).open("wb"))
        event = library("tensorboard.compat.proto.event_pb2").Event
        first = event(wall_time=self._start, file_version="brain.Event:2")
        records.write(first.SerializeToString())
        return records

    def _write(self, summary: Any, step: int) -> None:
        event = library("tensorboard.compat.proto.event_pb2").Event
        self._records.write(
            event(wall_time=time.time(), step=step, summary=summary).SerializeToString()
        )

    def _write_page(self, tag: str, page: Any) -> None:
        metadata = library("tensorboard.plugins.hparams.metadata")
        summary = library("tensorboard.compat.proto.summary_pb2").Summary()
        summary.value.add(
            tag=tag, metadata=metadata.create_summary_metadata(page), tensor=metadata.NULL_TENSOR
        )
        self._write(summary, 0)

    def _told(self) -> AbstractContextManager[None]:
        return told(self.kind, str(self._folder), (OSError,))


def _set(field: Any, value: Parameter) -> None:
    """Give one parameter of HParams its value."""
    if isinstance(value, bool):
        field.bool_value = value
    elif isinstance(value, int | float):
        field.number_value = value
    else:
        field.string_value = value
