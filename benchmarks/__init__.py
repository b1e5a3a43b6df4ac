"""Measurements: each file measures one claim beside a peer and writes a table to results/."""
