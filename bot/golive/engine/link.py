"""Link a chat user to a person of the forge: asked for in the chat, proved in one browser, confirmed there.

The steps and who may take them are `core.linking`; the web room shows the pages. Between two steps everything is kept in
the store, and a step's key works once: it is taken before the network is asked, so a repeated request finds nothing.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import structlog

from golive.core.errors import Kept, Misconfigured, Refused
from golive.core.linking import AGAIN, LIFE, ChatAccount, Linking, Step, misfit, stranger
from golive.core.model import Person
from golive.ports import Clock, Store, Transaction

log = structlog.get_logger()
T = TypeVar("T")

BY_FILE = "The operator's file says who you are on GitHub, so only golive's operator can change it."
OFF = (
    "Linking is not set up here. Ask golive's operator to add you to the file that GOLIVE_SLACK_PEOPLE names, or to set "
    "up linking."
)


class ChatSignIn(Protocol):
    """Sign in with the chat service. Raises Refused, Misconfigured, or Later where it gives no answer."""

    def url(self, team: str, state: str, nonce: str) -> str:
        """Where the person signs in."""
        ...

    def proved(self, code: str, nonce: str) -> tuple[str, str]:
        """Team and user that signed in."""
        ...

    def home(self, team: str) -> str:
        """The team that golive is installed in; where it is in several, this one. Misconfigured where it is not there."""
        ...

    def account(self, user: str, team: str) -> ChatAccount:
        """What the chat service says of a user, asked in this team."""
        ...


class ForgeSignIn(Protocol):
    """Sign in with the forge. Raises Refused, Misconfigured, or Later where it gives no answer."""

    def url(self, state: str, verifier: str) -> str:
        """Where the person signs in. verifier: of PKCE; only its hash goes there."""
        ...

    def proved(self, code: str, verifier: str) -> Person:
        """Who signed in; the token is used once and forgotten."""
        ...


@dataclass(frozen=True)
class Begun:
    """A linking that a browser has taken up. browser: the key to keep there.   url: where to sign in first."""

    browser: str
    url: str


@dataclass(frozen=True)
class Proved:
    """What is proved so far, and how to go on: an address to sign in at, or the key of the confirmation."""

    slack_name: str
    next: str
    person: Person | None = None


def hashed(key: str) -> str:
    """What is kept of a key; empty for an empty one."""
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()).decode() if key else ""


def fresh() -> str:
    """A key of 256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def not_set_up(tx: Transaction, verb: str, who: str) -> str:
    """The answer to `/golive link` and `unlink` where nobody can sign in."""
    return OFF if verb == "link" else _unlinked(tx.unlink(who))


