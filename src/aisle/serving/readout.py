"""What an experiment between two models has shown so far, and how sure that is.

Whoever looks at an ordinary p-value again and again, and stops when it is small, is wrong far more
often than it says. So two kinds of evidence are told: the ordinary test, for one look that was
planned beforehand, and one that stays valid however often and whenever it is looked at.
"""

from __future__ import annotations

import math
from typing import Any

from aisle.metrics import mcnemar, two_shares_p_value, wilson_interval

LEVEL = 0.95
PEEKING = (
    "p_value and interval hold for one look whose time was fixed beforehand; do not stop early on "
    "them. What begins with always_valid may be looked at as often as you like"
)


def paired(champion: list[bool], challenger: list[bool]) -> dict[str, Any]:
    """Compare two models that answered for the same products.

    Parameters
    ----------
    champion, challenger
        Whether each was right, in the same order.

    Returns
    -------
    dict
        Accuracies with Wilson's intervals, McNemar's exact test, and an always-valid p-value.

    References
    ----------
    The latter is the reciprocal of the beta-binomial mixture martingale of fair coins; Ville's
    inequality bounds it at all times at once. Robbins (1970), Statistical Methods Related to the
    Law of the Iterated Logarithm.
    """
    rows = len(champion)
    found: dict[str, Any] = {
        "test": "McNemar's exact test of the products that both answered",
        "judged": rows,
        "champion": _accuracy(sum(champion), rows),
        "challenger": _accuracy(sum(challenger), rows),
    }
    if not rows:
        return {**found, "words": "no product has been judged yet"}
    test = mcnemar(champion, challenger)
    always = fair_coin_p_value(test.only_a, test.only_b)
    return {
        **found,
        "only_champion_right": test.only_a,
        "only_challenger_right": test.only_b,
        "p_value": test.p_value,
        "always_valid_p_value": always,
        "peeking": PEEKING,
        "words": _words(test.only_b - test.only_a if always < 1 - LEVEL else 0),
    }


def unpaired(champion: tuple[int, int], challenger: tuple[int, int]) -> dict[str, Any]:
    """Compare two models that answered for different products.

    Parameters
    ----------
    champion, challenger
        How often each was right, and out of how many.

    Returns
    -------
    dict
        Accuracies, Fisher's exact test, the difference (challenger minus champion) with Newcombe's
        interval, and with an always-valid one.

    References
    ----------
    Newcombe (1998), Interval Estimation for the Difference between Independent Proportions.
    """
    (right_a, rows_a), (right_b, rows_b) = champion, challenger
    found: dict[str, Any] = {
        "test": "Fisher's exact test of the products that either answered",
        "judged": rows_a + rows_b,
        "champion": _accuracy(right_a, rows_a),
        "challenger": _accuracy(right_b, rows_b),
    }
    if not rows_a or not rows_b:
        return {**found, "words": "products of both models have to be judged first"}
    a, b = right_a / rows_a, right_b / rows_b
    low_a, high_a = wilson_interval(right_a, rows_a, LEVEL)
    low_b, high_b = wilson_interval(right_b, rows_b, LEVEL)
    # Each sequence may fail half as often, so that both hold together.
    ever_a, ever_b = (
        always_valid_interval(*one, (1 + LEVEL) / 2) for one in (champion, challenger)
    )
    always = ever_b[0] - ever_a[1], ever_b[1] - ever_a[0]
    return {
        **found,
        "difference": b - a,
        "interval": [
            b - a - math.hypot(b - low_b, high_a - a),
            b - a + math.hypot(high_b - b, a - low_a),
        ],
        "p_value": two_shares_p_value(right_a, rows_a, right_b, rows_b),
        "always_valid_interval": list(always),
        "peeking": PEEKING,
        "words": _words((always[0] > 0) - (always[1] < 0)),
    }


def fair_coin_p_value(heads: int, tails: int) -> float:
    """Return a p-value for a fair coin that holds at all times at once.

    Examples
    --------
    >>> fair_coin_p_value(3, 3), round(fair_coin_p_value(1, 12), 3)
    (1.0, 0.022)
    """
    evidence = _log_beta(heads, tails) + (heads + tails) * math.log(2)
    return math.exp(-max(evidence, 0.0))


def always_valid_interval(successes: int, trials: int, level: float) -> tuple[float, float]:
    """Return an interval that holds a share at all times at once with the probability `level`.

    It is the set of shares that the beta-binomial mixture martingale has not refuted.
    """
    bound = _log_beta(successes, trials - successes) + math.log(1 - level)

    def is_refuted(share: float) -> bool:
        likely = _weighted(successes, share) + _weighted(trials - successes, 1 - share)
        return likely < bound

    centre = successes / trials if trials else 0.5
    return _edge(centre, 0.0, is_refuted), _edge(centre, 1.0, is_refuted)


def _edge(inside: float, outside: float, is_refuted: Any) -> float:
    if not is_refuted(outside):
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        if is_refuted(middle):
            outside = middle
        else:
            inside = middle
    return outside


def _weighted(count: int, share: float) -> float:
    if not count:
        return 0.0
    return count * math.log(share) if share > 0 else -math.inf


def _log_beta(heads: int, tails: int) -> float:
    return math.lgamma(heads + 1) + math.lgamma(tails + 1) - math.lgamma(heads + tails + 2)


def _accuracy(right: int, rows: int) -> dict[str, Any]:
    low, high = wilson_interval(right, rows, LEVEL)
    return {
        "judged": rows,
        "right": right,
        "accuracy": right / rows if rows else None,
        "interval": [low, high],
    }


def _words(better: int) -> str:
    if better > 0:
        return "the challenger is better on the products that were judged"
    if better < 0:
        return "the challenger is worse on the products that were judged"
    return "no difference can be told from the products that were judged so far"
