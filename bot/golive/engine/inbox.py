"""Deliveries are kept before they are answered: one writer commits whatever waits, at once, in one transaction."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass

from golive.ports import Delivery, Store


@dataclass
class _Waiting:
    delivery: Delivery
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[bool]

    def settle(self, new: bool | BaseException) -> None:
        """Hand the outcome back to the door, in its own event loop."""
        if self.answer.cancelled():
            return
        if isinstance(new, BaseException):
            self.answer.set_exception(new)
        else:
            self.answer.set_result(new)


class Inbox:
    """The only way in. Doors await `keep`; it returns once the delivery is on disk."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wake = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._stopping = False
        self._thread: threading.Thread | None = None

    async def keep(self, delivery: Delivery) -> bool:
        """True: kept for the first time. False: it was kept before. Raises what the store raises; then nothing is kept."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(delivery, loop, loop.create_future())
        with self._wake:
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._write, name="inbox", daemon=True)
                self._thread.start()
            self._waiting.append(waiting)
            self._wake.notify()
        return await waiting.answer

    def stop(self) -> None:
        """Write what waits, then end the writer."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout=30)

    def _write(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._stopping)
                batch, self._waiting = self._waiting, []
                if not batch:
                    return
            outcomes: list[bool] | BaseException
            try:
                outcomes = self._store.keep_all([w.delivery for w in batch])
            except Exception as error:  # the door answers 5xx, the sender sends again
                outcomes = error
            for place, waiting in enumerate(batch):
                outcome = outcomes if isinstance(outcomes, BaseException) else outcomes[place]
                with suppress(RuntimeError):  # the door's event loop has ended: nobody waits for this answer
                    waiting.loop.call_soon_threadsafe(waiting.settle, outcome)
