"""Where a command talks: results on stdout, errors and progress on stderr."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aisle import files
from aisle.cli.outputs import STANDARD_OUTPUT
from aisle.progress import Progress, silent

if TYPE_CHECKING:
    from aisle.catalog import Problem


class _Console(Console):
    """A console that writes texts as they are, and falls silent when nobody reads any more."""

    def __init__(self, *, stderr: bool) -> None:
        # Products and columns may be called "[red]" or ":boom:".
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)

    def on_broken_pipe(self) -> None:
        self.quiet = True
        discard_stdout()


def discard_stdout() -> None:
    """Send what is still to be written to stdout nowhere; files are written all the same."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


class Screen:
    """The consoles of one command, and the file for machines.

    Parameters
    ----------
    json_path
        Where the result goes as JSON; ``-`` takes stdout for it, and words go to stderr then.
    """

    def __init__(self, json_path: Path | None = None) -> None:
        self._json_path = json_path
        self._errors = _Console(stderr=True)
        self._console = self._errors if json_path == STANDARD_OUTPUT else _Console(stderr=False)

    @property
    def blocks(self) -> str:
        """The character of which bars are made."""
        return "█" if self._console.encoding.startswith("utf") else "#"

    @property
    def width(self) -> int:
        """How many characters a line has room for."""
        return self._console.width

    def say(self, *things: RenderableType) -> None:
        """Print one thing a line."""
        for thing in things:
            self._console.print(thing)

    def heading(self, words: str) -> None:
        """Print a heading after an empty line."""
        self.say("", Text(words, style="bold"))

    def table(self, table: Table) -> None:
        """Print a table, indented."""
        self.say(Padding(table, (0, 0, 0, 2), expand=False))

    def note(self, words: str) -> None:
        """Print something to take heed of."""
        self.say(Text(words, style="yellow"))

    def problems(self, problems: tuple[Problem, ...]) -> None:
        """Print problems, one below the other."""
        if not problems:
            return
        listed = plain_table()
        listed.add_column(style="yellow", no_wrap=True)
        listed.add_column(overflow="fold")
        for problem in problems:
            listed.add_row(problem.kind, problem.message)
        self.table(listed)

    def next_steps(self, *commands: str) -> None:
        """Print what may be typed next; commands are not wrapped, so that they can be copied."""
        self.heading("Next")
        for command in commands:
            self._console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)

    def wrote(self, *paths: Path | None) -> None:
        """Say which files were written; those not asked for are None."""
        for path in paths:
            if path is not None and path != STANDARD_OUTPUT:
                self._console.print(f"wrote {path}", soft_wrap=True)

    def write_json(self, content: dict[str, Any]) -> None:
        """Write the result for machines, if it was asked for."""
        if self._json_path is None:
            return
        text = json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        if self._json_path == STANDARD_OUTPUT:
            try:
                sys.stdout.write(text)
                sys.stdout.flush()
            except BrokenPipeError:
                discard_stdout()
        else:
            files.write_text(self._json_path, text)
            self.wrote(self._json_path)

    @contextmanager
    def working(self, words: str) -> Iterator[Progress]:
        """Show a bar on stderr while work goes on, and take it away in the end.

        Off a terminal nothing is shown.
        """
        if not self._errors.is_terminal:
            yield silent
            return
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=self._errors, transient=True) as bars:
            bar = bars.add_task(words, total=None)

            def report(what: str, done: int, total: int) -> None:
                bars.update(bar, description=what, completed=done, total=total)

            yield report


def plain_table(*headings: str) -> Table:
    """Return a table without lines; with headings, they stand above their columns."""
    table = Table(
        box=None,
        show_header=bool(headings),
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
    )
    for heading in headings:
        table.add_column(heading)
    return table


def percent(share: float) -> str:
    """Write a share as a percentage in a sentence, as pages do: ``95%``, ``95.1%``, ``>99.9%``."""
    from aisle.pages import formatting

    return formatting.share(share).replace(".0%", "%")


def percent_cell(share: float) -> str:
    """Write a share as a percentage in a table, where points stand below each other."""
    from aisle.pages import formatting

    return f"{share:.1%}" if share in (0.0, 1.0) else formatting.share(share)


def bar(share: float, width: int, block: str) -> str:
    """Draw a share from 0 to 1 as a bar; what is not nothing is seen."""
    return block * max(round(share * width), 1 if share > 0 else 0)


def _finite(value: Any) -> Any:
    """Replace what JSON cannot say (NaN, infinity) by null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value
