"""A Slack person is linked to a GitHub person in one browser that proves both, and in no other way.

The whole app against both stand-ins. Each way round it is one row or one test; add a new one here.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from golive.core.model import Person
from golive.settings import Settings
from golive.standins.wire import Request
from world import World

GONE = "not valid"


class LinkWorld(World):
    """The usual people, where linking is set up. eve and dan are in nobody's file; their GitHub logins are their names."""

    public = "http://golive.test"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.github.add_user("dan")
        self.users["dan"] = self.slack.add_user("dan", email="eve@acme.example")
        self.users["guest"] = self.slack.add_user("guest", is_restricted=True)
        self.users["stranger"] = self.slack.add_user("stranger", team_id="T0OTHER")
        self.slack.sends_back_to([f"{self.public}/signin/slack"])
        self.app.callback_urls = (f"{self.public}/signin/github",)

    def settings(self) -> Settings:
        linking = {
            "github_client_id": self.app.client_id, "github_client_secret": SecretStr(self.app.client_secret),
            "github_web_url": self.github_url, "slack_client_id": self.slack.client_id,
            "slack_client_secret": SecretStr(self.slack.client_secret), "public_url": self.public,
        }  # fmt: skip
        return super().settings().model_copy(update=linking)

    def told(self, name: str, words: str) -> str:
        """What only this person is answered."""
        self.slack_says(name, words)
        return self.slack.ephemerals_for(name)[-1].text

    def link_for(self, name: str) -> str:
        """The path of a fresh link."""
        said = self.told(name, "link")
        found = re.search(re.escape(self.public) + r"(/link/[\w-]+)", said)
        assert found, f"`/golive link` must be answered with a link, not with: {said}"
        return found[1]

    def who(self, name: str) -> Person | None:
        """Whom golive takes a Slack person for."""
        assert self.golive is not None
        user = self.slack.world.user(name)
        with self.golive.store.transaction() as tx:
            return tx.person(f"{user.team_id}/{user.id}")

    def nobody(self) -> bool:
        return all(self.who(name) is None for name in ("eve", "dan", "guest", "stranger"))

    def everything_kept(self) -> str:
        """All text in the database but the inbox, whose deliveries are other people's."""
        assert self.golive is not None
        with self.golive.store.reading() as session:
            return "".join(
                str(session.execute(text(f"select * from {t}")).all()) for t in ("answer", "linking", "person")
            )


class Https(LinkWorld):
    public = "https://golive.test"


class Browser:
    """One browser: its cookies, the page before it, and where its last step led."""

    def __init__(self, world: LinkWorld) -> None:
        assert world.client is not None
        self.world = world
        self.client = TestClient(world.client.app, base_url=world.public, follow_redirects=False)
        self.page: Any = None

    def get(self, url: str) -> str:
        self.page = self.client.get(url.removeprefix(self.world.public))
        return str(self.page.text)

    def post(self, url: str, **form: str) -> str:
        self.page = self.client.post(url, data=form)
        return str(self.page.text)

    def onward(self) -> str:
        """Where the page's button leads: the sign-in page."""
        found = re.search(r'class="button" href="([^"]+)"', self.page.text)
        assert found, f"no way on from this page: {self.page.text}"
        return html.unescape(found[1])

    def key(self) -> str:
        found = re.search(r'name="key" value="([^"]+)"', self.page.text)
        assert found, f"no form to confirm with: {self.page.text}"
        return html.unescape(found[1])

    def begin(self, path: str) -> str:
        self.post(path)
        return self.onward()

    def slack(self, url: str, name: str, allow: bool = True) -> str:
        """Sign in with Slack; returns the address that Slack sends the browser to."""
        who = self.world.slack.world.user(name).id
        return self._signs_in(self.world.slack, url, {"as": who, "allow": "1" if allow else "0"})

    def github(self, url: str, login: str, allow: bool = True) -> str:
        """Sign in with GitHub; returns the address that GitHub sends the browser to."""
        return self._signs_in(self.world.github, url, {"by": login, "authorize": "1" if allow else "0"})

    @staticmethod
    def _signs_in(service: Any, url: str, choice: dict[str, str]) -> str:
        assert service.respond(Request.of("GET", url)).status == 200
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        answer = service.respond(Request.of("POST", url.partition("?")[0], {}, urlencode(asked | choice)))
        return str(answer.headers["location"])

    def to_github(self, path: str, name: str) -> str:
        """Up to GitHub's page, as a Slack person."""
        self.get(self.slack(self.begin(path), name))
        return self.onward()

    def to_confirm(self, path: str, name: str, login: str) -> str:
        """Up to the last click; returns its key."""
        self.get(self.github(self.to_github(path, name), login))
        return self.key()


