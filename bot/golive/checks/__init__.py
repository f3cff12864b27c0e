"""The kinds of readiness checks. One kind is one file: typed options, `collect` (looks), `judge` (pure).

Add a kind with a file here and a line in pyproject's `[project.entry-points."golive.checks"]`; another package adds one
the same way. A kind reaches the world only through the `Look` it is handed.
"""
