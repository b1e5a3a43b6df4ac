from __future__ import annotations

import json
from dataclasses import replace

from aisle.evaluation import Promise
from aisle.evaluation.report.answers import Answers
from aisle.evaluation.report.weighing import astray, promises, tradeoff
from tests.unit.evaluation.report.evaluations import classes, small


def test_the_chosen_precision_is_a_stop_among_the_others() -> None:
    told = promises(small())
    assert told is not None
    assert [stop.asked for stop in told.stops] == ["80%", "90%", "99%"]
    assert told.stops[told.start].asked == "90%"


def test_a_precision_that_is_chosen_anyway_is_not_told_twice() -> None:
    told = promises(replace(small(), precision_asked=0.8))
    assert told is not None
    assert [stop.asked for stop in told.stops] == ["80%", "99%"]
    assert told.start == 0


def test_a_stop_counts_products_and_mistakes() -> None:
    told = promises(replace(small(), promises=(Promise(0.95, 0.93, 0.9, 35 / 36),)))
    assert told is not None
    stop = told.stops[1]
    assert (stop.accepted, stop.reviewed, stop.mistakes) == ("36", "4", "1")
    assert stop.sentence == (
        "Promising 95%: 36 of 40 products accepted, 97.2% of them right here; "
        "1 mistake would slip through, and 4 go to a person."
    )
    assert "--precision 0.95 " in stop.command
    assert (stop.x, stop.rule) == (0.9, 0.95)


def test_a_stop_that_accepts_nothing_says_so_and_has_no_place() -> None:
    told = promises(small())
    assert told is not None
    stop = told.stops[-1]
    assert stop.x is None
    assert stop.y is None
    assert stop.threshold == "none is high enough"
    assert "all 40 products go to a person" in stop.sentence


def test_stops_travel_as_data() -> None:
    told = promises(small())
    assert told is not None
    data = json.loads(told.data)
    assert [stop["asked"] for stop in data] == ["80%", "90%", "99%"]


def test_without_promises_there_is_no_slider() -> None:
    assert promises(replace(small(), promises=())) is None


def figure(chart: str) -> dict[str, list[dict[str, object]]]:
    carried = chart[
        chart.index('<script type="application/json">') + 32 : chart.rindex("</script>")
    ]
    data: dict[str, list[dict[str, object]]] = json.loads(carried)
    return data


def test_the_curve_passes_through_every_threshold_and_marks_the_chosen() -> None:
    found = small()
    chart = tradeoff(found, Answers.of(found))
    assert chart is not None
    data = figure(chart)["data"]
    (mark,) = (trace for trace in data if trace.get("meta") == "mark")
    assert isinstance(mark["x"], list)
    assert mark["x"][0] == 1.0
    line = next(trace for trace in data if "customdata" in trace)
    assert line["customdata"] == [
        "confidence 97.00% or more<br>50.0% of products, 100% of them right",
        "confidence 95.00% or more<br>92.5% of products, 100% of them right",
        "confidence 90.00% or more<br>95.0% of products, 97.4% of them right",
        "confidence 70.00% or more<br>97.5% of products, 94.9% of them right",
        "confidence 60.00% or more<br>100% of products, 92.5% of them right",
    ]


def test_without_confidences_there_is_no_curve() -> None:
    found = classes(["a"], ["a"], [None])
    assert tradeoff(found, Answers.of(found)) is None


def test_products_that_are_reviewed_though_sure_are_noticed() -> None:
    answers = Answers.of(small())
    assert not astray(answers)
    half = classes(["a", "b"], ["a", "b"], [0.9, 0.6], threshold=0.7)
    assert not astray(Answers.of(half))
    answers = Answers.of(half)
    odd = replace(answers, accepted=~answers.accepted)
    assert astray(odd)
