"""Products that trained a model they are to test, in words."""

from __future__ import annotations

from aisle import pages
from aisle.evaluation.results import ClassEvaluation, Evaluation, ValueEvaluation
from aisle.models.seen import Seen


def seen_told(found: Evaluation) -> tuple[str, ...]:
    """Warn of products that this model, or the one it is compared with, was trained on."""
    told = []
    own, other = found.seen_in_training, None
    if own is not None and own.rows:
        told.append(
            f"{_who(own, found.rows)} trained this model, so the figures are too good. Believe "
            "those of products that it has not seen."
        )
    if isinstance(found, ClassEvaluation | ValueEvaluation):
        other = found.against
    if other is not None and (theirs := other.seen_in_training) is not None:
        favoured = _favoured(own, theirs, other.name)
        if theirs.rows:
            told.append(
                f"{_who(theirs, found.rows)} trained {other.name}, so its figures are too good."
            )
        if favoured:
            told[-1] += f" The comparison favours {favoured}."
    return tuple(told)


def _favoured(own: Seen | None, theirs: Seen, name: str) -> str:
    """Name the model that has seen more of the products; neither where that is not known."""
    if own is None or own.share == theirs.share:
        return ""
    return "this model" if own.share > theirs.share else name


def _who(seen: Seen, rows: int) -> str:
    share = pages.share(seen.share)
    if not seen.exact:
        return (
            f"About {share} of these products (estimated from the {pages.count(seen.looked_up)} "
            "that could be looked up)"
        )
    if seen.rows == rows:
        return "All of these products" if rows > 1 else "The product"
    return f"{pages.count(seen.rows)} of {pages.plural(rows, 'product')} ({share})"
