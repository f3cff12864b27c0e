"""Joins what people see in Slack besides threads: lists, their own page, and what links show. Add one as one family."""

from __future__ import annotations

from collections.abc import Callable

from golive.engine import home, unfurl
from golive.engine.alone import alone
from golive.engine.joins import Joins
from golive.engine.listing import Listing
from golive.engine.meant import LISTING
from golive.engine.record import Intake
from golive.ports import Chat, Clock, Store
from golive.render.home import home as home_view
from golive.render.unfurls import unfurled


def surfaces(
    store: Store, chat: Chat | None, intake: Intake, clock: Clock, page_base: str, how: str, can_link: bool,
    joins: Joins | None = None,
) -> dict[str, Callable[[str], None]]:  # fmt: skip
    """Family → who works it. how: how somebody unknown is linked, a sentence.   joins: None: one workspace."""
    return {
        LISTING: alone(Listing(store, intake, page_base, joins)),
        home.FAMILY: home.Homes(store, chat, home_view, clock, page_base, how, can_link, joins),
        unfurl.FAMILY: unfurl.Unfurl(store, chat, intake, unfurled, page_base, joins),
    }
