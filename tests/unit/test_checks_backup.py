"""What the kind `backup` makes of backups. Add a case as a row."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golive.checks.backup import BackupCheck, listed
from golive.core.model import Outcome
from golive.ports import Unreachable
from machine import a_look, options, refusal, said, seen, values

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def look_at(folder: Path, *hours: float, size: int = 100, **given: Any) -> Any:
    """The finding on backups that are so many hours old."""
    for number, age in enumerate(hours):
        file = folder / f"b{number}.dump"
        file.write_bytes(b"x" * size)
        at = (NOW - timedelta(hours=age)).timestamp()
        os.utime(file, (at, at))
    return seen(options(BackupCheck, files="*.dump", **given), a_look(folder, now=NOW))


@pytest.mark.parametrize(
    ("hours", "given", "outcome", "says"),
    [
        ([2, 26], {"max_age": "26h"}, "passed", "2 backups, the newest 2 h old"),
        ([27], {"max_age": "26h"}, "failed", "the newest is 27 h old, not at most 1d2h"),
        ([1, 2, 3], {"rpo": "1h"}, "passed", ""),
        ([24, 48], {"rpo": "1h"}, "failed", "nothing for 24 h after it, where at most 1h may be lost"),
        ([0.5, 3], {"rpo": "1h"}, "failed", "b1.dump: nothing for 2 h after it"),
        ([1, 31 * 24], {"min_keep": "30d"}, "passed", ""),
        ([1, 29 * 24], {"min_keep": "30d"}, "failed", "b1.dump: the oldest is 29 d old, not at least 30d"),
        ([1, 2], {"min_count": 2}, "passed", ""),
        ([1, 2], {"min_count": 3}, "failed", "2 backups, not at least 3"),
        ([1], {"min_size": 100}, "passed", ""),
        ([1], {"min_size": "1kB"}, "failed", "it has 100 B, not at least 1 kB"),
        ([], {"max_age": "1h"}, "unknown", "no file matches *.dump: 0 backups"),
        ([-5], {"max_age": "1h"}, "unknown", "in the future"),
        ([1], {"max_age": "2h", "time": "name"}, "unknown", "nothing says when it was made"),
        ([1], {"exclude": "*.dump", "max_age": "2h"}, "unknown", "0 backups"),
    ],
)
def test_times_and_sizes_are_held_against_the_options(
    tmp_path: Path, hours: list[float], given: dict[str, Any], outcome: str, says: str
) -> None:
    finding = look_at(tmp_path, *hours, **given)
    assert (finding.outcome, says in finding.summary) == (outcome, True), said(finding)


def test_a_daily_backup_is_no_rpo_of_an_hour() -> None:
    assert "would lose more than the rpo of 1h" in refusal(BackupCheck, {"files": "x", "max_age": "1d", "rpo": "1h"})


def test_everything_is_measured(tmp_path: Path) -> None:
    finding = look_at(tmp_path, 1, 5)
    assert values(finding) == {"age": 3600, "count": 2, "size": 100, "oldest": 5 * 3600, "gap": 4 * 3600}
    assert not options(BackupCheck, files="x").asserts()


def test_the_date_in_a_name_can_say_it(tmp_path: Path) -> None:
    for name in ("shop_20260304_100000.dump", "shop_20260303_100000.dump"):
        (tmp_path / name).write_bytes(b"x")
    check = options(BackupCheck, files="*.dump", time="name", max_age="3h")
    finding = seen(check, a_look(tmp_path, now=NOW))
    assert (finding.outcome, values(finding)["oldest"]) == (Outcome.PASSED, 26 * 3600)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04 10:00:00     2048 shop.dump\n                           PRE old/\n",
        "      2048  2026-03-04T10:00:00Z  shop.dump\nTOTAL: 1 objects\n",
        json.dumps([{"name": "shop.dump", "size": 2048, "time": "2026-03-04T11:00:00+01:00"}]),
        json.dumps(
            {"Contents": [{"Key": "shop.dump", "Size": 2048, "LastModified": "2026-03-04T10:00:00.123456789Z"}]}
        ),
    ],
)
def test_a_command_can_list_them(tmp_path: Path, text: str) -> None:
    (tmp_path / "list").write_text(text)
    check = options(BackupCheck, command="cat list", max_age="3h", min_size="2kB", min_count=1)
    finding = seen(check, a_look(tmp_path, now=NOW))
    assert (finding.outcome, values(finding)["size"], finding.source) == (Outcome.PASSED, 2048, "`cat list`")


def test_a_listing_without_sizes_cannot_show_one(tmp_path: Path) -> None:
    (tmp_path / "list").write_text(json.dumps([{"time": "2026-03-04T10:00:00Z"}]))
    finding = seen(options(BackupCheck, command="cat list", min_size=1), a_look(tmp_path, now=NOW))
    assert (finding.outcome, "nothing says how large" in finding.summary) == (Outcome.UNKNOWN, True)


def test_a_command_that_fails_could_not_tell(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="exit status 1"):
        seen(options(BackupCheck, command="false", min_count=1), a_look(tmp_path))
    finding = seen(options(BackupCheck, command=[sys.executable, "-c", ""], min_count=1), a_look(tmp_path))
    assert (finding.outcome, "lists no backup" in finding.summary) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize("text", ["[1]", "[", '{"a": 1}'])
def test_what_is_no_list_is_said(text: str) -> None:
    with pytest.raises(Unreachable, match="the list of backups"):
        list(listed(text))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "either the `files` or the `command`"),
        ({"files": "a", "command": "b"}, "either the `files` or the `command`"),
        ({"command": "a | b"}, "no shell runs this"),
        ({"command": "a", "time": "name"}, "belong to `files`"),
        ({"files": "a", "max_age": 26}, "needs a unit, got `26`. Write 26s"),
        ({"files": "a", "min_count": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(BackupCheck, given)