@contextmanager
def heard(told: io.StringIO) -> Iterator[None]:
    """Warnings of golive's log, written there as lines."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        processors=[structlog.processors.LogfmtRenderer(bool_as_flag=False)],
        logger_factory=structlog.PrintLoggerFactory(told),
    )
    yield
    structlog.configure(**before)


def refused(browser: Browser, words: str) -> None:
    assert browser.page.status_code == 403, f"this must be refused, and was not: {browser.page.text}"
    assert words in html.unescape(browser.page.text), "the refusal must say why, in words"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[LinkWorld]:
    made = LinkWorld(tmp_path)
    yield made
    made.close()


@pytest.fixture
def browser(world: LinkWorld) -> Browser:
    return Browser(world)


# ------------------------------------------------------------------ the way


def test_one_browser_that_proves_both_accounts_links_them(world: LinkWorld, browser: Browser) -> None:
    path = world.link_for("eve")
    assert "Begin in this browser" in browser.get(path)
    key = browser.to_confirm(path, "eve", "dan")
    shown = re.sub(r"<[^>]+>|\s+", " ", browser.page.text)
    assert "In Slack eve" in re.sub(" +", " ", shown), "the page must name the Slack person before the last click"
    assert "On GitHub dan" in re.sub(" +", " ", shown), "the page must name the GitHub person before the last click"
    assert world.nobody(), "nothing is linked before the last click"
    assert "Linked" in browser.post("/link", key=key)
    assert world.who("eve") == Person(world.github.world.user("dan").id, "dan")
    assert world.who("dan") is None


def test_what_a_linked_person_says_in_slack_counts(world: LinkWorld, browser: Browser) -> None:
    world.github.set_team("acme/security", members=["sam", "sue", "eve"])
    number = world.asked()
    assert "/golive link" in world.told("eve", "approve security"), "an unknown person must be told of `/golive link`"
    browser.post("/link", key=browser.to_confirm(world.link_for("eve"), "eve", "eve"))
    world.slack_says("eve", "approve security")
    assert any("eve" in comment for comment in world.our_comments(number)), "eve's sign-off is not shown"


def test_looking_at_a_link_changes_nothing(world: LinkWorld, browser: Browser) -> None:
    path = world.link_for("eve")
    for _ in range(3):
        assert Browser(world).get(path)
    assert browser.post("/link", key=browser.to_confirm(path, "eve", "eve"))
    assert world.who("eve")


def test_a_new_link_takes_the_place_of_the_old_link_and_of_an_old_code(world: LinkWorld, browser: Browser) -> None:
    old, path = world.link_for("eve"), world.link_for("eve")
    browser.get(old)
    refused(browser, GONE)
    browser.post("/link", key=browser.to_confirm(path, "eve", "eve"))
    assert "your link to eve" in world.told("eve", "link")
    browser.post("/link", key=browser.to_confirm(world.link_for("eve"), "eve", "dan"))
    assert world.who("eve") == Person(world.github.world.user("dan").id, "dan")


def test_neither_codes_nor_keys_nor_tokens_are_kept(world: LinkWorld, browser: Browser) -> None:
    path = world.link_for("eve")
    held = [path.rpartition("/")[2]]
    slack = browser.begin(path)
    held += [parse_qs(urlsplit(slack).query)["state"][0], *browser.client.cookies.values()]
    browser.get(browser.slack(slack, "eve"))
    held += [parse_qs(urlsplit(browser.onward()).query)["state"][0]]
    browser.get(browser.github(browser.onward(), "eve"))
    held += [browser.key(), *world.github.gate.tokens]
    kept = world.everything_kept()
    assert not [one for one in held if one in kept], "what opens a door must not lie in the database in plain"
    browser.post("/link", key=browser.key())
    assert not [one for one in held if one in world.everything_kept()]


# ------------------------------------------------------------------ trap 22: who is who


def test_trap_22_the_same_email_address_links_nobody(world: LinkWorld, browser: Browser) -> None:
    """dan's Slack account has eve's address: neither is asked for it, and it says nothing."""
    browser.to_confirm(world.link_for("dan"), "dan", "dan")
    slack = parse_qs(urlsplit(browser.begin(world.link_for("dan"))).query)
    assert slack["scope"] == ["openid profile"]
    assert not world.slack.calls("users.lookupByEmail")
    assert world.nobody()


def test_trap_22_a_link_passed_on_to_somebody_else_links_nobody(world: LinkWorld, browser: Browser) -> None:
    path = world.link_for("eve")
    browser.get(browser.slack(browser.begin(path), "dan"))
    refused(browser, "did not ask for this link")
    hers = Browser(world)
    hers.post(path)
    refused(hers, GONE)
    assert world.nobody()


@pytest.mark.parametrize(("name", "words"), [("guest", "guest"), ("stranger", "another workspace")])
def test_trap_22_guests_and_other_workspaces_are_refused(
    world: LinkWorld, browser: Browser, name: str, words: str
) -> None:
    browser.get(browser.slack(browser.begin(world.link_for(name)), name))
    refused(browser, words)
    assert world.nobody()


def test_trap_22_a_deactivated_account_is_refused(world: LinkWorld, browser: Browser) -> None:
    signed_in = browser.slack(browser.begin(world.link_for("eve")), "eve")
    world.slack.world.user("eve").deleted = True
    browser.get(signed_in)
    refused(browser, "deactivated")
    assert world.nobody()


def test_trap_22_a_bot_on_github_is_refused(world: LinkWorld, browser: Browser) -> None:
    browser.get(browser.github(browser.to_github(world.link_for("eve"), "eve"), "golive[bot]"))
    refused(browser, "no person")
    assert world.nobody()


# ------------------------------------------------------------------ one browser, one time, ten minutes

Walk = Callable[[LinkWorld, Browser], Callable[[Browser], object]]
"""Goes as far as before a step, and returns that step, to be taken by any browser."""


def _slack_step(world: LinkWorld, browser: Browser) -> Callable[[Browser], object]:
    back = browser.slack(browser.begin(world.link_for("eve")), "eve")
    return lambda by: by.get(back)


def _github_step(world: LinkWorld, browser: Browser) -> Callable[[Browser], object]:
    back = browser.github(browser.to_github(world.link_for("eve"), "eve"), "eve")
    return lambda by: by.get(back)


def _last_click(world: LinkWorld, browser: Browser) -> Callable[[Browser], object]:
    key = browser.to_confirm(world.link_for("eve"), "eve", "eve")
    return lambda by: by.post("/link", key=key)


def _beginning(world: LinkWorld, _: Browser) -> Callable[[Browser], object]:
    path = world.link_for("eve")
    return lambda by: by.post(path)


AFTER_THE_FIRST = [
    pytest.param(_slack_step, id="back from Slack"),
    pytest.param(_github_step, id="back from GitHub"),
    pytest.param(_last_click, id="the last click"),
]
EVERY = [pytest.param(_beginning, id="beginning"), *AFTER_THE_FIRST]


@pytest.mark.parametrize("walk", AFTER_THE_FIRST)
def test_a_step_in_another_browser_links_nobody(world: LinkWorld, browser: Browser, walk: Walk) -> None:
    step, other = walk(world, browser), Browser(world)
    step(other)
    refused(other, "another browser")
    other.begin(world.link_for("dan"))  # a browser that has a linking of its own
    step(other)
    refused(other, "another browser")
    assert world.nobody()
    step(browser)
    assert browser.page.status_code == 200, "somebody else's browser must not spoil it for the right one"


@pytest.mark.parametrize("walk", EVERY)
def test_a_step_works_once(world: LinkWorld, browser: Browser, walk: Walk) -> None:
    step = walk(world, browser)
    step(browser)
    assert browser.page.status_code == 200
    linked = world.who("eve")
    for by in (browser, Browser(world)):
        step(by)
        refused(by, "once" if walk is _beginning else GONE)
    assert world.who("eve") == linked


@pytest.mark.parametrize("walk", EVERY)
def test_a_step_after_ten_minutes_links_nobody(world: LinkWorld, browser: Browser, walk: Walk) -> None:
    step = walk(world, browser)
    world.clock.pass_(minutes=10)
    step(browser)
    refused(browser, "10 minutes")
    assert world.nobody()


@pytest.mark.parametrize("walk", EVERY)
def test_a_step_of_a_linking_that_was_asked_for_anew_links_nobody(
    world: LinkWorld, browser: Browser, walk: Walk
) -> None:
    step = walk(world, browser)
    world.link_for("eve")
    step(browser)
    refused(browser, GONE)
    assert world.nobody()


# ------------------------------------------------------------------ no, mixed-up, forged


def test_saying_no_at_slack_links_nobody(world: LinkWorld, browser: Browser) -> None:
    browser.get(browser.slack(browser.begin(world.link_for("eve")), "eve", allow=False))
    refused(browser, "did not sign in with Slack")
    assert world.nobody()


def test_saying_no_at_github_links_nobody(world: LinkWorld, browser: Browser) -> None:
    browser.get(browser.github(browser.to_github(world.link_for("eve"), "eve"), "eve", allow=False))
    refused(browser, "did not sign in with GitHub")
    assert world.nobody()


@pytest.mark.parametrize("form", [{}, {"key": ""}, {"key": "guessed"}, {"key": "é" * 3000}, {"other": "x" * 9000}])
def test_the_last_click_without_its_key_links_nobody(world: LinkWorld, browser: Browser, form: dict[str, str]) -> None:
    key = browser.to_confirm(world.link_for("eve"), "eve", "eve")
    browser.post("/link", **form)
    refused(browser, GONE)
    assert world.nobody()
    assert "Linked" in browser.post("/link", key=key), "a forged click must not spoil the real one"


def test_the_key_of_somebody_elses_last_click_links_nobody(world: LinkWorld, browser: Browser) -> None:
    other = Browser(world)
    theirs = other.to_confirm(world.link_for("dan"), "dan", "dan")
    browser.to_confirm(world.link_for("eve"), "eve", "eve")
    browser.post("/link", key=theirs)
    refused(browser, "another browser")
    assert world.nobody()


@pytest.mark.parametrize("place", ["/signin/slack", "/signin/github"])
@pytest.mark.parametrize("state", ["", "guessed", "slack's", "the code"])
def test_a_state_of_another_step_or_of_nobody_links_nobody(
    world: LinkWorld, browser: Browser, place: str, state: str
) -> None:
    path = world.link_for("eve")
    slack = browser.begin(path)
    known = {"slack's": parse_qs(urlsplit(slack).query)["state"][0], "the code": path.rpartition("/")[2]}
    back = browser.slack(slack, "eve")
    browser.get(back)
    browser.get(f"{place}?{urlencode({'state': known.get(state, state), 'code': 'x'})}")
    refused(browser, GONE)
    assert world.nobody()


def test_the_state_for_github_does_not_do_at_slacks_door(world: LinkWorld, browser: Browser) -> None:
    back = browser.github(browser.to_github(world.link_for("eve"), "eve"), "eve")
    browser.get(back.replace("/signin/github", "/signin/slack"))
    refused(browser, "does not come now")
    assert world.nobody()


def test_a_slack_code_of_another_sign_in_links_nobody(world: LinkWorld, browser: Browser) -> None:
    """The nonce in Slack's claims is of the sign-in that was begun in this browser."""
    slack = browser.begin(world.link_for("eve"))
    other = Browser(world)
    another = other.slack(other.begin(world.link_for("dan")), "eve")
    state = parse_qs(urlsplit(slack).query)["state"][0]
    code = parse_qs(urlsplit(another).query)["code"][0]
    browser.get(f"/signin/slack?{urlencode({'state': state, 'code': code})}")
    refused(browser, "another sign-in")
    assert world.nobody()


