"""Numbers and findings of an explanation as people read them, on the page and on the screen."""

from __future__ import annotations

import math

from aisle import pages
from aisle.insight.explaining.findings import ModalityShare
from aisle.insight.explaining.results import ExplainedProduct, Explanation

_LITTLE = 0.005


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, a minus sign being one.

    Examples
    --------
    >>> signed(0.5), signed(-1.234), signed(0.0)
    ('+0.50', '−1.23', '0.00')
    """
    shown = f"{abs(value):.{digits}f}"
    if not float(shown):
        return shown
    return f"{'+' if value > 0 else '−'}{shown}"


def points(value: float, found: Explanation) -> str:
    """Return what a modality adds to a probability, in points, or to a value, in its unit."""
    if found.task == "classify":
        return signed(100 * value, 1)
    return f"{'+' if value > 0 else ''}{pages.number(value)}"


def evidence(value: float, found: Explanation) -> str:
    """Return evidence: log-odds, a factor where values were learned by their logarithm."""
    if found.unit in ("log-odds", "value"):
        return signed(value)
    return f"×{math.exp(min(max(value, -50.0), 50.0)):.3g}"


def shown(value: float, found: Explanation) -> str:
    """Return an answer: a probability or a value."""
    return pages.share(value) if found.task == "classify" else pages.number(value)


def evidence_words(found: Explanation) -> str:
    """Say what evidence is measured in."""
    if found.task == "classify":
        rival = "all other categories" if found.against is None else found.against
        return f"Log-odds against {rival}: they add up, and 0.7 doubles the odds."
    if found.unit == "value":
        return "In the unit of the target."
    inside = "1 + the value" if "1 +" in found.unit else "the value"
    return f"Values were learned by their logarithm: contributions are factors of {inside}."


def ranked_shares(product: ExplainedProduct) -> list[ModalityShare]:
    """Return the modalities that the product has, the weightiest first."""
    present = [share for share in product.shares.modalities if share.present]
    return sorted(present, key=lambda share: -abs(share.evidence))


def headline(product: ExplainedProduct, found: Explanation) -> str:
    """Say in a few words what carries the answer."""
    ranked = ranked_shares(product)
    if not ranked:
        return "Nothing is known of this product"
    first = ranked[0]
    if len(ranked) == 1:
        return f"{_capital(first.modality)} is all that is known"
    total = sum(abs(share.evidence) for share in ranked) or 1.0
    opposed = [share for share in ranked[1:] if share.evidence * first.evidence < 0]
    if abs(first.evidence) > 0.6 * total:
        words = f"{_capital(first.modality)} carries the answer"
    else:
        words = f"{_capital(first.modality)} and {ranked[1].modality} carry the answer together"
        opposed = [share for share in opposed if share is not ranked[1]]
        if ranked[1].evidence * first.evidence < 0:
            words = f"{_capital(first.modality)} and {ranked[1].modality} disagree"
    # What weighs next to nothing is no opposition worth a word.
    loud = [share.modality for share in opposed if abs(share.evidence) > 0.05 * total]
    return f"{words}; {' and '.join(loud)} would pull the other way" if loud else words


def details(product: ExplainedProduct, found: Explanation) -> tuple[str, ...]:
    """Say what the modalities add, and which of them the answer would not miss."""
    shares, ranked = product.shares, ranked_shares(product)
    if not ranked:
        return ("The answer is what holds for products in general.",)
    unit = " points" if found.task == "classify" else ""
    parts = [f"{share.modality} {points(share.points, found)}{unit}" for share in ranked]
    start = "the share that it has among all" if found.task == "classify" else "the median"
    first = (
        f"From {shown(shares.prior_shown, found)}, {start}, to "
        f"{shown(shares.answer_shown, found)}: {', '.join(parts)}."
    )
    size = max(abs(shares.answer_shown), 1e-9) if found.task == "regress" else 1.0
    unmissed = [
        share.modality
        for share in ranked
        if len(ranked) > 1 and abs(share.without - shares.answer_shown) < _LITTLE * size
    ]
    if not unmissed:
        return (first,)
    if found.fusion == "best-single":
        return (
            first,
            f"The fusion listens to one expert alone, and {' and '.join(unmissed)} could be "
            "missing. What is added here is what would be said if the others were missing.",
        )
    if len(unmissed) == 1:
        return (first, f"Without {unmissed[0]}, the answer would hardly change.")
    return (first, f"Any one of {' and '.join(unmissed)} could be missing: it would hardly change.")


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
