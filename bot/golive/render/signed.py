"""Who has signed a release, role by role, as JSON values: what a server tells a workflow, and what a workflow reads by itself.

A field is added here and in the table of `docs/action.md`; both ways of reading have it then.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any


def signed(
    page: str, *, verdict: str, headline: str, is_open: bool, head_sha: str, looked_at: datetime | None
) -> dict[str, Any]:
    """How many are needed of each role, who signed, whose does not count any more, who could.

    page: the release as `view.to_json` writes it; empty where nobody has looked yet.
    """
    rows = json.loads(page or "{}").get("roles", ())
    roles = [
        {
            "role": row["name"], "needed": row["count"], "signed": [one["login"] for one in row["signed"]],
            "rejected": [one["login"] for one in row["rejected"]], "could": list(row["could"]),
            "missing": max(row["count"] - len(row["signed"]), 0) if row["asks"] else 0,
        }
        for row in rows
    ]  # fmt: skip
    return {
        "verdict": verdict, "headline": headline, "open": is_open, "head_sha": head_sha,
        "looked_at": looked_at.isoformat() if looked_at else None, "roles": roles,
        "waiting_on": [role["role"] for role in roles if role["missing"]],
    }  # fmt: skip
