"""Run the benchmarks: ``python -m benchmarks [NAME ...]``, all of them without a name."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "start_up",
    "leaks",
    "decoding",
    "text_expert",
    "fusion_and_promise",
    "balanced",
    "exports",
    "text_encoding",
    "image_encoding",
    "embedding_at_scale",
    "heads",
    "frameworks",
    "fine_tuning",
    "robustness",
    "best",
    "label_audit",
    "clustering",
    "report_sizes",
    "prices",
    "price_features",
    "prediction_speed",
    "serving",
)


def main() -> None:
    for name in sys.argv[1:] or NAMES:
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
