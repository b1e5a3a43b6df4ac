"""What each kind of feature says of a price, LightGBM on all of them, and native categories."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from aisle import Catalog, ProductRegressor
from aisle.catalog import Role
from aisle.encoders.metadata import Form, MetadataEncoder
from aisle.heads.trees import LightGbmClassifierHead, LightGbmRegressorHead
from aisle.metrics import accuracy, mae, mae_log, smape
from benchmarks.common import SPLITS, difference, publish, shared, splits, table

Floats = npt.NDArray[np.float64]
Scores = dict[str, list[tuple[float, ...]]]

FORMS: tuple[Form, ...] = ("native", "one-hot")
ROUNDS = 200
PLAIN = ["learning_curve=false"]
EVERYTHING = ["fusion=early", "fusion.head={use: lightgbm}", *PLAIN]
ONE_HOT = "metadata.encoders=[{use: metadata, form: one-hot}]"
FUSED = ["methods=[best-single, late, stack]", *PLAIN]
BANDS = ((0, 300), (300, 1000), (1000, np.inf))


def main() -> None:
    count = min(SPLITS, 5)
    flipkart = Catalog.read(shared("flipkart", "catalog.csv"), target="discounted_price")
    bestbuy = Catalog.read(shared("bestbuy", "catalog.csv.gz"), target="leaf_category")
    publish(
        "price_features",
        f"Prices from text, photographs and metadata, {count} split(s)",
        *_prices(flipkart, count),
        "## Native categories beside one-hot, in equal time\n\nLightGBM on metadata alone, "
        f"{ROUNDS} rounds with native categories, and for one-hot as many rounds as take as long.",
        _forms(flipkart, count),
        _forms(bestbuy, count),
    )


def _prices(catalog: Catalog, count: int) -> tuple[str, ...]:
    """Measure models on Flipkart's prices: a table of errors, and one of intervals by price."""
    scores: Scores = {}
    bands: list[list[tuple[int, int, float]]] = []
    for _, train, held in splits(catalog, count):
        test = held.take(np.flatnonzero(held.has_target))
        start = time.perf_counter()
        model = ProductRegressor(recipe="fast", settings=FUSED).fit(train)
        seconds = time.perf_counter() - start
        told = model.scores(test)
        median = np.full(len(test), np.median(train.values[train.has_target]))
        _note(scores, "median of the training rows", test.values, median, 0.0)
        for name, values in told.experts.items():
            _note(scores, f"{name} alone", test.values, values, float("nan"))
        _note(scores, "fused: best-single, late or stack", test.values, told.values, seconds)
        bands.append(_by_band(test.values, told.low, told.high))
        for form, more in (("native", []), ("one-hot", [ONE_HOT])):
            start = time.perf_counter()
            model = ProductRegressor(recipe="fast", settings=[*EVERYTHING, *more]).fit(train)
            seconds = time.perf_counter() - start
            values = model.scores(test).values
            _note(scores, f"LightGBM on everything, {form}", test.values, values, seconds)
    header = (
        "model", "MAE log", "exp(MAE log) - 1", "MAE, rupees", "SMAPE", "seconds of training",
    )  # fmt: skip
    rows = []
    for name, found in scores.items():
        log, money, share, seconds = np.mean(found, axis=0)
        took = "" if np.isnan(seconds) else f"{seconds:.0f}"
        line = (name, f"{log:.3f}", f"{np.expm1(log):.3f}", f"{money:.0f}", f"{share:.3f}", took)
        rows.append(line)
    logs = {name: [-found[0] for found in some] for name, some in scores.items()}
    fused, native, hot = list(logs)[-3:]
    gains = "exp(MAE log) - 1 is a relative error, not one in money. " + (
        f"Gain in MAE log of native beside one-hot: {difference(logs[native], logs[hot])}; "
        f"of {fused} beside {native}: {difference(logs[fused], logs[native])}."
        if count > 1
        else ""
    )
    return table(header, rows), gains, "Intervals of the fused model:", _band_table(bands)


def _note(scores: Scores, name: str, truth: Floats, told: Floats, seconds: float) -> None:
    found = (mae_log(truth, told), mae(truth, told), smape(truth, told), seconds)
    scores.setdefault(name, []).append(found)


