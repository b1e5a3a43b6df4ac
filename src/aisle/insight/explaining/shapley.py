"""Exact Shapley values of a handful of players."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import comb

from aisle.errors import AisleError

MOST = 10
"""Players beyond which the 2 ** n subsets are too many to look at."""

Subset = frozenset[str]


def subsets(players: Sequence[str]) -> Iterator[Subset]:
    """Yield every set of the players, small ones first, from none of them to all."""
    if len(players) > MOST:
        raise AisleError(
            f"exact Shapley values look at every subset, and {len(players)} players have too many; "
            f"expected at most {MOST}"
        )
    for size in range(len(players) + 1):
        for some in combinations(players, size):
            yield frozenset(some)


def shapley_values(players: Sequence[str], worth: Mapping[Subset, float]) -> dict[str, float]:
    """Return what each player adds, averaged over all orders in which they may come.

    Parameters
    ----------
    players
        Their names.
    worth
        The value of every subset, the empty one included.

    Returns
    -------
    dict of str to float
        In sum the value of all players less that of none.

    References
    ----------
    Shapley (1953), A value for n-person games.

    Examples
    --------
    >>> worth = {frozenset(): 0.0, frozenset("a"): 1.0, frozenset("b"): 0.0, frozenset("ab"): 3.0}
    >>> shapley_values("ab", worth)
    {'a': 2.0, 'b': 1.0}
    """
    count = len(players)
    found = {}
    for player in players:
        others = [other for other in players if other != player]
        total = 0.0
        for some in subsets(others):
            orders = count * comb(count - 1, len(some))
            total += (worth[some | {player}] - worth[some]) / orders
        found[player] = total
    return found
