"""Places of a policy that a person still has to fill in: comments that begin with `FILL IN:`, as `golive init` leaves them.

They make the policy no worse: what stands there is safe, and blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from golive.cli.owners import Warned

_MARK = re.compile(r"^\s*# FILL IN: (.+)$")


def marked(text: bytes, path: str) -> Iterator[Warned]:
    """One warning for each marked line."""
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), 1):
        if found := _MARK.match(line):
            yield Warned(path, number, f"to be filled in: {found[1].strip()}")
