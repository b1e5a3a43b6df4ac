from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from aisle import Catalog
from aisle.catalog import Task
from aisle.errors import AisleError
from aisle.experiments.comparing import Candidate
from aisle.experiments.comparing import runs as module
from aisle.experiments.comparing.runs import Journal, Run, fingerprint, run_key

RUN = Run(seed=3, scores={"accuracy": 0.9, "mae_log": None}, ms_per_product=1.5, fusion="late")


def test_what_was_added_is_there_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "new" / "runs.jsonl"
    Journal(path).add("a", RUN)
    Journal(path).add("b", Run(seed=4))
    again = Journal(path)
    assert again.get("a") == RUN
    assert again.get("b") == Run(seed=4)
    assert again.get("c") is None
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_torn_last_line_costs_that_run_alone(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "runs.jsonl"
    for key in "ab":
        Journal(path).add(key, RUN)
    path.write_bytes(path.read_bytes()[:-cut])
    torn = Journal(path)
    assert torn.get("a") == RUN
    # A line that lacks nothing but its end is whole.
    assert torn.get("b") == (RUN if cut == 1 else None)
    torn.add("c", RUN)
    assert Journal(path).get("c") == RUN


def test_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_bytes(b'{"key": "a"}\n[1]\nnothing\n\xff\xfe\n{"key": "b", "seed": 1}\n')
    journal = Journal(path)
    assert journal.get("a") is None
    assert journal.get("b") is None


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(AisleError, match="could not be"):
        Journal(blocked / "runs.jsonl").add("a", RUN)


def test_without_a_path_runs_are_kept_in_memory() -> None:
    journal = Journal(None)
    journal.add("a", RUN)
    assert journal.get("a") == RUN


def test_a_fingerprint_follows_rows_roles_and_task_and_not_the_cuts(products: Catalog) -> None:
    known = fingerprint(products)
    halves = pa.concat_tables([products.table.slice(0, 7), products.table.slice(7)])
    assert fingerprint(Catalog.read(halves, schema=products.schema)) == known
    assert fingerprint(products.take(range(59))) != known
    assert fingerprint(products.with_target("maker")) != known


def test_a_run_is_known_by_recipe_share_seed_and_encoders_and_not_by_its_name() -> None:
    one = Candidate("one", ("head=svm",), "fast").load(Task.CLASSIFY)
    same = Candidate("same", ("head=svm",), "fast").load(Task.CLASSIFY)
    other = Candidate("one", ("head=bayes",), "fast").load(Task.CLASSIFY)
    folders = {"tiny-text": "abc"}
    known = run_key("catalogue", one, 0.25, 0, folders)
    assert run_key("catalogue", same, 0.25, 0, folders) == known
    others = [
        run_key("another", one, 0.25, 0, folders),
        run_key("catalogue", other, 0.25, 0, folders),
        run_key("catalogue", one, 0.3, 0, folders),
        run_key("catalogue", one, 0.25, 1, folders),
        run_key("catalogue", one, 0.25, 0, {"tiny-text": "abd"}),
    ]
    assert len({known, *others}) == 6


def test_another_version_of_aisle_measures_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Candidate("one", (), "fast").load(Task.CLASSIFY)
    known = run_key("catalogue", one, 0.25, 0, {})
    monkeypatch.setattr(module, "version", lambda name: "99.0")
    assert run_key("catalogue", one, 0.25, 0, {}) != known
