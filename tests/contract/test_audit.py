"""`golive audit`: a record made by the store is exported, and whatever is done to the file or the record is found.

Add something that can be done to a file as one row of `CHANGES` (by its owner, who signs again) or of `FORMS`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from builders import HEAD, NOW, OLDER, a_finding, a_person, a_snapshot, a_word
from golive.cli import main as front
from golive.core import ledger
from golive.core.bundle import PREDICATE
from golive.core.decide import decide
from golive.core.envelope import IN_TOTO, Envelope, pae, unwrapped, wrapped
from golive.core.errors import Misconfigured
from golive.core.evidence import body_of
from golive.core.ledger import Entry, canonical
from golive.core.model import CheckResult, Outcome, Ruling, Subject, Verdict
from golive.ports import ReleaseState
from golive.settings import Settings
from golive.store.store import Store
from golive.wiring import audit_key
from golive.wiring.audit_key import SigningKey

SHOP = Subject("github.com", 42, 7)
LANDED = "1a2d" * 10
SECRET = "ghp_0123456789abcdef0123456789abcdef0123"
MINUTE = timedelta(minutes=1)
APPROVED = a_word(text="qa drilled with @bo, see " + SECRET, key="comment:1:0")
HELD = a_word("hold", by="bo", text="a moment, @stranger", key="comment:2:0", at=NOW - 9 * MINUTE)
WAIVED = a_word("waive", by="bo", text="coverage until 2026-12-31 old module", key="comment:3:0", at=NOW - 8 * MINUTE)
SET = a_word("condition", by="bo", text="rotate the keys owner @ana due full", key="comment:4:0", at=NOW - 7 * MINUTE)
LEFT = a_word("withdraw", by="cy", text="qa", key="comment:5:0", at=NOW - 6 * MINUTE)
POLICY = "version: 1\nproject: Shop\n"


def a_record() -> list[Entry]:
    """A release that was decided on and landed, with everything that an export tells."""
    snapshot = a_snapshot(policy_sha="ba5e" * 10)
    went = decide(snapshot)
    ended = {"verdict": "GO", "headline": "Merged by golive"}
    qa = {"qa": "d1635700d1635700"}
    return [
        ledger.was_pushed(HEAD.head_sha, a_person("mallory"), NOW - 60 * MINUTE),
        ledger.became_release("production", "main", NOW - 60 * MINUTE),
        ledger.policy_read("ba5e" * 10, ".github/golive.yml", POLICY, NOW - 60 * MINUTE, 2),
        ledger.was_shown(OLDER, NOW - 50 * MINUTE, 0),
        ledger.found(CheckResult(a_finding(), OLDER.head_sha, "d1", 1), NOW - 45 * MINUTE),
        ledger.was_shown(HEAD, NOW - 40 * MINUTE, 1),
        ledger.found(CheckResult(a_finding(outcome=Outcome.FAILED), HEAD.head_sha, "d1", 1), NOW - 30 * MINUTE),
        ledger.found(CheckResult(a_finding(), HEAD.head_sha, "d1", 2), NOW - 5 * MINUTE),
        *(ledger.said(word) for word in (APPROVED, HELD, WAIVED, SET, LEFT)),
        ledger.ruled(Ruling(APPROVED.key, True, "@ana approved", False, ("qa",), qa, {"health": "passed"}), NOW),
        ledger.ruled(Ruling(HELD.key, True, "Held by @bo"), NOW),
        ledger.ruled(Ruling(WAIVED.key, True, "@bo waived coverage"), NOW),
        ledger.ruled(Ruling(SET.key, True, "@bo set C1", named={"ana": a_person("ana").id}), NOW),
        ledger.ruled(Ruling(LEFT.key, False, "Only @ana may sign off for qa."), NOW),
        ledger.decided(body_of(snapshot, went, "0.1.0"), NOW, 18),
        ledger.intends_merge(HEAD.head_sha, NOW),
        ledger.merged(LANDED, "mallory", NOW + MINUTE),
        ledger.decided(ended, NOW + MINUTE, 21),
    ]


Golive = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the recorded release acme/shop#7, made once; every test has a copy of its own."""
    made = tmp_path_factory.mktemp("record")
    with opened(made) as store, store.transaction() as tx:
        tx.append(SHOP, a_record())
        tx.put_release(ReleaseState(SHOP, "acme/shop", "Release 2.4", head_sha=HEAD.head_sha, verdict=Verdict.GO))
    return made / "golive.db"


