"""Answers `/golive list`: in a turn of its own, beside whoever writes, from what was kept of each release."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from golive.core.event import Event
from golive.core.listing import BLOCKED, PAGE, Brief, Wanted, brief, pages, peopled, wanted
from golive.core.model import Person, Verdict
from golive.core.reply import Listed, packed
from golive.engine.joins import Joins
from golive.engine.meant import SLACK, command_of, here, name_of
from golive.engine.sight import places_seen
from golive.ports import Delivery, Found, ReleaseState, Store


class Listing:
    """Works the subjects of `meant.LISTING`. intake: reads the command again.   page_base: before a page's path."""

    def __init__(
        self, store: Store, intake: Callable[[Delivery], Iterable[Event]], page_base: str, joins: Joins | None = None
    ) -> None:
        self._joins = joins
        self._store = store
        self._intake = intake
        self._page_base = page_base

    def __call__(self, key: str) -> None:
        """Answer one command."""
        kept = self._store.kept_delivery(SLACK, key.partition(":")[2])
        asked = command_of(kept, self._intake) if kept else None
        if asked is None:
            return
        with self._store.transaction() as tx:
            person = asked.person or tx.person(asked.who)
            seen = places_seen(tx, person, here(tx, asked.who, self._joins))[0] if person else set()
            none = self._joins.nothing(tx, asked.who) if self._joins else ""
        if person is None:
            return  # unlinked since; they were told who they are not
        answer = none or self._answer(wanted(asked.command.text), person, seen)
        with self._store.transaction() as tx:
            tx.owe_answer(asked.key, asked.reply_to, answer)

    def _answer(self, asked: Wanted, person: Person, seen: set[tuple[str, int]]) -> str:
        count, shown, page = self._found(asked, person, seen)
        if not count:
            filtered = asked != Wanted(page=asked.page)
            return "No open release that you can see is like that." if filtered else "No release is open."
        last = pages(count)
        title = f"{count} open release{'s' if count > 1 else ''}" + (f", page {page} of {last}" if last > 1 else "")
        more = f"More: `/golive {asked.again(page + 1)}`" if page < last else ""
        return packed(Listed(title, tuple(line(one, person.login) for one in shown), more))

    def _found(self, asked: Wanted, person: Person, seen: set[tuple[str, int]]) -> tuple[int, list[Brief], int]:
        """How many there are, those of the page, and which page that is."""
        names = ((person.login.casefold(),) if asked.mine else ()) + ((asked.role,) if asked.role else ())
        found = Found(
            repository=asked.repository, verdicts=_verdicts(asked), places=seen, words=asked.words, names=names
        )
        if asked.reads_roles:
            with_views = (of(release, self._page_base, view) for release, view in self._store.with_views(found))
            fit = [one for one in with_views if peopled(one, asked, person.login)]
            page = min(asked.page, pages(len(fit)))
            return len(fit), fit[(page - 1) * PAGE : page * PAGE], page
        count = self._store.how_many(found)
        page = min(asked.page, pages(count))
        some = self._store.briefly(
            Found(
                repository=found.repository, verdicts=found.verdicts, places=seen, words=found.words,
                most=PAGE, skip=(page - 1) * PAGE,
            )
        )  # fmt: skip
        return count, [of(release, self._page_base) for release in some], page


def _verdicts(asked: Wanted) -> tuple[Verdict, ...]:
    """Both flags together mean either."""
    return ((Verdict.WAIT,) if asked.waiting else ()) + (BLOCKED if asked.blocked else ())


def of(release: ReleaseState, page_base: str, view: str = "") -> Brief:
    """One release in short. view: what was kept of its page, where that is needed."""
    page = f"{page_base}/r/{release.token}"
    told = _parsed(view)
    return brief(
        name_of(release), release.title, release.url, release.headline, release.verdict, page, told, release.open
    )


def _parsed(view: str) -> Mapping[str, Any] | None:
    try:
        read = json.loads(view) if view else None
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def line(one: Brief, login: str) -> tuple[str, str, str]:
    """As a line of a list: name, address, what stands there."""
    mine = f" Waits for you: {', '.join(one.awaits(login))}." if one.awaits(login) else ""
    return one.name, one.url, f"{one.title}: {one.headline}{mine}"
