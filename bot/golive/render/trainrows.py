"""The rows of a train: which pull requests land together with this one, in their order, and how each of them stands."""

from __future__ import annotations

from collections.abc import Iterator

from golive.core.cars import Car, CarState
from golive.core.snapshot import Snapshot
from golive.render.rows import TrainRow
from golive.render.vocabulary import Label

LEADS = Label("leads", "🚆", "quiet")
THIS = Label("this one, last", "🚩", "quiet")
READY = Label("ready", "✅", "good")
WAITS = Label("not ready", "⏳", "wait")
LANDED = Label("landed", "🚀", "good")
CLOSED = Label("closed", "⛔", "bad")
OUTSIDE = Label("not reachable", "✋", "mild")

_LABELS = {
    CarState.LANDED: LANDED, CarState.CLOSED: CLOSED, CarState.OUTSIDE: OUTSIDE, CarState.UNLISTED: OUTSIDE,
    CarState.OTHER: OUTSIDE, CarState.UNSEEN: WAITS,
}  # fmt: skip


def train_rows(snapshot: Snapshot) -> Iterator[TrainRow]:
    """Of a lead, every car; of a member, the leads alone: what else they lead is theirs to show."""
    key = snapshot.pull.subject.key
    if snapshot.train is not None:
        yield from (_row(car, own=car.key == key) for car in snapshot.train.cars)
    for train in snapshot.led_by:
        yield TrainRow(train.name, LEADS, train.cars[-1].url if train.cars else "")


def _row(car: Car, own: bool) -> TrainRow:
    if own:
        return TrainRow(car.name, THIS, car.url)
    if car.state is CarState.OPEN:
        return TrainRow(
            car.name, READY if car.note.ready else WAITS, car.url, "" if car.note.ready else car.note.headline
        )
    told = f"as {car.note.commit[:7]}" if car.state is CarState.LANDED and car.note.commit else ""
    return TrainRow(car.name, _LABELS[car.state], car.url, told)
