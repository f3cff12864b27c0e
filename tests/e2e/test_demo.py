"""`golive demo` as a new user runs it, and the same story with golive killed by SIGKILL in the middle of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

MERGED = "Pull request #1 is merged, once, and the record holds."
PATIENCE = 240
"""Seconds until a test gives up, on a machine that does much else."""

pytestmark = [pytest.mark.sockets, pytest.mark.slow]


def play(*options: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")}
    command = [sys.executable, "-m", "golive", "demo", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment, check=False)


def ended_well(told: subprocess.CompletedProcess[str]) -> None:
    assert told.returncode == 0, (
        f"the story did not end as it must; read on from the top:\n{told.stdout}\n{told.stderr}"
    )
    lines = told.stdout.splitlines()
    assert MERGED in lines, told.stdout
    for row in (
        "Merge requests accepted",
        "Comments that show where it stands",
        "Messages in the Slack channel",
        "Record",
    ):
        (found,) = [line for line in lines if row in line]
        assert found.rstrip().endswith("✓ │"), found
    assert "Traceback" not in told.stdout + told.stderr


def test_the_demo_goes_from_a_pull_request_to_one_merge() -> None:
    told = play()
    ended_well(told)
    assert "\x1b" not in told.stdout, "colour is for terminals"
    said = [line.split(maxsplit=2)[1:] for line in told.stdout.splitlines() if line[2:3] == ":"]
    acts = [(who, what) for who, what in said if who in ("ana", "mina", "sam", "bo")]
    assert ("mina", "presses Re-run on the check run") in acts
    assert ("sam", "reacts with ✅ to the request in the Slack thread") in acts
    heard = "\n".join(what for who, what in said if who == "golive")
    for words in (
        "check run, failure: ",
        "Start the shop",
        "Only @mina, @zoe may sign off",
        "HOLD",
        "Merged by golive",
    ):
        assert words in told.stdout, f"golive never said {words!r}; it said:\n{heard}"


# spread over the story: from the first check run to the merge itself, each time with and without the write being done
@pytest.mark.parametrize(
    ("write", "when"), [(2, "before"), (9, "after"), (20, "before"), (32, "after"), (44, "before"), (55, "after")]
)
def test_a_killed_golive_comes_back_and_the_story_completes(write: int, when: str) -> None:
    told = play("--kill-at", str(write), "--kill-when", when)
    assert f"kill -9 at write {write} of golive" in told.stdout, (
        f"the story has fewer writes than {write}:\n{told.stdout}"
    )
    ended_well(told)
