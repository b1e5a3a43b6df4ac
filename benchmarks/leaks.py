"""Which columns Aisle takes for leaks on the real catalogues, with no hint but the target."""

from __future__ import annotations

from aisle import Catalog
from aisle.catalog import Role
from benchmarks.common import publish, shared, table

CASES = (
    (("flipkart", "catalog.csv"), "category"),
    (("flipkart", "catalog.csv"), "subcategory"),
    (("flipkart", "catalog.csv"), "discounted_price"),
    (("bestbuy", "catalog.csv.gz"), "leaf_category"),
)


def main() -> None:
    rows = []
    for parts, target in CASES:
        schema = Catalog.read(shared(*parts), target=target).schema
        used = [c.name for c in schema if c.role in (Role.TEXT, Role.CATEGORY, Role.NUMBER)]
        leaks = [c.name for c in schema if c.leak]
        other = [c.name for c in schema if c.role in (Role.IGNORED, Role.ID) and not c.leak]
        rows.append((parts[0], target, ", ".join(leaks), ", ".join(used), ", ".join(other)))
    header = ("catalogue", "target", "leaks", "features", "not used for other reasons")
    publish("leaks", "Leaks found with no hint but the target", table(header, rows))
