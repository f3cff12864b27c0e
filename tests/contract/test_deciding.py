"""`golive why`, `replay` and `simulate` on the record of a real story: what they tell, how they end, and that they only read.

The service has stopped and both stand-ins are gone when a command runs, so none of them can ask anybody. A new question
about a recorded decision is one more test on `story`; a new damage to a record one more row of `DAMAGES`.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from golive import __version__
from golive.cli import main as front
from golive.cli.deciding import record
from golive.core import evidence
from golive.core.model import Subject
from histories import Act, History
from truth import POLICY as PLAYED
from world import World, a_world, scratch

pytestmark = pytest.mark.sockets

POLICY = """\
version: 1
project: Shop
releases:
  - {{name: production, base: main, head: ["release/**"], target: {target}}}
checks:
  - id: healthy
    name: The shop answers
    severity: critical
    uses: http
    with: {{url: "${{target}}/health", json: {{status: ok}}}}
    action: Start the shop.
  - {{id: ci, name: CI is green, uses: github_check, needs: [healthy], with: {{name: build, app: ci}}}}
signoffs:
  - group: people
    roles:
      - {{role: qa, from: ["@mina", "@zoe"]}}
      - {{role: security, from: [acme/security]}}
      - {{role: owner, from: ["@bo"], due: full}}
freezes: [{{name: Stocktaking, from: FROM, to: UNTIL, timezone: UTC}}]
promotion:
  merge: {{method: squash, when: go}}
  phases: [{{name: dark}}, {{name: full}}]
"""


class Story(NamedTuple):
    """A stopped installation. frozen: a moment within the policy's freeze.   policy: its text."""

    database: Path
    release: str
    frozen: str
    policy: str


class Came(NamedTuple):
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


Ask = Callable[..., Came]


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    """A release that qa signed and whose service then failed; nothing runs any more."""
    with scratch() as folder:
        world = World(Path(folder))
        begins = (world.clock.now + timedelta(days=30)).date()
        policy = POLICY.replace("FROM", f"{begins}T00:00").replace("UNTIL", f"{begins + timedelta(days=2)}T00:00")
        try:
            world.write_policy(policy)
            number = world.asked()
            world.says("mina", number, "/golive approve qa")
            world.sample.status = 503
            world.says("bo", number, "/golive check")
            text = policy.format(target=world.target)
            assert "NO GO" in world.title(number), "the story must end with a failed check; look at `world.py`"
        finally:
            world.close()
        yield Story(Path(folder) / "golive.db", f"acme/shop#{number}", f"{begins}T12:00", text)


