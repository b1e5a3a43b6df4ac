"""The same rows and the same seed give the same answers, bit by bit, in any process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
from scipy import sparse

from aisle.heads import CLASSIFIERS, REGRESSORS, find_classifier, find_regressor

_SMALL = {"lightgbm": {"rounds": 10}, "forest": {"trees": 10}}


def digest() -> str:
    """Fit every head on words that are made up, and hash what they answer."""
    words = sparse.random(90, 400, density=0.1, format="csr", dtype=np.float32, random_state=0)
    y = np.random.default_rng(0).integers(0, 3, 90)
    total = hashlib.sha256()
    for name in CLASSIFIERS:
        classifier = find_classifier(name)(**_SMALL.get(name, {}))
        total.update(classifier.fit(words, y).predict_proba(words).tobytes())
    for name in REGRESSORS:
        regressor = find_regressor(name)(**_SMALL.get(name, {}))
        total.update(regressor.fit(words, y.astype(float)).predict(words).tobytes())
    return total.hexdigest()


def test_the_same_bytes_again_and_in_a_new_process() -> None:
    here = digest()
    assert digest() == here
    script = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('here', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "sys.stdout.write(module.digest())\n"
    )
    # Whatever number of threads this process has, that one has another.
    threads = "2" if os.environ.get("OPENBLAS_NUM_THREADS") == "1" else "1"
    other = {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    there = subprocess.run(
        [sys.executable, "-c", script, __file__],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "1", **other},
    )
    assert there.stdout == here
