"""Every knob of the server, with what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from aisle.errors import AisleError

MEBIBYTE = 2**20


class ServingSettings(BaseModel):
    """How a model is served; the defaults suit one small machine.

    Examples
    --------
    >>> ServingSettings(max_batch=32).max_batch
    32
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(
        "model",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        description="What the model is called in addresses and answers.",
    )
    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 for all.")
    port: int = Field(8000, ge=0, le=65_535, description="0 takes any port that is free.")
    workers: int = Field(1, ge=1, le=256, description="Processes that share the port.")

    max_batch: int = Field(128, ge=1, le=4_096, description="Products answered in one go, at most.")
    batch_ms: float = Field(
        500, gt=0, description="How long answering them may take; fewer go together where it would."
    )
    max_delay_ms: float = Field(
        2.0, ge=0, le=10_000, description="How long the first product of a batch waits for others."
    )
    queue: int = Field(
        512, ge=1, description="Products that may wait; beyond, requests are refused with 429."
    )
    predict_threads: int = Field(1, ge=1, le=64, description="Batches answered at the same time.")
    prepare_threads: int = Field(
        2, ge=1, le=64, description="Threads that read large requests and fetch addresses."
    )
    keep_features: bool = Field(
        False,
        description="Keep what pretrained encoders say of products on disk, for the next time.",
    )
    deadline_ms: float = Field(
        30_000, gt=0, description="How long a request may take that names no X-Deadline-Ms."
    )
    stop_seconds: float = Field(
        30, gt=0, description="How long requests in hand may take to finish when the server stops."
    )

    max_products: int = Field(256, ge=1, description="Products in one request.")
    max_body_bytes: int = Field(32 * MEBIBYTE, ge=1_024, description="Of one request.")
    max_bodies_bytes: int = Field(
        256 * MEBIBYTE, ge=1_024, description="Of all requests in hand; beyond, 429."
    )
    body_seconds: float = Field(30, gt=0, description="How long sending a request may take.")
    max_columns: int = Field(256, ge=1, description="Columns of one product.")
    max_text: int = Field(100_000, ge=100, description="Characters of one value; not of images.")
    max_depth: int = Field(16, ge=1, le=100, description="How deep values may be nested.")
    max_images: int = Field(8, ge=1, description="Photographs of one product.")
    max_pixels: int = Field(50_000_000, ge=1, description="Width times height of a photograph.")
    max_request_pixels: int = Field(
        400_000_000, ge=1, description="Of all photographs of a request of several products."
    )

    explain_products: int = Field(10, ge=1, description="Products in one request to explain.")
    explain_queue: int = Field(20, ge=1, description="Products that may wait to be explained.")

    allow_urls: bool = Field(
        False, description="Fetch photographs at web addresses; never from private networks."
    )
    url_seconds: float = Field(10, gt=0, description="How long fetching one photograph may take.")
    url_bytes: int = Field(20 * MEBIBYTE, ge=1_024, description="Of one fetched photograph.")

    jobs: Path | None = Field(
        None, description="The folder of whole catalogues being classified; none refuses them."
    )
    jobs_most: int = Field(20, ge=1, description="Jobs in that folder, finished ones too.")
    job_bytes: int = Field(
        256 * MEBIBYTE,
        ge=1_024,
        description="Of one uploaded catalogue; it is held in memory once, when it is read.",
    )
    job_rows: int = Field(2_000_000, ge=1, description="Products of one uploaded catalogue.")
    job_seconds: float = Field(600, gt=0, description="How long uploading one may take.")
    job_chunk: int = Field(
        256, ge=1, le=100_000, description="Products that are written to disk together."
    )
    job_batch: int = Field(
        16, ge=1, description="Products of a job that are answered between those of requests."
    )
    job_hours: float = Field(24, gt=0, description="How long finished jobs are kept.")

    watch: bool = Field(False, description="Load the bundle again when its file changes.")
    watch_seconds: float = Field(2, gt=0, description="How often to look whether it has.")
    reload_drop: float = Field(
        0.1,
        ge=0,
        le=1,
        description="How much lower a new model's own out-of-fold accuracy may be than the old's.",
    )

    challenger: Path | None = Field(None, description="A second model to compare with this one.")
    share: float | None = Field(
        None, gt=0, lt=1, description="The share of products that the challenger answers."
    )
    shadow: bool = Field(
        False, description="The challenger answers afterwards, and its answers are only counted."
    )
    shadow_queue: int = Field(
        512, ge=1, description="Products that may wait for the challenger; more are left out."
    )
    experiment_products: int = Field(
        100_000, ge=1, description="Products of an experiment that are remembered."
    )

    keys_file: Path | None = Field(
        None, description="SHA-256 digests of the keys that callers present; one a line."
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Origins whose pages may call the server; none unless named."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.max_products > self.queue:
            raise ValueError(
                f"max_products ({self.max_products}) is more than the queue holds ({self.queue}): "
                "such a request could never be accepted"
            )
        if self.explain_products > self.explain_queue:
            raise ValueError(
                f"explain_products ({self.explain_products}) is more than explain_queue "
                f"({self.explain_queue}) holds"
            )
        if self.max_body_bytes > self.max_bodies_bytes:
            raise ValueError(
                f"max_body_bytes ({self.max_body_bytes:,}) is more than max_bodies_bytes "
                f"({self.max_bodies_bytes:,})"
            )
        if self.challenger is None and (self.shadow or self.share is not None):
            raise ValueError("share and shadow are of a challenger, and none is named")
        if self.challenger is not None and self.shadow == (self.share is not None):
            raise ValueError(
                "a challenger either answers a share of the products, or all of them in the "
                "shadow: give one of share and shadow"
            )
        if self.challenger is not None and self.workers > 1:
            raise ValueError(
                f"an experiment is counted in one process, and workers is {self.workers}: use 1"
            )
        return self


def make_settings(**given: object) -> ServingSettings:
    """Return settings from what a user gave.

    Raises
    ------
    AisleError
        If a value is out of range; the message names each.
    """
    try:
        return ServingSettings.model_validate(given)
    except ValidationError as error:
        told = []
        for one in error.errors():
            where = ".".join(map(str, one["loc"]))
            said = one["msg"].removeprefix("Value error, ")
            told.append(f"{where}: {said} (found {one['input']!r:.80})" if where else said)
        raise AisleError(f"the server's settings are not valid: {'; '.join(told)}") from None
