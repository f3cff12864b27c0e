"""What links to releases show in the chat: a small summary, where everybody in the channel may read it.

That is where the repository is public, or where the release's own message stands in that very channel. And the chat's
workspace must be one that golive's installation there belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import structlog

from golive.core.command import parse
from golive.core.errors import NotUnderstood
from golive.core.event import Event, LinksShared
from golive.core.listing import Brief
from golive.engine.joins import Joins
from golive.engine.listing import of
from golive.engine.meant import SLACK, looked_for
from golive.ports import Chat, Delivery, Found, MessageView, ReleaseState, Store, Transaction

log = structlog.get_logger()

FAMILY = "unfurl"
"""Before the colon of these work subjects; the delivery follows."""
MOST = 5
"""Links of one message that are looked at."""


def heard(tx: Transaction, event: LinksShared) -> None:
    """Links were shared: what they show is worked out in a turn of its own."""
    tx.touch(f"{FAMILY}:{event.delivery}")


class Unfurl:
    """Works these subjects, once each: a link that shows nothing does no harm."""

    def __init__(
        self, store: Store, chat: Chat | None, intake: Callable[[Delivery], Iterable[Event]],
        render: Callable[[Brief], MessageView], page_base: str, joins: Joins | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._chat = chat
        self._intake = intake
        self._render = render
        self._page_base = page_base
        self._joins = joins

    def __call__(self, key: str) -> None:
        """Say what the links of one message show."""
        kept = self._store.kept_delivery(SLACK, key.partition(":")[2])
        shared = next((e for e in self._intake(kept) if isinstance(e, LinksShared)), None) if kept else None
        if shared is None or self._chat is None:
            return
        views = {}
        for url in dict.fromkeys(shared.urls[:MOST]):
            release = self._meant(url)
            if release is not None and self._may_show(release, shared):
                views[url] = self._render(of(release, self._page_base))
        if not views:
            return
        try:
            self._chat.unfurl(shared.team, shared.channel, shared.ts, views)
        except Exception as error:  # best effort
            log.warning("links not unfurled", channel=shared.channel, why=str(error))

    def _meant(self, url: str) -> ReleaseState | None:
        """The release at an address: its pull request at the forge it is of, or its page here."""
        try:
            named = parse(f"status {url}", in_chat=False).release
        except NotUnderstood:
            return None
        if not named or (named.startswith("page:") and not url.startswith(f"{self._page_base}/r/")):
            return None
        found = looked_for(named)
        releases = [*self._store.briefly(found), *self._store.briefly(Found(**{**vars(found), "is_open": False}))]
        at_home = [r for r in releases if found.token or _host(r.url) == _host(url)]
        return at_home[0] if len(at_home) == 1 else None

    def _may_show(self, release: ReleaseState, shared: LinksShared) -> bool:
        subject = release.subject
        with self._store.transaction() as tx:
            if self._joins and self._joins.refused(tx, f"{shared.team}/", subject):
                return False
            known = next(iter(tx.reached(subject.host, repository=subject.repository)), None)
        root = self._store.slots(subject.key).get("chat-root")
        is_told_there = root is not None and root.ref.partition(":")[0] == shared.channel
        return is_told_there or (known is not None and known.private is False)


def _host(url: str) -> str:
    return urlsplit(url).netloc.casefold()