class Link:
    """The way from `/golive link` to a link. address: of the page, to which the code is added."""

    def __init__(
        self,
        store: Store,
        slack: ChatSignIn,
        github: ForgeSignIn,
        clock: Clock,
        address: str,
        key: Callable[[], str] = fresh,
    ) -> None:
        self._store = store
        self._slack = slack
        self._github = github
        self._clock = clock
        self._address = address
        self._key = key

    def answer(self, tx: Transaction, verb: str, who: str) -> str:
        """What to say to a chat user who typed `/golive link` or `/golive unlink`; the code is in the answer alone."""
        if verb == "unlink":
            return _unlinked(tx.unlink(who))
        known = tx.person(who)
        if known and tx.origin(who) == "file":
            return f"You are {known.login} on GitHub. {BY_FILE}"
        code = self._key()
        tx.ask_linking(who, hashed(code), tx.now + LIFE)
        instead = f" It takes the place of your link to {known.login}." if known else ""
        return (
            f"Open {self._address}{code} in your browser. You sign in with Slack and with GitHub there, and see both "
            f"names before anything is kept. It works once, for you alone, for {LIFE.seconds // 60} minutes.{instead}"
        )

    def look(self, code: str) -> None:
        """Whether a link can still be taken up. Changes nothing, for programs look at links too. Raises Refused."""
        with self._store.transaction() as tx:
            if why := misfit(tx.linking(code=hashed(code)), Step.ASKED, "", self._clock()):
                raise Refused(why)

    def begin(self, code: str) -> Begun:
        """A browser takes it up: from now on it goes on there or nowhere. Raises Refused."""
        browser, state, nonce = self._key(), self._key(), self._key()
        with self._store.transaction() as tx:
            found = tx.linking(code=hashed(code))
            if why := misfit(found, Step.ASKED, "", self._clock()):
                raise Refused(why)
            assert found is not None  # noqa: S101  # misfit has said so
            tx.put_linking(found.on(Step.SLACK, hashed(state), browser=hashed(browser), nonce=nonce))
        return Begun(browser, self._slack.url(found.who.partition("/")[0], state, nonce))

    def slack_came(self, browser: str, state: str, code: str) -> Proved:
        """Back from Slack. code: empty where the person said no there. Raises Refused."""
        taken = self._take(Step.SLACK, browser, state)
        name = self._asked(taken, lambda: self._slack_person(taken, code))
        state, verifier = self._key(), self._key()
        self._go_on(taken, taken.on(Step.GITHUB, hashed(state), verifier=verifier, slack_name=name))
        return Proved(name, self._github.url(state, verifier))

    def github_came(self, browser: str, state: str, code: str) -> Proved:
        """Back from GitHub. code: empty where the person said no there. Raises Refused."""
        taken = self._take(Step.GITHUB, browser, state)
        person = self._asked(taken, lambda: self._github.proved(_given(code, "GitHub"), taken.verifier))
        key = self._key()
        self._go_on(taken, taken.on(Step.CONFIRM, hashed(key), person=person))
        return Proved(taken.slack_name, key, person)

    def confirm(self, browser: str, key: str) -> Proved:
        """The person has read both names and says yes: the one place where a link is made. Raises Refused."""
        with self._store.transaction() as tx:
            found = tx.linking(state=hashed(key))
            if why := misfit(found, Step.CONFIRM, hashed(browser), self._clock()):
                raise Refused(why)
            assert found is not None  # noqa: S101  # misfit has said so
            if found.person is None:
                raise Refused(f"GitHub has not said who you are. {AGAIN}")
            tx.spend(found)
            linked = tx.link(found.who, found.person)
            tx.touch(f"home:{found.who}")
        if not linked:
            raise Refused(BY_FILE)
        log.info("linked", who=found.who, person=found.person.id, login=found.person.login)
        return Proved(found.slack_name, "", found.person)

    def _slack_person(self, taken: Linking, code: str) -> str:
        signed_in = self._slack.proved(_given(code, "Slack"), taken.nonce)
        home = self._slack.home(taken.who.partition("/")[0])
        if why := stranger(taken, signed_in, home, None):
            raise Refused(why)
        account = self._slack.account(*signed_in[::-1])
        if why := stranger(taken, signed_in, home, account):
            raise Refused(why)
        return account.name

    def _take(self, step: Step, browser: str, state: str) -> Linking:
        """Use up the key of a step; whoever comes with it again finds nothing."""
        with self._store.transaction() as tx:
            found = tx.linking(state=hashed(state))
            if why := misfit(found, step, hashed(browser), self._clock()):
                raise Refused(why)
            assert found is not None  # noqa: S101  # misfit has said so
            taken = replace(found, state="")
            tx.put_linking(taken)
        return taken

    def _asked(self, taken: Linking, ask: Callable[[], T]) -> T:
        """Ask outside; whatever is not a plain yes ends this linking."""
        try:
            return ask()
        except (Refused, Misconfigured, Kept) as no:
            with self._store.transaction() as tx:
                tx.spend(taken)
            log.warning("not linked", who=taken.who, step=taken.step.value, why=str(no))
            if isinstance(no, Refused):
                raise
            whose = "golive's operator has to mend it" if isinstance(no, Misconfigured) else "it did not answer in time"
            service = "Slack" if taken.step is Step.SLACK else "GitHub"
            raise Refused(f"{service} could not say who you are: {whose}. Nothing was linked. {AGAIN}") from no

    def _go_on(self, taken: Linking, further: Linking) -> None:
        with self._store.transaction() as tx:
            if not tx.still(taken) or self._clock() >= taken.until:
                raise Refused(misfit(None, taken.step, "", self._clock()))
            tx.put_linking(further)


def _given(code: str, service: str) -> str:
    if not code:
        raise Refused(f"You did not sign in with {service}, so nothing was linked. {AGAIN}")
    return code


def _unlinked(was: str) -> str:
    if was == "link":
        return "You are not linked to GitHub any more. What you said before stands; from now on your words here count for nothing."
    return BY_FILE if was == "file" else "You are not linked to anybody on GitHub."
