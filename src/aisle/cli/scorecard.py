"""Scores on the console: what a model can do, and what it did on test rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from aisle.cli.screen import Screen, percent, percent_cell, plain_table

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.evaluation import (
        ClassAgainst,
        ClassEvaluation,
        Consistency,
        Evaluation,
        ValueAgainst,
        ValueEvaluation,
    )
    from aisle.models import ProductClassifier, ProductRegressor

_CLASSES_SHOWN = 15
_SLICES_SHOWN = 6


def show_training(
    screen: Screen, model: ProductClassifier | ProductRegressor, catalog: Catalog
) -> None:
    """Show the scores of the training rows, each answered by experts that had not seen it."""
    from aisle.models import ProductClassifier

    screen.heading(f"Out-of-fold scores of {model.rows_:,} products (each answered unseen)")
    if isinstance(model, ProductClassifier):
        accuracy = float(model.metrics_["out_of_fold_accuracy"])
        _headline(screen, "accuracy", percent(accuracy))
        _show_shares(screen, "expert", model.metrics_["experts"])
        _show_fusion(screen, model.metrics_, percent)
        _show_promise(screen, model)
    else:
        _show_values(screen, model, catalog)
    screen.say(f"The model reads {', '.join(model.modalities_)}; recipe {model.recipe_.name}.")
    if unread := model.metrics_.get("unread"):
        screen.note(
            f"{unread:,} of {model.rows_:,} products have a photograph that could not be read; "
            "aisle inspect says which and why"
        )


def show_evaluation(screen: Screen, found: Evaluation) -> None:
    """Show what an evaluation found."""
    from aisle.evaluation import ClassEvaluation, ValueEvaluation
    from aisle.evaluation.report.seen import seen_told
    from aisle.pages.formatting import plural

    known = f"{plural(found.rows, 'product')} with a known {found.target}"
    screen.say(Text(known, style="bold"))
    if found.unlabelled:
        screen.note(f"not scored, for want of a usable {found.target}: {found.unlabelled:,}")
    for line in seen_told(found):
        screen.note(line)
    if isinstance(found, ClassEvaluation):
        _show_class_evaluation(screen, found)
    elif isinstance(found, ValueEvaluation):
        _show_value_evaluation(screen, found)
    screen.say(
        f"Recipe {found.recipe}, fusion {found.fusion}, trained on {found.model_rows:,} products; "
        f"predicted in {found.seconds:.2g} s."
    )


def decision_sentence(found: ClassEvaluation) -> str:
    """Say how many products were accepted, and how right they were, against what was promised."""
    from aisle.pages.formatting import asked as as_asked

    asked = as_asked(found.precision_asked)
    if found.accepted_precision is None:
        return f"No product can be accepted at {asked} precision; all go to review."
    return (
        f"{percent(found.coverage)} of products are accepted; {percent(found.accepted_precision)} "
        f"of these are right, where {asked} was promised. "
        f"{percent(1 - found.coverage)} go to review."
    )


def _show_class_evaluation(screen: Screen, found: ClassEvaluation) -> None:
    from aisle.pages.formatting import plural

    low, high = found.accuracy_interval
    _headline(
        screen,
        "accuracy",
        f"{percent(found.accuracy)}  (95% interval: {percent(low)} to {percent(high)})",
    )
    _headline(screen, "macro F1", f"{found.macro_f1:.3f}")
    _show_near(screen, found)
    _headline(screen, "log loss", f"{found.log_loss:.3f}")
    _headline(screen, "calibration error", f"{found.calibration_error:.3f}")
    screen.say("", Text(decision_sentence(found), style="bold"))
    if found.unknown_classes:
        named = ", ".join(found.unknown_classes[:5])
        screen.note(
            "unknown to the model, so that every answer is wrong: "
            f"{plural(len(found.unknown_classes), 'category', 'categories')}, such as {named}"
        )
    _show_per_class(screen, found)
    for title, kind, scores in (
        ("By modality", "modality", found.by_modality),
        ("Experts alone", "expert", found.experts),
    ):
        screen.heading(title)
        table = plain_table(kind, "accuracy", "macro F1")
        _right_align(table)
        for name, score in scores.items():
            table.add_row(name, percent_cell(score.accuracy), f"{score.macro_f1:.3f}")
        screen.table(table)
    _show_slices(screen, found)
    if found.consistency is not None:
        _show_consistency(screen, found.consistency)
    if found.against is not None:
        _show_class_duel(screen, found, found.against)
    screen.say("")


def _show_near(screen: Screen, found: ClassEvaluation) -> None:
    """Show the accuracy among the first answers, and that in the tree of categories."""
    if found.top_k:
        shown = ", ".join(f"{k}: {percent(share)}" for k, share in found.top_k.items() if k != "1")
        _headline(screen, "top-k accuracy", shown)
    tree = found.hierarchical
    if tree is None:
        return
    parents = (
        ""
        if tree.right_parents is None
        else (f"; {percent(tree.right_parents)} of mistakes are right at the parent")
    )
    _headline(screen, "hierarchical F1", f"{tree.f1:.3f} by {tree.source}{parents}")


def _show_per_class(screen: Screen, found: ClassEvaluation) -> None:
    ranked = sorted(found.per_class.items(), key=lambda pair: (pair[1].f1, -pair[1].support))
    met = [(name, score) for name, score in ranked if score.support]
    screen.heading(f"Classes, the worst first ({len(met):,})")
    table = plain_table("class", "F1", "precision", "recall", "products")
    _right_align(table)
    table.columns[0].overflow, table.columns[0].no_wrap = "ellipsis", True
    for name, score in met[:_CLASSES_SHOWN]:
        table.add_row(
            name,
            f"{score.f1:.3f}",
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            f"{score.support:,}",
        )
    screen.table(table)
    rest = met[_CLASSES_SHOWN:]
    if rest:
        screen.say(f"  and {len(rest):,} more, with an F1 of {rest[0][1].f1:.3f} or more")


def _show_slices(screen: Screen, found: Evaluation) -> None:
    """Show the slices that are clearly worse than the rest, or say that there are none."""
    from aisle.evaluation.report.slices import slices

    shown = slices(found)
    screen.heading("Slices, the worst first")
    screen.say(f"  {shown.told}")
    worse = [row for row in shown.rows if row.of.significant and row.of.worse]
    if not worse:
        return
    table = plain_table("slice", "", shown.measure.lower(), "against the rest", "products")
    table.columns[1].overflow, table.columns[1].no_wrap = "ellipsis", True
    for column in table.columns[2:]:
        column.justify = "right"
    for row in worse[:_SLICES_SHOWN]:
        table.add_row(row.of.slice, row.of.value, row.shown, row.difference, f"{row.of.rows:,}")
    screen.table(table)


def _show_consistency(screen: Screen, found: Consistency) -> None:
    from aisle.evaluation.report.steadiness import steady_verdict

    told = steady_verdict(found)
    screen.heading(told.headline)
    if not found.edits:
        return
    table = plain_table("edit", "stays", "accuracy", "accepted", "products")
    _right_align(table)
    for edit in found.edits:
        table.add_row(
            f"{edit.modality}: {edit.edit}",
            percent_cell(edit.same),
            f"{percent(edit.accuracy_before)} → {percent(edit.accuracy)}",
            f"{percent(edit.coverage_before)} → {percent(edit.coverage)}",
            f"{edit.rows:,}",
        )
    screen.table(table)


def _show_class_duel(screen: Screen, found: ClassEvaluation, other: ClassAgainst) -> None:
    from aisle.evaluation.report.duel import class_figures, class_verdict

    told = class_verdict(other)
    screen.heading(f"Against {other.name}: {told.headline}")
    table = plain_table("", "this model", "the other", "difference")
    _right_align(table)
    for row in class_figures(found, other):
        table.add_row(*row)
    screen.table(table)
    screen.say(*(f"  {line}" for line in told.details))
    screen.say(
        f"  Both right: {other.both_right:,}; both wrong: {other.both_wrong:,}; "
        f"answered differently: {other.differ:,}."
    )


def _show_value_duel(screen: Screen, other: ValueAgainst) -> None:
    from aisle.evaluation.report.duel import value_verdict

    told = value_verdict(other)
    screen.heading(f"Against {other.name}: {told.headline}")
    screen.say(*(f"  {line}" for line in told.details))


def _show_value_evaluation(screen: Screen, found: ValueEvaluation) -> None:
    from aisle.pages.formatting import asked

    table = plain_table("", "model", "always the median")
    _right_align(table)
    table.add_row("MAE", _amount(found.mae), _amount(found.median_mae))
    table.add_row("MAE of log", _number(found.mae_log), _number(found.median_mae_log))
    table.add_row("RMSE", _amount(found.rmse), "")
    table.add_row("R²", _number(found.r2 if math.isfinite(found.r2) else None), "")
    screen.table(table)
    if found.relative_error is not None and found.mae_log is not None:
        screen.say(
            "",
            f"MAE is in the unit of {found.target}. exp({found.mae_log:.3f}) - 1 = "
            f"{percent(found.relative_error)} is a typical relative error, not an error in money.",
        )
    sentence = (
        f"{percent(found.interval_coverage)} of the values lie between low and high, "
        f"where {asked(found.interval_asked)} was promised."
    )
    screen.say("", Text(sentence, style="bold"))
    for title, kind, scores in (
        ("By modality", "modality", found.by_modality),
        ("Experts alone", "expert", found.experts),
    ):
        screen.heading(title)
        listed = plain_table(kind, "MAE", "MAE of log")
        _right_align(listed)
        for name, score in scores.items():
            listed.add_row(name, _amount(score.mae), _number(score.mae_log))
        screen.table(listed)
    _show_slices(screen, found)
    if found.against is not None:
        _show_value_duel(screen, found.against)
    screen.say("")


def _show_values(screen: Screen, model: ProductRegressor, catalog: Catalog) -> None:
    """Show the out-of-fold scores of a regressor, in the target's own unit."""
    import numpy as np

    from aisle import metrics

    known = np.isfinite(model.out_of_fold_) & catalog.has_target
    truth = catalog.values[known]
    found = metrics.regression_scores(truth, model.out_of_fold_[known])
    median = metrics.median_baseline(truth, truth)
    _headline(screen, "MAE", f"{_amount(found.mae)}  (always the median: {_amount(median.mae)})")
    if found.mae_log is not None:
        _headline(
            screen,
            "MAE of log",
            f"{found.mae_log:.3f}, a typical relative error of {percent(math.expm1(found.mae_log))}"
            f"  (median: {_number(median.mae_log)})",
        )
    unit = model.metrics_["scale"]
    _show_shares(screen, f"expert (MAE, {unit} scale)", model.metrics_["experts"], _number)
    _show_fusion(screen, model.metrics_, _number)
    screen.say("")


