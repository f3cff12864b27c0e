"""Conditional reads: what GitHub answered is kept under its ETag, and a 304 serves it again for no quota.

An ETag holds for one token, so the key has the token in it, and nothing crosses installations. Kept in memory and, from time to
time, many at once, in the store, so that a restart keeps them; what was not written yet may be lost and is read anew.
"""

from __future__ import annotations

import hashlib
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from golive.ports import Answers, Clock, KeptAnswer

log = structlog.get_logger()

MOST_HELD = 4096
"""Answers in memory; the store holds `MOST_KEPT`."""
MOST_BYTES = 64 * 1024 * 1024
"""Compressed bytes in memory."""
MOST_KEPT = 20_000
LARGEST = 2 * 1024 * 1024
"""Bytes of an answer, uncompressed; larger ones are not kept (trees of a whole repository are read once and never again)."""
BATCH, LONGEST_UNWRITTEN = 100, 60.0
"""Answers that wait until they are written together, or the seconds that the first of them waits."""


@dataclass(frozen=True)
class Place:
    """Whose reads these are. token: a digest of the token that asks."""

    host: str
    installation: int
    token: str

    def key(self, url: str, accept: str) -> str:
        """The key of one read. url: with its query."""
        parts = (self.host, str(self.installation), self.token, url, accept)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def digest(token: str) -> str:
    """What a kept answer says of the token that got it; the token cannot be told from it."""
    return hashlib.sha256(b"golive token\0" + token.encode()).hexdigest()[:24]


class Cache:
    """Shared by all threads. Nothing here raises for a store that is down: a read is then only dearer."""

    def __init__(self, answers: Answers | None, clock: Clock) -> None:
        self._answers = answers
        self._clock = clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, KeptAnswer] = OrderedDict()
        self._bytes = 0
        self._unwritten: dict[str, KeptAnswer] = {}
        self._waiting_since = 0.0

    def get(self, key: str) -> KeptAnswer | None:
        """What is kept; from memory, else from the store."""
        with self._lock:
            if (held := self._held.get(key)) is not None:
                self._held.move_to_end(key)
                return held
        try:
            found = self._answers.read(key) if self._answers else None
        except Exception as error:
            log.warning("kept answers not read", error=str(error))
            return None
        if found is not None:
            with self._lock:
                self._hold(found)
        return found

    def put(self, place: Place, key: str, headers: Mapping[str, Any], text: str) -> None:
        """Keep an answer that has an ETag or a date, and is not too large."""
        etag, modified = str(headers.get("etag") or ""), str(headers.get("last-modified") or "")
        if not (etag or modified) or len(text) > LARGEST:
            return
        kept = KeptAnswer(
            key, place.host, place.installation, place.token, etag, modified, str(headers.get("link") or ""),
            zlib.compress(text.encode(), 1), self._clock(),
        )  # fmt: skip
        self._note(kept)

    def used(self, kept: KeptAnswer, link: str) -> KeptAnswer:
        """It was served again; the next page's link may have come since."""
        now = self._clock()
        if kept.link == link and (now - kept.used_at).total_seconds() < 3600:
            return kept
        kept = replace(kept, link=link, used_at=now)
        self._note(kept)
        return kept

    def of_token(self, place: Place) -> None:
        """An installation has this token from now on: what others got is worth nothing any more."""
        with self._lock:
            for key, held in list(self._held.items()):
                if (held.host, held.installation) == (place.host, place.installation) and held.token != place.token:
                    self._bytes -= len(held.body)
                    del self._held[key]
                    self._unwritten.pop(key, None)
        self._quietly("drop_other_tokens", place.host, place.installation, place.token)

    def forget(self, host: str, installation: int) -> None:
        """An installation ended: nothing it got stays."""
        with self._lock:
            for key, held in list(self._held.items()):
                if (held.host, held.installation) == (host, installation):
                    self._bytes -= len(held.body)
                    del self._held[key]
                    self._unwritten.pop(key, None)
        self._quietly("forget", host, installation)

    def flush(self) -> None:
        """Write what was not written yet."""
        with self._lock:
            batch, self._unwritten = list(self._unwritten.values()), {}
        if batch:
            self._quietly("write", batch, MOST_KEPT)

    def _note(self, kept: KeptAnswer) -> None:
        with self._lock:
            self._hold(kept)
            if not self._unwritten:
                self._waiting_since = time.monotonic()
            self._unwritten[kept.key] = kept
            full = len(self._unwritten) >= BATCH or time.monotonic() - self._waiting_since > LONGEST_UNWRITTEN
        if full:
            self.flush()

    def _hold(self, kept: KeptAnswer) -> None:
        before = self._held.pop(kept.key, None)
        self._bytes += len(kept.body) - (len(before.body) if before else 0)
        self._held[kept.key] = kept
        while self._held and (len(self._held) > MOST_HELD or self._bytes > MOST_BYTES):
            _, gone = self._held.popitem(last=False)
            self._bytes -= len(gone.body)

    def _quietly(self, verb: str, *arguments: Any) -> None:
        if self._answers is None:
            return
        try:
            getattr(self._answers, verb)(*arguments)
        except Exception as error:  # nothing rests on it
            log.warning("kept answers not written", verb=verb, error=str(error))


def text_of(kept: KeptAnswer) -> str:
    """The answer as it came."""
    return zlib.decompress(kept.body).decode()
