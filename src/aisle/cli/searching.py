"""`--minutes` and `--trials` of `aisle train`: a search for a recipe before the training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from aisle.cli.outputs import Output
from aisle.cli.screen import Screen, percent_cell, plain_table
from aisle.errors import AisleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aisle.catalog import Catalog
    from aisle.experiments.searching import Finding, RecipeSearch, Searched

_SEARCHING = "Searching for a recipe first"
_RECIPES = (".yaml", ".yml")


@dataclass(frozen=True)
class SearchOptions:
    """How long a recipe is searched for, and where it is written."""

    minutes: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            metavar="M",
            rich_help_panel=_SEARCHING,
            help="Search that long; training comes on top.",
        ),
    ] = None
    trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            rich_help_panel=_SEARCHING,
            help="Try N settings for each modality; always the same result.",
        ),
    ] = None
    recipe_out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=_SEARCHING,
            help="The recipe found, as YAML: MODEL.recipe.yaml.",
        ),
    ] = None

    @property
    def asked(self) -> bool:
        """Whether a recipe is to be searched for."""
        return self.minutes is not None or self.trials is not None

    def recipe_path(self, out: Path) -> Path | None:
        """Return where the recipe goes, beside the bundle by default; None without a search."""
        if not self.asked:
            return None
        return self.recipe_out or out.with_suffix(".recipe.yaml")

    def output(self, out: Path) -> Output:
        """Return the recipe as one of the command's outputs, after looking at the options.

        Raises
        ------
        AisleError
            If a file is named for a recipe that is not searched for, there is no time to search,
            or Optuna is not installed.
        """
        if self.recipe_out is not None and not self.asked:
            raise AisleError(
                "--recipe-out writes the recipe found: add --minutes 5, or --trials 20"
            )
        if self.asked:
            from aisle.experiments.searching.recipe_search import check_bounds
            from aisle.experiments.searching.sampling import check_optuna

            check_bounds(self.minutes, self.trials)
            check_optuna()
        return Output("--recipe-out", self.recipe_path(out), _RECIPES)


def recipe_file(recipe: str) -> Path | None:
    """Return the file that a recipe is read from, which no output may replace."""
    path = Path(recipe)
    return path if path.suffix.lower() in _RECIPES else None


def search_recipe(
    screen: Screen,
    catalog: Catalog,
    recipe: str,
    settings: Sequence[str],
    *,
    options: SearchOptions,
    seed: int,
    out: Path,
) -> Searched:
    """Search for a recipe, show what was found, and write it.

    Parameters
    ----------
    screen, catalog
        Where to talk, and the rows to search on.
    recipe, settings
        What to begin with.
    options
        How long to search.
    seed
        Of search and training.
    out
        The bundle that will be trained, beside which the recipe is written by default.
    """
    from aisle.experiments.searching import RecipeSearch, write_recipe

    with screen.working("looking for near-duplicates") as progress:
        prepared = RecipeSearch.of(
            catalog,
            recipe,
            settings,
            minutes=options.minutes,
            trials=options.trials,
            seed=seed,
            progress=progress,
        )
    _show_plan(screen, prepared)
    with screen.working("searching") as progress:
        found = prepared.run(progress)
    show_search(screen, found)
    path = options.recipe_path(out)
    assert path is not None
    write_recipe(path, found.recipe, prepared.catalog.task, comment=_comment(found))
    screen.wrote(path)
    _show_fit(screen, found)
    return found


def show_search(screen: Screen, found: Searched) -> None:
    """Show what was found for each expert."""
    from aisle.pages.formatting import plural, seconds

    stopped = sum(trial.state == "stopped" for trial in found.trials)
    screen.heading(
        f"Search: {plural(len(found.trials), 'trial')} on {plural(found.folds, 'fold')} of "
        f"{plural(found.rows, 'product')}, {seconds(found.seconds)}"
    )
    screen.table(_table(found))
    if stopped:
        screen.say(Text(f"  {stopped:,} given up early as clearly worse", style="dim"))
    for finding in found.findings:
        if finding.changed:
            screen.say(Text(f"  {finding.expert}: {finding.after}"))
            screen.say(Text(f"  instead of: {finding.before}", style="dim"))
    for name, why in found.left_out.items():
        if why != "nothing to read":
            screen.note(f"{name}: not searched for ({why})")
    failed = [trial for trial in found.trials if trial.state == "failed"]
    if failed:
        screen.note(f"{plural(len(failed), 'trial')} failed, the first with: {failed[0].error}")
    if found.changed:
        screen.note(
            "what was found scores too well here, and in the model's own out-of-fold scores below: "
            "the rows that chose it also score it. Judge the model on other rows: aisle evaluate"
        )
    else:
        screen.say(Text("  nothing beat the recipe by more than noise: it stays", style="dim"))


def _table(found: Searched) -> Table:
    classes = found.task == "classify"
    score = "accuracy" if classes else "error"
    headings = ["", "trials", score, "found", "95%", *(["log loss", "found"] if classes else [])]
    table = plain_table(*headings, "better by")
    for column in table.columns[1:]:
        column.justify = "right"
    for finding in found.findings:
        table.add_row(*_cells(finding, classes=classes))
    return table


def _cells(finding: Finding, *, classes: bool) -> list[str]:
    write = percent_cell if classes else "{:.4f}".format
    default, best = finding.default, finding.found
    cells = [finding.expert, f"{finding.trials:,}", write(default.score)]
    if not finding.changed:
        kept = [f"{default.loss:.4f}", "–"] if classes else []
        return [*cells, "–", f"{write(default.low)} to {write(default.high)}", *kept, "–"]
    cells += [write(best.score), f"{write(best.low)} to {write(best.high)}"]
    if classes:
        cells += [f"{default.loss:.4f}", f"{best.loss:.4f}"]
    return [*cells, f"{finding.gain:.4f} ± {1.96 * finding.gain_error:.4f}"]


def _show_plan(screen: Screen, prepared: RecipeSearch) -> None:
    """Say how long the search takes, and about how long the training after it."""
    from aisle.experiments.comparing.grid import expected_seconds
    from aisle.pages.formatting import plural, seconds

    bounds = []
    if prepared.minutes is not None:
        bounds.append(f"for {prepared.minutes:g} min")
    if prepared.trials is not None:
        bounds.append(f"with {plural(prepared.trials, 'trial')} a modality")
    words = f"Searching {' and '.join(bounds)}"
    if prepared.finished:
        words += f", {plural(prepared.finished, 'trial')} finished before"
    after = seconds(expected_seconds(prepared.base, prepared.catalog))
    words += f"; training then takes about {after} more, roughly"
    screen.say("", Text(words, style="dim"))


def _show_fit(screen: Screen, found: Searched) -> None:
    from aisle.pages.formatting import seconds

    told = f"Training on all {found.rows:,} products, about {seconds(found.fit_seconds)}"
    screen.say(Text(told, style="dim"))


def _comment(found: Searched) -> str:
    """Say at the top of the recipe where it comes from, and that its scores are optimistic."""
    lines = [
        f"Found by aisle train from the recipe {found.base.name}: {len(found.trials)} trials on "
        f"{found.folds} folds of {found.rows} products."
    ]
    for finding in found.findings:
        change = f"{finding.default.loss:.4f} to {finding.found.loss:.4f}"
        said = f"out-of-fold loss {change} (optimistic)" if finding.changed else "as it was"
        lines.append(f"{finding.expert}: {said}")
    return "\n".join(lines)