def _show_promise(screen: Screen, model: ProductClassifier) -> None:
    coverage = model.confidence_.coverage(model.thresholds())
    threshold = model.threshold()
    if coverage == 0:
        sentence = threshold.message[0].upper() + threshold.message[1:] + "."
    else:
        sentence = (
            f"{percent(coverage)} of products can be accepted at "
            f"{percent(threshold.precision)} precision; the others go to review."
        )
    screen.say("", Text(sentence, style="bold"))


def _show_fusion(screen: Screen, metrics: Mapping[str, Any], shown: Any) -> None:
    tried = ", ".join(f"{name} {shown(score)}" for name, score in metrics["fusions"].items())
    _headline(screen, "fusion", f"{metrics['fusion']}  (tried: {tried})")


def _show_shares(
    screen: Screen, heading: str, scores: Mapping[str, float], shown: Any = percent_cell
) -> None:
    table = plain_table(heading, "")
    _right_align(table)
    for name, score in scores.items():
        table.add_row(name, shown(score))
    screen.table(table)


def _headline(screen: Screen, name: str, value: str) -> None:
    table = plain_table()
    table.add_column(style="dim", width=18, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(name, value)
    screen.table(table)


def _right_align(table: Any) -> None:
    for column in table.columns[1:]:
        column.justify = "right"
        column.no_wrap = True


def _amount(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
