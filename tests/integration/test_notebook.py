"""The feasibility notebook runs from top to bottom, and is exported to one HTML file."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs nbformat: pip install 'aisle[notebook]'")

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOK = EXAMPLES / "feasibility.ipynb"


@pytest.fixture(scope="module")
def book() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_the_notebook_is_valid_and_committed_without_outputs(book: Any) -> None:
    nbformat.validate(book)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert len({cell.id for cell in book.cells}) == len(book.cells)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert len(code) >= 12
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_it_has_its_eight_sections_each_with_a_question_and_a_conclusion(book: Any) -> None:
    text = "\n".join(f"<{c.cell_type}>\n{c.source}" for c in book.cells)
    sections = re.split(r"^## (?=\d\. )", text, flags=re.MULTILINE)[1:]
    assert [section[0] for section in sections] == list("12345678")
    for section in sections:
        assert "?" in section.splitlines()[0]
        assert "say(" in section
        assert "show(" in section or "ranking(" in section


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the script writes that runs the notebook, reduced, on the sample catalogue."""
    for name in ("nbclient", "nbconvert", "ipykernel"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"needs {name}: pip install 'aisle[notebook]'")
    folder = tmp_path_factory.mktemp("notebook")
    output = folder / "feasibility.html"
    ended = subprocess.run(
        [sys.executable, str(EXAMPLES / "execute_notebook.py"), "--reduced", "-o", str(output)],
        env={
            **os.environ,
            "AISLE_SHARED": str(folder / "none"),
            "AISLE_ENCODERS": str(folder / "none"),
            "AISLE_CACHE": str(folder / "cache"),
            "AISLE_TRACK_DIR": str(folder),
            "AISLE_PRODUCTS": "150",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return output.read_text(encoding="utf-8")


def test_it_runs_reduced_and_every_section_comes_to_a_conclusion(page: str) -> None:
    conclusions = re.findall(r"<strong>Conclusion\.</strong>(.*?)</p>", page, flags=re.DOTALL)
    assert len(conclusions) >= 12
    assert "feasible" in conclusions[-1]
    assert all(re.search(r"\d", told) for told in conclusions)
    assert not any("nan" in told.lower().split() for told in conclusions)


def test_its_figures_are_in_the_page_and_nothing_is_fetched(page: str) -> None:
    assert page.count("Plotly.newPlot(") >= 12
    asked = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="((?:https?:)?//[^"]*)"', page)
    assert not asked
    assert len(page) < 30e6
