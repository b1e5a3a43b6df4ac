from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle import pages


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=5))
def test_data_come_back_and_nothing_in_them_ends_the_element(value: object) -> None:
    text = pages.as_json(value)
    assert json.loads(text) == value
    assert not set(text) & {"<", ">", "&", "\u2028", "\u2029"}


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        pages.as_json(math.nan)