def test_a_github_code_of_another_sign_in_links_nobody(world: LinkWorld, browser: Browser) -> None:
    """GitHub exchanges a code for the verifier that its page was asked with, and for no other."""
    github = browser.to_github(world.link_for("eve"), "eve")
    other = Browser(world)
    another = other.github(other.to_github(world.link_for("dan"), "dan"), "dan")
    state = parse_qs(urlsplit(github).query)["state"][0]
    code = parse_qs(urlsplit(another).query)["code"][0]
    browser.get(f"/signin/github?{urlencode({'state': state, 'code': code})}")
    refused(browser, "does not know this sign-in")
    assert world.nobody()


@pytest.mark.parametrize("service", ["slack", "github"])
def test_a_service_that_does_not_answer_links_nobody(world: LinkWorld, browser: Browser, service: str) -> None:
    step = (_slack_step if service == "slack" else _github_step)(world, browser)

    def down(_: Request, __: object) -> Any:
        raise ConnectionError("down")

    standin: Any = getattr(world, service)
    standin.interceptors.append(down)
    step(browser)
    standin.interceptors.clear()
    refused(browser, "did not answer")
    assert world.nobody()


def test_wrong_client_secrets_are_the_operators_to_mend(world: LinkWorld, browser: Browser) -> None:
    world.slack.client_secret = "changed"
    browser.get(browser.slack(browser.begin(world.link_for("eve")), "eve"))
    refused(browser, "operator")
    world.slack.client_secret = world.golive.settings.linking[3]  # type: ignore[union-attr,index]
    world.app.client_secret = "changed"
    browser.get(browser.github(browser.to_github(world.link_for("eve"), "eve"), "eve"))
    refused(browser, "operator")
    assert world.nobody()


