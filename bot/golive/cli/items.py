"""One line of what `golive doctor` found, asked of this machine (`doctor`) or of the outside (`live`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One line. mark: one of `doctor.COLOURS`.   what: what was looked at.   words: what is so, and the mend."""

    mark: str
    what: str
    words: str

    @property
    def stops(self) -> bool:
        """Whether the service cannot run because of it."""
        return self.mark in ("missing", "wrong")
