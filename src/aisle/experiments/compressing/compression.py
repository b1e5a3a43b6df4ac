"""A classifier made smaller by the steps that pay."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog
from aisle.errors import AisleError
from aisle.experiments.compressing.assembling import (
    Judged,
    assembled,
    bundle_bytes,
    confidence,
    milliseconds,
)
from aisle.experiments.compressing.designs import Design, as_it_is, students
from aisle.experiments.compressing.ladder import COLUMNS, Form, Ladder
from aisle.experiments.compressing.outcome import Compressed, Stage
from aisle.experiments.compressing.pruning import prunable, vocabulary_size
from aisle.experiments.compressing.rows import Known, known_rows
from aisle.experiments.compressing.teacher import Taught, ask_teacher
from aisle.metrics import paired_difference
from aisle.models import ProductClassifier
from aisle.progress import Progress, silent

logger = logging.getLogger(__name__)

Bools = npt.NDArray[np.bool_]
Step = tuple[str, Form]
"""A composition by name, and a form of it."""

AS_IT_WAS = "as it was"

NEXT_TO = 1.05
"""Forms at most this many times as large as the smallest count as equally small."""

TRIFLE = 0.01
"""So do those that are larger by no more than this share of the model as it was."""

_ROUNDING = 1e-9


def compress(
    model: ProductClassifier,
    catalog: object,
    *,
    max_loss: float = 0.005,
    max_bytes: int | None = None,
    only_needed: bool = False,
    unlabelled: object | None = None,
    group: Sequence[str] = (),
    progress: Progress = silent,
) -> Compressed:
    """Make a classifier smaller, as long as it loses no more than it may.

    A student of cheap encoders and linear heads learns from the model's soft labels, or from the
    rows' own if that is better; where it loses too much, the model's own composition is taken.
    Each has its vocabularies pruned, and its heads kept in half precision. Every form is fitted in
    each fold, and accuracy is that on rows which neither it nor its teacher had seen; calibration
    and thresholds are learned from the same answers. The form is chosen by these accuracies, so
    that the chosen one's looks better than it is by a fraction of the noise: judge what matters on
    rows kept aside.

    Parameters
    ----------
    model
        Fitted; its networks are used as they are, everything else is fitted anew.
    catalog
        The rows that it was trained on, with their target.
    max_loss
        The accuracy that may be lost, such as 0.005, one standard error of the paired difference
        included: on few rows a form has to look better than it must be.
    max_bytes
        Of the forms that are no larger than this, the most accurate one is taken; left out, that
        of the smallest ones, a hundredth of the model's size being no difference.
    only_needed
        Leave out modalities that the model can do without; products that have nothing else are then
        not answered.
    unlabelled
        Further products, whose categories the teacher guesses.
    group
        Columns that name families of products: a bundle does not say which these were.
    progress
        Called as work goes on.

    Raises
    ------
    AisleError
        If no form is small enough, or none smaller than the model, within the loss that is allowed.
    TrainingError
        If the catalogue is not one that the model could have been trained on.
    """
    if not isinstance(model, ProductClassifier):
        raise AisleError("only classifiers can be compressed; this is a regressor")
    if not 0 <= max_loss < 1:
        raise AisleError(f"max_loss: expected a share from 0 to 1, such as 0.005; found {max_loss}")
    known = known_rows(model, catalog, group)
    more = None if unlabelled is None else model.read(unlabelled)
    taught = ask_teacher(model, known, more, progress)
    before = _before(model, taught, known)
    stages = [before]
    right = _right(taught, known)
    tried: dict[str, tuple[float, int]] = {}
    own = (as_it_is(model, only_needed=only_needed),)
    for designs in (students(model, only_needed=only_needed), own):
        made: dict[Step, Judged] = {}
        for design in designs:
            forms = _fitted(model, design, taught, known, more=more, progress=progress)
            made |= {(design.name, form): judged for form, judged in forms.items()}
        tried |= {f"{name}, {form}": (j.accuracy, j.bytes) for (name, form), j in made.items()}
        within = {at: j for at, j in made.items() if _loss(j, right) <= max_loss + _ROUNDING}
        chosen = _choice(within, before.bytes, max_bytes)
        if chosen is not None:
            stages += _steps(made, chosen, right, known.catalog)
            return _outcome(model, made[chosen].model, stages, tried)
        reason = "is not small enough" if within else "loses more than is allowed"
        best = max((at for at in made if at[1] == Form()), key=lambda at: made[at].accuracy)
        stages.append(_stage(best[0], made[best], right, known.catalog, kept=False, reason=reason))
        logger.info("%s: %s", best[0], reason)
    raise AisleError(_told(before, tried, len(known), max_loss, max_bytes))


def _fitted(
    model: ProductClassifier,
    design: Design,
    taught: Taught,
    known: Known,
    *,
    more: Catalog | None,
    progress: Progress,
) -> dict[Form, Judged]:
    """Fit a composition in all its forms, in each fold and on all rows."""
    widest = vocabulary_size(model.plan_) or max(COLUMNS) + 1
    unlabelled = more if design.more else None
    ladder = Ladder(
        design.plan,
        known,
        design.plan.describe(known.catalog, progress),
        tuple(columns for columns in COLUMNS if columns < widest and prunable(design.plan)),
        unlabelled,
        None if unlabelled is None else design.plan.describe(unlabelled, progress),
    )
    lessons, whole = taught.lessons, taught.whole
    if not design.soft:
        truth = np.eye(len(model.classes_))[known.codes]
        kept = [known.fold_of != fold for fold in np.unique(known.fold_of)]
        whole = replace(whole, shares=truth)
        lessons = tuple(
            replace(lesson, shares=truth[rows]) for lesson, rows in zip(lessons, kept, strict=True)
        )
    raw = ladder.out_of_fold(lessons, progress)
    return {
        form: assembled(model, plan, design.recipe, raw[form], known)
        for form, plan in ladder.forms(whole)
        if form in raw
    }


def _choice(forms: Mapping[Step, Judged], before: int, most: int | None) -> Step | None:
    """Return the most accurate form that is small enough; of the smallest, if no size was asked.

    Parameters
    ----------
    forms
        Those that lose no more than they may.
    before, most
        Size of the model as it was, and what was asked for, in bytes.
    """
    small = {at: j for at, j in forms.items() if j.bytes <= (before if most is None else most)}
    if not small:
        return None
    if most is None:
        least = min(judged.bytes for judged in small.values())
        enough = max(NEXT_TO * least, least + TRIFLE * before)
        small = {at: judged for at, judged in small.items() if judged.bytes <= enough}
    return min(small, key=lambda at: (-small[at].accuracy, small[at].bytes))


def _loss(judged: Judged, right: Bools) -> float:
    """Return the accuracy that a form loses, one standard error of the difference included."""
    apart = paired_difference(right.astype(float), judged.correct.astype(float))
    return apart.mean + apart.standard_error


def _before(model: ProductClassifier, taught: Taught, known: Known) -> Stage:
    """Describe the model as it was, its accuracy measured on the same folds."""
    evidence = confidence(taught.fused, known)
    plan = model.recipe_.decisions
    return Stage(
        name=AS_IT_WAS,
        accuracy=float(_right(taught, known).mean()),
        difference=0.0,
        low=0.0,
        high=0.0,
        coverage=evidence.coverage(evidence.thresholds(plan, plan.precision)),
        bytes=bundle_bytes(model),
        ms_per_product=milliseconds(model, known.catalog),
    )


def _right(taught: Taught, known: Known) -> Bools:
    return np.asarray(taught.fused.chosen.scores.argmax(axis=1) == known.codes)


def _steps(
    made: Mapping[Step, Judged], chosen: Step, right: Bools, catalog: Catalog
) -> list[Stage]:
    """Describe the steps from the model as it was to the chosen form."""
    name, form = chosen
    path = [(name, Form())]
    if form.columns is not None:
        path.append((f"pruned to {form.columns:,} columns", Form(form.columns)))
    if form.half:
        path.append(("half precision", form))
    return [_stage(step, made[name, at], right, catalog) for step, at in path]


def _stage(
    name: str,
    judged: Judged,
    right: Bools,
    catalog: Catalog,
    *,
    kept: bool = True,
    reason: str = "",
) -> Stage:
    apart = paired_difference(judged.correct.astype(float), right.astype(float))
    return Stage(
        name=name,
        accuracy=judged.accuracy,
        difference=apart.mean,
        low=apart.low,
        high=apart.high,
        coverage=judged.coverage,
        bytes=judged.bytes,
        ms_per_product=milliseconds(judged.model, catalog),
        kept=kept,
        reason=reason,
    )


def _outcome(
    before: ProductClassifier,
    after: ProductClassifier,
    stages: Sequence[Stage],
    tried: dict[str, tuple[float, int]],
) -> Compressed:
    gone = tuple(name for name in before.plan_.experts if name not in after.plan_.experts)
    after.metrics_["compressed"] = {
        "accuracy_before": stages[0].accuracy,
        "bytes_before": stages[0].bytes,
        "steps": ", ".join(stage.name for stage in stages[1:] if stage.kept),
    }
    return Compressed(after, tuple(stages), tuple(after.plan_.experts), gone, tried)


def _told(
    before: Stage,
    tried: Mapping[str, tuple[float, int]],
    rows: int,
    max_loss: float,
    max_bytes: int | None,
) -> str:
    """Say what would have been possible."""
    name, (accuracy, size) = min(tried.items(), key=lambda item: item[1][1])
    asked = f"no larger than {max_bytes / 1e6:.2f} MB" if max_bytes else "smaller than it is"
    return (
        f"the model cannot be made {asked} with a loss of at most {100 * max_loss:g} points: "
        f"it has {before.bytes / 1e6:.2f} MB and is right in {100 * before.accuracy:.1f}% out of "
        f"fold. The smallest form tried ({name}) has {size / 1e6:.2f} MB and "
        f"{100 * accuracy:.1f}%: allow a larger --max-loss, which counts the noise of "
        f"{rows:,} products too, or --only-needed"
    )