# ------------------------------------------------------------------ the cookie and the pages


@pytest.mark.parametrize(("kind", "name"), [(LinkWorld, "golive-link="), (Https, "__Host-golive-link=")])
def test_the_cookie_is_for_this_host_and_no_script(tmp_path: Path, kind: type[LinkWorld], name: str) -> None:
    world = kind(tmp_path)
    try:
        browser = Browser(world)
        browser.post(world.link_for("eve"))
        cookie = browser.page.headers["set-cookie"]
        assert cookie.startswith(name)
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=600"} <= {part.strip() for part in cookie.split(";")}
        assert ("Secure" in cookie) == (kind is Https)
        assert "Domain" not in cookie
        browser.post("/link", key=browser.to_confirm(world.link_for("eve"), "eve", "eve"))
        assert "Max-Age=0" in browser.page.headers["set-cookie"], "the last click must take the cookie away"
        assert world.who("eve")
    finally:
        world.close()


def test_the_pages_load_nothing_and_are_framed_nowhere(world: LinkWorld, browser: Browser) -> None:
    browser.get(world.link_for("eve"))
    policy = browser.page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert browser.page.headers["referrer-policy"] == "no-referrer"
    assert browser.page.headers["cache-control"] == "no-store"


def test_a_hostile_name_is_shown_as_text(world: LinkWorld, browser: Browser) -> None:
    path = world.link_for("eve")
    world.slack.world.user("eve").name = "<script>alert(1)</script>"
    browser.get(browser.slack(browser.begin(path), world.users["eve"]))
    assert "<script>" not in browser.page.text
    assert "&lt;script&gt;" in browser.page.text


