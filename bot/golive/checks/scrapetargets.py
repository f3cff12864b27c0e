"""Prometheus' scrape targets: what is wrong with one, and how long ago it was scraped, by Prometheus' own clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from golive.checks.webapi import Told, shortened, table
from golive.core.durations import duration_text
from golive.core.model import Detail, Outcome
from golive.core.units import amount


def target_flaw(target: Mapping[str, Any], now: datetime, max_staleness: timedelta | None) -> Detail | None:
    """What is wrong with a target, or None. max_staleness: how long ago it may have been scraped."""
    labels = table(target.get("labels"))
    name = f"{labels.get('job', target.get('scrapePool', ''))} {labels.get('instance', '')}".strip()
    if target.get("health") == "down":
        why = shortened(str(target.get("lastError", "")), 200)
        return Detail(f"{name} is down" + (f": {why}" if why else ""))
    if target.get("health") != "up":
        return Detail(f"{name} was not scraped yet", outcome=Outcome.UNKNOWN)
    age = scrape_age(target, now)
    if max_staleness and (age is None or age > max_staleness.total_seconds()):
        since = "at a time it does not say" if age is None else f"{amount(age, 's')} ago"
        return Detail(f"{name} was last scraped {since}, at most {duration_text(max_staleness)} is taken")
    return None


def scrape_age(target: Mapping[str, Any], now: datetime) -> float | None:
    """Seconds since a target was scraped last, None where it never was."""
    try:
        at = datetime.fromisoformat(str(target.get("lastScrape", "")))
    except ValueError:
        return None
    if at.tzinfo is None or at.year < 2000:
        return None
    return max(0.0, (now - at).total_seconds())


def server_clock(told: Told, otherwise: datetime) -> datetime:
    """When a server answered, by its own clock where it says so."""
    try:
        said = parsedate_to_datetime(told.headers.get("date", ""))
    except ValueError:
        return otherwise
    return said if said.tzinfo else said.replace(tzinfo=UTC)
