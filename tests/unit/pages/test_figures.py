from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle import pages
from aisle.pages.figures import figure, plain

SHARE = pages.Axis("Share", 0.0, 1.0, percent=True)


def traces(plot: pages.Plot) -> list[dict[str, object]]:
    drawn = figure(plot)
    json.dumps(drawn, allow_nan=False)
    data: list[dict[str, object]] = drawn["data"]
    return data


def test_every_part_of_a_plot_is_a_trace() -> None:
    plot = pages.Plot(
        "t",
        "d",
        SHARE,
        SHARE,
        (pages.Series("line", [(0, 1), (1, 0.5)], "line"), pages.Series("dots", [(0.5, 0.5)])),
        band=pages.Band([0, 1], [0.2, 0.3], [1.0, 0.5]),
        mark=pages.Mark(0.5, 0.7, "here"),
        rule=pages.Rule(0.9, "asked"),
        diagonal=True,
        columns=(pages.Column(0.0, 0.5, 3, "three"),),
    )
    kinds = [(trace["type"], trace.get("mode"), trace.get("meta")) for trace in traces(plot)]
    assert kinds == [
        ("scatter", "lines", None),
        ("scatter", "lines", None),
        ("scatter", "lines", "diagonal"),
        ("bar", None, None),
        ("scatter", "lines+text", "rule"),
        ("scatter", "lines", None),
        ("scatter", "markers", None),
        ("scatter", "lines+markers", "mark"),
    ]
    assert figure(plot)["layout"]["yaxis2"]["domain"][1] < 0.27


def test_a_series_without_points_is_left_out() -> None:
    assert traces(pages.Plot("t", "d", SHARE, SHARE, (pages.Series("none", []),))) == []


def test_ticks_are_those_of_the_drawing_unless_one_can_zoom() -> None:
    plot = pages.Plot("t", "d", SHARE, SHARE, ())
    assert figure(plot)["layout"]["xaxis"]["ticktext"] == [label for _, label in SHARE.ticks()]
    zoomed = pages.Plot("t", "d", SHARE, SHARE, (), zoom=True)
    assert "tickvals" not in figure(zoomed)["layout"]["xaxis"]
    assert figure(zoomed)["layout"]["dragmode"] == "zoom"
    assert figure(plot)["layout"]["dragmode"] is False


def test_a_logarithmic_axis_has_its_range_in_powers_of_ten() -> None:
    axis = pages.Axis("price", 10.0, 1000.0, log=True)
    told = figure(pages.Plot("t", "d", axis, axis, ()))["layout"]["xaxis"]
    assert told["type"] == "log"
    assert told["range"] == pytest.approx([1.0, 3.0])


def test_spans_are_told_as_distances() -> None:
    series = pages.Series("p", [(0.5, 0.6)], spans=[(0.5, 0.9)])
    (trace,) = traces(pages.Plot("t", "d", SHARE, SHARE, (series,)))
    bars = trace["error_y"]
    assert isinstance(bars, dict)
    assert bars["array"] == pytest.approx([0.3])
    assert bars["arrayminus"] == pytest.approx([0.1])


def test_a_mark_without_a_place_waits_for_one() -> None:
    plot = pages.Plot("t", "d", SHARE, SHARE, (), mark=pages.Mark(None, None, "later"))
    (trace,) = traces(plot)
    assert trace["x"] == [None, None]
    assert trace["meta"] == "mark"


@given(st.text())
def test_no_text_is_markup_for_plotly(text: str) -> None:
    shown = plain(text)
    assert shown.replace("<br>", "").count("<") == 0
    back = shown.replace("<br>", "\n").replace("&lt;", "<").replace("&gt;", ">")
    assert back.replace("&amp;", "&") == text
