"""Who calls the API: a person's own GitHub token proves who they are and what they may see. It is used once and not kept.

A GitHub token says nothing about whom it was made for: whoever holds it speaks for its person, here as on GitHub.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

from golive.core.command import parse
from golive.core.errors import Gone, Misconfigured, Refused
from golive.core.event import Asked, Event
from golive.core.model import Person, Subject, Surface
from golive.githubapp.client import Clients, Rejected
from golive.ports import Delivery

_NO_PERSON = "This token is no person's, and only people sign. Send your own, as `Authorization: Bearer …`."


class Unknown(Refused):
    """The token is nobody's."""


class Callers:
    """Asks GitHub with the caller's own token."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def __call__(self, token: str, full_name: str) -> tuple[Person, int]:
        """Whose token this is, and the numeric id of the repository, if they may read it.

        Raises Unknown for a token that is nobody's, Refused for a bot, Gone where they cannot see the repository.
        """
        api = self._clients.bearer(token)
        try:
            user = api.get("/user")
        except Rejected:  # an installation's token has no user
            raise Refused(_NO_PERSON) from None
        except (Misconfigured, Gone):
            raise Unknown("GitHub knows nobody by this token. Send your own, as `Authorization: Bearer …`.") from None
        if user.get("type") != "User":
            raise Refused(_NO_PERSON)
        owner, _, name = full_name.partition("/")
        try:
            repository = api.get(f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}")
        except (Rejected, Misconfigured):
            raise Gone(full_name) from None
        return Person(user["id"], user["login"]), repository["id"]


def kept(person: Person, subject: Subject, text: str, sha: str) -> bytes:
    """A word as the inbox keeps it, without the token."""
    said = {"person": {"id": person.id, "login": person.login}, "subject": subject.key, "text": text, "sha": sha}
    return json.dumps(said, sort_keys=True).encode()


def same(one: bytes, other: bytes) -> bool:
    """Whether two kept words say the same; a login may have changed between them."""
    (first, second) = (json.loads(body) for body in (one, other))
    return all(first[part] == second[part] for part in ("subject", "text", "sha"))


def word_key(delivery_id: str) -> str:
    """The key of the word in a delivery."""
    return f"api:{delivery_id}"


class Intake:
    """Reads what the API kept."""

    def __call__(self, delivery: Delivery) -> Iterator[Event]:
        """The one word of a delivery; its moment is when the door took it."""
        told = json.loads(delivery.body)
        yield Asked(
            key=word_key(delivery.id), command=parse(told["text"]), surface=Surface.API, at=delivery.received_at,
            person=Person(told["person"]["id"], told["person"]["login"]), subject=Subject.parse(told["subject"]),
            revision_sha=told["sha"],
        )  # fmt: skip
