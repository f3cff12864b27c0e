"""Which release a command is about that names none, or names it as people do; where that is open, the person is asked.

Ways of naming, in this order: the thread it was said in, `acme/shop#7` or an address, `#7`, and the only one that is open.
Add one as a line of `_looked_for`. Only what the person may see is counted or named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from golive.core.command import help_text
from golive.core.errors import NotUnderstood
from golive.core.event import Asked, Chosen, Event
from golive.core.listing import wanted
from golive.core.model import Person, Subject
from golive.core.reach import ACTIVE, AT_REST, OUT_OF_REACH
from golive.core.reply import WhichOne, packed
from golive.engine.joins import Joins
from golive.engine.sight import places_seen, seen_by
from golive.ports import Delivery, Found, ReleaseState, Transaction

MOST = 100
"""Releases that one picker offers. Source: Slack's reference of select menus."""
NAMED = 10
"""Releases that are named in words beside the picker."""
LISTING = "listing"
"""Before the colon of the work subjects that answer `/golive list`; what follows is the delivery."""
SLACK = "slack"


def meant(tx: Transaction, event: Asked, person: Person, joins: Joins | None = None) -> tuple[Subject | None, str]:
    """The release, or None where the person was told something instead.

    The second: what it waits for, where it has to be asked first what the person sees.
    """
    command = event.command
    if command.verb in ("help", "misread"):
        told = help_text(command.text) if command.verb == "help" else command.text
        tx.owe_answer(event.key, event.reply_to, told)
        return None, ""
    if command.verb == "list":
        return None, _listing(tx, event, person, joins)
    if event.thread and not command.release and (found := tx.slot_at(event.thread)) and found[1] == "chat-root":
        return Subject.parse(found[0]), ""
    if command.release:
        return _named(tx, event, person, joins)
    seen, adrift = places_seen(tx, person, here(tx, event.who, joins))
    if adrift:
        return None, adrift
    return _only(tx, event, Found(places=seen), joins), ""


def here(tx: Transaction, who: str, joins: Joins | None) -> set[tuple[str, int]]:
    """The repositories with open releases that belong to the workspace of whoever asks."""
    places = tx.open_places()
    return joins.places(tx, who, places) if joins and who else set(places)


def looked_for(release: str) -> Found:
    """What a release's name in a command looks for."""
    if release.startswith("page:"):
        return Found(token=release.removeprefix("page:"))
    full_name, _, number = release.rpartition("#")
    return Found(full_name=full_name, number=int(number))


def reachable(tx: Transaction, release: ReleaseState) -> bool:
    """Whether a release that is not open can still be looked at: words about one that cannot would never be answered."""
    if release.headline.startswith((AT_REST, OUT_OF_REACH)):
        return False
    known = next(iter(tx.reached(release.subject.host, repository=release.subject.repository)), None)
    return known is not None and known.state == ACTIVE


def _named(tx: Transaction, event: Asked, person: Person, joins: Joins | None) -> tuple[Subject | None, str]:
    """By name: an open one, else one that is over and may still be promoted or asked about."""
    found = looked_for(event.command.release)
    seen, adrift = seen_by(tx, person, tx.briefly(found))
    if not seen and not adrift:
        over = [release for release in tx.briefly(replace(found, is_open=False)) if reachable(tx, release)]
        seen, adrift = seen_by(tx, person, over)
    if joins and len(seen) > 1:  # a single one of another workspace is refused with the reason, by whoever asked for it
        seen = joins.within(tx, event.who, seen)
    if adrift or len(seen) == 1:
        return (None, adrift) if adrift else (seen[0].subject, "")
    if seen:
        _ask_which(tx, event, seen[:MOST], len(seen))
    else:
        shown = event.command.release if not found.token else "with this page"
        tx.owe_answer(event.key, event.reply_to, f"There is no open release {shown}.")
    return None, ""


def _only(tx: Transaction, event: Asked, found: Found, joins: Joins | None) -> Subject | None:
    count = tx.how_many(found)
    if not count:
        said = joins.nothing(tx, event.who) if joins else ""
        tx.owe_answer(event.key, event.reply_to, said or "No release is open.")
        return None
    some = tx.briefly(replace(found, most=MOST))
    if count == 1:
        return some[0].subject
    _ask_which(tx, event, some, count)
    return None


def _ask_which(tx: Transaction, event: Asked, some: list[ReleaseState], count: int) -> None:
    """Offer them to choose from; the choice repeats the command, once."""
    names = ", ".join(f"`{name_of(release)}`" for release in some[:NAMED])
    others = f" and {count - NAMED} more" if count > NAMED else ""
    said = (
        f"Which release? Open are {names}{others}. Choose one, or name it: "
        f"`/golive {event.command.verb} {name_of(some[0])} …`."
    )
    source, _, origin = event.key.partition(":")
    if source != SLACK:
        tx.owe_answer(event.key, event.reply_to, said)
        return
    options = tuple((f"{name_of(r)} {r.title}", f"{r.subject.key} {r.head_sha}") for r in some)
    more = f"The first {MOST} of {count} are offered; name any other." if count > MOST else ""
    # not under the word's own key: what becomes of the word is answered under that
    tx.owe_answer(f"which:{event.key}", event.reply_to, packed(WhichOne(said, origin, options, more)))


def _listing(tx: Transaction, event: Asked, person: Person, joins: Joins | None) -> str:
    """The list is made in a turn of its own: nothing waits for it but the one who asked."""
    try:
        wanted(event.command.text)
    except NotUnderstood as misread:
        tx.owe_answer(event.key, event.reply_to, str(misread))
        return ""
    _, adrift = places_seen(tx, person, here(tx, event.who, joins))
    if not adrift:
        tx.touch(f"{LISTING}:{event.key.partition(':')[2]}")
    return adrift


def name_of(release: ReleaseState) -> str:
    """`acme/shop#7`."""
    return f"{release.full_name}#{release.subject.number}"


def chosen(
    tx: Transaction, event: Chosen, intakes: Mapping[str, Callable[[Delivery], Iterable[Event]]]
) -> tuple[Asked | None, str]:
    """The command that a choice repeats, about the chosen release; None where it is not repeated, and that is said.

    It is the asker's alone, and is repeated once, however often they choose. The second: what it waits for, where it has to
    be asked first what the person sees.
    """
    kept = tx.kept_delivery(SLACK, event.origin)
    asked = command_of(kept, intakes[SLACK]) if kept else None
    if asked is None or asked.who != event.who:
        tx.owe_answer(event.key, event.reply_to, "I do not have that command any more. Type it again.")
        return None, ""
    here = Found(subjects=(event.subject.key,))
    offered = [*tx.briefly(here), *tx.briefly(replace(here, is_open=False))]
    person = tx.person(event.who)
    seen, adrift = seen_by(tx, person, offered) if person else ([], "")
    if adrift:
        return None, adrift
    if not seen:
        tx.owe_answer(event.key, event.reply_to, "That release is not there for you any more.")
        return None, ""
    name = name_of(seen[0])
    if not tx.owe_answer(f"chosen:{event.origin}", event.reply_to, f"`/golive {asked.command.verb}` for `{name}`."):
        said = "You have chosen already, and a command is repeated once. Type it again for another release."
        tx.owe_answer(event.key, event.reply_to, said)
        return None, ""
    return replace(asked, subject=event.subject, revision_sha=event.revision_sha, at=event.at, thread=""), ""


def command_of(delivery: Delivery, intake: Callable[[Delivery], Iterable[Event]]) -> Asked | None:
    """The one command that a delivery holds."""
    return next((event for event in intake(delivery) if isinstance(event, Asked)), None)