@pytest.fixture
def folder(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with that database, and no setting."""
    for name in [name for name in os.environ if name.upper().startswith("GOLIVE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(database, tmp_path / database.name)
    return tmp_path


class opened:
    """The store of a folder, closed at the end."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(f"sqlite:///{folder / 'golive.db'}", lambda: NOW)

    def __enter__(self) -> Store:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()


@pytest.fixture
def golive(folder: Path, capsys: pytest.CaptureFixture[str]) -> Golive:
    """One command line of `golive audit`: its exit code, and all that it said."""

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            front.main(["audit", *arguments])
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out + told.err

    return run


@pytest.fixture
def exported(golive: Golive, folder: Path) -> Path:
    code, said = golive("export", "acme/shop#7", "-o", "shop-7.json")
    assert code == 0, said
    return folder / "shop-7.json"


def statement_in(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(unwrapped(file.read_text()).payload)
    return found


def own_key(folder: Path) -> SigningKey:
    found = audit_key.own(Settings(_env_file=None, database_url=f"sqlite:///{folder / 'golive.db'}"))
    assert found is not None
    return found


def sql(folder: Path, statement: str) -> None:
    """What somebody does who has the database in hand and not the store."""
    with opened(folder) as store, store.transaction() as tx:
        tx.session.connection().execute(text(statement))


# ------------------------------------------------------------------ what is exported


def test_an_export_verifies_with_the_key_beside_the_database(golive: Golive, exported: Path) -> None:
    code, said = golive("verify", "shop-7.json")
    assert code == 0, said
    for part in ("the signature holds", "acme/shop#7", HEAD.head_sha[:12], LANDED[:12], "22 entries", "decision is GO"):
        assert part in said, f"nothing was said of {part!r}: {said}"


def test_an_export_verifies_anywhere_with_what_audit_key_prints(
    golive: Golive, exported: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, printed = golive("key")
    assert code == 0, printed
    elsewhere = folder / "auditor"
    elsewhere.mkdir()
    (elsewhere / "golive.pem").write_text(printed)
    (elsewhere / "shop-7.json").write_bytes(exported.read_bytes())
    monkeypatch.chdir(elsewhere)
    code, said = golive("verify", "shop-7.json", "--key", "golive.pem")
    assert (code, "by the key given" in said) == (0, True), said
    assert sorted(file.name for file in elsewhere.iterdir()) == ["golive.pem", "shop-7.json"], (
        "verifying wrote something"
    )


def test_the_envelope_is_signed_over_the_pae_with_ed25519_as_any_tool_reads_it(exported: Path, folder: Path) -> None:
    told = json.loads(exported.read_text())
    assert sorted(told) == ["payload", "payloadType", "signatures"]
    assert told["payloadType"] == IN_TOTO
    payload, (signature,) = base64.b64decode(told["payload"]), told["signatures"]
    public = own_key(folder).key.public_key()
    header = f"DSSEv1 {len(IN_TOTO)} {IN_TOTO} {len(payload)} ".encode()
    public.verify(base64.b64decode(signature["sig"]), header + payload)
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert signature["keyid"] == hashlib.sha256(der).hexdigest()


def test_the_statement_is_about_the_commit_decided_on_and_the_one_it_landed_as(exported: Path) -> None:
    told = statement_in(exported)
    assert told["subject"] == [
        {"name": "acme/shop#7:head", "digest": {"gitCommit": HEAD.head_sha}},
        {"name": "acme/shop#7:merge", "digest": {"gitCommit": LANDED}},
    ]
    assert told["predicateType"] == PREDICATE
    release = told["predicate"]["release"]
    assert (release["host"], release["repository_id"], release["number"]) == ("github.com", 42, 7)
    assert (release["name"], release["tree_sha"], release["base_ref"]) == ("production", HEAD.tree_sha, "main")


def test_the_predicate_tells_policy_sign_offs_findings_and_the_decision(exported: Path) -> None:
    told = statement_in(exported)["predicate"]
    assert told["policy"]["sha"] == "ba5e" * 10
    assert told["policy"]["digest"] == {"sha256": hashlib.sha256(POLICY.encode()).hexdigest()}
    assert (told["decision"]["verdict"], told["decision"]["seq"]) == ("GO", 19), (
        "that it landed is no decision about it"
    )
    (passed,) = told["findings"]
    last = a_record()[7].body
    assert (passed["check"], passed["outcome"], passed["seq"]) == ("health", "passed", 8)
    assert passed["digest"]["sha256"] == hashlib.sha256(canonical(last)).hexdigest()
    approved, left = told["sign_offs"]
    wanted = {
        "role": "qa", "person": a_person("ana").id, "decision": "approve", "surface": "comment", "stands": True,
        "link": APPROVED.link, "at": ledger.stamp(APPROVED.at), "taken": True, "role_digest": "d1635700d1635700",
        "evidence": [{"check": "health", "outcome": "passed"}],
        "covers": {"head_sha": HEAD.head_sha, "tree_sha": HEAD.tree_sha, "base_ref": "main"},
    }  # fmt: skip
    assert {name: approved[name] for name in wanted} == wanted
    assert approved["evidence_digest"] == hashlib.sha256(b'{"health":"passed"}').hexdigest()
    assert (left["decision"], left["taken"], left["stands"]) == ("withdrawn", False, False)
    assert [one["verb"] for one in told["holds"]] == ["hold"]
    assert [(one["check"], one["expires"][:10]) for one in told["waivers"]] == [("coverage", "2027-01-01")]
    assert [(one["id"], one["owner"], one["due"]) for one in told["conditions"]] == [("C1", a_person("ana").id, "full")]


def test_people_are_named_by_number_alone_unless_logins_were_asked_for(golive: Golive, exported: Path) -> None:
    logins = re.compile(r"\b(ana|bo|cy|mallory|stranger)\b")
    told = unwrapped(exported.read_text()).payload.decode()
    assert logins.findall(told) == [], "a login is in an export that should have none"
    assert f"user:{a_person('bo').id}" in told, "the texts do not say who"
    code, said = golive("export", "acme/shop#7", "--with-logins")
    assert code == 0
    with_logins = json.loads(unwrapped(said).payload)["predicate"]
    assert {"id": a_person("ana").id, "login": "ana"} in with_logins["people"]
    assert with_logins["sign_offs"][0]["answered"] == "@ana approved"


@pytest.mark.parametrize("more", [[], ["--with-logins"]])
def test_no_secret_is_exported(golive: Golive, more: list[str]) -> None:
    code, said = golive("export", "acme/shop#7", *more)
    payload = unwrapped(said).payload.decode()
    assert (code, SECRET in payload, "see [secret]" in payload) == (0, False, True), payload


def test_a_release_that_has_not_landed_has_one_subject(golive: Golive, folder: Path) -> None:
    with opened(folder) as store, store.transaction() as tx:
        tx.append(replace(SHOP, number=8), a_record()[:19])
        tx.put_release(ReleaseState(replace(SHOP, number=8), "acme/shop"))
    assert golive("export", "acme/shop#8", "-o", "eight.json")[0] == 0
    told = statement_in(folder / "eight.json")
    assert [one["name"] for one in told["subject"]] == ["acme/shop#8:head"]
    assert golive("verify", "eight.json")[0] == 0


@pytest.mark.parametrize(
    ("named", "said"),
    [
        pytest.param("acme/shop#9", "knows no 'acme/shop#9'", id="unknown"),
        pytest.param("inbox", "no release", id="a chore"),
        pytest.param("acme/shop#8", "is no release", id="a pull request that was none"),
        pytest.param("acme/shop#10", "no commit to be evidence of", id="nothing was shown of it"),
    ],
)
def test_what_cannot_be_exported_is_said(golive: Golive, folder: Path, named: str, said: str) -> None:
    with opened(folder) as store, store.transaction() as tx:
        for number, entries in ((8, a_record()[:1]), (10, a_record()[:2])):
            tx.append(replace(SHOP, number=number), entries)
            tx.put_release(ReleaseState(replace(SHOP, number=number), "acme/shop"))
    code, told = golive("export", named)
    assert (code, said in told) == (3, True), told


def test_a_real_release_from_the_doors_to_the_merge_exports_and_verifies(folder: Path, golive: Golive) -> None:
    from world import a_world

    with a_world() as world:
        number = world.release()
        world.later(seconds=61)
        world.says("mina", number, "/golive approve qa fine")
        world.later(seconds=2)
        world.slack.react("white_check_mark", by=world.users["sam"], channel=world.channel, ts=world.request_ts())
        world.settle()
        assert world.github.pull("acme/shop", number).merged
        settings = folder / "shop.env"
        settings.write_text(f"GOLIVE_DATABASE_URL=sqlite:///{world.folder / 'golive.db'}\n")
        code, said = golive("export", f"acme/shop#{number}", "-o", "real.json", "--env-file", str(settings))
        assert code == 0, said
        code, said = golive("verify", "real.json", "--env-file", str(settings))
        assert code == 0, said
    told = statement_in(folder / "real.json")["predicate"]
    assert {(one["role"], one["surface"], one["stands"]) for one in told["sign_offs"]} == {
        ("qa", "comment", True), ("security", "slack reaction", True),
    }  # fmt: skip
    assert {one["check"]: one["decided_as"] for one in told["findings"]} == {"healthy": "passed", "ci": "passed"}


# ------------------------------------------------------------------ what is done to a file


def test_every_byte_of_a_file_that_is_another_is_found(folder: Path, exported: Path) -> None:
    from golive.cli.evidence import verified

    whole = exported.read_bytes()
    touched = folder / "touched.json"
    begin, end = whole.index(b'"payload":'), whole.index(b'"signatures"')
    # every byte around the payload and of the signature; inside the payload, which is one text, some of them
    places = [*range(begin + 40), *range(begin + 40, end - 40, 97), *range(end - 40, len(whole))]
    for place in places:
        for other in {whole[place] ^ 1, ord(" "), ord("A")} - {whole[place]}:
            touched.write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
            seen = verified(touched, None, "", None)
            near = whole[max(place - 20, 0) : place + 20]
            assert seen.wrong or seen.unchecked, f"byte {place} became {other:#x}, and nobody noticed: {near!r}"


FORMS: dict[str, Callable[[dict[str, Any]], str]] = {
    "on one line": json.dumps,
    "a key more": lambda e: json.dumps({**e, "note": ""}, indent=2) + "\n",
    "no signature": lambda e: json.dumps({**e, "signatures": []}, indent=2) + "\n",
    "two signatures": lambda e: json.dumps({**e, "signatures": e["signatures"] * 2}, indent=2) + "\n",
    "a signature that is none": lambda e: json.dumps({**e, "signatures": [7]}, indent=2) + "\n",
    "another type": lambda e: json.dumps({**e, "payloadType": "text/plain"}, indent=2) + "\n",
    "the payload as it is": lambda e: base64.b64decode(e["payload"]).decode(),
    "nothing": lambda e: "",
    "a list": lambda e: "[]",
    "nested without end": lambda e: "[" * 100_000,
    "a payload that is no JSON": lambda e: json.dumps({**e, "payload": "aGk="}, indent=2) + "\n",
    "a payload with half a character": lambda e: json.dumps({**e, "payload": "eyJhIjoiXHVkODAwIn0="}, indent=2) + "\n",
}
"""What an envelope may be made into by somebody without the key."""


@pytest.mark.parametrize("form", FORMS)
def test_an_envelope_in_any_other_form_is_refused_in_words(golive: Golive, exported: Path, form: str) -> None:
    exported.write_text(FORMS[form](json.loads(exported.read_text())))
    code, said = golive("verify", "shop-7.json")
    assert (code, "Do not rely on it" in said, "Traceback" in said) == (1, True, False), said


def test_a_file_that_is_no_text_is_refused_in_words(golive: Golive, exported: Path) -> None:
    exported.write_bytes(b"\xff\xfe\x00")
    assert golive("verify", "shop-7.json")[0] == 1


def _set(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(told: dict[str, Any]) -> None:
        for step in path[:-1]:
            told = told[step]
        assert told[path[-1]] != to, f"{path} is {to!r} already: this row changes nothing"
        told[path[-1]] = to

    return change


def _chain(name: str, *more: Any) -> tuple[Any, ...]:
    return ("predicate", "chain", name, *more)


def _rows(change: Callable[[list[Any]], list[Any]]) -> Callable[[dict[str, Any]], None]:
    def changed(told: dict[str, Any]) -> None:
        chain = told["predicate"]["chain"]
        chain["rows"] = change(chain["rows"])

    return changed


def _shorter(told: dict[str, Any]) -> None:
    """The last row taken out, with length and head made to fit: what only the rest of the statement tells."""
    chain = told["predicate"]["chain"]
    chain["rows"] = chain["rows"][:18]
    chain["length"], chain["head"] = 18, chain["rows"][-1][-1]


CHANGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "_type": _set("_type", to="https://in-toto.io/Statement/v0.1"),
    "predicate type": _set("predicateType", to="https://golive.dev/release-evidence/v2"),
    "another head as the subject": _set("subject", 0, "digest", "gitCommit", to=OLDER.head_sha),
    "another merge as the subject": _set("subject", 1, "digest", "gitCommit", to=OLDER.head_sha),
    "another name of the subject": _set("subject", 0, "name", to="acme/other#7:head"),
    "another digest of the subject": _set("subject", 0, "digest", to={"sha256": "0" * 64}),
    "no merge as the subject": lambda told: told["subject"].pop(),
    "a subject twice": lambda told: told["subject"].append(told["subject"][0]),
    "a subject more": lambda told: told["subject"].append({"name": "x", "digest": {"gitCommit": LANDED}}),
    "no subject": _set("subject", to=[]),
    "the release's host": _set("predicate", "release", "host", to="github.test"),
    "the release's repository": _set("predicate", "release", "repository_id", to=43),
    "the release's number": _set("predicate", "release", "number", to=8),
    "the release's head": _set("predicate", "release", "head_sha", to=OLDER.head_sha),
    "the release's merge": _set("predicate", "release", "merge_sha", to=""),
    "when it landed": _set("predicate", "release", "merged_at", to=""),
    "the head decided on": _set("predicate", "decision", "head_sha", to=OLDER.head_sha),
    "the decision's entry": _set("predicate", "decision", "seq", to=18),
    "the decision's time": _set("predicate", "decision", "at", to=ledger.stamp(NOW - MINUTE)),
    "a sign-off's entry": _set("predicate", "sign_offs", 0, "seq", to=10),
    "a sign-off's time": _set("predicate", "sign_offs", 0, "at", to=ledger.stamp(NOW)),
    "a sign-off made up": lambda told: told["predicate"]["sign_offs"].append({**told["predicate"]["sign_offs"][0], "seq": 99}),
    "a finding's entry": _set("predicate", "findings", 0, "seq", to=7),
    "a hold's entry": _set("predicate", "holds", 0, "seq", to=1),
    "the policy's entry": _set("predicate", "policy", "seq", to=4),
    "no list of findings": _set("predicate", "findings", to={}),
    "no chain": lambda told: told["predicate"].pop("chain"),
    "no release": lambda told: told["predicate"].pop("release"),
    "a predicate that is none": _set("predicate", to=7),
    "the chain's release": _set(*_chain("subject"), to="github.com/42/8"),
    "the chain's head": _set(*_chain("head"), to="0" * 64),
    "the chain's length": _set(*_chain("length"), to=21),
    "a row's number": _set(*_chain("rows", 3, 0), to=5),
    "a row's number as a truth": _set(*_chain("rows", 3, 0), to=True),
    "a row's kind": _set(*_chain("rows", 3, 1), to="word"),
    "a row's time": _set(*_chain("rows", 3, 2), to=ledger.stamp(NOW)),
    "a row's time written otherwise": lambda told: _set(
        *_chain("rows", 3, 2), to=told["predicate"]["chain"]["rows"][3][2].replace("+00:00", "Z")
    )(told),
    "a row's body": _set(*_chain("rows", 3, 3), to="0" * 64),
    "a row's predecessor": _set(*_chain("rows", 3, 4), to="0" * 64),
    "a row's hash": _set(*_chain("rows", 3, 5), to="0" * 64),
    "the last row's hash": _set(*_chain("rows", 21, 5), to="0" * 64),
    "a row that is short": _set(*_chain("rows", 3), to=[4, "shown"]),
    "two rows changed places": _rows(lambda rows: [*rows[:5], rows[6], rows[5], *rows[7:]]),
    "the first row taken out": _rows(lambda rows: rows[1:]),
    "a row taken out": _rows(lambda rows: [*rows[:5], *rows[6:]]),
    "the last row taken out": _rows(lambda rows: rows[:-1]),
    "a row twice": _rows(lambda rows: [*rows[:5], rows[4], *rows[5:]]),
    "no rows": _rows(lambda rows: []),
    "rows cut off, length and head made to fit": _shorter,
}  # fmt: skip
"""What even the owner of the key cannot change and sign again."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_statement_that_does_not_agree_with_itself_is_found_although_it_is_signed(
    golive: Golive, exported: Path, folder: Path, change: str
) -> None:
    told = statement_in(exported)
    CHANGES[change](told)
    exported.write_text(wrapped(own_key(folder).sealed(canonical(told))))
    code, said = golive("verify", "shop-7.json")
    assert (code, "the signature holds" in said) == (1, True), f"{change} was changed and signed again: {said}"
    assert "Traceback" not in said


def test_a_statement_signed_again_without_a_change_verifies(golive: Golive, exported: Path, folder: Path) -> None:
    exported.write_text(wrapped(own_key(folder).sealed(canonical(statement_in(exported)))))
    assert golive("verify", "shop-7.json")[0] == 0


# ------------------------------------------------------------------ keys


def a_public_key(folder: Path, key: Any = None) -> str:
    key = key or Ed25519PrivateKey.generate()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (folder / "other.pem").write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
    return "other.pem"


def test_another_key_is_found(golive: Golive, exported: Path, folder: Path) -> None:
    code, said = golive("verify", "shop-7.json", "--key", a_public_key(folder))
    assert (code, "it is signed with key" in said) == (1, True), said


def test_a_file_signed_by_another_key_that_claims_to_be_ours_is_found(
    golive: Golive, exported: Path, folder: Path
) -> None:
    forged = SigningKey(Ed25519PrivateKey.generate()).sealed(canonical(statement_in(exported)))
    exported.write_text(wrapped(replace(forged, key_id=own_key(folder).public.id)))
    code, said = golive("verify", "shop-7.json")
    assert (code, "its signature does not fit" in said) == (1, True), said


def test_a_file_of_another_installation_is_not_called_good_without_its_key(
    golive: Golive, exported: Path, folder: Path
) -> None:
    (folder / "golive.db.audit-key.pem").unlink()
    code, said = golive("verify", "shop-7.json")
    assert (code, "signature not checked: give --key" in said) == (3, True), said
    assert "the signature holds" not in said
    assert not (folder / "golive.db.audit-key.pem").exists(), "verifying made a key"


def test_the_type_of_the_payload_is_signed_too(golive: Golive, exported: Path, folder: Path) -> None:
    exported.write_text(wrapped(own_key(folder).sealed(unwrapped(exported.read_text()).payload, "text/plain")))
    code, said = golive("verify", "shop-7.json")
    assert (code, "text/plain" in said) == (1, True), said


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(
            lambda folder: a_public_key(folder, ec.generate_private_key(ec.SECP256R1())), id="another kind of key"
        ),
        pytest.param(lambda folder: (folder / "no.pem").write_text("hello") and "no.pem", id="no key"),
    ],
)
def test_a_key_that_is_none_is_refused_in_words(
    golive: Golive, exported: Path, folder: Path, write: Callable[[Path], str]
) -> None:
    code, said = golive("verify", "shop-7.json", "--key", write(folder))
    assert (code, "is no Ed25519 public key" in said) == (3, True), said


def test_the_key_is_made_once_and_only_golive_may_read_it(golive: Golive, folder: Path) -> None:
    first, second = golive("key"), golive("key")
    assert first == second
    made = folder / "golive.db.audit-key.pem"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert sorted(file.name for file in folder.iterdir() if "audit-key" in file.name) == [made.name], (
        "something is left"
    )
    assert own_key(folder).public.id in first[1]
    made.chmod(0o640)
    code, said = golive("key")
    assert (code, "chmod 600" in said) == (3, True), said


def test_two_that_make_a_key_at_once_end_with_one(folder: Path) -> None:
    settings = Settings(_env_file=None, database_url=f"sqlite:///{folder / 'golive.db'}")
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(audit_key.own_or_new(settings).public.id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8, "one of them failed"
    assert set(ids) == {own_key(folder).public.id}


def test_a_key_of_the_operators_own_signs(golive: Golive, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ours.pem").write_bytes(pem)
    monkeypatch.setenv("GOLIVE_AUDIT_KEY_FILE", str(folder / "ours.pem"))
    assert golive("export", "acme/shop#7", "-o", "shop-7.json")[0] == 0
    assert golive("verify", "shop-7.json")[0] == 0
    assert not (folder / "golive.db.audit-key.pem").exists(), "a second key was made"


@pytest.mark.parametrize(
    "written", [None, b"hello", b"-----BEGIN PRIVATE KEY-----\nhello\n-----END PRIVATE KEY-----\n"]
)
def test_a_setting_that_names_no_key_says_how_to_make_one(
    golive: Golive, folder: Path, monkeypatch: pytest.MonkeyPatch, written: bytes | None
) -> None:
    if written is not None:
        (folder / "ours.pem").write_bytes(written)
    monkeypatch.setenv("GOLIVE_AUDIT_KEY_FILE", str(folder / "ours.pem"))
    code, said = golive("key")
    assert (code, "ours.pem" in said) == (3, True), said
    assert "openssl genpkey" in said or "GOLIVE_AUDIT_KEY_FILE" in said


@pytest.mark.parametrize("url", ["postgresql+psycopg://golive@127.0.0.1/golive", "sqlite://"])
def test_without_a_file_beside_which_a_key_could_lie_the_setting_is_asked_for(url: str) -> None:
    with pytest.raises(Misconfigured, match="GOLIVE_AUDIT_KEY_FILE"):
        audit_key.own_or_new(Settings(_env_file=None, database_url=url))


# ------------------------------------------------------------------ the record itself


def test_an_erased_body_leaves_record_and_export_verifiable(golive: Golive, folder: Path) -> None:
    sql(folder, "delete from ledger_body where seq in (9, 14)")
    assert golive("verify", "--all")[0] == 0
    assert golive("export", "acme/shop#7", "-o", "shop-7.json")[0] == 0
    code, said = golive("verify", "shop-7.json")
    assert code == 0, said
    told = statement_in(folder / "shop-7.json")["predicate"]
    assert [one["decision"] for one in told["sign_offs"]] == ["withdrawn"], "the word that was erased is told still"


@pytest.mark.parametrize("seq", range(1, 23))
def test_a_record_without_any_one_of_its_bodies_can_still_be_exported(golive: Golive, folder: Path, seq: int) -> None:
    sql(folder, f"delete from ledger_body where seq = {seq}")
    code, said = golive("export", "acme/shop#7", "-o", "shop-7.json")
    assert code == 0, said
    code, said = golive("verify", "shop-7.json")
    assert code == 0, said


DONE: dict[str, str] = {
    "a body": """update ledger_body set body = '{"text":"approve"}' where seq = 9""",
    "a row": "update ledger set kind = 'ruling' where seq = 9",
    "a row taken out": "delete from ledger where seq = 9",
    "the last row taken out, its body left": "delete from ledger where seq = 22",
}
"""What may be done to a record → in which words of the database."""


@pytest.mark.parametrize("done", DONE)
def test_a_record_that_was_touched_is_found_and_not_exported(golive: Golive, folder: Path, done: str) -> None:
    sql(folder, DONE[done])
    code, said = golive("verify", "acme/shop#7")
    assert (code, "1 of 1 records do not hold" in said) == (1, True), said
    if "last" not in done:
        code, said = golive("export", "acme/shop#7")
        assert (code, "does not hold" in said) == (3, True), said


def test_a_head_that_was_noted_earlier_is_still_in_the_chain(golive: Golive, folder: Path) -> None:
    """The check run shows the head of its moment; the merge and what follows it are recorded later."""
    with opened(folder) as store:
        noted = next(link.hash for link in store.links(SHOP) if link.seq == 18)
    assert golive("verify", "acme/shop#7", "--head", noted[:12])[0] == 0
    assert golive("export", "acme/shop#7", "-o", "shop-7.json")[0] == 0
    assert golive("verify", "shop-7.json", "--head", noted[:12])[0] == 0


def test_a_record_written_anew_is_found_by_a_head_that_was_noted(golive: Golive, folder: Path) -> None:
    with opened(folder) as store:
        head = store.chain_head(SHOP)
    sql(folder, "delete from ledger")
    sql(folder, "delete from ledger_body")
    with opened(folder) as store, store.transaction() as tx:
        tx.append(SHOP, a_record())
    assert golive("verify", "acme/shop#7")[0] == 0, "another story holds by itself"
    code, said = golive("verify", "acme/shop#7", "--head", head[:12])
    assert (code, "written anew" in said) == (1, True), said


def test_an_end_that_was_cut_off_is_found_by_the_head_that_somebody_noted(golive: Golive, folder: Path) -> None:
    with opened(folder) as store:
        head = store.chain_head(SHOP)
    assert golive("verify", "acme/shop#7", "--head", head[:12])[0] == 0
    assert golive("verify", "acme/shop#7", "--head", head.upper())[0] == 0
    assert golive("export", "acme/shop#7", "-o", "before.json")[0] == 0
    sql(folder, "delete from ledger where seq = 22")
    sql(folder, "delete from ledger_body where seq = 22")
    assert golive("verify", "acme/shop#7")[0] == 0, "a shorter chain holds by itself"
    code, said = golive("verify", "acme/shop#7", "--head", head[:12])
    assert (code, "never had the head" in said) == (1, True), said
    assert golive("verify", "before.json", "--head", head[:12])[0] == 0, "the export has the whole chain"
    assert golive("export", "acme/shop#7", "-o", "after.json")[0] == 0
    code, said = golive("verify", "after.json", "--head", head[:12])
    assert (code, "never had the head" in said) == (1, True), said


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["acme/shop#7", "--all"], id="one and all"),
        pytest.param(["--all", "--head", "abcdef1"], id="one head of all"),
        pytest.param(["acme/shop#7", "--head", "nope"], id="no hash"),
        pytest.param(["no-such-file.json"], id="neither file nor release"),
    ],
)
def test_verify_says_what_it_wants(golive: Golive, arguments: list[str]) -> None:
    code, said = golive("verify", *arguments)
    assert (code, "Traceback" in said) == (3, False), said


# ------------------------------------------------------------------ the form


@pytest.mark.parametrize(
    ("kind", "payload", "encoded"),
    [
        pytest.param(
            "http://example.com/HelloWorld", b"hello world", b"DSSEv1 29 http://example.com/HelloWorld 11 hello world",
            id="the vector of the DSSE protocol",
        ),
        pytest.param("", b"", b"DSSEv1 0  0 ", id="nothing"),
        pytest.param("ö", b"\x00 1", "DSSEv1 2 ö 3 \x00 1".encode(), id="lengths are bytes"),
    ],
)  # fmt: skip
def test_pae_is_that_of_dsse(kind: str, payload: bytes, encoded: bytes) -> None:
    assert pae(kind, payload) == encoded


def test_an_envelope_comes_back_as_it_was() -> None:
    envelope = Envelope(b'{"a":1}', "key", b"\x00\xff", "text/plain")
    assert unwrapped(wrapped(envelope)) == envelope