# ------------------------------------------------------------------ unlinking, the file, other surfaces


def test_unlink_forgets_the_link_and_what_is_under_way(world: LinkWorld, browser: Browser) -> None:
    assert "not linked to anybody" in world.told("eve", "unlink")
    browser.post("/link", key=browser.to_confirm(world.link_for("eve"), "eve", "eve"))
    key = browser.to_confirm(world.link_for("eve"), "eve", "dan")
    assert "not linked to GitHub any more" in world.told("eve", "unlink")
    browser.post("/link", key=key)
    refused(browser, GONE)
    assert world.nobody()


def test_the_operators_entry_is_neither_unlinked_nor_replaced(world: LinkWorld) -> None:
    world.settle()
    before = world.who("mina")
    assert before
    assert "operator" in world.told("mina", "unlink")
    said = world.told("mina", "link")
    assert "operator" in said
    assert "/link/" not in said
    assert world.who("mina") == before


@pytest.mark.parametrize(
    ("login", "then"), [("bo", "bo"), ("no-such-login", None)], ids=["somebody", "a login that nobody has"]
)
def test_the_operators_file_wins_over_a_link_and_says_so(
    world: LinkWorld, browser: Browser, login: str, then: str | None
) -> None:
    browser.post("/link", key=browser.to_confirm(world.link_for("eve"), "eve", "eve"))
    world.restart()
    world.settle()
    linked = world.who("eve")
    assert linked, "a link outlives a restart"
    assert linked.login == "eve"
    key = Browser(world).to_confirm(world.link_for("dan"), "dan", "dan")
    assert key
    (world.folder / "people.yml").write_text(f"{world.slack.app.team_id}:\n  {world.users['eve']}: {login}\n")
    told = io.StringIO()
    with heard(told):
        world.restart()
        world.settle()
    now = world.who("eve")
    assert (now.login if now else None) == then
    said = [line for line in told.getvalue().splitlines() if "takes the place" in line]
    assert len(said) == 1, "the start must say once whom the file replaced"
    assert "linked=eve" in said[0]
    assert f"file={login}" in said[0]


