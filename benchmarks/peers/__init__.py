"""Programs of peers, each run in an environment of its own."""
