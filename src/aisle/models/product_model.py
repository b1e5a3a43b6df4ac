"""What the classifier and the regressor share: fitting from a recipe, saving, loading."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from aisle.catalog import Catalog, Role, Schema
from aisle.encoders import Features
from aisle.encoders.pretrained.encoder import PretrainedEncoder
from aisle.errors import AisleError, BundleError, TrainingError
from aisle.fusion import NetworkExpert
from aisle.models.answering import AnsweringModel
from aisle.models.bundle import Bundle, read_bundle, write_bundle
from aisle.models.card import model_card
from aisle.models.formats import upgraded
from aisle.models.parameters import check_seed, wrong_parameters_explained
from aisle.models.persistence import dump, restore
from aisle.models.plan import Plan, make_plan, roles_read
from aisle.models.recipe import Recipe, recipe_of_auto
from aisle.models.seen import Seen, TrainingSketch
from aisle.models.training import Watched
from aisle.models.types import component_types
from aisle.neural.tuning.encoders import TunedEncoder
from aisle.progress import Progress, silent


class ProductModel(AnsweringModel):
    """A recipe fitted on a catalogue.

    Parameters
    ----------
    recipe
        ``auto``, ``fast``, ``balanced``, ``best``, a YAML file, or a `Recipe`.
    settings
        Changes to the recipe, such as ``("text.head=svm", "folds=3")``.
    seed
        The same seed gives the same model, byte for byte, on the same machine.

    Attributes
    ----------
    recipe_ : Recipe
        The recipe, as it was fitted.
    rows_ : int
        How many products trained the model.
    seen_ : TrainingSketch or None
        By which these products are known again; None in bundles that keep none.
    """

    kind: ClassVar[str]
    recipe_: Recipe
    metrics_: dict[str, Any]
    rows_: int
    seen_: TrainingSketch | None = None

    def __init__(
        self, recipe: str | Path | Recipe = "auto", settings: Sequence[str] = (), seed: int = 0
    ) -> None:
        self.recipe = recipe
        self.settings = settings
        self.seed = seed

    def fit(
        self, catalog: object, validation: object | None = None, *, progress: Progress = silent
    ) -> Self:
        """Fit encoders, heads, fusion, calibration and thresholds.

        Parameters
        ----------
        catalog
            A catalogue with a target; every row that has one trains.
        validation
            Rows for early stopping alone: of heads and fusions that are networks, and of LightGBM.
            Nothing else of a recipe looks at them.
        progress
            Called as training goes on.

        Raises
        ------
        TrainingError
            If the rows cannot be learned from: no target, a single class, too few rows.
        RecipeError
            If the recipe is not valid.
        """
        opened = Catalog.read(catalog)
        if opened.schema.target is None:
            raise TrainingError(
                "the catalogue has no target: name the column to learn, "
                "as in Catalog.read(source, target='category')"
            )
        rows = np.flatnonzero(replace(opened, task=self.task).has_target)
        training = replace(opened.take(rows), task=self.task)
        if len(rows) < 4:
            raise TrainingError(
                f"only {len(rows)} of {len(opened)} rows have a usable target in "
                f"{opened.schema.target!r}; at least 4 are needed, and 20 a class are a good start"
            )
        check_seed(self.seed)
        self.recipe_ = Recipe.load(self._recipe_for(training), self.task, self.settings)
        self.rows_ = len(rows)
        plan = make_plan(self.recipe_, training, seed=self.seed)
        training.find_groups(progress)
        described = plan.describe(training, progress)
        plan = plan.usable(described)
        read = {Role.ID, Role.TARGET, *roles_read(plan)}
        self.schema_ = Schema(tuple(c for c in training.schema if c.role in read))
        with wrong_parameters_explained():
            watched = self._watched(validation, plan, progress)
            features = self._fit(training, plan, described, watched, progress)
        told = [*described.values(), *features.values()]
        self.metrics_["unread"] = len({row for one in told for row in one.errors})
        self.seen_ = TrainingSketch.of(replace(training, schema=self.schema_), progress)
        self._restore_row_order(rows, len(opened))
        return self

    def _watched(self, validation: object, plan: Plan, progress: Progress) -> Watched | None:
        """Read the rows for early stopping, if there are any and some expert stops early."""
        if validation is None or not any(e.stops_early for e in plan.experts.values()):
            return None
        rows = self._opened(validation)
        rows = rows.take(np.flatnonzero(rows.has_target))
        if not len(rows):
            raise TrainingError(
                f"no validation row has a usable target in {self.schema_.target!r}: leave the "
                "validation rows out, or name that column there too"
            )
        return Watched(rows, plan.describe(rows, progress))

    def _recipe_for(self, catalog: Catalog) -> str | Path | Recipe:
        """Return the recipe, ``auto`` replaced by what it stands for on this catalogue."""
        if str(self.recipe).lower() != "auto":
            return self.recipe
        return recipe_of_auto(catalog.modalities)

    @abstractmethod
    def _fit(
        self,
        catalog: Catalog,
        plan: Plan,
        described: Mapping[str, Features],
        watched: Watched | None,
        progress: Progress,
    ) -> Mapping[str, Features]:
        """Fit on rows that all have a target, described before, and set the learned attributes.

        Returns
        -------
        mapping of str to Features
            Of these rows, by encoder, also of encoders that the chosen fusion does without.
        """

    @abstractmethod
    def _restore_row_order(self, rows: Any, total: int) -> None:
        """Lay out-of-fold results out over all rows given, NaN where there is no target."""

    @abstractmethod
    def predict(
        self,
        catalog: object,
        *,
        modalities: Collection[str] | None = None,
        progress: Progress = silent,
    ) -> pa.Table:
        """Answer for every product, in order."""

    def seen_in_training(self, catalog: object, progress: Progress = silent) -> Seen | None:
        """Count the products that trained the model; None where that is not known.

        Bundles written before models kept a `TrainingSketch`, which says what counts as the same
        product, do not know.

        Raises
        ------
        CatalogError
            If not one of the columns that the model reads is there.
        """
        products = self.read(catalog)
        return None if self.seen_ is None else self.seen_.seen_in(products, progress)

    def save(self, path: str | Path) -> None:
        """Write the model to one ``.aisle`` file, atomically; the same model gives the same bytes.

        Raises
        ------
        AisleError
            If the file cannot be written.
        """
        self._check_fitted()
        manifest: dict[str, Any] = {
            "kind": self.kind,
            "schema": self.schema_.to_list(),
            "recipe": self.recipe_.model_dump(mode="json"),
            "metrics": self.metrics_,
            "rows": self.rows_,
            "seed": int(self.seed),
        }
        learned = {
            "encoders": dict(self.plan_.encoders),
            "experts": dict(self.plan_.experts),
            **self._learned(),
        }
        if self.seen_ is not None:
            learned["seen"] = self.seen_.hashes
        write_bundle(
            path,
            manifest=manifest,
            dumped=dump(learned, types=component_types()),
            extra={"card.md": model_card(self).encode()},
        )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model from a ``.aisle`` file; no code in the file is ever run.

        Raises
        ------
        BundleError
            If the file is damaged, is no bundle, holds a model of another kind, or needs an
            encoder that is not installed.
        """
        bundle = read_bundle(path)
        if bundle.manifest["kind"] != cls.kind:
            raise BundleError(
                f"{path}: holds a {bundle.manifest['kind']}, and a {cls.kind} was expected; "
                "aisle.models.load_model reads either"
            )
        return cls.from_bundle(bundle, str(path))

    @classmethod
    def from_bundle(cls, bundle: Bundle, path: str) -> Self:
        """Rebuild a model from a bundle that was read from `path`; raises BundleError."""
        learned = restore(bundle.dumped, types=component_types())
        manifest = bundle.manifest
        try:
            recipe = Recipe.model_validate(manifest["recipe"])
            model = cls(recipe=recipe, seed=int(manifest["seed"]))
            model.recipe_ = recipe
            model.schema_ = Schema.from_list(manifest["schema"])
            model.metrics_ = dict(manifest["metrics"])
            model.rows_ = int(manifest["rows"])
            model.plan_ = Plan(learned["encoders"], learned["experts"])
            model._take(upgraded(learned, int(manifest["format_version"])))
            model.seen_ = TrainingSketch(learned["seen"]) if "seen" in learned else None
            model._check_networks()
            model._try_out()
        except (LookupError, TypeError, ValueError, AttributeError, AisleError) as error:
            raise BundleError(f"{path}: the model's description is not valid ({error})") from error
        return model

    def _check_networks(self) -> None:
        """Refuse an encoder without its network: it would look for one on this machine."""
        for encoder in self.plan_.encoders.values():
            carried: object = encoder
            if isinstance(encoder, TunedEncoder):
                carried = encoder.inner_
                if not isinstance(carried, PretrainedEncoder) or carried.tower != encoder.tower:
                    raise ValueError("a tuned encoder lacks the encoder in it")
            if isinstance(carried, PretrainedEncoder) and not carried.carries_network:
                raise ValueError("an encoder lacks its network")
        for expert in self.plan_.experts.values():
            if isinstance(expert, NetworkExpert) and expert.trained_:
                expert.network.check_learned()

    def _try_out(self) -> None:
        """Answer for one made-up product: parts that do not fit together fail here."""
        self.predict([{column.name: "1" for column in self.schema_}])
        if self.schema_.target is None or "fusion" not in self.metrics_:
            raise ValueError("it names no target or no fusion")

    @abstractmethod
    def _learned(self) -> dict[str, Any]:
        """Return what `_take` needs to restore the model, besides encoders and experts."""

    @abstractmethod
    def _take(self, learned: Mapping[str, Any]) -> None:
        """Set the learned attributes from what `_learned` returned."""
