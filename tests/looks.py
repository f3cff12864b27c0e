"""The real ways to look, made once: a trust store takes longer to read than most tests take.

`looking(tmp_path)` reads files there and runs programs there; `looking(secrets=lent(...))` asks services on loopback.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from golive.look.files import Files
from golive.look.process import Process
from golive.look.secrets import Secrets
from golive.ports import Look
from website import look_at


@cache
def _plain() -> Look:
    return look_at()


def looking(folder: Path | None = None, *, secrets: Secrets | None = None, timeout: float = 20) -> Look:
    """A look that may reach loopback. folder: where its files are and its programs run.   timeout: in seconds."""
    lent = secrets.lent("acme/shop") if secrets else None
    look = replace(_plain(), now=datetime.now(UTC), timeout=timedelta(seconds=timeout), secrets=lent)
    if folder is None:
        return look
    return replace(look, files=Files(folder), process=Process(folder, dict(os.environ)))
