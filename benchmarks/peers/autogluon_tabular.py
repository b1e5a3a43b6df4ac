"""AutoGluon on one split; run by the Python of an environment of its own, see `autogluon`."""

import json
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from autogluon.tabular import TabularPredictor

TIMED = 100


def main() -> None:
    """Train within a time, and tell accuracy, seconds and milliseconds a product."""
    folder, target, seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    train, test = (pd.read_parquet(folder / f"{side}.parquet") for side in ("train", "test"))
    with tempfile.TemporaryDirectory() as models:
        predictor = TabularPredictor(label=target, path=models, verbosity=0)
        start = time.perf_counter()
        predictor.fit(train, time_limit=seconds, num_cpus=2, num_gpus=0)
        took = time.perf_counter() - start
        told = predictor.predict(test)
        rows = test.head(TIMED)
        start = time.perf_counter()
        predictor.predict(rows)
        each = 1e3 * (time.perf_counter() - start) / len(rows)
        found = {
            "accuracy": float((told == test[target]).mean()),
            "seconds": took,
            "ms": each,
            "model": predictor.model_best,
        }
    (folder / "autogluon.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
