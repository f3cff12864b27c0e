"""Joins the forms of Slack with what golive knows of a release: the view that its last turn stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from golive.core.command import VERBS
from golive.core.forms import mistakes
from golive.core.model import Subject
from golive.engine.joins import Joins
from golive.ports import Clock
from golive.render.modals import known, modal
from golive.render.view import ReleaseView, from_json
from golive.slackapp.forms import Forms, Opening
from golive.store.store import Store


def forms(store: Store, clock: Clock, token: Callable[[str], str], api_url: str, joins: Joins) -> Forms:
    """The forms of one golive; token: of a workspace. A workspace sees only what it is joined with."""

    def viewed(subject: Subject) -> ReleaseView | None:
        release = store.release_of(subject)
        return from_json(release.view) if release and release.view else None

    def draw(wanted: Opening) -> dict[str, Any] | str:
        with store.transaction() as tx:
            refused = joins.refused(tx, f"{wanted.team}/{wanted.user}", wanted.subject)
        if refused:
            return refused
        view = viewed(wanted.subject)
        carried = {"subject": wanted.subject.key, "head": wanted.head, "channel": wanted.channel}
        return modal(wanted.verb, view, carried, clock()) if view else "golive does not know this release any more."

    def wrong(verb: str, subject: Subject, given: Mapping[str, str], at: datetime) -> Mapping[str, str]:
        view = viewed(subject)
        return mistakes(verb, given, known(view) if view else None, at)

    def apologise(key: str, verb: str, reply_to: str, said: str) -> None:
        with store.transaction() as tx:
            tx.owe_answer(key, reply_to, said.format(usage=VERBS[verb].usage))

    return Forms(draw, wrong, apologise, token, api_url)
