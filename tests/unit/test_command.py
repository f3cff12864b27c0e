"""How people's words are read: verbs, releases, near misses, roles and commits. A new verb needs a row in EXAMPLES."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from golive.core.command import VERBS, Command, Signing, help_text, parse, signing
from golive.core.errors import NotUnderstood

EXAMPLES = {
    "approve": ("approve qa ran the smoke tests", "qa ran the smoke tests"),
    "reject": ("reject security open finding", "security open finding"),
    "withdraw": ("withdraw qa", "qa"),
    "attest": ("attest dr-drill https://x.example/1", "dr-drill https://x.example/1"),
    "waive": (
        "waive coverage until 2026-12-31 the old module goes next month",
        "coverage until 2026-12-31 the old module goes next month",
    ),
    "check": ("check services-healthy", "services-healthy"),
    "looking": ("looking qa", "qa"),
    "abstain": ("abstain qa I wrote half of it", "qa I wrote half of it"),
    "snooze": ("snooze 2d", "2d"),
    "condition": ("condition rotate the keys owner @ana due production", "rotate the keys owner @ana due production"),
    "delegate": ("delegate qa to @bo for 2d away", "qa to @bo for 2d away"),
    "freeze": ("freeze for 4h the shop is full", "for 4h the shop is full"),
    "unfreeze": ("unfreeze", ""),
    "promote": ("promote", ""),
    "override": ("override 30m the site is down", "30m the site is down"),
    "not-a-release": ("not-a-release wrong branch", "wrong branch"),
    "link": ("link", ""),
    "unlink": ("unlink", ""),
    "connect": ("connect acme", "acme"),
    "disconnect": ("disconnect acme", "acme"),
    "list": ("list waiting role:qa", "waiting role:qa"),
    "follow": ("follow", ""),
    "unfollow": ("unfollow", ""),
    "hold": ("hold waiting for the DBA", "waiting for the DBA"),
    "resume": ("resume the DBA is back", "the DBA is back"),
    "status": ("status", ""),
    "why": ("why", ""),
    "help": ("help approve", "approve"),
}
ROLES = frozenset({"qa", "security", "Product-Owner"})


def test_every_verb_of_the_table_is_exampled_here() -> None:
    assert EXAMPLES.keys() == VERBS.keys(), "give the new verb a row in EXAMPLES"


@pytest.mark.parametrize(("verb", "line", "text"), [(verb, *row) for verb, row in EXAMPLES.items()])
def test_a_verb_and_the_words_after_it(verb: str, line: str, text: str) -> None:
    assert parse(line) == Command(verb, text)


@pytest.mark.parametrize("verb", VERBS)
def test_the_example_in_the_help_of_a_verb_is_read_as_that_verb(verb: str) -> None:
    assert parse(VERBS[verb].example).verb == verb
    assert VERBS[verb].usage.split()[0] == verb
    assert VERBS[verb].example in help_text(verb)
    assert VERBS[verb].usage in help_text()


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", Command("help")),
        ("   \t ", Command("help")),
        ("APPROVE", Command("approve")),
        ("Approve QA Fine", Command("approve", "QA Fine")),
        ("  hold \t many   spaces\n", Command("hold", "many spaces")),
        ("status acme/shop#7", Command("status", release="acme/shop#7")),
        ("acme/shop#7 status", Command("status", release="acme/shop#7")),
        ("acme/shop#7", Command("status", release="acme/shop#7")),
        ("approve acme/shop#7 qa fine", Command("approve", "qa fine", "acme/shop#7")),
        ("approve https://github.com/acme/shop/pull/7 qa", Command("approve", "qa", "acme/shop#7")),
        ("approve https://git.acme.example/acme/shop/pull/7/", Command("approve", "", "acme/shop#7")),
        ("approve a.b-c/d_e.f#12", Command("approve", "", "a.b-c/d_e.f#12")),
        ("approve qa acme/shop#7", Command("approve", "qa acme/shop#7")),
        ("hold see acme/shop#7", Command("hold", "see acme/shop#7")),
        ("approve shop#7", Command("approve", "shop#7")),
        ("approve acme/shop#7x", Command("approve", "acme/shop#7x")),
        ("approve acme/shop#", Command("approve", "acme/shop#")),
        ("approve a/b/c#7", Command("approve", "a/b/c#7")),
    ],
)
def test_spaces_capitals_and_the_release_a_command_names(line: str, command: Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("aprove qa", "`/golive approve"),
        ("approved", "`/golive approve"),
        ("stauts", "`/golive status`"),
        ("acme/shop#7 rejct", "`/golive reject"),
        ("xyzzy", "Type `/golive help`"),
        ("hold", "Use it as `/golive hold <reason>`"),
        ("hold acme/shop#7", "Use it as `/golive hold <reason>`"),
        ("attest", "Use it as `/golive attest <check>"),
    ],
)
def test_what_is_not_understood_is_answered_with_the_way_out(line: str, says: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse(line)
    assert says in str(caught.value)


def test_an_unknown_word_is_quoted_but_not_at_any_length() -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse("x" * 65_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("about", ["", "everything", "  "])
def test_help_about_nothing_it_knows_is_the_whole_table(about: str) -> None:
    assert len(help_text(about).splitlines()) == len(VERBS)


@pytest.mark.parametrize("about", ["approve", " Approve "])
def test_help_about_a_verb_is_one_line(about: str) -> None:
    assert len(help_text(about).splitlines()) == 1


# ------------------------------------------------------------------ role, commit, words


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Signing()),
        ("qa", Signing("qa")),
        ("QA:", Signing("qa")),
        ("qa, it is fine", Signing("qa", text="it is fine")),
        ("product-owner", Signing("Product-Owner")),
        ("qa beef123", Signing("qa", "beef123")),
        ("qa BEEF123 fine", Signing("qa", "beef123", "fine")),
        ("beef123 fine", Signing("", "beef123", "fine")),
        ("beef12", Signing(text="beef12")),
        ("f" * 40, Signing(sha="f" * 40)),
        ("f" * 41, Signing(text="f" * 41)),
        ("beefxyz", Signing(text="beefxyz")),
        ("it is fine for qa", Signing(text="it is fine for qa")),
        ("beef123 qa", Signing(sha="beef123", text="qa")),
        ("I like it", Signing(text="I like it")),
    ],
)
def test_the_words_after_approve_are_role_commit_and_words(text: str, meant: Signing) -> None:
    assert signing(text, ROLES) == meant


@pytest.mark.parametrize(
    ("text", "role"),
    [("securty", "security"), ("Securityy fine", "security"), ("product-owners", "Product-Owner"), ("qaa", "qa")],
)
def test_a_mistyped_role_signs_for_none_and_is_told_the_right_one(text: str, role: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        signing(text, ROLES)
    assert f"Did you mean `{role}`?" in str(caught.value)


def test_a_role_exactly_named_wins_over_one_that_is_near() -> None:
    assert signing("qa-eu fine", frozenset({"qa-us", "qa-eu"})) == Signing("qa-eu", text="fine")


# ------------------------------------------------------------------ whatever anybody types

WORDS = st.text() | st.lists(
    st.sampled_from(
        [*VERBS, "acme/shop#7", "qa", "beef123", "aprove", "\0", "\u2028", "#", "/", "https://x/a/b/pull/1"]
    )
).map(" ".join)


@given(WORDS)
@example("acme/shop#7 acme/shop#8")
@example("ı")
def test_any_text_is_a_command_of_the_table_or_is_not_understood(text: str) -> None:
    try:
        command, way_out = parse(text), ""
    except NotUnderstood as misread:
        command, way_out = None, str(misread)
    if command is None:
        assert "`/golive" in way_out
        return
    assert command.verb in VERBS
    assert command.text == " ".join(command.text.split())


@given(st.text(), st.frozensets(st.text(min_size=1, max_size=12)))
def test_any_words_are_read_for_a_role_that_exists_or_not_at_all(text: str, roles: frozenset[str]) -> None:
    try:
        meant = signing(text, roles)
    except NotUnderstood:
        return
    assert meant.role in roles | {""}
    assert len(meant.sha) in (0, *range(7, 41))


@pytest.mark.parametrize(
    "text", ["a" * 65_000, "a " * 32_000, "approve " + "qa" * 32_000, "a/" * 32_000 + "#1", "." * 65_000]
)
def test_a_huge_text_is_read_at_once(text: str) -> None:
    began = time.process_time()
    for read in (parse, lambda words: signing(words, ROLES)):
        try:
            read(text)
        except NotUnderstood:
            continue
    assert time.process_time() - began < 2, "reading a command takes time that grows faster than its length"


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS.values() if verb.elsewhere])
def test_a_verb_for_the_chat_alone_is_refused_on_the_forge_with_where_to_say_it(verb: str) -> None:
    assert parse(verb, in_chat=True).verb == verb
    with pytest.raises(NotUnderstood, match="from Slack"):
        parse(verb, in_chat=False)
