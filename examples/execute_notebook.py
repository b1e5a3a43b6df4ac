"""Run a notebook and export it to one HTML file that asks nothing of the network.

    python examples/execute_notebook.py
    python examples/execute_notebook.py --reduced -o study.html

Needs nbclient, nbconvert and ipykernel: pip install 'aisle[notebook]'. What the notebook looks at
is set by environment variables; it lists them at its top.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

from aisle import AisleError, files

HERE = Path(__file__).parent
LONGEST_CELL_SECONDS = 3 * 3600


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebook", type=Path, nargs="?", default=HERE / "feasibility.ipynb")
    parser.add_argument("-o", "--output", type=Path, help="the HTML file; beside the notebook")
    parser.add_argument("--reduced", action="store_true", help="set AISLE_REDUCED=1")
    asked = parser.parse_args(given)
    output = asked.output or asked.notebook.with_suffix(".html")
    if asked.reduced:
        os.environ["AISLE_REDUCED"] = "1"
    start = time.perf_counter()
    try:
        files.write_text(output, executed(asked.notebook))
    except (AisleError, CellExecutionError, OSError) as error:
        print(f"error: {asked.notebook}: {error}", file=sys.stderr)
        return 1
    print(f"{output}, in {time.perf_counter() - start:.0f} s")
    return 0


def executed(path: Path) -> str:
    """Run a notebook in the folder where it lies, and return it as HTML; the file stays as it is.

    Raises
    ------
    CellExecutionError
        If a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=LONGEST_CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    # Neither formulas nor old widgets are used, whose scripts would come from elsewhere.
    exporter = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="")
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": path.stem}})
    return page


if __name__ == "__main__":
    sys.exit(main())
