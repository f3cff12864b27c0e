"""A stateful local GitHub that the real SDK talks to: people's acts are methods of `GitHub`, the API is over HTTP."""

from __future__ import annotations

from golive.standins.github.standin import GitHub
from golive.standins.github.world import App, CheckRun, Comment, Merge, Pull, RefusedError, Review

__all__ = ["App", "CheckRun", "Comment", "GitHub", "Merge", "Pull", "RefusedError", "Review"]
