"""`alert_roundtrip`: an alert that is sent to Alertmanager comes out where people see it, and goes away again.

Posts one test alert with a tag of its own to API v2, waits until Alertmanager lists it as `active`, where asked until it is
seen at a receiver's URL, then resolves it and waits until it is no longer listed. It tells whoever the routes tell: choose
labels that reach the people who should know about the test.

Options:

- `url` (required): where Alertmanager is, without `/api/v2`.
- `writes` (required): `true`; this check makes an alert there.
- `labels`: labels of the alert besides its tag, `{severity: warning, team: shop}`. `alertname` is `GoliveRoundTrip`
  unless it is named here.
- `annotations`: annotations of the alert. Default: a `summary` that says that it is a test.
- `within`: how long it may take to become active (`10s`), and to be seen. Default `10s`.
- `receiver`: name of a receiver that it must be routed to.
- `seen_at`: URL whose answer must contain the alert's tag: what a webhook received, or a page that lists messages.
  Alertmanager waits `group_wait` before it tells anybody, so `within` must be longer than that.
- `secret`: name of a secret that the operator lends to this repository for Alertmanager's host. It is not sent to `seen_at`.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `duration` (from sending to active), `delivered` (from sending to being seen, with `seen_at`).

Example:

    - id: alerts-arrive
      uses: alert_roundtrip
      with:
        url: "${target}"
        writes: true
        labels: {severity: warning, team: shop}
        within: 10s
        receiver: shop-pager

Outcomes: `passed` (seen, resolved, and the resolving verified); `failed` (not active or not seen in time, silenced or
inhibited, another receiver, or still listed after it was resolved); `unknown` (no answer, or the alert was refused). It
needs a `timeout` longer than twice `within`. Whatever happens, the alert is resolved in the end, and should golive die
before that, it ends by itself after `within` and 5 minutes.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field, model_validator

from golive.checks.alertmanager import AlertmanagerUrl, explained, words
from golive.checks.amounts import Span, shown_seconds, span_text
from golive.checks.asking import Asks, WebUrl, host_of
from golive.checks.replies import Asker, NoReply, joined
from golive.checks.webapi import Told, asked, listed, shortened, table, told
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Look

TAG = "golive_round_trip"
"""The label that makes the alert findable; its value is new each time."""
NAME = "GoliveRoundTrip"
_OUTLIVES = timedelta(minutes=5)
_FOR_RESOLVING = timedelta(seconds=5)
_PAUSE = 0.2
"""Seconds between two looks."""

LabelName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]
LabelTexts = Annotated[dict[LabelName, Annotated[str, Field(min_length=1, max_length=500)]], Field(min_length=1)]


@dataclass(frozen=True)
class Trip:
    """How far the alert came. refused: why it could not be sent, or why nothing can be told, or empty.

    state: as Alertmanager listed it last, empty where it never did.   seen/delivered: seconds from sending to being active
    and to being seen; None: not in time.   gone: whether it was no longer listed after it was resolved; None: nobody asked
    or could tell.   lost: why `seen_at` or the resolving could not be read.
    """

    refused: str = ""
    state: str = ""
    receivers: tuple[str, ...] = ()
    suppressed_by: str = ""
    seen: float | None = None
    delivered: float | None = None
    gone: bool | None = None
    lost: str = ""


class AlertRoundtripCheck(Asks):
    """Options, collecting and judging of the kind `alert_roundtrip`; the module's text is its reference."""

    kind: ClassVar[str] = "alert_roundtrip"
    measures: ClassVar[Mapping[str, str]] = {"duration": "s", "delivered": "s"}
    ran_against: ClassVar[str] = "Alertmanager 0.25 with a webhook receiver"

    url: AlertmanagerUrl
    writes: Literal[True]
    labels: LabelTexts | None = None
    annotations: LabelTexts | None = None
    within: Span = timedelta(seconds=10)
    receiver: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    seen_at: WebUrl | None = None

    @model_validator(mode="after")
    def _tag_is_ours(self) -> AlertRoundtripCheck:
        if TAG in (self.labels or {}):
            raise ValueError(f"the label {TAG} is the alert's tag and is set by golive")
        return self

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.url),)

    # -------------------------------------------------------------- collect

    def collect(self, look: Look) -> Trip:
        """Send it, watch it, and resolve it whatever happened."""
        trip = _Trip(self, look, uuid.uuid4().hex)
        refused = ""
        try:
            refused = trip.send()
            if not refused:
                trip.watch()
        finally:
            trip.resolve()  # also where sending got no answer: it may have arrived
        return Trip(refused=refused) if refused else trip.made()

    def alert(self, tag: str, now: datetime, ends: datetime) -> bytes:
        """The body of the request that makes or ends the alert."""
        annotations = self.annotations or {"summary": "A test of golive: alerts arrive. Nothing is wrong."}
        one = {
            "labels": {"alertname": NAME, **(self.labels or {}), TAG: tag},
            "annotations": annotations,
            "startsAt": now.isoformat(),
            "endsAt": ends.isoformat(),
        }
        return json.dumps([one]).encode()

    # -------------------------------------------------------------- judge

    def judge(self, facts: Trip) -> Finding:
        """Where the alert got lost, if it did."""
        source = joined(self.url, "/api/v2/alerts")
        if facts.refused:
            return Finding("", Outcome.UNKNOWN, facts.refused, "not sent", self._expected(), source)
        flaws = list(self._flaws(facts))
        measures = [Measure("duration", facts.seen, "s")] if facts.seen is not None else []
        measures += [Measure("delivered", facts.delivered, "s")] if facts.delivered is not None else []
        measured = f"active after {shown_seconds(facts.seen)}" if facts.seen is not None else "not active"
        measured += f", seen after {shown_seconds(facts.delivered)}" if facts.delivered is not None else ""
        outcomes = {flaw.outcome for flaw in flaws}
        worst = next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
        summary = "; ".join(flaw.text for flaw in flaws) or f"The test alert was {measured}, and is resolved"
        return Finding(
            "", worst, summary, measured, self._expected(), source,
            measures=tuple(measures), details=tuple(flaws) if len(flaws) > 1 else (),
        )  # fmt: skip

    def _flaws(self, facts: Trip) -> Iterator[Detail]:
        within = span_text(self.within)
        if facts.lost:
            yield Detail(facts.lost, outcome=Outcome.UNKNOWN)
        if facts.seen is None:
            if facts.state == "suppressed":
                yield Detail(f"The test alert was taken and is suppressed, by {facts.suppressed_by or 'something'}")
            elif not facts.lost:
                state = f"it is {facts.state}" if facts.state else "it is not listed"
                yield Detail(f"The test alert was taken and not active within {within}; {state}")
        elif self.receiver and self.receiver not in facts.receivers:
            to = " and ".join(facts.receivers) or "nobody"
            yield Detail(f"The test alert goes to {to}, not to {self.receiver}")
        if self.seen_at and facts.seen is not None and facts.delivered is None and not facts.lost:
            yield Detail(f"The test alert was active and not seen at the receiver's URL within {within}")
        if facts.gone is False:
            yield Detail("The test alert was resolved and is still listed; silence it by hand")
        if facts.gone is None:
            yield Detail(
                "It cannot be told whether the test alert was resolved; it ends by itself", outcome=Outcome.UNKNOWN
            )

    def _expected(self) -> str:
        parts = [f"active within {span_text(self.within)}"]
        parts += [f"to {self.receiver}"] if self.receiver else []
        parts += ["seen at the receiver's URL"] if self.seen_at else []
        return ", ".join([*parts, "resolved"])


