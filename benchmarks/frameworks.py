"""The same head trained with PyTorch and with TensorFlow, and the one graph that answers."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import Any

import numpy as np

from aisle import Catalog
from aisle.encoders.pretrained.encoder import PretrainedImageEncoder, PretrainedTextEncoder
from aisle.encoders.text.lexical import TfidfEncoder
from aisle.heads.linear import LogisticHead
from aisle.metrics import accuracy
from aisle.neural.heads import MlpHead
from benchmarks.common import SPLITS, difference, encoder_folders, publish, shared, splits, table

FRAMEWORKS = ("torch", "tensorflow")


class Watched(MlpHead):
    """A head that notes how far its ONNX graph lies from its framework's network."""

    apart = 0.0

    def _compare(self, learned: Any, rows: Any) -> None:
        said = learned.answer(rows.part(np.arange(len(rows))).features)
        self.apart = float(np.abs(self._scores(rows.matrix, said.shape[1]) - said).max())


def main() -> None:
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    count = min(SPLITS, 5)
    catalog = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    sections = []
    for name, make in (
        ("TF-IDF of words", lambda: TfidfEncoder(analyzer="word", maximum=5000)),
        ("all-minilm-l6-v2", lambda: PretrainedTextEncoder("all-minilm-l6-v2")),
        ("mobilenet-edgetpu-100", lambda: PretrainedImageEncoder("mobilenet-edgetpu-100")),
    ):
        scores: dict[str, list[float]] = defaultdict(list)
        apart: dict[str, float] = defaultdict(float)
        same: list[float] = []
        noise: list[float] = []
        for seed, train, test in splits(catalog, count):
            encoder = make().fit(train)
            shown, asked = encoder.transform(train), encoder.transform(test)
            classes, codes = np.unique(train.labels.astype(str), return_inverse=True)
            told = {}
            heads: dict[str, Any] = {f: Watched(framework=f, seed=seed) for f in FRAMEWORKS}
            heads["torch, another seed"] = Watched(framework="torch", seed=seed + 100)
            heads["logistic regression"] = LogisticHead(C=5.0)
            for label, head in heads.items():
                head.fit(shown.matrix[shown.present], codes[shown.present])
                told[label] = classes[head.predict_proba(asked.matrix).argmax(axis=1)]
                scores[label].append(accuracy(test.labels.astype(str), told[label]))
                apart[label] = max(apart[label], getattr(head, "apart", 0.0))
            same.append(float(np.mean(told["torch"] == told["tensorflow"])))
            noise.append(float(np.mean(told["torch"] == told["torch, another seed"])))
        torch = scores["torch"]
        lines = [
            (
                label,
                f"{np.mean(found):.4f}",
                "" if label == "torch" else difference(found, torch),
                f"{apart[label]:.1e}" if apart[label] else "",
            )
            for label, found in scores.items()
        ]
        sections += [
            f"## {name}",
            table(("trained with", "accuracy", "difference to torch", "ONNX apart, most"), lines),
            f"PyTorch and TensorFlow give {np.mean(same):.1%} of the products the same class, "
            f"PyTorch with two seeds {np.mean(noise):.1%}.",
        ]
    publish(
        "frameworks",
        f"Heads of two frameworks, {count} splits of Flipkart's categories",
        "Both start from the same weights and see the same batches; dropout differs. The last "
        "column is the largest difference of a score between the bundle's ONNX graph and the "
        "framework's own network, over the training rows.",
        *sections,
    )


if __name__ == "__main__":
    main()
