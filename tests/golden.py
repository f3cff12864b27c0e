"""Golden files: what people read, kept as text so that a change of wording is seen in review.

`GOLIVE_UPDATE_GOLDEN=1 pytest tests/unit` writes them anew; look at the difference before you keep it.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "unit" / "golden"


def matches_golden(name: str, text: str) -> bool:
    """Whether the text is that of the golden file; with GOLIVE_UPDATE_GOLDEN set it becomes so."""
    path = FOLDER / name
    if os.environ.get("GOLIVE_UPDATE_GOLDEN"):
        path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    assert kept.rstrip("\n") == text.rstrip("\n"), (
        f"{path.name} differs from what is rendered now. If the new text is right, run with GOLIVE_UPDATE_GOLDEN=1."
    )
    return True
