"""`python -m golive`, and the entry point of the `golive` command. Everything it can do is a row of `cli.main`."""

from __future__ import annotations

from golive.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
