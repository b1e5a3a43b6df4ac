"""Rows in: readers, images, schema and its inference, checks and leaks, splits, taxonomy."""

from aisle.catalog.catalog import Catalog
from aisle.catalog.problem import Problem
from aisle.catalog.schema import Column, Role, Schema, Task

__all__ = ["Catalog", "Column", "Problem", "Role", "Schema", "Task"]
