"""An evaluation as one HTML page: what was found, how sure to be, and where it goes wrong."""

from __future__ import annotations

from aisle.evaluation.report.class_page import class_page
from aisle.evaluation.report.value_page import value_page
from aisle.evaluation.results import ClassEvaluation, Evaluation, ValueEvaluation


def evaluation_page(evaluation: Evaluation) -> str:
    """Return an evaluation as a self-contained HTML page.

    Parameters
    ----------
    evaluation
        What `evaluate` returned, for a classifier or a regressor.

    Returns
    -------
    str
        HTML, to be written as UTF-8.

    Raises
    ------
    TypeError
        If it is an evaluation of neither.
    """
    if isinstance(evaluation, ClassEvaluation):
        return class_page(evaluation)
    if isinstance(evaluation, ValueEvaluation):
        return value_page(evaluation)
    raise TypeError(f"there is no page for a {type(evaluation).__name__}")
