"""What a network over several modalities says, whichever of them it is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from aisle.fusion.answer import Answer, Floats, Mask, Rows

Columns = tuple[int, ...]
Floats32 = npt.NDArray[np.float32]
AnyFloats = Floats | Floats32


@dataclass(frozen=True, eq=False)
class JointAnswer(Answer):
    """A joint network's scores, with all that it has and with less.

    An expert of one modality is either asked or not; a network must be asked again for every set of
    modalities that is to be looked at.

    Parameters
    ----------
    scores, present
        As of any answer, for the modalities in `kept`.
    tokens
        Which of the network's modalities each product has, bool (rows, tokens).
    readers
        By expert of the model, the position of the modality that it reads.
    by_set
        Scores by the positions of the modalities that are shown, float32, which is what the network
        computes in; of a product that lacks some of them, with those that it has.
    kept
        The positions of the modalities that are not withheld.
    """

    tokens: Mask
    readers: Mapping[str, int]
    by_set: Mapping[Columns, Floats32]
    kept: Columns

    @classmethod
    def of(
        cls, tokens: Mask, readers: Mapping[str, int], by_set: Mapping[Columns, AnyFloats]
    ) -> Self:
        """Return the answer from which nothing is withheld."""
        every = tuple(range(tokens.shape[1]))
        kept = {
            columns: scores.astype(np.float32, copy=False) for columns, scores in by_set.items()
        }
        present = np.asarray(tokens.any(axis=1))
        return cls(kept[every].astype(np.float64), present, tokens, readers, kept, every)

    def without(self, kept: Collection[str]) -> Answer:
        """Return what the network says if only the modalities of the `kept` experts are shown.

        For a set of modalities that it was not asked about it is absent.
        """
        shown = {self.readers[name] for name in kept if name in self.readers}
        columns = tuple(sorted(shown & set(self.kept)))
        if columns not in self.by_set:
            return self.withheld()
        present = self._present(columns)
        scores = self.by_set[columns].astype(np.float64)
        return replace(self, scores=scores, present=present, kept=columns)

    def take(self, rows: Rows) -> Self:
        """Return the answer for the given row numbers."""
        by_set = {columns: scores[rows] for columns, scores in self.by_set.items()}
        return self._with(by_set, self.tokens[rows])

    def mapped(self, change: Callable[[Floats, Mask], Floats]) -> Self:
        """Return the answer with the scores of every set changed."""
        by_set = {
            columns: change(scores.astype(np.float64), self._present(columns)).astype(np.float32)
            for columns, scores in self.by_set.items()
        }
        return self._with(by_set, self.tokens)

    @classmethod
    def stacked(cls, pieces: Sequence[Self]) -> Self:
        """Put answers for different rows one under another; sets that all of them know are kept."""
        common = set.intersection(*(set(piece.by_set) for piece in pieces))
        by_set = {
            columns: np.concatenate([piece.by_set[columns] for piece in pieces])
            for columns in pieces[0].by_set
            if columns in common
        }
        return cls.of(np.concatenate([p.tokens for p in pieces]), pieces[0].readers, by_set)

    def _present(self, columns: Columns) -> Mask:
        return np.asarray(self.tokens[:, list(columns)].any(axis=1))

    def _with(self, by_set: Mapping[Columns, Floats32], tokens: Mask) -> Self:
        scores = by_set[self.kept].astype(np.float64)
        made = replace(self, by_set=by_set, tokens=tokens, scores=scores)
        return replace(made, present=made._present(self.kept))
