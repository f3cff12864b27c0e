"""What the kind `file` finds of real files. Add a case as a row."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from golive.checks.file import FileCheck
from golive.core.model import Outcome, Strength
from machine import a_look, options, refusal, said, seen, values

SCRIPT = b"#!/bin/sh\nexec backup --all\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a script, two documents, a link and a folder."""
    for name, content in {
        "run.sh": SCRIPT, "empty.sh": b"", "a.json": b'{"panels": [1, 2]}', "b.yml": b"panels: []\n---\nx: 1\n",
        "bad.json": b'{"a": ', "bad.yml": b"a: [", "x.txt": "grüße\n".encode(),
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o644)
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "empty.sh").chmod(0o755)
    (tmp_path / "current").symlink_to("releases/12")
    (tmp_path / "sub").mkdir(mode=0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "flaw"),
    [
        ({"paths": "x.txt"}, ""),
        ({"paths": ["x.txt", "none.txt"]}, "no file matches none.txt"),
        ({"paths": "*.json", "min_files": 2}, ""),
        ({"paths": "*.json", "min_files": 3}, "2 files, not at least 3"),
        ({"paths": "*.json", "exclude": "bad.*", "min_files": 2}, "1 file, not at least 2"),
        ({"paths": "none.txt", "exists": False}, ""),
        ({"paths": "*.txt", "exists": False}, "x.txt: it is there and must not be"),
        ({"paths": "x.txt", "filetype": "file"}, ""),
        ({"paths": "sub", "filetype": "directory"}, ""),
        ({"paths": "current", "filetype": "symlink"}, ""),
        ({"paths": "sub", "filetype": "file"}, "it is a directory, not a file"),
        ({"paths": "x.txt", "mode": "0644"}, ""),
        ({"paths": "x.txt", "mode": "0600"}, "its mode is 0644, not 0600"),
        ({"paths": "x.txt", "owner": "nobody-at-all"}, "not nobody-at-all"),
        ({"paths": "x.txt", "group": "no-group"}, "its group is"),
        ({"paths": "run.sh", "executable": True}, ""),
        ({"paths": "x.txt", "executable": True}, "its owner may not execute it (0644)"),
        ({"paths": "empty.sh", "executable": True}, "it is empty"),
        ({"paths": "run.sh", "executable": False}, "it may be executed (0755)"),
        ({"paths": "current", "linked-to": "releases/12"}, ""),
        ({"paths": "current", "linked-to": "releases/13"}, "leads to releases/12, not releases/13"),
        ({"paths": "x.txt", "linked-to": "y"}, "it is no link"),
        ({"paths": "run.sh", "contents": ["backup", "/^exec .*--all$/", "!rm -rf"]}, ""),
        ({"paths": "run.sh", "contents": ["restore"]}, 'does not contain "restore"'),
        ({"paths": "run.sh", "contents": ["!exec"]}, 'contains "exec"'),
        ({"paths": "run.sh", "sha256": hashlib.sha256(SCRIPT).hexdigest().upper()}, ""),
        ({"paths": "run.sh", "sha256": "0" * 64}, "another SHA-256"),
        ({"paths": "run.sh", "min_size": "10B", "max_size": 100}, ""),
        ({"paths": "run.sh", "min_size": "1kB"}, "it has 28 B, not at least 1 kB"),
        ({"paths": "run.sh", "max_size": "20B"}, "not at most 20 B"),
        ({"paths": "a.json", "json_valid": True}, ""),
        ({"paths": "b.yml", "json_valid": True}, "it is not JSON"),
        ({"paths": "b.yml", "yaml_valid": True}, ""),
        ({"paths": "bad.yml", "yaml_valid": True}, "it is not YAML at line 1"),
        ({"paths": "a.json", "json": {"length(panels) > `0`": True}}, ""),
        ({"paths": "b.yml", "json": {"length(panels) > `0`": True}}, "is false, not true"),
        ({"paths": "bad.json", "json": {"a": 1}}, "it is not YAML"),
        ({"paths": "sub", "contents": "x"}, "no file that can be read"),
    ],
)
def test_a_file_is_held_against_every_option(folder: Path, given: dict[str, Any], flaw: str) -> None:
    finding = seen(options(FileCheck, **given), a_look(folder))
    assert finding.outcome is (Outcome.FAILED if flaw else Outcome.PASSED), said(finding)
    assert flaw in finding.summary
    assert finding.strength is Strength.DOCUMENT


def test_what_is_under_version_control_is_known(folder: Path) -> None:
    for arguments in (["init", "-q"], ["add", "run.sh"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)
    for path, tracked in (("run.sh", True), ("x.txt", False)):
        check, other = (options(FileCheck, paths=path, tracked=value) for value in (tracked, not tracked))
        assert seen(check, a_look(folder)).outcome is Outcome.PASSED
        assert "under version control" in seen(other, a_look(folder)).summary


def test_the_smallest_file_is_measured(folder: Path) -> None:
    assert values(seen(options(FileCheck, paths="*.sh"), a_look(folder))) == {"flaws": 0, "files": 2, "size": 0}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"paths": []}, "at least 1"),
        ({"mode": 420}, 'in quotes, like "0640"'),
        ({"mode": "rw"}, 'like "0640"'),
        ({"sha256": "abc"}, "64 hexadecimal digits"),
        ({"min_size": "10ms"}, "expected a size"),
        ({"contents": []}, "asserts nothing"),
        ({"json": {}}, "at least 1"),
        ({"exists": False, "mode": "0644"}, "has no properties"),
        ({"exists": False, "min_files": 2}, "has no properties"),
        ({"filetype": "pipe"}, "'file', 'directory' or 'symlink'"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(FileCheck, {"paths": "x", **given})