def test_a_file_that_names_somebody_meanwhile_wins_over_the_last_click(world: LinkWorld, browser: Browser) -> None:
    key = browser.to_confirm(world.link_for("eve"), "eve", "dan")
    (world.folder / "people.yml").write_text(f"{world.slack.app.team_id}:\n  {world.users['eve']}: eve\n")
    world.restart()
    world.settle()
    again = Browser(world)
    again.client.cookies = browser.client.cookies
    again.post("/link", key=key)
    refused(again, "operator")
    found = world.who("eve")
    assert found
    assert found.login == "eve"


@pytest.mark.parametrize("verb", ["link", "unlink"])
def test_on_github_there_is_nothing_to_link(world: LinkWorld, verb: str) -> None:
    number = world.asked()
    world.says("mina", number, f"/golive {verb}")
    assert [c for c in world.our_comments(number) if "linked from Slack" in c], "a comment must be told where to say it"


def test_where_linking_is_not_set_up_the_operators_file_is_the_way(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        world.slack_says("eve", "link")
        assert "GOLIVE_SLACK_PEOPLE" in world.slack.ephemerals_for("eve")[-1].text
        assert world.client is not None
        assert world.client.get("/link/whatever").status_code == 404
        assert world.client.post("/link", data={"key": "x"}).status_code in (404, 405)
        assert world.client.get("/signin/slack?state=x&code=y").status_code == 404
    finally:
        world.close()


# ------------------------------------------------------------------ GitHub's exchange, as the stand-in gives it


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({}, None),
        ({"client_secret": "wrong"}, "incorrect_client_credentials"),
        ({"code": "wrong"}, "bad_verification_code"),
        ({"code_verifier": "wrong"}, "bad_verification_code"),
        ({"redirect_uri": "http://elsewhere.test/"}, "redirect_uri_mismatch"),
    ],
)
def test_the_github_standin_exchanges_a_code_as_github_documents_it(
    world: LinkWorld, change: dict[str, str], error: str | None
) -> None:
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    page = {
        "client_id": world.app.client_id, "redirect_uri": f"{world.public}/signin/github", "state": "state",
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    back = Browser(world).github(f"http://github.test/login/oauth/authorize?{urlencode(page)}", "eve")
    query = parse_qs(urlsplit(back).query)
    assert query["state"] == ["state"]
    given = {
        "client_id": world.app.client_id, "client_secret": world.app.client_secret, "code": query["code"][0],
        "redirect_uri": f"{world.public}/signin/github", "code_verifier": verifier,
    }  # fmt: skip
    asked = Request.of(
        "POST", "http://github.test/login/oauth/access_token", {"accept": "application/json"}, urlencode(given | change)
    )
    answer = world.github.respond(asked)
    assert answer.status == 200, "GitHub says errors of the exchange with status 200"
    if error:
        assert answer.json()["error"] == error
        return
    assert set(answer.json()) == {
        "access_token", "expires_in", "refresh_token", "refresh_token_expires_in", "scope", "token_type"
    }  # fmt: skip
    assert world.github.respond(asked).json()["error"] == "bad_verification_code", "a code works once"


def test_the_github_standin_sends_nobody_to_an_address_it_does_not_know(world: LinkWorld) -> None:
    query = {"client_id": world.app.client_id, "redirect_uri": "http://elsewhere.test/"}
    asked = Request.of("GET", f"http://github.test/login/oauth/authorize?{urlencode(query)}")
    assert world.github.respond(asked).status == 400
