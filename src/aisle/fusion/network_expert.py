"""An expert over several modalities that can do without some of them: a network."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from aisle.encoders import Features, concatenate
from aisle.fusion.answer import Floats, Mask
from aisle.fusion.crossing import expert_sets
from aisle.fusion.expert import ClassExpert, Codes, Expert, Stopping, ValueExpert
from aisle.fusion.joint_answer import AnyFloats, Columns, JointAnswer
from aisle.heads.head import softmax
from aisle.neural.fusing import FusionNetwork


@dataclass(frozen=True, eq=False)
class ApartFeatures(Features):
    """Features that are kept apart by modality; side by side there are none.

    Parameters
    ----------
    blocks
        By modality.
    """

    blocks: Mapping[str, Features] = field(default_factory=dict)

    @classmethod
    def of(cls, blocks: Mapping[str, Features]) -> Self:
        """Keep the features of each modality; a row is present if it has any of them."""
        present = np.logical_or.reduce([block.present for block in blocks.values()])
        nothing = sparse.csr_matrix((len(present), 0), dtype=np.float32)
        return cls(nothing, present, blocks=blocks)

    def take(self, rows: npt.NDArray[np.integer]) -> Self:
        """Return the features of the given row numbers."""
        blocks = {name: block.take(rows) for name, block in self.blocks.items()}
        return replace(self, matrix=self.matrix[rows], present=self.present[rows], blocks=blocks)


class NetworkExpert(Expert):
    """What the network experts for classes and for values share.

    Parameters
    ----------
    parts
        The names of the model's encoders by modality.
    network
        Fuses the modalities.
    readers
        By expert of the model, the modality that it reads: who withholds the expert from the
        network withholds the modality.

    Attributes
    ----------
    sets_ : list of tuple of int
        The sets of modalities, by position in `parts`, that are asked about out of fold.
    """

    head: Any = None

    def __init__(
        self, parts: Mapping[str, Sequence[str]], network: FusionNetwork, readers: Mapping[str, str]
    ) -> None:
        self.parts = parts
        self.network = network
        self.readers = readers

    @property
    def stops_early(self) -> bool:
        """Whether rows that say when to stop are of use in training."""
        return True

    def over(self, parts: Mapping[str, Sequence[str]]) -> Self:
        """Return a like expert, not fitted, over other encoders."""
        readers = {name: modality for name, modality in self.readers.items() if modality in parts}
        return type(self)(parts, self.network, readers)

    def gather(self, features: Mapping[str, Features]) -> Features:
        """Put together the features of each modality's encoders, from those of all encoders."""
        return ApartFeatures.of(
            {m: concatenate([features[name] for name in names]) for m, names in self.parts.items()}
        )

    def weights(self, features: Mapping[str, Features]) -> Floats:
        """Return how much each modality weighs in each answer, float64 (rows, modalities).

        In the order of `parts`; see `FusionNetwork.weights`. Zeros for a modality that no training
        row had, and for products of which nothing is present.
        """
        apart = _apart(self.gather(features))
        found = np.zeros((len(apart), len(self.parts)))
        if self.trained_:
            columns = [list(self.parts).index(name) for name in self.network.tokens_]
            found[:, columns] = self.network.weights(apart.blocks)
        return found

    def _learned_from(self, features: Features) -> tuple[ApartFeatures, npt.NDArray[np.int64]]:
        """Return the features, and the rows that have any; note which sets may be asked about."""
        apart = _apart(features)
        self.trained_ = any(b.present.any() and b.dimension for b in apart.blocks.values())
        self.sets_ = expert_sets(np.column_stack([b.present for b in apart.blocks.values()]))
        return apart, np.flatnonzero(apart.present)

    def _asked(self, apart: ApartFeatures, sets: Sequence[Columns]) -> tuple[Mask, list[Mask]]:
        """Return the tokens that the network can see, and those shown of each set.

        Returns
        -------
        tuple
            bool (rows, modalities); and by set bool (rows, tokens of the network).
        """
        present = np.zeros((len(apart), len(self.parts)), dtype=bool)
        if not self.trained_:
            return present, []
        columns = [list(self.parts).index(name) for name in self.network.tokens_]
        present[:, columns] = self.network.present(apart.blocks)
        shown = []
        for some in sets:
            kept = np.isin(np.arange(len(self.parts)), some)
            shown.append((present & kept)[:, columns])
        return present, shown

    def _columns(self, sets: Collection[Collection[str]] | None) -> list[Columns]:
        """Return sets of modalities by position, all of them among them; `sets_` for None."""
        every = tuple(range(len(self.parts)))
        if sets is None:
            return list(dict.fromkeys([*self.sets_, every]))
        named = [tuple(n for n, m in enumerate(self.parts) if m in some) for some in sets]
        return [some for some in dict.fromkeys([every, *named]) if some]

    def _answered(
        self, present: Mask, sets: Sequence[Columns], scores: Sequence[AnyFloats]
    ) -> JointAnswer:
        places = {name: list(self.parts).index(m) for name, m in self.readers.items()}
        return JointAnswer.of(present, places, dict(zip(sets, scores, strict=True)))


