"""How long Slack waits for an answer while ten thousand releases are open, and what an answer costs the processor.

    .venv/bin/python benchmarks/slack.py [--releases 10000] [--commands 200] [--load turns] [--folder PATH]

Slack gives three seconds. golive runs in a process of its own with its workers and a real SQLite file, the stand-ins of
GitHub and Slack in a second, and so many clients in a third: they send signed commands, one after the other. Every command
is new, so each is a commit of its own or shares one. All releases are of one repository and one base, each with a head of
its own; a few are real, and of the others GitHub knows nothing. What a load is:

- `start`: golive has just started, and owes every release a look.
- `idle`: nothing is done but what the commands ask for, which for a list of ten thousand is much.
- `turns`: all workers take real releases through one turn after the other.
- `push`: each second every release is owed a look, as by a push to their base.

The last columns, for each command: milliseconds of processor time of the threads that answer; milliseconds for which
those waited for a processor that other threads and programs had, which says how much the machine has to do besides;
processor time of the whole process; and how many of the answered commands are in the file. Add a command as one row of
`COMMANDS`; `{number}` is another release each time.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.client
import json
import logging
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy

ROOT = Path(__file__).parents[1]
sys.path.pop(0)  # this folder: a file in it has the name of a library
sys.path.insert(0, str(ROOT / "bot"))
sys.path.insert(0, str(ROOT / "tests"))

CLIENTS = (1, 8)
LOADS = ("start", "idle", "turns", "push")
OWED = sqlalchemy.text("SELECT count(*) FROM due WHERE NOT timer AND at <= 1000000 * unixepoch()")
BUSY = 8
"""Real releases that are looked at again and again in the rows `turns`; twice as many as golive has workers."""
COMMANDS = {
    "names one release": "approve acme/shop#{number} qa",
    "names none of them": "approve qa",
    "list": "list waiting",
    "list mine": "list mine",
}
ANSWERING = ("doors", "inbox")
"""Threads on whose work an answer waits."""


# ------------------------------------------------------------------ the serving process


def spent(names: tuple[str, ...]) -> tuple[float, float]:
    """Seconds for which these threads had a processor, and for which they waited for one while others had it.

    Source: the Linux kernel's page on scheduler statistics: `schedstat` begins with both, in nanoseconds.
    """
    told = [
        Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text().split()
        for thread in threading.enumerate() if thread.name in names
    ]  # fmt: skip
    return sum(int(one[0]) for one in told) / 1e9, sum(int(one[1]) for one in told) / 1e9


def answer_orders(golive: Any, told: dict[str, Any]) -> None:
    """Do what the measuring process asks for, line by line, until its end of the pipe closes."""
    from golive.core.model import Subject

    keys: list[str] = told["busy"]
    here = Subject.parse(keys[0])
    busy, pushed = threading.Event(), threading.Event()

    def again() -> None:
        while True:
            busy.wait()
            with golive.store.transaction() as tx:
                for key in keys:
                    tx.touch(key)
            time.sleep(0.01)

    def push() -> None:
        while True:
            pushed.wait()
            with golive.store.transaction() as tx:
                tx.touch_open(here.host, here.repository, "main")
            time.sleep(1)

    for load in (again, push):
        threading.Thread(target=load, name=load.__name__, daemon=True).start()
    for line in sys.stdin:
        if (order := line.strip()) != "look":
            (busy.set if order == "turns" else busy.clear)()
            (pushed.set if order == "push" else pushed.clear)()
        if order == "rest":  # most releases are none that GitHub knows: their turns would be tried again for ever
            with golive.store.transaction() as tx:
                tx.run(sqlalchemy.text("DELETE FROM due WHERE NOT claimed"))
                tx.run(sqlalchemy.text("UPDATE inbox SET state = 'ignored' WHERE state = 'new'"))
        had, queued = spent(ANSWERING)
        owed = golive.store.look(OWED)[0][0]
        told = {"answering": had, "queued": queued, "process": time.process_time(), "owed": owed}
        print(json.dumps(told), flush=True)


def serve_golive(given: str) -> None:
    """The application behind a socket, started as `golive serve` starts it; the first line printed is its address."""
    import structlog

    from golive.settings import Settings
    from golive.standins.wire import serve
    from golive.web.app import create_app
    from golive.wiring import heap
    from golive.wiring.service import build

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    told = json.loads(Path(given).read_text())
    golive = build(Settings(_env_file=None, **told["settings"]))
    golive.start()
    app = create_app(golive, runs=False)
    heap.settle()
    served = serve(app)
    served.thread.name = "doors"
    print(served.url, flush=True)
    answer_orders(golive, told)
    served.stop()
    golive.stop()


# ------------------------------------------------------------------ the clients' process


class Client(threading.Thread):
    """Sends commands one after the other, and notes how long each answer took. Times in seconds."""

    def __init__(self, told: dict[str, Any], number: int) -> None:
        super().__init__()
        self.told, self.number = told, number
        self.took: list[float] = []
        self.kept: list[str] = []

    def run(self) -> None:
        """Every answer must be a 200."""
        connection = http.client.HTTPConnection(urlsplit(self.told["address"]).netloc)
        for which in range(self.told["count"]):
            at = str(int(datetime.now(UTC).timestamp()))
            form = {
                "team_id": self.told["team"], "channel_id": self.told["channel"], "command": "/golive",
                "user_id": self.told["user"], "response_url": "", "trigger_id": f"{self.told['row']}.{self.number}.{which}",
                "text": self.told["text"].format(number=100 + self.number * self.told["count"] + which),
            }  # fmt: skip
            body = urlencode(form)
            mark = (
                "v0=" + hmac.new(self.told["secret"].encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
            )
            headers = {
                "content-type": "application/x-www-form-urlencoded", "x-slack-request-timestamp": at, "x-slack-signature": mark,
            }  # fmt: skip
            began = time.perf_counter()
            connection.request("POST", "/slack/commands", body, headers)
            answer = connection.getresponse()
            answer.read()
            self.took.append(time.perf_counter() - began)
            if answer.status == 200:
                self.kept.append(f"{at}:{mark}")
        connection.close()


def send() -> None:
    """Rows of work come as lines of JSON; one line with the times and the names of what was kept goes back for each."""
    for line in sys.stdin:
        told = json.loads(line)
        clients = [Client(told, number) for number in range(told["clients"])]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        took = [one for client in clients for one in client.took]
        print(json.dumps({"took": took, "kept": [one for client in clients for one in client.kept]}), flush=True)


# ------------------------------------------------------------------ the measuring process, with the stand-ins


def fill(world: Any, releases: int) -> list[str]:
    """So many open releases, each with a page as long as a usual one; some are real, and their keys are returned."""
    assert world.golive is not None
    number = world.asked()
    for more in range(BUSY - 1):
        world.release(head=f"release/2.{more}")
    state = world.golive.store.release_named("acme/shop", number)
    assert state is not None
    busy = [release.subject.key for release in world.golive.store.open_in(state.subject.host, state.subject.repository)]
    for start in range(0, releases, 1000):
        with world.golive.store.transaction() as tx:
            for more in range(start, min(start + 1000, releases)):
                subject = type(state.subject)(state.subject.host, state.subject.repository, 100 + more)
                tx.put_release(
                    replace(state, subject=subject, head_sha=f"{more:040x}", headline=f"0/2 — waiting ({more})")
                )
    print(f"{releases} open releases, {len(state.view)} characters each, and {len(busy)} that GitHub knows")
    return busy


class Other:
    """Another process of this file, spoken to line by line."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, __file__, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def heard(self) -> str:
        """Its next line."""
        assert self._process.stdout
        if not (line := self._process.stdout.readline()):
            raise RuntimeError("the process ended; look at the error above")
        return line.strip()

    def asked(self, order: str) -> Any:
        """What it answers."""
        assert self._process.stdin
        print(order, file=self._process.stdin, flush=True)
        return json.loads(self.heard())

    def end(self) -> None:
        """Let it stop in order."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


def measure(world: Any, golive: Other, clients: Other, told: dict[str, Any], load: str) -> None:
    """One row of the table."""
    before = golive.asked(load)
    sent = clients.asked(json.dumps(told))
    after = golive.asked("look")
    took, kept = sorted(sent["took"]), set(sent["kept"])
    file = sqlite3.connect(world.folder / "golive.db")
    found = {row[0] for row in file.execute("SELECT delivery FROM inbox WHERE kind = 'command'")}
    file.close()
    wall = [statistics.median(took), took[int(len(took) * 0.99)], took[-1]]
    each = [(after[name] - before[name]) / len(took) for name in ("answering", "queued", "process")]
    figures = "".join(f"{1000 * one:>10.1f}" for one in (*wall, *each))
    print(f"{told['name']:<20}{load:<6}{told['clients']:>8}{len(took):>9}{figures}{len(kept & found):>8}/{len(took)}")


def settings_of(world: Any) -> dict[str, Any]:
    """What a golive for this world is set to, as JSON takes it; its database is the file as a server opens it."""
    held = world.settings().model_dump(exclude_unset=True)
    held["database_url"] = f"sqlite:///{world.folder / 'golive.db'}"
    return {name: one.get_secret_value() if hasattr(one, "get_secret_value") else one for name, one in held.items()}


def rest(golive: Other) -> None:
    """Drop what is owed and what was kept and not worked yet, and wait until what is under way has ended."""
    while golive.asked("rest")["owed"]:
        time.sleep(1)


def measure_all(world: Any, releases: int, commands: int, loads: list[str]) -> None:
    """The table."""
    told = world.folder / "told.json"
    told.write_text(json.dumps({"busy": fill(world, releases), "settings": settings_of(world)}, default=str))
    world.stop()
    golive, clients = Other("--serve", str(told)), Other("--send")
    address = golive.heard()
    print(
        f"{'command':<20}{'load':<6}{'clients':>8}{'commands':>9}{'p50 ms':>10}{'p99 ms':>10}{'worst ms':>10}"
        f"{'CPU ms':>10}{'queued':>10}{'of all':>10}{'kept':>12}"
    )
    try:
        for load in loads:
            if load != "start":
                rest(golive)
            for name, text in COMMANDS.items():
                for number in CLIENTS:
                    row = {
                        "address": address, "team": world.slack.app.team_id, "channel": world.channel,
                        "user": world.users["mina"], "secret": world.slack.signing_secret, "name": name, "text": text,
                        "count": commands // number, "clients": number, "row": f"{load}.{name}.{number}",
                    }  # fmt: skip
                    measure(world, golive, clients, row, load)
        rest(golive)
    finally:
        clients.end()
        golive.end()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=10_000)
    parser.add_argument("--commands", type=int, default=200, help="in each row")
    parser.add_argument("--load", action="append", choices=LOADS, help="only this one; may be given again")
    parser.add_argument("--folder", type=Path, help="where the database lies; a scratch folder if not given")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--send", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve_golive(given.serve)
        return
    if given.send:
        send()
        return
    import structlog

    from world import World

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="golive-slack-") as scratch:
        world = World(given.folder or Path(scratch), sockets=True)
        try:
            measure_all(world, given.releases, given.commands, given.load or list(LOADS))
        finally:
            world.close()


if __name__ == "__main__":
    main()
