"""Every error golive raises on purpose.

GoliveError
├── Said              told to the person, word for word; never reported as a fault
│   ├── Refused       they may not do this; the sentence says who could
│   ├── NotUnderstood the words are off; the sentence says how to write them
│   ├── Misconfigured the installation or a file is wrong; the sentence says what to set and where
│   └── TooMuch       more than the outside shows; the sentence says how much it shows
└── Kept              kept for us: logged with its cause, retried by the engine
    ├── Later         the outside asked for patience; `after` says how long
    │   ├── Silent    the outside gave no answer at all
    │   └── Limited   a limit of requests was reached: the whole installation waits
    ├── Conflict      the world moved between look and act; look again
    └── Gone          what we asked for is not there, or not for us
"""

from __future__ import annotations

from datetime import timedelta


class GoliveError(Exception):
    """Base of both families."""


class Said(GoliveError):
    """Shown to the person as written: what happened, what was expected, what to do."""


class Refused(Said):
    """They may not do this; the sentence names who could."""


class NotUnderstood(Said):
    """The words could not be read as a command; the sentence gives the usage."""


class Misconfigured(Said):
    """A setting or file is missing or wrong; the sentence names it and the mend."""


class TooMuch(Said):
    """There is more than the outside shows, so nothing can be decided on it; the sentence says how much it shows."""


class Kept(GoliveError):
    """A fault for the operator's log; the engine tries again."""


class Later(Kept):
    """The outside cannot answer now.

    after: how long it asked us to wait (its `Retry-After`), or None where it did not say.
    """

    def __init__(self, what: str, after: timedelta | None = None) -> None:
        super().__init__(what)
        self.after = after


class Silent(Later):
    """The outside gave no answer, or said that something in it broke: nothing at all can be told of it."""


class Limited(Later):
    """The outside's limit of requests was reached: everything of this installation waits, not one request alone."""


class Conflict(Kept):
    """What we were about to change is no longer what we looked at."""


class Gone(Kept):
    """It was deleted or transferred, or our App may not see it any more; the two cannot be told apart."""
