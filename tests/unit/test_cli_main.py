"""The command line's front: help and version at once, exit codes, and words instead of tracebacks."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest

from golive import __version__
from golive.cli import main as front
from golive.core.errors import Misconfigured

HEAVY = (
    "pydantic",
    "github",
    "slack_sdk",
    "slack_bolt",
    "fastapi",
    "sqlmodel",
    "sqlalchemy",
    "jinja2",
    "yaml",
    "rich",
    "structlog",
)
ASKED = """
import json, sys
from golive.__main__ import main
try:
    main()
except SystemExit as left:
    sys.stdout.flush()
    print("\\n" + json.dumps([left.code, sorted({name.split(".")[0] for name in sys.modules})]))
"""


@pytest.mark.parametrize("asked", [["--version"], ["--help"], []], ids=["version", "help", "nothing"])
def test_help_and_version_import_nothing_heavy(asked: list[str]) -> None:
    told = subprocess.run([sys.executable, "-c", ASKED, *asked], capture_output=True, text=True, check=True)
    code, modules = json.loads(told.stdout.splitlines()[-1])
    assert code == (0 if asked else front.COULD_NOT_RUN), told.stderr
    found = sorted(set(HEAVY) & set(modules))
    assert not found, f"`golive {' '.join(asked)}` imported {found}; import them inside the command that needs them"


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        front.main(["--version"])
    assert (left.value.code, capsys.readouterr().out) == (0, f"golive {__version__}\n")


@pytest.mark.parametrize("name", front.COMMANDS)
def test_every_command_is_there_and_teaches(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = front.cli.get_command(click.Context(front.cli), name)
    assert command is not None
    assert command.name == name, f"the command calls itself {command.name}; name it {name}"
    with pytest.raises(SystemExit) as left:
        front.main([name, "--help"])
    told = capsys.readouterr().out
    assert left.value.code == 0
    assert len(told.splitlines()) > 4, f"`golive {name} --help` should say what it does and give an example"


def test_bad_usage_exits_3_with_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        front.main(["servve"])
    assert left.value.code == front.COULD_NOT_RUN
    assert "No such command 'servve'" in capsys.readouterr().err


def test_what_a_person_did_wrong_is_told_in_words_and_exits_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.chdir(str(tmp_path))
    with pytest.raises(SystemExit) as left:
        front.main(["validate", "nowhere.yml"])
    err = capsys.readouterr().err
    assert left.value.code == front.COULD_NOT_RUN
    assert err.startswith("nowhere.yml cannot be read: No such file")
    assert "Traceback" not in err


def test_a_listening_address_is_read_or_refused_in_words() -> None:
    from golive.cli.serve import address

    assert address("127.0.0.1:8080") == ("127.0.0.1", 8080)
    assert address("[::1]:0") == ("::1", 0)
    for wrong in ("8080", ":8080", "host:", "host:port", "host:70000"):
        with pytest.raises(Misconfigured, match="expected HOST:PORT"):
            address(wrong)