class _Trip:
    """One alert on its way."""

    def __init__(self, check: AlertRoundtripCheck, look: Look, tag: str) -> None:
        self._check, self._tag = check, tag
        # A part of the time is kept back, so that the alert is resolved even where it was waited for in vain.
        self._all_the_time = Asker(look)
        self._asker = Asker(replace(look, timeout=look.timeout - min(look.timeout / 4, _FOR_RESOLVING)))
        self._secret = check.credentials(look, check.url)
        self._alerts = joined(check.url, "/api/v2/alerts")
        self._began, self._sent_at = 0.0, datetime.now(UTC)
        self._parts: dict[str, Any] = {}

    def made(self) -> Trip:
        """What came of it."""
        return Trip(**self._parts)

    def send(self) -> str:
        """Make the alert. Why it was refused, or an empty text."""
        self._began = time.monotonic()
        return self._post(self._sent_at + self._check.within + _OUTLIVES)

    def _post(self, ends: datetime) -> str:
        body = self._check.alert(self._tag, self._sent_at, ends)
        headers = {"content-type": "application/json"}
        reply = self._asker.ask("POST", self._alerts, headers=headers, secret=self._secret, body=body, writes=True)
        if isinstance(reply, NoReply):
            return reply.why
        return "" if 200 <= reply.status <= 299 else explained(told(reply, words)).problem

    def watch(self) -> None:
        """Wait until it is active, and seen."""
        self._wait(self._look_for_it, self._check.within.total_seconds())
        if self._check.seen_at and self._parts.get("seen") is not None:
            self._wait(self._look_at_the_receiver, self._check.within.total_seconds())

    def _look_for_it(self) -> bool:
        found, problem = self._listed()
        self._parts["lost"] = problem
        if found is None:
            return False
        status = table(found.get("status"))
        self._parts["state"] = str(status.get("state", ""))
        self._parts["receivers"] = tuple(str(table(one).get("name", "")) for one in listed(found.get("receivers")))
        if self._parts["state"] == "active":
            self._parts["seen"] = time.monotonic() - self._began
        silences = bool(listed(status.get("silencedBy")))
        self._parts["suppressed_by"] = "a silence" if silences else "another alert" if status.get("inhibitedBy") else ""
        return self._parts["state"] in ("active", "suppressed")

    def _look_at_the_receiver(self) -> bool:
        reply = self._asker.ask("GET", self._check.seen_at or "")
        if isinstance(reply, NoReply) or reply.status != 200:
            self._parts["lost"] = reply.why if isinstance(reply, NoReply) else f"{reply.url} answered {reply.status}"
            return False
        self._parts["lost"] = ""
        if self._tag.encode() in reply.body:
            self._parts["delivered"] = time.monotonic() - self._began
        return "delivered" in self._parts

    def resolve(self) -> None:
        """End it, and see that it is gone."""
        self._asker = self._all_the_time
        problem = self._post(datetime.now(UTC))
        if problem:
            self._parts |= {"gone": None, "lost": self._parts.get("lost") or shortened(problem)}
            return
        self._wait(self._look_whether_it_is_gone, self._check.within.total_seconds())

    def _look_whether_it_is_gone(self) -> bool:
        found, problem = self._listed()
        self._parts["gone"] = None if problem else found is None
        return self._parts["gone"] is True

    def _listed(self) -> tuple[Mapping[str, Any] | None, str]:
        """The alert as Alertmanager lists it, None where it does not; and why it cannot be told."""
        query = urlencode({"filter": f'{TAG}="{self._tag}"'})
        answer: Told = asked(self._asker, f"{self._alerts}?{query}", self._secret, words)
        alerts = [table(one) for one in listed(answer.document)]
        ours = [one for one in alerts if table(one.get("labels")).get(TAG) == self._tag]
        return (ours[0] if ours else None), answer.problem

    def _wait(self, done: Callable[[], bool], seconds: float) -> None:
        """Look until it is done, for so long at most and as long as the check has time."""
        until = time.monotonic() + seconds
        while not done():
            if self._asker.left() < _PAUSE < until - time.monotonic():
                said = (
                    f"The check's time was over before {span_text(self._check.within)} were; give it a longer `timeout`"
                )
                self._parts["lost"] = self._parts.get("lost") or said
            if min(until - time.monotonic(), self._asker.left()) < _PAUSE:
                return
            time.sleep(_PAUSE)
