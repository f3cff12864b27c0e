"""`golive init`: what it sees in repositories, what it proposes for them, and what it never does to them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.checks.registry import installed
from golive.cli import init as command
from golive.cli import workflows
from golive.cli.main import main
from golive.cli.recognise import seen
from golive.cli.surveying import origin, walked
from golive.core.policy import Policy
from golive.policyfile import load
from golive.policyfile.propose import Around, propose
from golive.policyfile.propose_text import FILL_IN, OFF, switched_on
from golive.policyfile.seen import Api, Compose, Job, Owned, Report, Seen
from golive.policyfile.tokenless import beyond_token
from repositories import API, REPOSITORIES, made

ROOT = Path(__file__).parents[2]
KINDS = installed()
USE = "acme/golive@" + "a" * 40
AROUND = (
    Around(), Around(serverless=True),
    Around(serverless=True, runner=".github/workflows/golive-gate.yml", deploys="golive-deploy.yml"),
    Around(server="https://golive.acme.io", runner=".github/workflows/golive-report.yml"),
)  # fmt: skip
every = pytest.mark.parametrize("name", REPOSITORIES)


def looked(root: Path) -> Seen:
    return seen(walked(root), origin(root))


def repository(tmp_path: Path, name: str) -> Seen:
    return looked(made(tmp_path, REPOSITORIES[name]))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    told = capsys.readouterr()
    return left.value.code, told.out, told.err


def policy_of(text: str) -> Policy:
    return load(text, KINDS)


def live(text: str) -> dict[str, Any]:
    return {check["id"]: check for check in yaml.safe_load(text)["checks"]}


# ------------------------------------------------------------------ whatever it proposes validates


@every
@pytest.mark.parametrize("around", AROUND, ids=["alone", "gate", "gate and checks", "server and checks"])
def test_what_is_proposed_validates_and_so_does_every_line_that_is_switched_off(
    name: str, around: Around, tmp_path: Path
) -> None:
    text = propose(repository(tmp_path, name), around).text
    policy_of(text)
    policy_of(switched_on(text))


@every
def test_every_line_says_why_it_is_there(name: str, tmp_path: Path) -> None:
    for line in propose(repository(tmp_path, name)).text.splitlines():
        assert not line.strip() or line.startswith(("# ", FILL_IN)) or "  # " in line, f"no reason beside: {line}"


@every
def test_what_is_proposed_can_be_validated_and_checked_by_the_commands(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, {path: text for path, text in REPOSITORIES[name].items() if "shop.acme.io" not in text})
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "init")[0] == 0
    code, out, _ = run(capsys, "validate")
    assert code == 0, out
    assert out.splitlines()[0] == ".github/golive.yml: a whole policy"
    code, out, err = run(capsys, "check", "--quiet", "--json")
    assert code in (1, 2, 4), f"it could not run: {err}"
    assert {one["check"] for one in json.loads(out)["lines"]} == set(live(Path(command.POLICY).read_text()))


def test_the_policy_proposed_for_golive_itself_names_its_own_checks() -> None:
    found = looked(ROOT)
    text = propose(found, Around(runner="x.yml")).text
    assert [job.check for job in found.jobs][:2] == ["test (3.11)", "test (3.13)"]
    assert {"ci-test-3-11", "ci-test-3-13", "no-secrets"} <= set(live(text))
    assert [language for language, _ in found.languages] == ["Python"], "fixtures and examples are not the thing itself"
    policy_of(text)


_words = st.text(max_size=12)
_paths = st.from_regex(r"[\w.@+~-]([\w .@+~,=-]{0,20}[\w.@+~-])?(/[\w.@+~-]{1,9})?", fullmatch=True)
_logins = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,9}", fullmatch=True)
_repositories = st.builds(
    Seen,
    name=_words, repository=st.sampled_from(["", "acme/shop"]), branch=st.sampled_from(["main", "develop", "a/b", "true"]),
    branches=st.lists(st.sampled_from(["main", "release/1", "releases/2", "hotfix/x"])).map(tuple),
    jobs=st.lists(st.builds(Job, st.text(min_size=1, max_size=9).filter(str.isprintable), _paths), max_size=3).map(tuple),
    other_ci=st.lists(st.just("Jenkins"), max_size=1).map(tuple), containers=st.lists(_paths, max_size=1).map(tuple),
    compose=st.lists(st.builds(Compose, _paths, health=st.just(("/up",))), max_size=1).map(tuple),
    apis=st.lists(
        st.builds(Api, _paths, st.just("3.0"), st.integers(0, 9), st.sampled_from(["", "https://shop.acme.io/a"]),
                  st.sampled_from(["", "/healthz"])), max_size=3).map(tuple),
    alerts=st.lists(_paths, max_size=2).map(tuple), manifests=st.lists(_paths.map("{}/*.yaml".format), max_size=2).map(tuple),
    tests=st.lists(st.builds(Report, _paths, _paths), max_size=2).map(tuple),
    coverage=st.lists(st.builds(Report, _paths, _paths, st.integers(0, 100)), max_size=2).map(tuple),
    runbooks=st.lists(_paths, max_size=2).map(tuple), known_secrets=st.sampled_from(["", ".secrets.baseline"]),
    owners=st.none() | st.builds(Owned, _paths, st.lists(_logins, max_size=3).map(tuple),
                                 st.lists(_logins.map("acme/{}".format), max_size=2).map(tuple)),
    release_please=st.booleans(),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(_repositories, st.sampled_from(AROUND))
def test_whatever_is_seen_what_is_proposed_validates(found: Seen, around: Around) -> None:
    text = propose(found, around).text
    policy_of(text)
    policy_of(switched_on(text))
    assert not around.serverless or not beyond_token(text, "golive.yml"), "a workflow's own token must be enough for it"


# ------------------------------------------------------------------ what is seen


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("empty", {"jobs": (), "languages": (), "owners": None}),
        ("python", {
            "repository": "acme/shop", "branch": "main", "languages": (("Python", (".",)),),
            "jobs": tuple(
                Job(one, ".github/workflows/ci.yml", ".github/workflows/ci.yml")
                for one in ("test (3.11)", "test (3.13)", "Linters")
            ),
            "unsure": ("the job nightly of .github/workflows/ci.yml runs on a condition",),
            "tests": (Report("reports/junit.xml", ".github/workflows/ci.yml"),),
            "coverage": (Report("coverage.xml", "pyproject.toml", 87),), "known_secrets": ".secrets.baseline",
        }),
        ("node", {
            "branch": "master", "jobs": (), "other_ci": ("CircleCI",), "owners": Owned("CODEOWNERS", ("ana", "bo")),
            "tests": (Report("junit.xml", "package.json"),),
            "coverage": (Report("coverage/lcov.info", "package.json", 90),),
        }),
        ("go", {
            "branch": "develop", "branches": ("master", "release/1.0"), "containers": ("Dockerfile",),
            "jobs": (Job("build", ".github/workflows/go.yaml", "Go & co"),), "tests": (Report("build/unit.xml", "Makefile"),),
        }),
        ("java", {
            "jobs": (), "unsure": (".github/workflows/broken.yml is not YAML",),
            "languages": (("Java", (".", "service", "web")),),
            "tests": (Report("**/target/surefire-reports/*.xml", "pom.xml"),
                      Report("**/build/test-results/**/*.xml", "build.gradle")),
        }),
        ("compose and API", {
            "compose": (Compose("docker-compose.yml", ("web", "db"), ("8080", "9090"), ("/up",)),),
            "apis": (Api("docs/openapi.yaml", "3.1", 2, "https://shop.acme.io/api", "/healthz"),),
            "alerts": ("monitoring/rules/shop.yml",), "owners": Owned(".github/CODEOWNERS", ("ana", "bo"), ("acme/web",)),
        }),
        ("compose alone", {"manifests": ("k8s/*.yaml",), "apis": ()}),
        ("monorepo", {
            "manifests": (), "compose": (), "runbooks": ("docs/runbooks/*.md",), "release_please": True,
            "languages": (("Go", ("services/api", "services/cart", "services/mail")), ("JavaScript", ("apps/web",)),
                          ("Python", ("libs/python",))),
            "apis": (Api("services/api/openapi.json", "3.0"), Api("services/cart/swagger.json", "2.0", 1)),
            "unsure": ("8 more jobs are there",),
        }),
        ("hostile names", {"alerts": ("café/rules.yml",), "repository": "", "branch": "main", "apis": (), "containers": ()}),
    ],
)  # fmt: skip
def test_it_sees_what_is_there(name: str, expected: dict[str, Any], tmp_path: Path) -> None:
    found = repository(tmp_path, name)
    assert {key: getattr(found, key) for key in expected} == expected


def test_names_that_mean_something_to_yaml_globs_or_terminals_are_counted_and_left_out(tmp_path: Path) -> None:
    found = repository(tmp_path, "hostile names")
    assert found.odd == 12
    assert [job.check for job in found.jobs] == ['::error::`$(id)` " # x']
    (check,) = [one for one in live(propose(found).text).values() if one["uses"] == "github_check"]
    assert check["with"]["name"] == '::error::`$(id)` " # x', "what is text stays text"


def test_a_target_and_a_health_path_come_from_the_description_of_the_api(tmp_path: Path) -> None:
    text = propose(repository(tmp_path, "compose and API")).text
    assert live(text)["live-answers"]["with"]["url"] == "${target}/healthz"
    assert policy_of(text).releases[0].target == "https://shop.acme.io/api"
    assert "live-looked-at" not in text


def test_where_nobody_says_where_it_is_live_somebody_has_to_look(tmp_path: Path) -> None:
    checks = live(propose(repository(tmp_path, "compose alone")).text)
    assert checks["live-looked-at"]["uses"] == "attest"
    assert "live-answers" not in checks


@pytest.mark.parametrize(
    ("name", "around", "sources", "asks"),
    [
        ("compose and API", Around(), ("codeowners",), False),
        ("compose and API", Around(serverless=True), ("@ana", "@bo"), True),
        ("node", Around(serverless=True), ("codeowners",), False),
        ("python", Around(), ("permission:maintain",), True),
        ("placeholder owners", Around(), ("permission:maintain",), True),
        ("owners of nothing", Around(), ("permission:maintain",), True),
    ],
)
def test_who_signs_comes_from_the_owners_or_is_maintainers_until_somebody_says_better(
    name: str, around: Around, sources: tuple[str, ...], asks: bool, tmp_path: Path
) -> None:
    proposal = propose(repository(tmp_path, name), around)
    role = policy_of(proposal.text).roles[0]
    assert role.sources == sources
    before = proposal.text.partition("signoffs:")[0].splitlines()[-1]
    assert before.startswith(FILL_IN) == asks


def test_development_that_is_merged_to_a_live_branch_is_a_release(tmp_path: Path) -> None:
    release = policy_of(propose(repository(tmp_path, "go")).text).releases[0]
    assert (release.base, release.head) == ("master", ("develop", "release/**"))


def test_checks_on_files_are_switched_off_until_a_runner_is_there(tmp_path: Path) -> None:
    found = repository(tmp_path, "compose and API")
    alone, runner = (set(live(propose(found, around).text)) for around in (Around(), AROUND[3]))
    assert runner - alone == {"no-secrets", "alert-rules", "api-described"}


# ------------------------------------------------------------------ bounded, and harmless


def test_links_are_not_followed_and_pipes_are_not_read(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    made(outside, {"openapi.yaml": API, "deep/openapi.yaml": API})
    made(inside, {"README.md": ""})
    (inside / "link").symlink_to(outside)
    (inside / "openapi.yaml").symlink_to(outside / "openapi.yaml")
    os.mkfifo(inside / "api.yaml")
    assert looked(inside).apis == ()


def test_a_huge_repository_is_looked_at_in_part_and_says_so(tmp_path: Path) -> None:
    made(tmp_path, {"go.mod": "module x\n", **{f"many/{number}": "" for number in range(30)}, "many/z/pom.xml": ""})
    found = seen(walked(tmp_path, most=20), origin(tmp_path))
    assert found.cut
    assert found.languages == (("Go", (".",)),), "what is nearest to the root is seen first"
    assert "not looked at" in dict(command._found(found))
    assert not seen(walked(tmp_path), origin(tmp_path)).cut


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)
)


@pytest.mark.parametrize(
    "files",
    [
        {"docker-compose.yml": BOMB + "services: {web: {ports: *m, healthcheck: {test: *m}}}\n"},
        {".github/workflows/a.yml": BOMB + "on: {pull_request: {types: *m, branches: *m}}\njobs: {a: {name: *m}}\n"},
        {".github/workflows/a.yml": BOMB + "on: pull_request\njobs: {a: {strategy: {matrix: {x: *m}}}}\n"},
        {"rules.yml": BOMB + "alert: x\ngroups: *m\n"},
        {"openapi.yaml": "\n" * 500_000},
        {"openapi.json": '{"openapi": "3.0", "x": ' + "[" * 100_000},
    ],
    ids=["compose", "types", "matrix", "rules", "blank", "deep"],
)
def test_files_made_to_cost_much_cost_little(files: dict[str, str], tmp_path: Path) -> None:
    policy_of(propose(looked(made(tmp_path, files))).text)


def test_the_credentials_of_a_remote_are_never_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path, REPOSITORIES["python"])
    assert "s3cret" not in run(capsys, "init", tmp_path, "--json")[1]


# ------------------------------------------------------------------ the command


def test_nothing_that_is_there_is_changed_without_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = "# mine\n"
    made(tmp_path, {command.POLICY: mine})
    code, out, _ = run(capsys, "init", tmp_path, "--with", "gate", "--action", USE)
    assert code == 1
    assert "is there and stays as it is" in out
    assert (tmp_path / command.POLICY).read_text() == mine
    assert (tmp_path / ".github/workflows/golive-gate.yml").is_file(), "what is missing is written all the same"
    assert run(capsys, "init", tmp_path, "--force")[0] == 0
    assert (tmp_path / command.POLICY).read_text() != mine


def test_a_dry_run_writes_nothing_and_shows_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "init", tmp_path, "--dry-run")
    assert code == 0
    assert propose(looked(tmp_path)).text in out
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_finds_everything_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path, REPOSITORIES["python"])
    arguments = ("init", tmp_path, "--with", "gate,checks,deploy", "--action", USE, "--json")
    assert {one["state"] for one in json.loads(run(capsys, *arguments)[1])["files"]} == {"new"}
    code, out, _ = run(capsys, *arguments)
    assert (code, {one["state"] for one in json.loads(out)["files"]}) == (0, {"same"})


def test_nothing_is_written_through_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside, here = tmp_path / "outside", tmp_path / "here"
    made(outside, {"golive.yml": "theirs\n"})
    here.mkdir()
    (here / ".github").symlink_to(outside)
    code, _, err = run(capsys, "init", here, "--force")
    assert code == 3
    assert ".github is a link" in err
    (here / ".github").unlink()
    made(here, {".github/x": ""})
    (here / command.POLICY).symlink_to(outside / "golive.yml")
    assert run(capsys, "init", here)[0] == 1
    assert run(capsys, "init", here, "--force")[0] == 0
    assert (outside / "golive.yml").read_text() == "theirs\n"
    assert not (here / command.POLICY).is_symlink()


def test_places_to_fill_in_are_pointed_at_by_validate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = json.loads(run(capsys, "init", "--json")[1])["fill_in"]
    told = json.loads(run(capsys, "validate", "--format", "json")[1])
    lines = Path(command.POLICY).read_text().splitlines()
    assert (told["valid"], len(told["warnings"])) == (True, len(asked))
    assert asked
    for one in told["warnings"]:
        assert lines[one["line"] - 1].startswith(FILL_IN)
    assert "::warning file=.github/golive.yml,line=" in run(capsys, "validate", "--format", "github")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--with", "gates"), "--with takes gate, checks, deploy"),
        (("--with", "gate", "--server", "https://golive.acme.io"), "take out --server"),
        (("--server", "https://a:b@golive.acme.io"), "--server takes"),
        (("--server", 'https://x"\n  evil: 1'), "--server takes"),
        (("--with", "gate", "--action", "acme/golive@a b"), "--action takes"),
        (("--with", "gate", "--action", "acme/golive@main\nevil"), "--action takes"),
    ],
)
def test_bad_usage_exits_3_and_says_what_is_expected(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "init", tmp_path, *arguments)
    assert code == 3
    assert said in err
    assert list(tmp_path.iterdir()) == []


def test_the_tree_has_no_sign_that_a_terminal_would_obey(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path, REPOSITORIES["hostile names"])
    out = run(capsys, "init", tmp_path, "--dry-run")[1]
    assert all(line.isprintable() for line in out.splitlines())


def test_the_command_offers_the_parts_that_there_are() -> None:
    assert tuple(workflows.PARTS) == command.PARTS


def test_lines_that_are_off_are_comments() -> None:
    assert OFF.startswith("#")


@pytest.mark.parametrize(
    ("asked", "name", "ref", "pinned"),
    [
        (USE, "acme/golive", "a" * 40, True), ("acme/golive@v1", "acme/golive", "v1", False),
        ("acme/golive", "acme/golive", f"v{workflows.__version__}", False),
    ],
)  # fmt: skip
def test_the_action_is_as_it_was_asked_for_or_the_tag_of_this_version(
    asked: str, name: str, ref: str, pinned: bool
) -> None:
    use = workflows.action(asked)
    assert use is not None
    assert (use.name, use.ref, use.pinned) == (name, ref, pinned)