@pytest.fixture
def ask(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ask:  # fmt: skip
    """Runs a command on a copy of the story's database, `golive.db` in the working directory."""
    for name in ("golive.db", "golive.db-wal"):
        if (there := story.database.with_name(name)).exists():
            shutil.copyfile(there, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOLIVE_DATABASE_URL", raising=False)

    def run(*arguments: str) -> Came:
        with pytest.raises(SystemExit) as left:
            front.main(arguments)
        told = capsys.readouterr()
        assert "Traceback" not in told.err, told.err
        return Came(int(str(left.value.code)), told.out, told.err)

    return run


def rows() -> list[str]:
    """Everything in the database of the working directory."""
    with closing(sqlite3.connect("golive.db")) as database:
        return list(database.iterdump())


def change(statement: str, *arguments: Any) -> None:
    """Change the database of the working directory behind golive's back."""
    with closing(sqlite3.connect("golive.db")) as database, database:
        assert database.execute(statement, arguments).rowcount, f"nothing was changed by {statement}"


def newest() -> tuple[int, dict[str, Any]]:
    """The newest decision in the working directory: its place and its body."""
    query = "select b.seq, b.body from ledger l join ledger_body b using (host, repository, number, seq)"
    with closing(sqlite3.connect("golive.db")) as database:
        seq, body = database.execute(f"{query} where l.kind = 'decision' order by seq desc").fetchone()
    return seq, json.loads(body)


def rewrite(seq: int, body: dict[str, Any]) -> None:
    """Put another body in the place of an entry."""
    change("update ledger_body set body = ? where seq = ? and number > 0", json.dumps(body), seq)


# ------------------------------------------------------------------ why


def test_why_tells_the_tree_of_reasons_with_evidence_and_says_when_it_was_decided(ask: Ask, story: Story) -> None:
    came = ask("why", story.release)
    lines = [line.strip() for line in came.out.splitlines()]
    assert came.code == 0
    assert lines[0] == f"NO GO  {story.release} Release 1.4"
    assert lines[1].startswith("1/2 — NO GO: The shop answers: Answered 503")
    assert lines[2].startswith("Decided at "), "a stored decision says when it was made"
    assert f"by golive {__version__}" in lines[2]
    root, fold = (next(i for i, line in enumerate(lines) if line.startswith(f"[{code}")) for code in (
        "check_failed healthy", "check_blocked ci",
    ))  # fmt: skip
    assert lines[root + 1] == "cleared by: Start the shop."
    assert lines[root + 2].startswith("evidence: measured 503")
    for part in ("expected status 200", "/health; probe, taken at "):
        assert part in lines[root + 2], "what a check found is told with what was expected, where and when"
    assert fold == root + 3, "a blocked check stands under its cause"
    wait = lines.index("WAIT")
    assert fold < wait < lines.index("[role_missing security] security: 0 of 1 signed.")
    assert "\x1b" not in came.out, "colours are for terminals"


def test_why_for_a_later_phase_tells_what_is_due_by_then(ask: Ask, story: Story) -> None:
    assert "role_missing owner" not in ask("why", story.release).out
    assert "[role_missing owner]" in ask("why", story.release, "--phase", "full").out


def test_why_for_an_unknown_phase_names_those_there_are(ask: Ask, story: Story) -> None:
    came = ask("why", story.release, "--phase", "canary")
    assert (came.code, came.err.strip()) == (
        3, "There is no phase 'canary'. The phases of its policy are: dark, full.",
    )  # fmt: skip


def test_why_as_json_has_the_same_tree(ask: Ask, story: Story) -> None:
    told = ask("why", story.release, "--json").json
    assert (told["release"], told["verdict"], told["golive"]) == (story.release, "NO_GO", __version__)
    failed = next(one for one in told["reasons"] if one["code"] == "check_failed")
    assert [one["subject"] for one in failed["folded"]] == ["ci"]
    assert failed["evidence"]["strength"] == "probe"
    assert failed["evidence"]["source"].endswith("/health")


@pytest.mark.parametrize("command", ["why", "replay", "simulate"])
def test_a_release_that_nobody_knows_is_refused_in_words(ask: Ask, command: str) -> None:
    came = ask(command, "acme/shop#99")
    assert came.code == front.COULD_NOT_RUN
    assert "golive knows no 'acme/shop#99'" in came.err


@pytest.mark.parametrize("command", ["why", "replay", "simulate"])
def test_without_a_database_none_is_made(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    env = tmp_path / "golive.env"
    env.write_text(f"GOLIVE_DATABASE_URL=sqlite:///{tmp_path / 'nowhere.db'}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        front.main([command, "acme/shop#1", "--env-file", str(env)])
    assert left.value.code == front.COULD_NOT_RUN
    assert "There is no database at" in capsys.readouterr().err
    assert not (tmp_path / "nowhere.db").exists()


# ------------------------------------------------------------------ replay


def test_every_decision_of_the_story_comes_out_the_same(ask: Ask, story: Story) -> None:
    came = ask("replay", story.release, "--all", "--json")
    told = came.json["decisions"]
    assert came.code == 0, came.out
    assert len(told) >= 4
    assert {one["outcome"] for one in told} == {"same"}
    assert [one["seq"] for one in told] == sorted(one["seq"] for one in told)
    text = ask("replay", story.release, "--all").out.splitlines()
    assert text[-1] == f"{len(told)} decisions: {len(told)} the same, 0 different."


def test_by_default_the_newest_decision_is_taken_again_and_with_seq_another(ask: Ask, story: Story) -> None:
    every = ask("replay", story.release, "--all", "--json").json["decisions"]
    assert ask("replay", story.release, "--json").json["decisions"] == every[-1:]
    assert ask("replay", story.release, "--seq", str(every[0]["seq"]), "--json").json["decisions"] == every[:1]


def test_an_entry_that_is_no_decision_is_refused_with_those_that_are(ask: Ask, story: Story) -> None:
    came = ask("replay", story.release, "--seq", "1")
    assert came.code == front.COULD_NOT_RUN
    assert f"Entry 1 of {story.release} is no decision. Its decisions are: " in came.err


def test_another_version_that_decided_otherwise_is_named_with_the_reasons_that_differ(ask: Ask, story: Story) -> None:
    seq, body = newest()
    body["golive"] = "0.0.9"
    first, *rest = body["decision"]["reasons"]
    body["decision"]["reasons"] = [first | {"code": "check_sulks", "sentence": "The shop sulks."}, *rest]
    rewrite(seq, body)
    came = ask("replay", story.release)
    assert came.code == 1, came.out
    assert f"golive 0.0.9 decided it, and this is golive {__version__}." in came.out
    assert "  - NO GO [check_sulks] The shop sulks." in came.out
    assert "  + NO GO [check_failed] The shop answers: " in came.out
    (row,) = ask("replay", story.release, "--json").json["decisions"]
    assert (row["outcome"], row["golive"], row["differs"]) == ("different", "0.0.9", ["reasons"])
    assert [one["code"] for one in row["went"]] == ["check_sulks"]


def test_what_another_version_did_not_tell_is_no_difference_and_what_this_one_did_not_is(
    ask: Ask, story: Story
) -> None:
    seq, body = newest()
    del body["decision"]["checks"]
    rewrite(seq, body | {"golive": "0.0.9"})
    assert ask("replay", story.release).code == 0
    rewrite(seq, body)
    came = ask("replay", story.release)
    assert came.code == 1
    assert "the record, the program or a check kind was changed" in came.out


DAMAGES: dict[str, tuple[Callable[[], None], str]] = {
    "the decision was erased": (
        lambda: change("delete from ledger_body where number > 0 and seq = ?", newest()[0]),
        "Its body was erased",
    ),
    "a word before it was erased": (
        lambda: change("delete from ledger_body where key like 'word:%'"),
        "It rests on entries of this release that were erased",
    ),
    "the policy text was erased": (
        lambda: change("delete from ledger_body where key like 'policy:%'"),
        "The text of its policy",
    ),
    "a kind of its policy is not installed any more": (
        lambda: change("update ledger_body set body = replace(body, 'uses: http', 'uses: sonar') where key like 'policy:%'"),
        "Its policy is no whole policy for this golive",
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_record_that_is_not_whole_cannot_be_replayed_and_exits_3(ask: Ask, story: Story, damage: str) -> None:
    do, said = DAMAGES[damage]
    place = newest()[0]
    do()
    came = ask("replay", story.release, "--seq", str(place))
    assert came.code == 3, came.out
    assert said in came.out
    assert ask("replay", story.release, "--seq", str(place), "--json").json["decisions"][0]["outcome"] == "cannot"


def test_a_policy_text_that_was_changed_comes_out_different(ask: Ask, story: Story) -> None:
    change(
        "update ledger_body set body = replace(body, 'severity: critical', 'severity: low') where key like 'policy:%'"
    )
    came = ask("replay", story.release)
    assert came.code == 1, "another policy decides otherwise, so the record was tampered with"
    assert "was NO GO, and is " in came.out


ACTS: list[Act] = [
    ("say", ("zoe", "approve", "qa", "comment", False), True),
    ("say", ("bo", "hold", "", "comment", False), True),
    ("push", ("ana", "change"), True),
    ("sibling", (True,), True),
    ("retarget", ("next",), True),
    ("say", ("sue", "reject", "security", "slack", False), True),
    ("ci", ("failure",), True),
    ("mend", (), True),
    ("everybody_signs", (6,), True),
]


@pytest.mark.slow
def test_every_decision_of_a_winding_history_comes_out_the_same() -> None:
    with a_world(policy=PLAYED) as world:
        history = History(world, "ana", by_label=False)
        history.play(ACTS)
        assert world.golive is not None
        subject = Subject("github.test", world.repo_id, history.number)
        kept = record(world.golive.store, subject, "acme/shop#1")
        verdicts = {one.told["verdict"] for one in kept.decisions}
        assert {"GO", "WAIT", "HOLD", "NO_GO"} <= verdicts, f"the history only came to {verdicts}: wind it more"
        for one in kept.decisions:
            again = evidence.told(kept.again(one))
            assert evidence.same(one.told, again), f"entry {one.seq} differs in {evidence.differing(one.told, again)}"


# ------------------------------------------------------------------ simulate


def test_supposing_that_all_that_is_missing_comes_tells_what_goes_and_that_it_would_merge(
    ask: Ask, story: Story
) -> None:
    came = ask("simulate", story.release, "--approve", "security=@sam", "--pass", "healthy", "--pass", "ci")
    assert came.code == 0, came.out
    assert "On record" in came.out.splitlines()[0]
    assert ": NO GO  1/2" in came.out.splitlines()[0]
    assert ": GO  2/2 — nothing is missing" in came.out.splitlines()[1]
    gone = [line.split("[")[1].split("]")[0] for line in came.out.splitlines() if line.startswith("  - ")]
    assert gone == ["check_failed", "check_blocked", "role_missing"]
    assert came.out.splitlines()[-1] == "golive would merge it."


SUPPOSED: list[tuple[list[str], int, str]] = [
    (["--pass", "healthy", "--pass", "ci"], 4, "waiting on security"),
    (["--fail", "ci", "--pass", "healthy"], 1, "[check_failed] CI is green: supposed to have failed."),
    (["--pass", "healthy", "--pass", "ci", "--reject", "security=sue"], 1, "[rejected] @sue rejected it for security."),
    (["--approve", "security=@mina"], 1, "would be refused: Only @sam, @sue may sign off for security."),
    (["--pass", "ci"], 1, "ci is blocked all the same: not run, because healthy did not pass"),
]


@pytest.mark.parametrize(("options", "code", "said"), SUPPOSED, ids=[" ".join(options) for options, _, _ in SUPPOSED])
def test_what_is_supposed_is_decided_by_the_same_rules(
    ask: Ask, story: Story, options: list[str], code: int, said: str
) -> None:
    came = ask("simulate", story.release, *options)
    assert came.code == code, came.out
    assert said in came.out


def test_what_time_alone_changes_is_supposed_with_later(ask: Ask, story: Story) -> None:
    told = ask("simulate", story.release, "--pass", "healthy", "--pass", "ci", "--later", "4h", "--json").json
    assert (told["before"]["verdict"], told["after"]["verdict"]) == ("NO_GO", "WAIT")
    assert "asked 4 h ago" in told["after"]["headline"]


def test_at_a_moment_within_a_freeze_it_is_held(ask: Ask, story: Story) -> None:
    signed = ("--approve", "security=@sam", "--pass", "healthy", "--pass", "ci")
    came = ask("simulate", story.release, *signed, "--at", story.frozen)
    assert came.code == 5, came.out
    assert "+ HOLD [frozen] Frozen until " in came.out


def test_another_policy_is_supposed_with_the_people_that_are_known(ask: Ask, story: Story) -> None:
    signed = ("--approve", "security=@sam", "--pass", "healthy", "--pass", "ci")
    more = story.policy.replace('{role: qa, from: ["@mina", "@zoe"]}', '{role: qa, from: ["@mina", "@zoe"], count: 2}')
    Path("more.yml").write_text(more)
    alone = ask("simulate", story.release, *signed, "--policy", "more.yml", "--approve", "qa=@zoe")
    assert alone.code == 4
    assert "@mina's does not count: the policy's rule for this role changed since" in alone.out
    both = ("--approve", "qa=@zoe", "--approve", "qa=@mina")
    assert ask("simulate", story.release, *signed, "--policy", "more.yml", *both).code == 0
    Path("stranger.yml").write_text(story.policy.replace('["@mina", "@zoe"]', '["@mina", acme/testers]'))
    told = ask("simulate", story.release, *signed, "--policy", "stranger.yml", "--json").json
    assert told["notes"] == ["Who acme/testers stands for is not on record: qa is taken without them."]


REFUSED: list[tuple[list[str], str]] = [
    (["--approve", "security=@eve"], "@eve is not among the people of the newest decision. It knows @ana, "),
    (["--approve", "legal=@sam"], "There is no role 'legal'. This release's are: qa, security, owner."),
    (["--approve", "@sam"], "--approve takes ROLE=@LOGIN, for example qa=@mina; got '@sam'."),
    (["--pass", "speed"], "There is no check 'speed'. This release's are: healthy, ci."),
    (["--pass", "ci", "--fail", "ci"], "ci cannot both pass and fail."),
    (["--at", "2020-01-01T00:00"], "--at lies before what is on record"),
    (["--at", "noon"], "--at takes a time like 2026-12-24T10:00, got 'noon'."),
    (["--later", "soon"], "--later: expected a duration"),
    (["--later", "4h", "--at", "2099-01-01"], "Use --at or --later, not both."),
    (["--policy", "nowhere.yml"], "nowhere.yml cannot be read: No such file"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED, ids=[" ".join(options) for options, _ in REFUSED])
def test_what_cannot_be_supposed_is_refused_with_what_can(
    ask: Ask, story: Story, options: list[str], said: str
) -> None:
    came = ask("simulate", story.release, *options)
    assert (came.code, came.out) == (front.COULD_NOT_RUN, "")
    assert said in came.err


def test_none_of_the_commands_writes_anything(ask: Ask, story: Story) -> None:
    before = rows()
    ask("why", story.release)
    ask("replay", story.release, "--all")
    ask("simulate", story.release, "--approve", "security=@sam", "--pass", "healthy", "--later", "4h")
    assert rows() == before, "a question about the record changed it"
