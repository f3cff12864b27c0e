"""Where recorded values lie, and how they are read: by the checks that compare with them, and by `golive baseline`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from golive.core.baseline import Baseline, parse
from golive.core.errors import Misconfigured

BASELINE = Path(".golive/baseline.json")
"""Where a recorded baseline lies unless another file is named."""


def recorded(path: Path | None) -> Mapping[str, Mapping[str, float]]:
    """Check → measure → recorded value; empty without a file. Raises Misconfigured where the file cannot be read."""
    if path is None:
        return {}
    found: dict[str, dict[str, float]] = {}
    for name, value in read_file(path).numbers().items():
        check, _, measure = name.partition(".")
        found.setdefault(check, {})[measure] = value
    return found


def read_file(path: Path) -> Baseline:
    """What a file of recorded values holds. Raises Misconfigured where it cannot be read, or is none."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}. `golive baseline record` makes one.") from None
    except ValueError as error:
        raise Misconfigured(f"{path}: {error}.") from None
