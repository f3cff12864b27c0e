"""People and how they came to be known: from the operator's file, or by linking themselves; and linkings under way.

`LinkActs` is the part of a write transaction that does it. The file always wins: a link never stands beside its entry.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, delete, select

from golive.core.linking import Linking, Step
from golive.core.model import Person
from golive.store.tables import LinkingRow, PersonRow

FILE, LINK = "file", "link"
"""Whence a person is known."""


class LinkActs:
    """What a transaction does about people."""

    now: datetime

    @property
    def session(self) -> Session:
        """The transaction as a session."""
        raise NotImplementedError

    def person(self, who: str) -> Person | None:
        """The forge's person behind a chat user."""
        row = self.session.get(PersonRow, who)
        return Person(row.person, row.login) if row else None

    def origin(self, who: str) -> str:
        """Whence the person behind a chat user is known: `file`, `link`, or empty for nobody."""
        row = self.session.get(PersonRow, who)
        return row.origin if row else ""

    def put_people(self, people: dict[str, Person], named: frozenset[str] = frozenset()) -> dict[str, Person]:
        """Replace what the operator's file says: whoever left it is nobody from now on, unless they linked themselves.

        named: all that the file names, whether GitHub knows them or not. Returns the links that gave way to it.
        """
        taken = sorted(named | people.keys())
        links = select(PersonRow).where(col(PersonRow.origin) == LINK, col(PersonRow.who).in_(taken))
        gave_way = {row.who: Person(row.person, row.login) for row in self.session.exec(links)}
        self.session.exec(delete(PersonRow).where((col(PersonRow.origin) == FILE) | col(PersonRow.who).in_(taken)))
        for who, person in people.items():
            self.session.add(PersonRow(who=who, person=person.id, login=person.login, origin=FILE))
        return gave_way

    def ask_linking(self, who: str, code: str, until: datetime) -> None:
        """Let this chat user link themselves with a code (its hash) until then; earlier codes of theirs are void."""
        old = (col(LinkingRow.who) == who) | (col(LinkingRow.until) <= self.now)
        self.session.exec(delete(LinkingRow).where(old))
        self.put_linking(Linking(code, who, until))

    def linking(self, *, code: str = "", state: str = "") -> Linking | None:
        """The linking with this code, or this key of its next step (hashes); held until the end of the transaction."""
        if not (code or state):
            return None
        found = LinkingRow.code == code if code else LinkingRow.state == state
        row = self.session.exec(select(LinkingRow).where(found).with_for_update()).first()
        return _linking(row) if row else None

    def put_linking(self, linking: Linking) -> None:
        """Note how far it is."""
        person = linking.person
        self.session.merge(LinkingRow(
            code=linking.code, who=linking.who, until=linking.until, step=linking.step.value, browser=linking.browser,
            state=linking.state, nonce=linking.nonce, verifier=linking.verifier, slack_name=linking.slack_name,
            person=person.id if person else 0, login=person.login if person else "",
        ))  # fmt: skip

    def spend(self, linking: Linking) -> None:
        """Nothing can go on with it any more."""
        self.session.exec(delete(LinkingRow).where(col(LinkingRow.code) == linking.code))

    def still(self, linking: Linking) -> bool:
        """Whether it is as far as this says, and is not done, replaced or changed meanwhile."""
        here = (
            LinkingRow.code == linking.code,
            LinkingRow.step == linking.step.value,
            LinkingRow.state == linking.state,
        )
        return self.session.exec(select(LinkingRow.code).where(*here).with_for_update()).first() is not None

    def link(self, who: str, person: Person) -> bool:
        """Know a chat user as this person from now on; False where the operator's file says who they are."""
        if self.origin(who) == FILE:
            return False
        self.session.merge(PersonRow(who=who, person=person.id, login=person.login, origin=LINK))
        return True

    def unlink(self, who: str) -> str:
        """Forget the link of a chat user, and any under way. Returns whence they were known; the file's entry stays."""
        self.session.exec(delete(LinkingRow).where(col(LinkingRow.who) == who))
        was = self.origin(who)
        self.session.exec(delete(PersonRow).where(col(PersonRow.who) == who, col(PersonRow.origin) == LINK))
        return was


def _linking(row: LinkingRow) -> Linking:
    person = Person(row.person, row.login) if row.login else None
    return Linking(
        row.code, row.who, row.until, Step(row.step), row.browser, row.state, row.nonce, row.verifier, row.slack_name,
        person,
    )  # fmt: skip
