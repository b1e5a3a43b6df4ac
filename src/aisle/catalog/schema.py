"""What each column of a catalogue is, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from aisle.errors import CatalogError


class Role(StrEnum):
    """What a column is used for."""

    ID = "id"
    TEXT = "text"
    IMAGE = "image"
    NUMBER = "number"
    CATEGORY = "category"
    VECTOR = "vector"
    TARGET = "target"
    GROUP = "group"
    IGNORED = "ignored"


class Task(StrEnum):
    """What a model learns from the target column."""

    CLASSIFY = "classify"
    REGRESS = "regress"


@dataclass(frozen=True)
class Column:
    """One column: its name, its role, and the reason in words.

    `leak` is true where the column was ignored because it gives the target away.
    """

    name: str
    role: Role
    reason: str
    leak: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return the JSON shape ``{name, role, reason, leak}``."""
        return {
            "name": self.name,
            "role": self.role.value,
            "reason": self.reason,
            "leak": self.leak,
        }


@dataclass(frozen=True)
class Schema:
    """The columns of a catalogue with their roles, in the order of the table."""

    columns: tuple[Column, ...]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def names(self, role: Role) -> tuple[str, ...]:
        """Return the names of the columns that have `role`."""
        return tuple(column.name for column in self.columns if column.role is role)

    def only(self, role: Role) -> str | None:
        """Return the name of the one column that has `role`, or None."""
        names = self.names(role)
        return names[0] if names else None

    @property
    def target(self) -> str | None:
        """The target column's name, or None for a catalogue without truth."""
        return self.only(Role.TARGET)

    @property
    def id(self) -> str | None:
        """The identifier column's name, or None where row numbers serve."""
        return self.only(Role.ID)

    def with_roles(self, roles: Mapping[str, str], reason: str) -> Schema:
        """Return a schema in which the named columns have the given roles.

        Raises
        ------
        CatalogError
            If a column or a role does not exist.
        """
        known = [column.name for column in self.columns]
        chosen: dict[str, Role] = {}
        for name, role in roles.items():
            if name not in known:
                raise CatalogError(
                    f"there is no column {name!r} to give the role {role!r}; "
                    f"the columns are {', '.join(known)}"
                )
            try:
                chosen[name] = Role(role)
            except ValueError:
                raise CatalogError(
                    f"column {name!r}: {role!r} is not a role; "
                    f"the roles are {', '.join(r.value for r in Role)}"
                ) from None
        return Schema(
            tuple(
                replace(column, role=chosen[column.name], reason=reason, leak=False)
                if column.name in chosen
                else column
                for column in self.columns
            )
        )

    def to_list(self) -> list[dict[str, object]]:
        """Return one dictionary a column, the shape that `inspect` writes."""
        return [column.to_dict() for column in self.columns]

    @classmethod
    def from_list(cls, columns: list[dict[str, object]]) -> Schema:
        """Build a schema from what `to_list` returned."""
        return cls(
            tuple(
                Column(
                    name=str(column["name"]),
                    role=Role(str(column["role"])),
                    reason=str(column.get("reason", "")),
                    leak=bool(column.get("leak", False)),
                )
                for column in columns
            )
        )
