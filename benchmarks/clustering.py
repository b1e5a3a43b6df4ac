"""`aisle study`: what clusters without labels agree with, beside k-means on MiniLM as it is."""

from __future__ import annotations

import os
import time

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from aisle import Catalog, study
from aisle.encoders import make_encoder, resolve_encoder
from aisle.insight import Study
from aisle.insight.studying import Result, wording
from benchmarks.common import encoder_folders, publish, shared, table

SEEDS = 10
PEER = "all-minilm-l6-v2"


def main() -> None:
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    flipkart = Catalog.read(shared("flipkart", "catalog.csv"), target="category")
    start = time.perf_counter()
    found = study(flipkart, seeds=SEEDS)
    seconds = time.perf_counter() - start
    sections = [
        f"Encoders and projections are chosen by silhouette; labels give the number of clusters "
        f"and judge afterwards. The silhouette is over shortest ways between nearest neighbours. "
        f"That measure was settled on with Flipkart's `category` in view; the other catalogues "
        f"below had no part in it. Means of {SEEDS} seeds.",
        section("Flipkart, `category` (7 classes)", found),
        f"{seconds:.0f} s in all. {peer(flipkart)}",
        section(
            "Flipkart, `subcategory`",
            study(Catalog.read(shared("flipkart", "catalog.csv"), target="subcategory"), TRIED),
        ),
    ]
    publish("clustering", "Clusters without labels", *sections)


TRIED = ("tfidf", "tfidf-characters", "bag-of-words", PEER, "hog", "mobilenet-edgetpu-100")


def section(name: str, found: Study) -> str:
    """Tell every encoder by the projection that its silhouette chose, and by the best ARI."""
    lines = []
    for result in found.chosen:
        own = [r for r in found.results if r.encoder == result.encoder]
        highest = max(own, key=lambda r: r.ari or 0.0)
        lines.append(
            (
                result.encoder,
                f"{result.modality}, {result.family}",
                result.projection,
                f"{result.silhouette:.3f}",
                with_deviation(result),
                f"{result.ami:.3f}",
                f"{highest.projection} {highest.ari:.3f}",
            )
        )
    told = [
        f"{kind}: {best.encoder} ({best.projection}) {with_deviation(best)}"
        for kind, best in (
            ("best text encoder by silhouette", found.best_of("text")),
            ("best deep image encoder", found.best_of("image", "deep")),
            ("best classical image encoder", found.best_of("image", "classical")),
        )
        if best is not None
    ]
    return "\n\n".join(
        [
            f"## {name}",
            f"{found.studied:,} products, {len(found.classes)} classes, {found.seconds:.0f} s. "
            + "; ".join(told)
            + ".",
            " ".join([*wording.families(found), wording.variants(found)]),
            table(
                ("encoder", "reads", "chosen", "silhouette", "ARI", "AMI", "highest ARI by labels"),
                lines,
            ),
        ]
    )


def with_deviation(result: Result) -> str:
    return f"{result.ari:.3f} ± {result.ari_deviation:.3f}"


def peer(catalog: Catalog) -> str:
    """Cluster MiniLM's vectors as they are, as a notebook would."""
    kind, params = resolve_encoder(PEER, {})
    features = make_encoder(kind, params).fit(catalog).transform(catalog)
    given = catalog.labels.astype(str)
    scores = [
        adjusted_rand_score(given, KMeans(7, n_init=10, random_state=seed).fit_predict(
            features.matrix))
        for seed in range(SEEDS)
    ]  # fmt: skip
    return (
        f"The peer, scikit-learn's k-means on {PEER} as it is (10 starts): "
        f"{np.mean(scores):.3f} ± {np.std(scores, ddof=1):.3f}."
    )


if __name__ == "__main__":
    main()
