"""What the kind `port` makes of connections, which options it takes, and what it finds at real ports."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from golive.checks.port import PortCheck, Tried
from golive.core.model import Outcome, Strength
from golive.look.connect import Connect
from golive.look.guard import Guard
from golive.look.http import Http
from golive.ports import Look, Unreachable
from kind_pages import example_of, unexplained
from machine import options, refusal, seen, values

OPEN = Tried("a.test:1", 0.02)
REFUSED = Tried("a.test:1", None, True, "the connection is refused")
UNCLEAR = Tried("a.test:1", None, False, "a.test:1: the name a.test does not resolve")


@pytest.mark.parametrize(
    ("given", "tried", "outcome", "says"),
    [
        ({"reachable": "a.test:1"}, OPEN, "passed", "1 of 1 port open, as expected"),
        ({"reachable": "a.test:1"}, REFUSED, "failed", "a.test:1 takes no connection: the connection is refused"),
        ({"reachable": "a.test:1"}, UNCLEAR, "unknown", "does not resolve"),
        ({"closed": "a.test:1"}, OPEN, "failed", "a.test:1 takes connections and must not"),
        ({"closed": "a.test:1"}, REFUSED, "passed", "0 of 1 port open, as expected"),
        ({"closed": "a.test:1"}, UNCLEAR, "unknown", "does not resolve"),
    ],
)
def test_a_port_is_judged(given: dict[str, Any], tried: Tried, outcome: str, says: str) -> None:
    finding = options(PortCheck, **given).judge((tried,))
    assert (finding.outcome, finding.strength) == (Outcome(outcome), Strength.PROBE)
    assert says in finding.summary
    assert bool(finding.details) == (finding.outcome is not Outcome.PASSED)


def test_a_flaw_weighs_more_than_what_is_not_known_and_both_are_listed() -> None:
    check = options(PortCheck, reachable=["a.test:1", "b.test:1"], closed=["c.test:1"])
    finding = check.judge((UNCLEAR, Tried("b.test:1", 0.05), Tried("c.test:1", 0.01)))
    assert finding.outcome is Outcome.FAILED
    assert [detail.outcome for detail in finding.details] == [Outcome.FAILED, Outcome.UNKNOWN]
    assert values(finding) == {"open": 2, "duration": 0.05}
    assert finding.samples == 3
    assert finding.measured == "2 of 3 ports open, the slowest in 50 ms"
    assert finding.expected == "reachable: a.test:1, b.test:1; closed: c.test:1"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "name ports under `reachable`"),
        ({"reachable": []}, "asserts nothing"),
        ({"reachable": "a.test"}, "expected `host:port`"),
        ({"reachable": 80}, "valid array"),
        ({"reachable": ["a.test:1", "A.TEST:1"]}, "a.test:1 is named twice"),
        ({"reachable": "a.test:1", "closed": "tcp://a.test:1"}, "cannot be both"),
        ({"reachable": [f"a.test:{n}" for n in range(1, 52)]}, "at most 50"),
        ({"open": "a.test:1"}, "not permitted"),
    ],
)
def test_a_wrong_option_is_refused_with_a_sentence(given: dict[str, Any], says: str) -> None:
    assert says in refusal(PortCheck, given)


def test_how_many_can_be_open_is_known_beforehand() -> None:
    assert options(PortCheck, reachable="a:1", closed=["b:1", "b:2"]).bounds()["open"] == (0, 3)


# ------------------------------------------------------------------ tried for real


def resolve(host: str, port: int) -> Sequence[str]:
    found = {"shop.test": ["127.0.0.1"], "inside.test": ["169.254.169.254"]}.get(host)
    if found is None:
        raise OSError("no such name")
    return found


def a_look(seconds: float = 5) -> Look:
    connect = Connect(Guard(("127.0.0.0/8",), resolve=resolve))
    return Look(Http(), None, datetime.now(UTC), timedelta(seconds=seconds), connect=connect)


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield int(door.getsockname()[1])


@pytest.fixture
def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@pytest.fixture
def silent() -> Iterator[int]:
    """A port whose queue is full, so that it answers nobody."""
    with ExitStack() as stack:
        door = stack.enter_context(closing(socket.socket()))
        door.bind(("127.0.0.1", 0))
        door.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(door.getsockname())
        yield int(door.getsockname()[1])


def test_real_ports_are_as_they_should_be(listening: int, free: int) -> None:
    check = options(PortCheck, reachable=f"shop.test:{listening}", closed=f"127.0.0.1:{free}")
    finding = seen(check, a_look())
    assert finding.outcome is Outcome.PASSED, finding.summary
    assert values(finding)["open"] == 1


def test_real_ports_that_are_not_are_named(listening: int, free: int) -> None:
    check = options(PortCheck, reachable=f"shop.test:{free}", closed=f"shop.test:{listening}")
    finding = seen(check, a_look())
    assert finding.outcome is Outcome.FAILED
    assert [detail.text for detail in finding.details] == [
        f"shop.test:{free} takes no connection: the connection is refused",
        f"shop.test:{listening} takes connections and must not",
    ]


def test_a_port_that_answers_nobody_is_closed(silent: int) -> None:
    finding = seen(options(PortCheck, closed=f"127.0.0.1:{silent}"), a_look(0.3))
    assert finding.outcome is Outcome.PASSED, finding.summary
    finding = seen(options(PortCheck, reachable=f"127.0.0.1:{silent}"), a_look(0.3))
    assert finding.outcome is Outcome.FAILED
    assert "nothing answers within 300 ms" in finding.summary


@pytest.mark.parametrize("option", ["reachable", "closed"])
@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("nobody.test", "does not resolve"),
        ("inside.test", "a cloud metadata address"),
        ("10.0.0.1", "a private address, and checks may not reach it"),
    ],
)
def test_what_says_nothing_about_a_port_is_unknown(option: str, host: str, says: str) -> None:
    finding = seen(options(PortCheck, **{option: f"{host}:80"}), a_look())
    assert finding.outcome is Outcome.UNKNOWN
    assert says in finding.summary


def test_silent_ports_share_the_time(silent: int, listening: int) -> None:
    check = options(
        PortCheck, closed=[f"127.0.0.1:{silent}", f"shop.test:{silent}"], reachable=f"shop.test:{listening}"
    )
    finding = seen(check, a_look(0.6))
    assert finding.outcome is Outcome.PASSED, finding.summary


def test_a_look_without_connections_says_so() -> None:
    with pytest.raises(Unreachable, match="ports cannot be looked at"):
        options(PortCheck, reachable="a.test:1").collect(Look(Http(), None, datetime.now(UTC)))


def test_the_reference_page_is_true() -> None:
    (check,) = example_of(PortCheck)
    assert check.options.bounds()["open"] == (0, 3)
    assert unexplained(PortCheck) == []