class ClassNetworkExpert(NetworkExpert, ClassExpert):
    """A network that answers with class probabilities."""

    def fit(
        self,
        features: Features,
        codes: Codes,
        classes: int,
        weight: Floats | None,
        *,
        stopping: Stopping | None = None,
        groups: Codes | None = None,
    ) -> Self:
        """Train the network on the products of which anything is present."""
        self._begin(codes, classes, weight)
        apart, rows = self._learned_from(features)
        if self.trained_:
            heavy = None if weight is None else weight[rows]
            watched = None if stopping is None else (_apart(stopping[0]).blocks, stopping[1])
            twins = None if groups is None else groups[rows]
            self.network.fit_classes(apart.take(rows).blocks, codes[rows], heavy, watched, twins)
        return self

    def raw(
        self, features: Features, sets: Collection[Collection[str]] | None = None
    ) -> JointAnswer:
        """Answer without calibration, for all of `sets_` or for given sets of modalities."""
        apart, columns = _apart(features), self._columns(sets)
        present, shown = self._asked(apart, columns)
        prior = self.prior_.astype(np.float32)
        told = [np.tile(prior, (len(apart), 1)) for _ in columns]
        if self.trained_ and self.network.classes_ is not None:
            known = self.network.classes_
            logits = self.network.scores(apart.blocks, shown)
            for scores, mask, found in zip(told, shown, logits, strict=True):
                rows = np.flatnonzero(mask.any(axis=1))
                scores[rows] = 0.0
                scores[np.ix_(rows, known)] = softmax(found[rows].astype(np.float64))
        return self._answered(present, columns, told)

    def answer(
        self, features: Mapping[str, Features], sets: Collection[Collection[str]] = ()
    ) -> JointAnswer:
        """Answer with everything that is present, and for the given sets of modalities."""
        found = self.calibrated(self.raw(self.gather(features), sets))
        assert isinstance(found, JointAnswer)
        return found


class ValueNetworkExpert(NetworkExpert, ValueExpert):
    """A network that answers with a value."""

    def fit(
        self,
        features: Features,
        values: Floats,
        weight: Floats | None,
        *,
        stopping: Stopping | None = None,
        groups: Codes | None = None,
    ) -> Self:
        """Train the network on the products of which anything is present."""
        self._begin(values)
        apart, rows = self._learned_from(features)
        if self.trained_:
            heavy = None if weight is None else weight[rows]
            watched = None if stopping is None else (_apart(stopping[0]).blocks, stopping[1])
            twins = None if groups is None else groups[rows]
            self.network.fit_values(apart.take(rows).blocks, values[rows], heavy, watched, twins)
        return self

    def raw(
        self, features: Features, sets: Collection[Collection[str]] | None = None
    ) -> JointAnswer:
        """Answer within the range of training, for all of `sets_` or for given sets."""
        apart, columns = _apart(features), self._columns(sets)
        present, shown = self._asked(apart, columns)
        told = [np.full(len(apart), self.prior_[0]) for _ in columns]
        if self.trained_:
            values = self.network.scores(apart.blocks, shown)
            for scores, mask, found in zip(told, shown, values, strict=True):
                rows = np.flatnonzero(mask.any(axis=1))
                scores[rows] = self._limited(found[rows].astype(np.float64))
        return self._answered(present, columns, told)

    def answer(
        self, features: Mapping[str, Features], sets: Collection[Collection[str]] = ()
    ) -> JointAnswer:
        """Answer with everything that is present, and for the given sets of modalities."""
        return self.raw(self.gather(features), sets)


def _apart(features: Features) -> ApartFeatures:
    if not isinstance(features, ApartFeatures):
        raise TypeError("a network's features are kept apart by modality; expected those of gather")
    return features
