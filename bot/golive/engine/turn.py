"""What one turn of a release works with: what was seen, what was decided, and what was written before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from golive.core.decide import Decision
from golive.core.gist import rests_until, signing_until, with_text
from golive.core.model import Subject
from golive.core.snapshot import Snapshot
from golive.ports import ForgeRepo, SlotState


@dataclass
class Turn:
    """One turn's context. `again`: something was done that changes what the next look sees."""

    subject: Subject
    repo: ForgeRepo
    snapshot: Snapshot
    decision: Decision
    page_url: str
    chain: str
    slots: dict[str, SlotState]
    again: bool = False
    shown_at: datetime | None = None
    chat_down: Exception | None = None
    chat_again: datetime | None = None
    write_at: datetime | None = None
    """When something is to be written that nobody waits for, and that may still change."""
    gist: str = ""
    calm: str = ""

    def gist_of(self, content: object) -> str:
        """What people wait for in a text, and the text without what moves by itself."""
        return f"{with_text(self.gist, repr(content), self.chain)}.{self.calm}"

    def signing(self, slot: SlotState, now: datetime) -> bool:
        """Whether only more people have signed since a slot was written, and that may be told a little later."""
        if not slot.fingerprint or slot.fingerprint.startswith("?"):
            return False  # somebody else may have changed it
        before = slot.gist.rpartition(".")[2]
        until = signing_until(before, self.calm, self.snapshot.standing.words, slot.written_at, now)
        if until is not None:
            self.write_at = min(until, self.write_at or until)
        return until is not None

    def may_rest(self, slot: SlotState, content: object, now: datetime, new_head: bool = False) -> bool:
        """Whether what stands in a slot may be written again later; then the turn remembers when."""
        if not slot.fingerprint or slot.fingerprint.startswith("?"):
            return False  # somebody else may have changed it
        shown = self.snapshot.standing.shown
        shown_at = shown[-1].at if new_head and shown else None
        burst = self.snapshot.timing.burst * (2 if new_head else 1)  # the check run comes first
        gist_now = self.gist_of(content)
        until = rests_until(slot.gist, gist_now, slot.written_at, shown_at, burst, now)
        if until is not None and slot.gist != gist_now:
            self.write_at = min(until, self.write_at or until)
        return until is not None
