"""One line of what `golive doctor` found, asked of this machine (`doctor`) or of the outside (`doctor_live`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One line. mark: one of `doctor.COLOURS`.   what: what was looked at.   words: what is so, and the mend.

    code: of what was found outside, stable, for machines.   mend: what to do, where `words` do not say it.
    """

    mark: str
    what: str
    words: str
    code: str = ""
    mend: str = ""

    @property
    def stops(self) -> bool:
        """Whether the service cannot run because of it."""
        return self.mark in ("missing", "wrong")

    @property
    def ails(self) -> bool:
        """Whether the service runs, and something does not work because of it."""
        return self.mark == "weak"
