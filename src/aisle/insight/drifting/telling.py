"""A classifier asked which catalogue a product is from: the one figure for all columns at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from aisle import metrics
from aisle.catalog import Role
from aisle.catalog.splits import assign_folds, strata
from aisle.insight.drifting.both import Both, Groups
from aisle.insight.drifting.guarding import Bools, Floats
from aisle.insight.drifting.results import Telling, Verdict
from aisle.insight.drifting.statistics import words_of
from aisle.insight.drifting.verdicts import AUC, LEAST_ROWS, THRESHOLDS

FOLDS = 5
LEVEL = 0.98
RESAMPLES = 500

RARE = 5
"""Terms of fewer products are left out: they tell no catalogue, and one that stands once on either
side says of each the opposite of what is true."""

DEVIATIONS = 3.0
"""How many standard deviations of chance the area must lie above a half."""

_TERMS = 10
_MOST_TERMS = 50_000
_BANDS = 5
_POINTS = 60


def telling_apart(both: Both, groups: Groups, seed: int) -> Telling | None:
    """Train a classifier on TF-IDF of words and values, and see whether it tells both sides apart.

    Each product is judged by a model that has seen neither it nor its near-duplicates.

    Parameters
    ----------
    both
        The rows of both sides; columns that one side lacks are left out.
    groups
        The near-duplicate group of each row, int64 (rows,).
    seed
        Of the folds and of the bootstrap.

    Returns
    -------
    Telling or None
        None with fewer than `LEAST_ROWS` products on a side, or nothing to learn from.

    References
    ----------
    Lopez-Paz and Oquab (2017), Revisiting Classifier Two-Sample Tests.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    new = both.is_new
    if min(new.sum(), (~new).sum()) < LEAST_ROWS:
        return None
    documents = _documents(both)
    if not any(documents):
        return None
    weigh = TfidfVectorizer(
        analyzer=_as_it_is,
        min_df=RARE,
        max_features=_MOST_TERMS,
        sublinear_tf=True,
        dtype=np.float32,
    )
    try:
        features = weigh.fit_transform(documents)
    except ValueError:  # every term is rare
        return None
    folds = assign_folds(new.astype(np.int64), groups, FOLDS, seed)
    scores = np.zeros(len(new))
    for fold in range(FOLDS):
        held = folds == fold
        if held.any() and 0 < new[~held].sum() < (~held).sum():
            scores[held] = _fitted(features[~held], new[~held]).decision_function(features[held])
    auc = weighted_auc(scores, new, np.ones(len(new)))

    def statistic(times: Floats) -> float:
        return weighted_auc(scores, new, times)

    low, high = metrics.group_bootstrap(groups, statistic, seed, level=LEVEL, resamples=RESAMPLES)
    verdict = _judged(auc, low, _chance(groups, new))
    weights = np.ravel(_fitted(features, new).coef_)
    return Telling(
        auc=auc,
        interval=(low, high),
        verdict=verdict,
        towards_new=_strongest(weigh.get_feature_names_out(), weights),
        towards_reference=_strongest(weigh.get_feature_names_out(), -weights),
        roc=_roc(scores, new),
    )


def weighted_auc(scores: Floats, new: Bools, times: Floats) -> float:
    """Return the area under the ROC curve where each row counts several times.

    Parameters
    ----------
    scores
        Higher for rows that seem new, float64 (rows,).
    new
        Which rows are, bool (rows,).
    times
        How often each row counts, float64 (rows,). With none on a side it is 0.5.
    """
    place = np.unique(scores, return_inverse=True)[1]
    size = int(place.max()) + 1
    now = np.bincount(place[new], times[new], size)
    before = np.bincount(place[~new], times[~new], size)
    if now.sum() == 0 or before.sum() == 0:
        return 0.5
    below = np.cumsum(before) - before / 2
    return float(now @ below / (now.sum() * before.sum()))


def _chance(groups: Groups, new: Bools) -> float:
    """Return the standard deviation of the area where there is nothing to tell.

    Near-duplicates count once on a side.

    References
    ----------
    Mann and Whitney (1947), On a Test of Whether one of Two Random Variables is Stochastically
    Larger than the Other.
    """
    one, other = len(np.unique(groups[new])), len(np.unique(groups[~new]))
    return float(np.sqrt((one + other + 1) / (12 * one * other)))


def _judged(auc: float, low: float, chance: float) -> Verdict:
    limits = THRESHOLDS[AUC]
    if low <= 0.5 or auc < max(limits.some, 0.5 + DEVIATIONS * chance):
        return "none"
    return "strong" if auc >= limits.strong else "some"


def _fitted(features: npt.NDArray[np.float32], new: Bools):  # type: ignore[no-untyped-def]
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=5.0, max_iter=200, class_weight="balanced").fit(features, new)


def _as_it_is(terms: list[str]) -> list[str]:
    return terms


def _documents(both: Both) -> list[list[str]]:
    """Return the words of each product, and its values as ``column = value``."""
    documents = [words_of(text) for text in both.texts()]
    shared = set(both.shared)
    for name in both.schema.names(Role.CATEGORY):
        if name in shared:
            for document, value in zip(documents, both.strings(name), strict=True):
                document.append(f"{name} = {value if value is not None else 'missing'}")
    for name in both.schema.names(Role.NUMBER):
        if name in shared:
            values = both.numbers(name)
            for document, band in zip(documents, _bands(name, values), strict=True):
                document.append(band)
    return documents


def _bands(name: str, values: Floats) -> list[str]:
    known = np.isfinite(values)
    if not known.any():
        return [f"{name} = missing"] * len(values)
    codes = strata(values, _BANDS)
    words = {}
    for code in np.unique(codes):
        own = values[(codes == code) & known]
        words[int(code)] = f"{own.min():g} to {own.max():g}" if len(own) else "missing"
    return [f"{name} = {words[int(code)]}" for code in codes]


def _strongest(terms: npt.NDArray[np.object_], weights: Floats) -> tuple[tuple[str, float], ...]:
    order = np.argsort(-weights, kind="stable")[:_TERMS]
    return tuple((str(terms[at]), float(weights[at])) for at in order if weights[at] > 0)


def _roc(scores: Floats, new: Bools) -> tuple[tuple[float, float], ...]:
    """Return the curve at evenly spread thresholds, both ends included."""
    order = np.argsort(-scores, kind="stable")
    found = np.concatenate([[0.0], np.cumsum(new[order]) / new.sum()])
    wrong = np.concatenate([[0.0], np.cumsum(~new[order]) / (~new).sum()])
    at = np.unique(np.linspace(0, len(scores), _POINTS).round().astype(int))
    return tuple((float(wrong[p]), float(found[p])) for p in at)
