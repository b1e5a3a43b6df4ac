"""Labels that are likely wrong: the audit of a catalogue."""

from aisle.insight.auditing.auditing import Audit, audit
from aisle.insight.auditing.findings import Conflict, Evidence, Finding, Neighbour, Overlap

__all__ = ["Audit", "Conflict", "Evidence", "Finding", "Neighbour", "Overlap", "audit"]
