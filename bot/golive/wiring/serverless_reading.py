"""A run without a server that only looks: it knows what `golive gate` knows, publishes nothing, runs no check, merges nothing.

Whatever a run may write is kept from it: what a decision wants by `_Still`, the rest where it asks `only_looks`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from golive.core.effect import Effect
from golive.core.errors import Refused
from golive.core.model import PullState
from golive.core.snapshot import Kind
from golive.engine.perform import Perform
from golive.engine.turn import Turn
from golive.ports import Clock
from golive.render.signed import signed
from golive.render.view import look, to_json
from golive.settings import Settings
from golive.wiring.serverless import Asked, Serverless, utc_now


class _Still(Perform):
    """Whatever a decision wants outside is left to the gate."""

    def __call__(self, turn: Turn, effects: Iterable[Effect]) -> None:
        """Do nothing."""


class Reading(Serverless):
    """Looks at one release. Needs what the gate has: its App, or the workflow's token; and its key, for what was before a push."""

    only_looks = True
    performing = _Still

    def _owes(self) -> bool:
        return False


def signed_without_a_server(
    settings: Settings, repository: str, repository_id: int, pull: int, clock: Clock = utc_now
) -> dict[str, Any]:
    """Who has signed and who is missing, as a server tells it. Raises Misconfigured; Refused where there is nothing to sign."""
    (one,) = Reading(settings, Asked(repository, repository_id, (pull,)), clock).run()
    if one.snapshot is None or one.decision is None:
        raise Refused(f"{repository}#{pull} could not be read: {one.failed}")
    snapshot, decision = one.snapshot, one.decision
    if decision.kind is Kind.MISTAKEN:
        raise Refused(f"{repository}#{pull}: {decision.headline}")
    if decision.kind not in (Kind.RELEASE, Kind.ENDED):
        raise Refused(f"{repository}#{pull} is no release: nobody is asked to sign it.")
    return signed(
        to_json(look(snapshot, decision)), verdict=decision.own_verdict.name, headline=decision.headline,
        is_open=snapshot.pull.state is PullState.OPEN, head_sha=snapshot.pull.revision.head_sha, looked_at=snapshot.now,
    )  # fmt: skip
