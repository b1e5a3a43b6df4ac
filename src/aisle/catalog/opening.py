"""From a source to a catalogue: read, join, match images, infer roles, find leaks, override."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from aisle.catalog.catalog import Catalog, Rows
from aisle.catalog.images import match_folder
from aisle.catalog.inference import infer_schema
from aisle.catalog.leaks import mark_leaks
from aisle.catalog.problem import Problem
from aisle.catalog.readers import Loaded, join_by_id, read_table
from aisle.catalog.schema import Column, Role, Schema, Task
from aisle.catalog.tasks import infer_task
from aisle.errors import CatalogError

MATCHED_IMAGES = "image_files"
"""The column that holds the images found in a folder by product id."""


@dataclass(frozen=True)
class Opening:
    """How to open a catalogue; the parameters are those of `Catalog.read`."""

    target: str | None = None
    task: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    schema: Schema | str | Path | None = None
    images: Path | None = None
    join: object | None = None
    on: str | None = None
    encoding: str | None = None
    separator: str | None = None
    sample: int | None = None
    online: bool = True

    def read(self, source: object) -> Catalog:
        """Read `source`; see `Catalog.read`."""
        if isinstance(self.schema, str | Path):
            return self._with_settings(Path(self.schema)).read(source)
        if isinstance(source, Catalog):
            if self._asks_nothing(source):
                return source if self.online else replace(source, online=False)
            loaded = Loaded(source.table, "catalogue", source.root, source.problems)
        else:
            loaded = self._load(source)
        if self.join is not None:
            loaded = join_by_id(loaded, self._load(self.join), on=self.on)
        if self.sample is not None:
            loaded = _sampled(loaded, self.sample)
        if isinstance(self.schema, Schema):
            catalog = self._bound(loaded, self.schema)
        else:
            catalog = self._inferred(loaded, source if isinstance(source, Catalog) else None)
        if isinstance(source, Catalog):
            catalog = replace(catalog, known_groups=_groups_that_hold(source, catalog))
        online = self.online and (not isinstance(source, Catalog) or source.online)
        return replace(catalog, online=online)

    def _asks_nothing(self, source: Catalog) -> bool:
        asked = (self.schema, self.images, self.join, self.sample)
        return (
            all(value is None for value in asked)
            and not self.roles
            and self.target in (None, source.schema.target)
            and (self.task is None or _task(self.task) is source.task)
        )

    def _load(self, source: object) -> Loaded:
        return read_table(source, encoding=self.encoding, separator=self.separator)

    def _with_settings(self, path: Path) -> Opening:
        settings = _read_settings(path)
        return replace(
            self,
            schema=None,
            target=self.target or settings.target,
            task=self.task or settings.task,
            roles={**settings.roles, **self.roles},
        )

    def _bound(self, loaded: Loaded, schema: Schema) -> Catalog:
        """Give a table the roles of a schema made elsewhere, a fitted model's for one."""
        table = loaded.table
        known = {column.name for column in schema}
        extra = tuple(
            Column(name, Role.IGNORED, "not known to the schema")
            for name in table.column_names
            if name not in known
        )
        whole = Schema(schema.columns + extra)
        target = self._target(table.column_names) or schema.target
        task = _task(self.task)
        if task is None and target in table.column_names:
            task = infer_task(table.column(target), str(target))
        catalog = Catalog(
            table, whole, task or Task.CLASSIFY, loaded.root, loaded.problems
        ).with_target(target)
        if self.roles:
            catalog = replace(catalog, schema=_with_one_identifier(catalog.schema, self.roles))
        return _with_images(catalog, self.images) if self.images else catalog

    def _inferred(self, loaded: Loaded, source: Catalog | None) -> Catalog:
        """Infer roles; those of a catalogue that was read before stay."""
        table = loaded.table
        for name in self.roles:
            _must_exist(name, table.column_names, "role")
        target = self._target(table.column_names)
        if target is None and source is not None:
            target = source.schema.target
        schema = infer_schema(table, target=target)
        given: dict[str, Column] = {}
        if source is not None:
            schema, given = _with_known_roles(schema, source.schema)
        task = _task(self.task)
        if target is not None:
            same = source is not None and target == source.schema.target
            task = task or (
                source.task if source and same else infer_task(table.column(target), target)
            )
            schema = mark_leaks(schema, table, task)
        schema = Schema(tuple(given.get(column.name, column) for column in schema))
        if self.roles:
            schema = _with_one_identifier(schema, self.roles)
        catalog = Catalog(table, schema, task or Task.CLASSIFY, loaded.root, loaded.problems)
        return _with_images(catalog, self.images) if self.images else catalog

    def _target(self, columns: list[str]) -> str | None:
        """Return the target that was asked for, by name or by role."""
        if self.target is not None:
            _must_exist(self.target, columns, "target")
        by_role = [name for name, role in self.roles.items() if role == Role.TARGET]
        for name in by_role:
            if self.target not in (None, name):
                raise CatalogError(
                    f"two targets were named: {self.target!r}, and {name!r} by its role; keep one"
                )
        if self.target is not None and self.roles.get(self.target, Role.TARGET) != Role.TARGET:
            raise CatalogError(
                f"column {self.target!r} was named as the target and given the role "
                f"{self.roles[self.target]!r}; leave one of them out"
            )
        return self.target or next(iter(by_role), None)


SAID = "as you said"
"""The reason of a role that the user gave."""