def _by_band(truth: Floats, low: Floats, high: Floats) -> list[tuple[int, int, float]]:
    """Return products, intervals that hold, and the sum of log widths, by band of the price."""
    found = []
    for start, stop in (*BANDS, (0, np.inf)):
        rows = (truth >= start) & (truth < stop)
        held = (low[rows] <= truth[rows]) & (truth[rows] <= high[rows])
        width = np.log(high[rows] / low[rows]).sum()
        found.append((int(rows.sum()), int(held.sum()), float(width)))
    return found


def _band_table(bands: list[list[tuple[int, int, float]]]) -> str:
    rows = []
    names = [f"{start} up to {stop:g}" for start, stop in BANDS]
    for name, (products, held, width) in zip(
        [*names, "all"], np.sum(bands, axis=0).tolist(), strict=True
    ):
        factor = np.exp(width / products)
        rows.append((name, f"{products:.0f}", f"{held / products:.3f}", f"{factor:.1f}"))
    return table(("price", "products", "intervals of 0.9 hold", "high / low"), rows)


def _forms(catalog: Catalog, count: int) -> str:
    """Measure the two forms of metadata under LightGBM on one catalogue."""
    scores: Scores = {}
    for _, train, test in splits(catalog, count):
        _form_split(scores, train, test.take(np.flatnonzero(test.has_target)))
    priced = _priced(catalog)
    header = ("form", "columns", "rounds", "seconds", "MAE log" if priced else "accuracy")
    rows = []
    for name, found in scores.items():
        columns, rounds, seconds, score = np.mean(found, axis=0)
        rows.append((name, f"{columns:.0f}", f"{rounds:.0f}", f"{seconds:.2f}", f"{score:.4f}"))
    sign = -1 if priced else 1
    native, _, equal = ([sign * found[-1] for found in some] for some in scores.values())
    gain = f"Gain of native at equal time: {difference(native, equal)}." if count > 1 else ""
    kinds = ", ".join(
        f"{name} ({len(set(catalog.strings(name)))} values)"
        for name in catalog.schema.names(Role.CATEGORY)
    )
    return f"{catalog.schema.target}, from {kinds}\n\n{table(header, rows)}\n\n{gain}"


def _form_split(scores: Scores, train: Catalog, test: Catalog) -> None:
    train = train.take(np.flatnonzero(train.has_target))
    rounds, allowed = ROUNDS, 0.0
    for form in FORMS:
        encoder = MetadataEncoder(form=form).fit(train)
        shown, asked = encoder.transform(train), encoder.transform(test)
        params = {"columns": None, "categorical": list(shown.categorical)}
        found = _fitted(params, ROUNDS, (shown.matrix, train), (asked.matrix, test))
        scores.setdefault(f"{form}, {ROUNDS} rounds", []).append((shown.dimension, *found))
        if form == "native":
            allowed = found[1]
            continue
        rounds = int(np.clip(ROUNDS * allowed / found[1], 10, 5 * ROUNDS))
        found = _fitted(params, rounds, (shown.matrix, train), (asked.matrix, test))
        scores.setdefault(f"{form}, equal time", []).append((shown.dimension, *found))


def _fitted(
    params: Mapping[str, Any], rounds: int, shown: tuple[Any, Catalog], asked: tuple[Any, Catalog]
) -> tuple[float, float, float]:
    """Return rounds, seconds and the score of a head trained on `shown` and asked of another."""
    (X, train), (Z, test) = shown, asked
    if _priced(train):
        regressor = LightGbmRegressorHead(rounds=rounds, **params)
        start = time.perf_counter()
        regressor.fit(X, np.log(train.values))
        seconds = time.perf_counter() - start
        return rounds, seconds, mae_log(test.values, np.exp(regressor.predict(Z)))
    classes, codes = np.unique(train.labels.astype(str), return_inverse=True)
    classifier = LightGbmClassifierHead(rounds=rounds, **params)
    start = time.perf_counter()
    classifier.fit(X, codes)
    seconds = time.perf_counter() - start
    told = classes[classifier.classes_[classifier.predict_proba(Z).argmax(axis=1)]]
    return rounds, seconds, accuracy(test.labels.astype(str), told)


def _priced(catalog: Catalog) -> bool:
    return catalog.schema.target == "discounted_price"
