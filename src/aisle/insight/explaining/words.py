"""Which words of a text an expert went by."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from aisle.catalog import Role
from aisle.encoders import Encoder
from aisle.encoders.text.lexical import LexicalEncoder
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.contributions import Contributions, contributions
from aisle.insight.explaining.deletion import Deletion, Kept, deletions
from aisle.insight.explaining.findings import Passage, Piece, Words
from aisle.insight.explaining.question import ClassQuestion, Floats
from aisle.insight.explaining.spans import Texts
from aisle.insight.explaining.terms import spread_over_text

GROUPS = 32
"""Words are left out one by one, or a few neighbours at a time where a text has more than these."""

LISTED = 16
"""How many of the strongest words are listed."""


_LEXICAL = {"TfidfEncoder": "TF-IDF", "BagOfWordsEncoder": "counts", "HashingEncoder": "hashing"}


def explain_words(asked: AskedExpert) -> Words | None:
    """Share an expert's answer out among the words of its texts; None where there are none.

    Where the head is linear or made of trees, what lexical encoders count is shared out exactly.
    What other encoders read, and every head besides, is explained by leaving words out.
    """
    texts = Texts.of(asked.product, _columns(asked))
    if not texts.spans:
        return None
    known = contributions(asked)
    evidence = np.zeros(len(texts.spans))
    rest, methods, unknown = 0.0, [], []
    for name, encoder in asked.encoders.items():
        if known is not None and isinstance(encoder, LexicalEncoder):
            values = known.values[asked.blocks[name]]
            told, left = _counted(encoder, texts, values)
            evidence += told
            rest += left
            methods.append((_called(encoder), _exact(known)))
        else:
            unknown.append(name)
    if unknown:
        evidence += _left_out(asked, texts, unknown)
        methods += [(_called(asked.encoders[name]), "words left out") for name in unknown]
    rest = asked.evidence - float(evidence.sum()) if unknown or known is None else rest + known.base
    return Words(
        expert=asked.name,
        answer=asked.shown,
        methods=tuple(methods),
        passages=_passages(texts, evidence),
        rest=rest,
        strongest=_strongest(texts, evidence),
        deletion=_deletion(asked, texts, evidence),
    )


def _exact(known: Contributions) -> str:
    if known.method == "TreeSHAP" or known.against_mean:
        return f"{known.method}, exact"
    return f"{known.method}, exact, against a text without the word"


def _columns(asked: AskedExpert) -> tuple[str, ...]:
    """Name the text columns that any of the expert's encoders reads, in the order of the schema."""
    every = asked.product.schema.names(Role.TEXT)
    read = {name for encoder in asked.encoders.values() for name in _read_by(encoder, every)}
    there = asked.product.table.column_names
    return tuple(name for name in every if name in read and name in there)


def _read_by(encoder: Encoder, every: Sequence[str]) -> Sequence[str]:
    columns: Sequence[str] | None = getattr(encoder, "columns", None)
    return every if columns is None else columns


def _called(encoder: Encoder) -> str:
    """Name an encoder as a recipe would."""
    network = getattr(encoder, "network", None)
    if network is not None:
        return str(network).replace("\\", "/").rstrip("/").rpartition("/")[2]
    if isinstance(encoder, LexicalEncoder):
        lengths = "-".join(str(n) for n in dict.fromkeys(encoder.ngrams))
        unit = "words" if encoder.analyzer == "word" else "characters"
        return f"{_LEXICAL.get(type(encoder).__name__, 'n-grams')}, {lengths} {unit}"
    return type(encoder).__name__.removesuffix("Encoder")


def _counted(encoder: LexicalEncoder, texts: Texts, values: Floats) -> tuple[Floats, float]:
    """Share the columns of one encoder out among the words, float64 (words,), and the rest."""
    read = _read_by(encoder, tuple(texts.texts))
    parts = {name: text for name, text in texts.texts.items() if name in read}
    told, rest = spread_over_text(encoder, "\n".join(parts.values()), values)
    starts, at = {}, 0
    for name, text in parts.items():
        starts[name] = at
        at += len(text) + 1
    found = np.zeros(len(texts.spans))
    for number, span in enumerate(texts.spans):
        if span.column in starts:
            start = starts[span.column]
            found[number] = told[start + span.start : start + span.end].sum()
    return found, rest + float(told.sum() - found.sum())


def _left_out(asked: AskedExpert, texts: Texts, names: Sequence[str]) -> Floats:
    """Return by how much the evidence falls without each word, float64 (words,)."""
    count = len(texts.spans)
    groups = np.arange(count) * min(count, GROUPS) // count
    kept = [groups != group for group in range(int(groups[-1]) + 1)]
    told = asked.of_catalog(texts.with_kept(kept), names)
    lost = asked.evidence - told
    lengths = texts.lengths()
    total = np.bincount(groups, weights=lengths)
    return np.asarray(lost[groups] * lengths / total[groups])


def _deletion(asked: AskedExpert, texts: Texts, evidence: Floats) -> Deletion | None:
    """Take the words away that speak for the answer, and see what is left of it."""
    if len(texts.spans) < 2:
        return None

    def answer(variants: Sequence[Kept]) -> Floats:
        return curve_heights(asked, asked.of_catalog(texts.with_kept(variants)))

    return deletions([evidence], answer, seed=seed_of(asked))[0]


def curve_heights(asked: AskedExpert, evidence: Floats) -> Floats:
    """Return evidence as deletion curves show it: probabilities, or how far values have moved."""
    if isinstance(asked.question, ClassQuestion):
        return asked.question.shown(evidence)
    return evidence - asked.evidence


def seed_of(asked: AskedExpert) -> int:
    """Return a seed of the product's own, the same whichever products are explained beside it."""
    return zlib.crc32(str(asked.product.ids[0]).encode("utf-8", "replace"))


def _passages(texts: Texts, evidence: Floats) -> tuple[Passage, ...]:
    passages = []
    for column, text in texts.texts.items():
        inside = [n for n, span in enumerate(texts.spans) if span.column == column]
        ends = [texts.spans[n].start for n in inside[1:]] + [len(text)]
        pieces = tuple(
            Piece(
                text[texts.spans[n].start : texts.spans[n].end],
                text[texts.spans[n].end : end],
                float(evidence[n]),
            )
            for n, end in zip(inside, ends, strict=True)
        )
        first = texts.spans[inside[0]].start if inside else len(text)
        passages.append(Passage(column, text[:first], pieces))
    return tuple(passages)


def _strongest(texts: Texts, evidence: Floats) -> tuple[tuple[str, float], ...]:
    """Add up equal words, and list those that speak loudest."""
    total: dict[str, float] = {}
    spelled: dict[str, str] = {}
    for span, value in zip(texts.spans, evidence.tolist(), strict=True):
        word = texts.texts[span.column][span.start : span.end]
        if any(map(str.isalnum, word)):
            spelled.setdefault(word.casefold(), word)
            total[word.casefold()] = total.get(word.casefold(), 0.0) + value
    ranked = sorted(total, key=lambda word: (-abs(total[word]), word))[:LISTED]
    return tuple((spelled[word], total[word]) for word in ranked if total[word])
