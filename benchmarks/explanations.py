"""How far explanations can be trusted: sums, maps beside each other, and deletion curves."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import stats

from aisle import Catalog, ProductClassifier, ProductRegressor, explain
from aisle.insight.explaining import Explanation
from aisle.insight.explaining.asked import AskedExpert
from aisle.insight.explaining.deletion import deletions
from aisle.insight.explaining.findings import ImageMap
from aisle.insight.explaining.gradients import load_grad_cam
from aisle.insight.explaining.pictures import on_cells
from aisle.insight.explaining.question import ClassQuestion
from aisle.insight.explaining.sights import NetworkSight, find_sight
from aisle.insight.explaining.slopes import embedding_slopes
from aisle.insight.explaining.words import curve_heights, seed_of
from benchmarks.common import encoder_folders, publish, shared, table

PRODUCTS = int(os.environ.get("AISLE_EXPLAINED", "50"))
SETTINGS = ["learning_curve=false"]
LATE = [*SETTINGS, "fusion=late"]


def main() -> None:
    os.environ["AISLE_ENCODERS"] = str(encoder_folders())
    path = shared("flipkart", "catalog.csv")
    catalog = Catalog.read(path, target="category")
    train, test = catalog.split(test=0.25, seed=0)
    model = ProductClassifier(recipe="balanced", settings=LATE).fit(train)
    rows = np.linspace(0, len(test) - 1, PRODUCTS).round().astype(int).tolist()
    explain(model, test, rows=rows[:1])
    start = time.process_time()
    found = explain(model, test, rows=rows)
    milliseconds = 1000 * (time.process_time() - start) / PRODUCTS
    with TemporaryDirectory() as folder:
        page = Path(folder) / "gallery.html"
        found.save(page)
        megabytes = page.stat().st_size / 1e6
    free = length_free(model, test, rows, found)
    publish(
        "explanations",
        "Explanations of recipe balanced on Flipkart",
        f"{len(rows)} test products of one duplicate-safe split, evenly spread, each explained for "
        f"the category that the model answers; {len(train)} products trained the model (fusion "
        f"late). {milliseconds:.0f} ms of processor time a product in all; the gallery of all "
        f"takes {megabytes:.1f} MB. Intervals are of 95 %, by Student's t over "
        "products.",
        sums(catalog, train, test, rows, found),
        agreement(found, free),
        curves(found, free),
    )


def sums(
    catalog: Catalog, train: Catalog, test: Catalog, rows: Sequence[int], found: Explanation
) -> str:
    """Tell how far Shapley values are from adding up, for several fusions and for prices."""
    deviations = {"late": [product.shares.deviation for product in found.products]}
    few = rows[:: max(1, len(rows) // 10)]
    for fusion in ("stack", "early"):
        model = ProductClassifier(recipe="fast", settings=[*SETTINGS, f"fusion={fusion}"])
        told = shares_alone(model.fit(train), test, few)
        deviations[f"{fusion}, recipe fast"] = told
    prices = Catalog.read(shared("flipkart", "catalog.csv"), target="discounted_price")
    learned, asked = prices.split(test=0.25, seed=0)
    regressor = ProductRegressor(recipe="fast", settings=SETTINGS).fit(learned)
    deviations[f"prices, {regressor.fusion_.name}, recipe fast"] = shares_alone(
        regressor, asked, range(10)
    )
    return "## Shapley values over modalities\n\n" + table(
        ("fusion", "products", "largest deviation from the difference explained"),
        [(name, len(told), f"{max(told):.1e}") for name, told in deviations.items()],
    )


def shares_alone(
    model: ProductClassifier | ProductRegressor, catalog: Catalog, rows: Sequence[int]
) -> list[float]:
    """Return the deviations of the sums, without words and maps, which take longer."""
    from aisle.insight.explaining.modalities import answers_by_subset, modality_shares
    from aisle.insight.explaining.question import ValueQuestion

    products = model.read(catalog).take(np.asarray(rows))
    features = model.plan_.transform(products)
    told = answers_by_subset(model, features)
    everything = told[frozenset(model.modalities_)]
    deviations = []
    for row in range(len(products)):
        at = np.array([row])
        if isinstance(model, ProductRegressor):
            question = ValueQuestion(model.scale_)
        else:
            question = ClassQuestion(int(everything[row].argmax()))
        alone = {some: scores[row : row + 1] for some, scores in told.items()}
        mine = {name: one.take(at) for name, one in features.items()}
        deviations.append(modality_shares(model, question, alone, mine).deviation)
    return deviations


def length_free(
    model: ProductClassifier, test: Catalog, rows: Sequence[int], found: Explanation
) -> list[ImageMap]:
    """Return Grad-CAM at the last layer with the length of the embedding free, as textbooks do."""
    products = model.read(test).take(np.asarray(rows))
    features = model.plan_.transform(products)
    expert = model.plan_.experts["image"]
    encoders = {name: model.plan_.encoders[name] for name in expert.parts["image"]}
    network = None
    maps = []
    for number, explained in enumerate(found.products):
        if not explained.pictures:
            continue
        mine = {name: one.take(np.array([number])) for name, one in features.items()}
        question = ClassQuestion(model.classes_.index(explained.answer))
        product = products.take([number])
        asked = AskedExpert("image", expert, encoders, product, mine, question, {})
        sight = find_sight(asked)
        assert isinstance(sight, NetworkSight)
        prepared = sight.network.normalised(sight.frame)
        network = network or load_grad_cam(sight.encoder, prepared)
        assert network is not None
        layer, grid = network.maps(prepared, embedding_slopes(sight, length_held=False))[0]
        curve = deletions(
            [on_cells(grid).ravel()],
            lambda kept, sight=sight, asked=asked: curve_heights(asked, sight.parted(kept)),
            seed=seed_of(asked),
        )[0]
        first = explained.pictures[0].maps[0]
        maps.append(replace(first, method="grad-cam", layer=layer, grid=grid, deletion=curve))
    return maps


def by_kind(found: Explanation) -> dict[str, list[ImageMap]]:
    """Return the maps of all products by method and size."""
    kinds: dict[str, list[ImageMap]] = defaultdict(list)
    for product in found.products:
        for picture in product.pictures:
            for one in picture.maps:
                kinds[f"{one.method} {one.grid.shape[0]} x {one.grid.shape[1]}"].append(one)
    return kinds


def agreement(found: Explanation, free: Sequence[ImageMap]) -> str:
    """Compare Grad-CAM with the map that needs no gradient, place by place."""
    kinds = by_kind(found)
    plain = kinds.pop("cam 7 x 7")
    lines = []
    others = {**kinds, "grad-cam 7 x 7, length free": list(free)}
    for name in sorted(others):
        told = [rank(mine, other) for mine, other in zip(plain, others[name], strict=True)]
        lines.append((name, len(told), between(told), f"{min(told):.3f}"))
    return (
        "## Maps of photographs: Grad-CAM beside the gradient-free map\n\n"
        "Rank correlation over 49 places of each map with the gradient-free one (cam 7 x 7, which "
        "needs no PyTorch); finer maps are averaged to 7 x 7 first. At the last layer both are the "
        "same quantity, computed by PyTorch and Captum here and by ONNX Runtime there, as long as "
        "the length of the embedding is held.\n\n"
        + table(("map", "products", "mean rank correlation", "lowest"), lines)
    )


def rank(mine: ImageMap, other: ImageMap) -> float:
    import cv2

    size = mine.grid.shape[::-1]
    grid = other.grid
    if grid.shape != mine.grid.shape:
        grid = cv2.resize(grid, size, interpolation=cv2.INTER_AREA)
    return float(stats.spearmanr(mine.grid.ravel(), grid.ravel()).statistic)


def curves(found: Explanation, free: Sequence[ImageMap]) -> str:
    """Compare the areas under deletion curves with those of random orders."""
    lines = []
    words = [w.deletion for p in found.products for w in p.words if w.deletion is not None]
    kinds = {
        "words": words,
        **{name: [one.deletion for one in maps] for name, maps in by_kind(found).items()},
        "grad-cam 7 x 7, length free": [one.deletion for one in free],
    }
    for name, told in kinds.items():
        gains = [one.gain for one in told]
        lines.append(
            (
                name,
                len(told),
                f"{np.mean([one.area for one in told]):.3f}",
                f"{np.mean([one.random_area for one in told]):.3f}",
                between(gains),
                f"{np.mean([one.trusted for one in told]):.0%}",
            )
        )
    return (
        "## Deletion curves\n\n"
        "The area under the expert's probability of the answer while words are taken away, or "
        "places of the photograph blurred (196 cells), the strongest first, beside the mean of "
        "five random orders. A positive difference means that what is marked matters more than "
        "chance.\n\n"
        + table(
            ("marked by", "products", "area", "random", "random less own", "told to trust"), lines
        )
    )


def between(values: Sequence[float]) -> str:
    """Return a mean with its interval over products."""
    mean = float(np.mean(values))
    half = float(stats.sem(values) * stats.t.ppf(0.975, len(values) - 1))
    return f"{mean:+.3f} [{mean - half:+.3f}, {mean + half:+.3f}]"


if __name__ == "__main__":
    main()