def _with_known_roles(schema: Schema, known: Schema) -> tuple[Schema, dict[str, Column]]:
    """Take over the roles of a catalogue that was read before.

    Returns
    -------
    tuple
        `schema` with the roles of `known`, but for its target and its leaks, which belong to that
        target; and the columns whose role a user gave, which hold whatever is found.
    """
    before = {column.name: column for column in known if column.role is not Role.TARGET}
    kept = {name: column for name, column in before.items() if not column.leak}
    given = {name: column for name, column in kept.items() if column.reason == SAID}
    columns = tuple(
        column if column.role is Role.TARGET else kept.get(column.name, column) for column in schema
    )
    new = {column.name for column in schema if column.name not in before}
    named = any(column.role is Role.ID and column.name not in new for column in columns)
    columns = tuple(
        replace(column, role=Role.IGNORED, reason="identifiers: another column is the id")
        if named and column.role is Role.ID and column.name in new
        else column
        for column in columns
    )
    target = schema.target
    return Schema(columns), {name: column for name, column in given.items() if name != target}


def _groups_that_hold(source: Catalog, catalog: Catalog) -> Rows | None:
    """Return the groups that `source` knows, if they are of the same rows and columns."""
    known = source.__dict__.get("groups", source.known_groups)
    if known is None or len(known) != len(catalog):
        return None
    same = all(
        source.schema.names(role) == catalog.schema.names(role)
        for role in (Role.TEXT, Role.IMAGE, Role.GROUP)
    )
    return known if same or source.known_groups is not None else None


@dataclass(frozen=True)
class _Settings:
    target: str | None
    task: str | None
    roles: dict[str, str]


def _read_settings(path: Path) -> _Settings:
    """Read a YAML file with ``target``, ``task`` and ``roles``."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogError(f"{path}: the schema could not be read as YAML ({error})") from error
    allowed = {"target", "task", "roles"}
    if not isinstance(content, dict) or set(content) - allowed:
        raise CatalogError(
            f"{path}: a schema file holds the keys {', '.join(sorted(allowed))}; for example\n"
            "target: category\nroles:\n  title: text\n  sku: id"
        )
    roles = content.get("roles") or {}
    if not isinstance(roles, dict):
        raise CatalogError(f"{path}: 'roles' maps column names to roles, as in 'title: text'")
    target, task = content.get("target"), content.get("task")
    return _Settings(
        None if target is None else str(target),
        None if task is None else str(task),
        {str(name): str(role) for name, role in roles.items()},
    )


def _task(task: str | None) -> Task | None:
    if task is None:
        return None
    try:
        return Task(task)
    except ValueError:
        raise CatalogError(f"task {task!r} is unknown; it is 'classify' or 'regress'") from None


def _must_exist(name: str, columns: list[str], what: str) -> None:
    if name in columns:
        return
    near = get_close_matches(name, columns, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    what = "column for the target" if what == "target" else "column that was given a role"
    raise CatalogError(
        f"the {what}, {name!r}, is not in the catalogue{hint} "
        f"Its columns are {', '.join(map(repr, columns))}"
    )


def _with_one_identifier(schema: Schema, roles: Mapping[str, str]) -> Schema:
    """Apply roles given by the user; an identifier of theirs replaces the inferred one."""
    changed = schema.with_roles(roles, SAID)
    if Role.ID in roles.values():
        columns = tuple(
            replace(c, role=Role.IGNORED, reason="identifiers: another column is the id")
            if c.role is Role.ID and c.name not in roles
            else c
            for c in changed
        )
        changed = Schema(columns)
    for role in (Role.ID, Role.TARGET):
        if len(names := changed.names(role)) > 1:
            raise CatalogError(f"only one column can be the {role.value}, not {', '.join(names)}")
    return changed


def _sampled(loaded: Loaded, rows: int) -> Loaded:
    """Keep `rows` rows, evenly spread, so that a file sorted by class is still sampled fairly."""
    if rows < 1:
        raise CatalogError(f"a sample has at least one row, not {rows}")
    total = loaded.table.num_rows
    if rows >= total:
        return loaded
    kept = np.unique(np.linspace(0, total - 1, rows).round().astype(np.int64))
    return replace(loaded, table=loaded.table.take(pa.array(kept)))


def _with_images(catalog: Catalog, folder: Path) -> Catalog:
    """Add the images of a folder, matched by product id, as a column of path lists."""
    if not folder.is_dir():
        raise CatalogError(f"{folder}: no such folder of images")
    folder = folder.resolve()  # other references are relative to the catalogue, not to this process
    matched = match_folder([value or "" for value in catalog.ids], folder)
    paths = pa.array(
        [[str(path) for path in found] or None for found in matched.paths], pa.list_(pa.string())
    )
    table = catalog.table
    if MATCHED_IMAGES in table.column_names:
        table = table.drop_columns([MATCHED_IMAGES])
    columns = tuple(
        replace(c, role=Role.IGNORED, reason="images were matched by id instead")
        if c.role is Role.IMAGE
        else c
        for c in catalog.schema
        if c.name != MATCHED_IMAGES
    )
    added = Column(MATCHED_IMAGES, Role.IMAGE, f"files in {folder.name} whose names hold the id")
    problems: tuple[Problem, ...] = tuple(matched.problems)
    return replace(
        catalog,
        table=table.append_column(MATCHED_IMAGES, paths),
        schema=Schema((*columns, added)),
        problems=catalog.problems + problems,
    )
