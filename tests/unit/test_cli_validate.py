"""`golive validate`: exit codes, places, and each format as its reader expects it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golive.cli import validate
from golive.cli.main import main
from golive.policyfile import Mistake

ROOT = Path(__file__).parents[2]
STARTER = (ROOT / "templates/policy/starter.yml").read_text()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["validate", *arguments])
    told = capsys.readouterr()
    return left.value.code, told.out, told.err


def test_a_whole_policy_exits_0_and_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "golive.yml").write_text(STARTER)
    assert run(capsys) == (0, "golive.yml: a whole policy\n", "")


def test_the_first_of_the_usual_places_is_taken(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "golive.yml").write_text("broken: true\n")
    (here / ".github").mkdir()
    (here / ".github/golive.yml").write_text(STARTER)
    assert run(capsys)[:2] == (0, ".github/golive.yml: a whole policy\n")


def test_no_policy_at_all_exits_3_and_names_the_places(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys)
    assert code == 3
    assert ".github/golive.yml" in err


def test_each_mistake_is_a_line_with_its_place(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "p.yml").write_text(STARTER.replace("version: 1", "version: 2").replace("project:", "projekt:"))
    code, out, _ = run(capsys, "p.yml")
    line = STARTER.splitlines().index("version: 1") + 1
    assert code == 3
    assert f"p.yml:{line}:10: version: expected 1, got 2. Write 1" in out.splitlines()
    assert any(told.startswith(f"p.yml:{line + 1}:1: projekt: ") for told in out.splitlines()), out


def test_several_files_are_checked_and_one_bad_one_is_enough(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "good.yml").write_text(STARTER)
    (here / "bad.yml").write_text("version: 2\n")
    code, out, _ = run(capsys, "good.yml", "bad.yml")
    assert code == 3
    assert all(line.startswith("bad.yml:") for line in out.splitlines()), out


def test_json_has_every_mistake_with_its_parts(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "p.yml").write_text(STARTER.replace("version: 1", "version: 2"))
    code, out, _ = run(capsys, "p.yml", "--format", "json")
    told = json.loads(out)
    assert (code, told["valid"], told["files"]) == (3, False, ["p.yml"])
    (mistake,) = told["mistakes"]
    assert (mistake["file"], mistake["column"], mistake["at"], mistake["mend"]) == ("p.yml", 10, "version", "Write 1")


def test_json_of_a_whole_policy_is_valid_and_empty(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "p.yml").write_text(STARTER)
    code, out, _ = run(capsys, "p.yml", "--format", "json")
    assert (code, json.loads(out)) == (0, {"valid": True, "files": ["p.yml"], "mistakes": [], "warnings": []})


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        pytest.param(
            Mistake("a.yml", 3, 5, "50% of it", "Write all", end_line=3, at="x"),
            "::error file=a.yml,line=3,endLine=3,col=5,title=golive policy::x: 50%25 of it. Write all",
            id="a percent sign in the message",
        ),
        pytest.param(
            Mistake("a,b:c%.yml", 1, 1, "two\nlines\r", end_line=1),
            "::error file=a%2Cb%3Ac%25.yml,line=1,endLine=1,col=1,title=golive policy::two%0Alines%0D",
            id="signs with a meaning in the path, line ends in the message",
        ),
        pytest.param(
            Mistake("a.yml", 1, 4, "wrong", end_line=9),
            "::error file=a.yml,line=1,endLine=9,title=golive policy::wrong",
            id="several lines have no column",
        ),
    ],
)
def test_annotations_are_escaped_as_workflow_commands(mistake: Mistake, line: str) -> None:
    assert validate.as_github([mistake], ["a.yml"]) == line


def test_a_whole_policy_makes_no_annotation(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "p.yml").write_text(STARTER)
    assert run(capsys, "p.yml", "--format", "github")[:2] == (0, "p.yml: a whole policy\n")


def test_the_schema_knows_every_installed_kind(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--schema")
    kinds = json.loads(out)["$defs"]["CheckSection"]["properties"]["uses"]["enum"]
    assert code == 0
    assert {"attest", "github_check", "http"} <= set(kinds)


ASKS = """\
version: 1
project: Shop
releases: [{name: production, base: main, head: "release/**"}]
checks: []
signoffs: [{roles: [{role: owners, from: [codeowners]}]}]
"""
OWNERS = "*.py @ana\n!secret @bo\n\ndocs/ mail@example.com\n"


def with_owners(here: Path, place: str = ".github/CODEOWNERS", policy: str = ASKS) -> None:
    for name, text in ((".github/golive.yml", policy), (place, OWNERS)):
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(text)


@pytest.mark.parametrize("place", [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"])
def test_lines_of_owners_that_count_for_nobody_are_warnings_and_the_policy_is_whole(
    place: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_owners(here, place)
    code, out, _ = run(capsys)
    whole, *warnings = out.splitlines()
    assert (code, whole) == (0, ".github/golive.yml: a whole policy")
    assert [line.split(" warning: ")[0] for line in warnings] == [f"{place}:2:1:", f"{place}:4:1:"]
    assert "mail@example.com" in warnings[1]


def test_owners_are_found_from_inside_the_folder_of_the_policy(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_owners(here, "docs/CODEOWNERS")
    monkeypatch.chdir(here / ".github")
    assert "../docs/CODEOWNERS:2:1: warning: " in run(capsys, "golive.yml")[1]


def test_owners_are_warned_of_in_each_format(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_owners(here)
    told = json.loads(run(capsys, "--format", "json")[1])
    assert (told["valid"], [one["line"] for one in told["warnings"]]) == (True, [2, 4])
    assert {one["file"] for one in told["warnings"]} == {".github/CODEOWNERS"}
    out = run(capsys, "--format", "github")[1]
    assert "::warning file=.github/CODEOWNERS,line=2,title=golive code owners::" in out


def test_a_role_of_owners_without_their_file_is_warned_of(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "golive.yml").write_text(ASKS)
    code, out, _ = run(capsys)
    assert code == 0
    assert "golive.yml:1:1: warning: owners asks code owners, and there is no CODEOWNERS" in out


def test_nothing_is_said_of_owners_that_no_role_asks_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_owners(here, policy=STARTER)
    assert run(capsys)[1] == ".github/golive.yml: a whole policy\n"
