"""What the kind `perms` finds of real files. Add a case as a row."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from golive.checks.perms import PermsCheck
from golive.core.model import Outcome
from machine import a_look, options, refusal, said, seen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven files, two of them scripts, a link and a folder."""
    for name in ("run.sh", "empty.sh", "a.json", "b.yml", "c.yml", "d.yml", "x.txt"):
        (tmp_path / name).write_text(name)
        (tmp_path / name).chmod(0o755 if name.endswith(".sh") else 0o644)
    (tmp_path / "current").symlink_to("releases/12")
    (tmp_path / "sub").mkdir(mode=0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "outcome", "says"),
    [
        ({"paths": "*"}, "passed", "7 files, as expected"),
        ({"paths": "*", "mode_mask": "0111"}, "failed", "empty.sh: its mode is 0755, with bits of 0111"),
        ({"paths": "*", "mode_mask": "0111", "exclude": "*.sh"}, "passed", "5 files"),
        (
            {"paths": "*", "mode_mask": "0111", "exclude": "*.sh", "directories": True},
            "failed",
            "sub: its mode is 0755",
        ),
        ({"paths": "*.txt", "max_mode": "0640"}, "failed", "x.txt: its mode is 0644, beyond 0640"),
        ({"paths": "*.txt", "max_mode": "0644"}, "passed", ""),
        ({"paths": "*.txt", "owner": ["nobody-at-all", "no-one"]}, "failed", "not nobody-at-all or no-one"),
        ({"paths": "*.md"}, "unknown", "no file matches *.md"),
        ({"paths": "current"}, "unknown", "no file matches current"),
    ],
)
def test_files_that_too_many_may_touch_are_named(folder: Path, given: dict[str, Any], outcome: str, says: str) -> None:
    finding = seen(options(PermsCheck, **given), a_look(folder))
    assert (finding.outcome, says in finding.summary) == (outcome, True), said(finding)


def test_a_world_writable_file_is_found(folder: Path) -> None:
    os.chmod(folder / "x.txt", 0o666)
    finding = seen(options(PermsCheck, paths="**/*.txt"), a_look(folder))
    assert [(one.path, one.outcome) for one in finding.details] == [("x.txt", Outcome.FAILED)]


def test_permissions_are_asked_for_in_quotes() -> None:
    assert 'like "0640"' in refusal(PermsCheck, {"paths": "x", "mode_mask": 2})
    assert "asserts nothing" in refusal(PermsCheck, {"paths": "x", "owner": []})
