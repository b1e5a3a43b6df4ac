"""What is wrong with a catalogue, as data: counted, located, and said in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One kind of trouble in a catalogue.

    Parameters
    ----------
    kind
        A stable name such as ``broken-row`` or ``duplicate-id``.
    rows
        How many rows it concerns.
    message
        What, where, what was found and what to do, for a person.
    examples
        Up to ten row numbers (0-based positions in the table), where rows can be named.
    """

    kind: str
    rows: int
    message: str
    examples: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the JSON shape ``{kind, rows, message, examples}``."""
        return {
            "kind": self.kind,
            "rows": self.rows,
            "message": self.message,
            "examples": list(self.examples),
        }
