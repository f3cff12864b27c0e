"""When golive looked last, and when it looks next, in words for people."""

from __future__ import annotations

from datetime import datetime, timedelta

EVERY = timedelta(minutes=10)
"""Every open release is looked at once in this time, whatever is heard."""


def looks(looked_at: datetime, next_at: datetime | None, now: datetime) -> str:
    """`last looked 12 s ago, next look in 40 s`. next_at: when the next look is due, None where none is."""
    ago = now - looked_at
    last = f"last looked {span(ago)} ago" if ago >= timedelta(seconds=1) else "looked just now"
    if next_at is None:
        return last
    return f"{last}, next look in {span(next_at - now)}" if next_at > now else f"{last}, next look any moment"


def span(time: timedelta) -> str:
    """A time in its largest fitting unit: `12 s`, `4 min`, `3 h`, `2 days`."""
    seconds = max(int(time.total_seconds()), 0)
    for unit, size, most in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < most:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86_400} days"
