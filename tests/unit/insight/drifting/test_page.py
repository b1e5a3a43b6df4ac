from __future__ import annotations

from dataclasses import replace

import pytest

from aisle.insight.drifting import Drift, drift
from aisle.insight.drifting.page import drift_page
from aisle.insight.drifting.wording import column_told, thresholds_told, verdict
from tests.products import product_rows


@pytest.fixture(scope="module")
def moved() -> Drift:
    now = [
        {**row, "title": f"{row['title']} <b>sale</b> clearance", "price": 999.0 + n}
        for n, row in enumerate(product_rows(60, seed=1))
    ]
    return drift(product_rows(60), now, target="kind", new_name="<script>alert(1)</script>")


def test_the_page_says_what_moved_and_escapes_what_it_is_given(moved: Drift) -> None:
    page = drift_page(moved)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "<b>sale" not in page
    assert "Strong drift" in page
    for column in moved.moved:
        assert column_told(column).split(";")[0].split(",")[0].split("(")[0].strip() in page
    assert page.count('class="chart"') >= 2
    assert all(words in page for _, words, _, _ in thresholds_told() if "’" not in words)


def test_words_follow_the_verdict(moved: Drift) -> None:
    assert verdict(moved).tone == "bad"
    calm = replace(
        moved,
        columns=tuple(c for c in moved.columns if c.verdict == "none"),
        telling=None,
        model=None,
    )
    assert verdict(calm).tone == "good"
    assert "too few products" in " ".join(verdict(calm).details)
    assert "No drift" in drift_page(calm)
