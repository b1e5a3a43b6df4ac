"""The same numbers from a GPU, run after run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from aisle.neural.libraries import library

_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def repeatable() -> Iterator[None]:
    """Let a GPU, if there is one, compute with algorithms that repeat, and give it back as it was.

    Of what has no such algorithm, PyTorch warns; the processor's repeat by themselves.
    """
    torch = library("torch", "deep")
    if not torch.cuda.is_available():
        yield
        return
    cudnn = torch.backends.cudnn
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    chosen = cudnn.deterministic, cudnn.benchmark
    workspace = os.environ.get(_WORKSPACE)
    # Products of matrices repeat only if cuBLAS is told so before its first one.
    os.environ.setdefault(_WORKSPACE, ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        cudnn.deterministic, cudnn.benchmark = chosen
        if workspace is None:
            os.environ.pop(_WORKSPACE, None)
