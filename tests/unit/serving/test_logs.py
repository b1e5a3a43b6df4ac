"""Log lines as JSON."""

from __future__ import annotations

import json
import logging

import pytest

from aisle.serving.logs import REQUEST_ID, JsonLines, request_id


@pytest.mark.parametrize("given", ["abc", "A-1.b:c_2", "x" * 128])
def test_a_well_formed_id_is_kept(given: str) -> None:
    assert request_id(given) == given


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "a\nb", "é", '"'])
def test_other_ids_are_replaced(given: str | None) -> None:
    made = request_id(given)
    assert made != given
    assert made != request_id(given)
    assert len(made) == 16


def test_a_record_is_one_line_whatever_it_holds() -> None:
    token = REQUEST_ID.set("r-1")
    try:
        facts = {"path": "/a\nb", "status": 200}
        record = logging.makeLogRecord({"msg": "bad\nline %s", "args": ("\x1b[0m",), "name": "n"})
        record.facts = facts
        line = JsonLines().format(record)
    finally:
        REQUEST_ID.reset(token)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["message"], told["request_id"]) == ("bad\nline \x1b[0m", "r-1")
    assert (told["path"], told["status"]) == ("/a\nb", 200)


def test_an_error_s_traceback_is_told() -> None:
    try:
        raise ValueError("broken")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        record = logging.makeLogRecord({"msg": "failed", "exc_info": info})
    assert "ValueError: broken" in json.loads(JsonLines().format(record))["traceback"]
