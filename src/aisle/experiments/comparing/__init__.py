"""Candidates side by side on the same splits: the leaderboard."""

from aisle.experiments.comparing.candidates import Candidate, read_candidates
from aisle.experiments.comparing.comparison import Comparison, compare
from aisle.experiments.comparing.grid import default_candidates
from aisle.experiments.comparing.leaderboard import Leaderboard, Row

__all__ = [
    "Candidate",
    "Comparison",
    "Leaderboard",
    "Row",
    "compare",
    "default_candidates",
    "read_candidates",
]
