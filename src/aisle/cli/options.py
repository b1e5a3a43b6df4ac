"""The options that several commands share, each declared once."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from aisle.errors import CatalogError

if TYPE_CHECKING:
    from aisle.catalog import Catalog
    from aisle.models import ProductModel

_COLUMNS = "What the columns are"
_READING = "How the catalogue is read"

Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="The same result for machines; - for stdout."),
]
Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="A page to look at and pass on.")
]
Precision = Annotated[
    float | None,
    typer.Option(
        metavar="P", help="The share of accepted answers that shall be right, such as 0.97."
    ),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="The same seed, the same result.")]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A bundle that aisle train wrote.")]

_Columns = list[str] | None


@dataclass(frozen=True)
class ColumnOptions:
    """What the user says about columns, instead of what would be inferred."""

    target: Annotated[
        str | None, typer.Option(metavar="COL", rich_help_panel=_COLUMNS, help="Column to learn.")
    ] = None
    task: Annotated[
        Literal["classify", "regress"] | None,
        typer.Option(rich_help_panel=_COLUMNS, help="Classes or a quantity, if not inferred."),
    ] = None
    text: Annotated[
        _Columns,
        typer.Option(metavar="COL", rich_help_panel=_COLUMNS, help="Text; may be repeated."),
    ] = None
    category: Annotated[
        _Columns,
        typer.Option(
            metavar="COL", rich_help_panel=_COLUMNS, help="Categorical feature; may be repeated."
        ),
    ] = None
    number: Annotated[
        _Columns,
        typer.Option(metavar="COL", rich_help_panel=_COLUMNS, help="Number; may be repeated."),
    ] = None
    image: Annotated[
        _Columns,
        typer.Option(
            metavar="COL",
            rich_help_panel=_COLUMNS,
            help="Photographs: paths or addresses; may be repeated.",
        ),
    ] = None
    ignore: Annotated[
        _Columns,
        typer.Option(metavar="COL", rich_help_panel=_COLUMNS, help="Not used; may be repeated."),
    ] = None
    id: Annotated[
        str | None, typer.Option(metavar="COL", rich_help_panel=_COLUMNS, help="Identifier.")
    ] = None
    group: Annotated[
        _Columns,
        typer.Option(
            metavar="COL",
            rich_help_panel=_COLUMNS,
            help="Family of variants, kept on one side of a split; may be repeated.",
        ),
    ] = None
    schema: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=_COLUMNS, help="YAML with target, task and roles."
        ),
    ] = None

    def roles(self) -> dict[str, str]:
        """Return the role of each column that was named.

        Raises
        ------
        CatalogError
            If one column was given two roles.
        """
        found: dict[str, str] = {}
        for role, name in self._named():
            if found.get(name, role) != role:
                raise CatalogError(
                    f"column {name!r} was given two roles, {found[name]} and {role}; give it one"
                )
            found[name] = role
        if self.target in found:
            raise CatalogError(
                f"column {self.target!r} is the target and cannot be {found[self.target]} too"
            )
        return found

    def _named(self) -> Iterator[tuple[str, str]]:
        yield from (("text", name) for name in self.text or ())
        yield from (("category", name) for name in self.category or ())
        yield from (("number", name) for name in self.number or ())
        yield from (("image", name) for name in self.image or ())
        yield from (("ignored", name) for name in self.ignore or ())
        yield from (("group", name) for name in self.group or ())
        if self.id is not None:
            yield "id", self.id


@dataclass(frozen=True)
class ReadingOptions:
    """Where the products are, and how to read them."""

    catalog: Annotated[
        Path,
        typer.Argument(
            metavar="CATALOG",
            help="CSV, TSV, JSONL, Parquet, Arrow, a Merchant feed, or a folder of images.",
        ),
    ]
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", rich_help_panel=_READING, help="Images whose names hold the product ids."
        ),
    ] = None
    join: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=_READING,
            help="A second file, added by a common column.",
        ),
    ] = None
    on: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", rich_help_panel=_READING, help="The common column."),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option(metavar="NAME", rich_help_panel=_READING, help="Such as utf-8 or cp1252."),
    ] = None
    separator: Annotated[
        str | None,
        typer.Option(metavar="CHAR", rich_help_panel=_READING, help="Between fields, such as ';'."),
    ] = None
    sample: Annotated[
        int | None,
        typer.Option(
            metavar="N", rich_help_panel=_READING, help="Try on N products, evenly spread."
        ),
    ] = None

    offline: Annotated[
        bool,
        typer.Option(
            "--offline", rich_help_panel=_READING, help="Fetch no photograph from an address."
        ),
    ] = False

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that are read, which no output may replace."""
        return tuple(path for path in (self.catalog, self.join) if path is not None)

    def read(self, columns: ColumnOptions) -> Catalog:
        """Read the catalogue with inferred roles and those that `columns` gives."""
        return self._read(
            target=columns.target,
            task=columns.task,
            roles=columns.roles(),
            schema=columns.schema,
        )

    def read_for(self, model: ProductModel, target: str | None = None) -> Catalog:
        """Read the catalogue with the roles that `model` was trained with."""
        return self._read(schema=model.schema_, task=model.task.value, target=target)

    def _read(self, **asked: Any) -> Catalog:
        from aisle.catalog import Catalog

        if self.on is not None and self.join is None:
            raise CatalogError("--on names the common column of two files: add --join FILE")
        return Catalog.read(
            self.catalog,
            # Relative to where the user stands, not to where the catalogue lies.
            images=None if self.images is None else self.images.absolute(),
            join=self.join,
            on=self.on,
            encoding=self.encoding,
            separator=self.separator,
            sample=self.sample,
            online=not self.offline,
            **asked,
        )


def spelled(*groups: ColumnOptions | ReadingOptions, leave_out: tuple[str, ...] = ()) -> str:
    """Write options as they are typed, for a command to be copied; arguments are left out."""
    words: list[str] = []
    for group in groups:
        for field in fields(group):
            value = getattr(group, field.name)
            if field.default is MISSING or value in (None, False) or field.name in leave_out:
                continue
            if value is True:
                words.append(f"--{field.name}")
                continue
            for item in value if isinstance(value, list) else [value]:
                words += [f"--{field.name}", str(item)]
    return shlex.join(words)


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Let each field of a command's dataclass parameters be an option of its own."""
    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    groups: dict[str, type] = {}
    for name, parameter in inspect.signature(command).parameters.items():
        kind = hints[name]
        if not (isinstance(kind, type) and is_dataclass(kind)):
            keyword = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=kind)
            parameters.append(keyword)
            continue
        groups[name] = kind
        inner = get_type_hints(kind, include_extras=True)
        parameters += [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=inner[field.name],
            )
            for field in fields(kind)
        ]

    @wraps(command)
    def run(**values: Any) -> None:
        built = {
            name: kind(**{field.name: values.pop(field.name) for field in fields(kind)})
            for name, kind in groups.items()
        }
        command(**built, **values)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run
