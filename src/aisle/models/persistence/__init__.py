"""An object graph as a JSON tree and named parts, and back, without ever running foreign code."""

from aisle.models.persistence.dumping import dump
from aisle.models.persistence.restoring import restore
from aisle.models.persistence.tree import Dumped, Json

__all__ = ["Dumped", "Json", "dump", "restore"]
