"""What the kind `secretscan` finds in files, and that it never tells it. Add a line of text as a row.

The secrets are put together here from parts, so that no scanner finds them in this file.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from golive.checks.secretscan import SecretscanCheck
from golive.core.model import Outcome
from golive.ports import Unreachable
from machine import a_look, options, refusal, said, seen, values

AWS = "AKIA" + "QYLPMN5HHHFPZAM2"
GITHUB = "ghp" + "_wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
MIXED = "c3VwZXIgbG9uZyBzdHJpbmcgc2hvdWxk" + "QwErTyUiOp12"
PASSWORD = "kX9-vBq2" + "LmTz7"
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----"


def look_at(folder: Path, text: str, name: str = "app.py", **given: Any) -> Any:
    """The finding on one file with this text."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return seen(options(SecretscanCheck, **given), a_look(folder))


@pytest.mark.parametrize(
    ("line", "secret", "kind"),
    [
        (f'client = boto3.client("s3", "{AWS}")', AWS, "AWS Access Key"),
        (f"aws_access_key_id = {AWS}", AWS, "AWS Access Key"),
        (f"git clone https://x:{GITHUB}@github.com/a/b", GITHUB, "GitHub Token"),
        (f"url = 'postgres://shop:{PASSWORD}@db/shop'", PASSWORD, "Basic Auth Credentials"),
        (f'password = "{PASSWORD}"', PASSWORD, "Secret Keyword"),
        (f"blob = '{MIXED}'", MIXED, "Base64 High Entropy String"),
        (PEM, "RSA PRIVATE", "Private Key"),
        ("k = 'AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q'", "SyA1b2C3", "Google API Key"),
        ("x" * 9_000 + AWS, AWS, "AWS Access Key"),
    ],
)
def test_a_secret_is_found_and_told_by_place_and_type_alone(tmp_path: Path, line: str, secret: str, kind: str) -> None:
    finding = look_at(tmp_path, f"# first\n{line}\n")
    assert finding.outcome is Outcome.FAILED, said(finding)
    assert (f"looks like a secret: {kind}", "app.py", 2) in [(one.text, one.path, one.line) for one in finding.details]
    assert secret not in said(finding)


@pytest.mark.parametrize(
    "line",
    [
        "def get(key):",
        "    return self.secrets.get(key)",
        'password = os.environ["PASSWORD"]',
        'password = "${DB_PASSWORD}"',
        'token = "{{ vault_token }}"',
        'password = "changeme"',
        "api_key: str = Field(...)",
        'secret = get_secret("database", "password")',
        f'key = "{AWS}"  # pragma: allowlist secret',
        'uuid = "123e4567-e89b-12d3-a456-426614174000"',
        "postgres://shop:${PASSWORD}@db/shop",
        "postgresql://user:password@host/name",
        'if password == "kX9-vBq2LmTz7":',
    ],
)
def test_what_is_no_secret_is_let_be(tmp_path: Path, line: str) -> None:
    finding = look_at(tmp_path, f"{line}\n")
    assert finding.outcome is Outcome.PASSED, said(finding)
    assert values(finding) == {"secrets": 0, "known": 0, "files": 1}


def test_the_line_after_a_pragma_for_it_is_let_be(tmp_path: Path) -> None:
    text = f'# pragma: allowlist nextline secret\nkey = "{AWS}"\nother = "{AWS}"\n'
    assert [one.line for one in look_at(tmp_path, text).details] == [3]


@pytest.mark.parametrize(
    ("audited", "outcome"), [({}, "passed"), ({"is_secret": False}, "passed"), ({"is_secret": True}, "failed")]
)
def test_what_the_baseline_knows_does_not_count_unless_it_is_real(
    tmp_path: Path, audited: dict[str, bool], outcome: str
) -> None:
    digest = hashlib.sha1(AWS.encode()).hexdigest()
    known = {"type": "AWS Access Key", "filename": "app.py", "hashed_secret": digest, "line_number": 1, **audited}
    (tmp_path / "known.json").write_text(json.dumps({"version": "1.5.0", "results": {"app.py": [known]}}))
    finding = look_at(tmp_path, f"key = {AWS}\n", baseline="known.json", paths="*.py")
    assert (finding.outcome, values(finding)["known"]) == (outcome, outcome == "passed")


def test_a_baseline_that_is_none_could_not_tell(tmp_path: Path) -> None:
    (tmp_path / "known.json").write_text("[]")
    with pytest.raises(Unreachable, match="none that detect-secrets writes"):
        look_at(tmp_path, "x", baseline="known.json")


def test_files_under_version_control_are_searched_hidden_ones_too(tmp_path: Path) -> None:
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    (tmp_path / "untracked.txt").write_text(AWS)
    (tmp_path / ".env").write_text(f"KEY={AWS}\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", ".env"], check=True)
    finding = seen(options(SecretscanCheck), a_look(tmp_path))
    assert [one.path for one in finding.details] == [".env"]
    assert seen(options(SecretscanCheck, exclude=".env"), a_look(tmp_path)).outcome is Outcome.UNKNOWN


def test_without_git_every_file_is_searched_but_those_that_are_no_text(tmp_path: Path) -> None:
    for name in ("a.txt", ".env", "image.png", "poetry.lock", "deep/b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(AWS)
    (tmp_path / "binary").write_bytes(b"\0" + AWS.encode())
    finding = seen(options(SecretscanCheck), a_look(tmp_path))
    assert [one.path for one in finding.details] == [".env", "a.txt", "deep/b.txt"]


def test_a_file_too_large_to_be_searched_is_told(tmp_path: Path) -> None:
    finding = look_at(tmp_path, "x\n" * (2 * 1024 * 1024 + 1), paths="app.py")
    assert finding.outcome is Outcome.UNKNOWN
    (tmp_path / "b.py").write_text("fine\n")
    finding = seen(options(SecretscanCheck, paths="*.py"), a_look(tmp_path))
    assert (finding.outcome, "app.py: larger than 4 MiB" in finding.summary) == (Outcome.WARNING, True)


@pytest.mark.parametrize(
    ("given", "says"),
    [({"paths": []}, "at least 1"), ({"max_secrets": -1}, "greater than"), ({"base64_limit": 9}, "less than")],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    assert says in refusal(SecretscanCheck, given)
