from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.insight.inspecting.attribute_parsing import parse_attributes

BOTH = [("Brand", "Acme"), ("Size", "12 cm")]


@pytest.mark.parametrize(
    "value",
    [
        '{"product_specification"=>[{"key"=>"Brand", "value"=>"Acme"}, '
        '{"key"=>"Size", "value"=>"12 cm"}]}',
        '{"product_specification"=>[{"value"=>"loose"}, {"key"=>"Brand", "value"=>"Acme"}, '
        '{"key"=>"Weight", "value"=>nil}, {"key"=>"Size", "value"=>"12 cm"}]}',
        '{"Brand": "Acme", "Size": "12 cm"}',
        '{"specs": {"Brand": "Acme", "Size": "12 cm"}}',
        '[{"name": "Brand", "value": "Acme"}, {"name": "Size", "value": "12 cm"}]',
        '["Brand: Acme", "Size: 12 cm"]',
        "{'Brand': 'Acme', 'Size': '12 cm', 'Weight': None}",
        "Brand: Acme | Size: 12 cm",
        "Brand: Acme; Size: 12 cm",
        "Brand: Acme\n\nSize: 12 cm\n",
        "- Brand : Acme\n- Size: 12 cm",
        "Brand=Acme|Size=12 cm",
        "Brand: Acme, Size: 12 cm",
        {"Brand": "Acme", "Size": "12 cm"},
        [("Brand", "Acme"), ("Size", "12 cm")],
        [{"key": "Brand", "value": "Acme"}, {"key": "Size", "value": "12 cm"}],
    ],
)
def test_every_shape_gives_the_same_attributes(value: object) -> None:
    assert parse_attributes(value) == BOTH


def test_several_values_are_joined_and_numbers_written() -> None:
    assert parse_attributes('{"Colours": ["red", "blue"], "Weight": 1.5, "Boxed": true}') == [
        ("Colours", "red, blue"),
        ("Weight", "1.5"),
        ("Boxed", "True"),
    ]


def test_an_arrow_inside_of_a_text_stays() -> None:
    assert parse_attributes('{"Note"=>"a => b", "nil"=>"nil x"}') == [
        ("Note", "a => b"),
        ("nil", "nil x"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        "A red mug, 12 cm high, which keeps tea warm",
        "https://example.org/a",
        "Time: 12:30",
        "",
        "[1, 2, 3]",
        '["red", "blue"]',
        '["Home >> Kitchen >> Mugs"]',
        "{broken",
        None,
        7,
        "This is quite a long sentence which ends with a colon: here it goes on and on and on",
    ],
)
def test_other_values_list_nothing(value: object) -> None:
    assert parse_attributes(value) == []


def test_much_is_cut_and_deep_is_left() -> None:
    many = "{" + ", ".join(f'"k{n}": "v"' for n in range(5_000)) + "}"
    assert len(parse_attributes(many)) <= 200
    assert parse_attributes("[" * 5_000 + "]" * 5_000) == []
    assert parse_attributes('{"' + "k" * 100 + '": "v", "a": "b"}') == [("a", "b")]


@given(st.text(max_size=200) | st.text("{}[]=>\"':,|\nabc", max_size=80))
def test_no_text_is_too_odd(text: str) -> None:
    for name, value in parse_attributes(text):
        assert name == " ".join(name.split())
        assert name
        assert value
