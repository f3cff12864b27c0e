"""How long Slack waits for an answer while ten thousand releases are open: the real application on a real SQLite file.

    .venv/bin/python benchmarks/slack.py [--releases 10000] [--commands 400] [--folder PATH]

Slack gives three seconds. The application runs in this process behind a real socket, with its workers working what comes
in; so many clients send signed commands, one after the other. Every command is new, so each is a commit of its own or
shares one. The last column: how many of the answered commands are in the file. Add a command as one row of `COMMANDS`;
`{number}` is another release each time.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.client
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).parents[1]
sys.path.pop(0)  # this folder: a file in it has the name of a library
sys.path.insert(0, str(ROOT / "bot"))
sys.path.insert(0, str(ROOT / "tests"))

from golive.standins.wire import serve  # noqa: E402  # its own folder must not be searched before
from golive.web.app import create_app  # noqa: E402
from golive.wiring.service import build, utc_now  # noqa: E402
from world import World  # noqa: E402

CLIENTS = (1, 16)
COMMANDS = {
    "names one release": "approve acme/shop#{number} qa",
    "names none of them": "approve qa",
    "list": "list waiting",
    "list mine": "list mine",
}


def fill(world: World, releases: int) -> None:
    """So many open releases, each with a page as long as a usual one; the real one stays."""
    assert world.golive is not None
    number = world.asked()
    state = world.golive.store.release_named("acme/shop", number)
    assert state is not None
    for start in range(0, releases, 1000):
        with world.golive.store.transaction() as tx:
            for more in range(start, min(start + 1000, releases)):
                subject = type(state.subject)(state.subject.host, state.subject.repository, 2 + more)
                tx.put_release(
                    type(state)(**{**vars(state), "subject": subject, "headline": f"0/2 — waiting ({more})"})
                )
    print(f"{releases} open releases, {len(state.view)} characters each")


class Client(threading.Thread):
    """Sends commands one after the other, and notes how long each answer took. Times in seconds."""

    def __init__(self, world: World, address: str, text: str, count: int, number: int) -> None:
        super().__init__()
        self.world, self.address, self.text, self.count, self.number = world, address, text, count, number
        self.took: list[float] = []
        self.kept: list[str] = []

    def run(self) -> None:
        """Every answer must be a 200."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc)
        for which in range(self.count):
            form = {
                "team_id": self.world.slack.app.team_id, "channel_id": self.world.channel, "command": "/golive",
                "user_id": self.world.users["mina"], "text": self.text.format(number=10 + self.number * self.count + which),
                "trigger_id": f"{self.number}.{which}.{self.text}",
                "response_url": "",
            }  # fmt: skip
            body, at = urlencode(form), str(int(datetime.now(UTC).timestamp()))
            secret = self.world.slack.signing_secret.encode()
            mark = "v0=" + hmac.new(secret, f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
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


def measure(world: World, address: str, name: str, clients: int, commands: int) -> None:
    """One row of the table."""
    workers = [Client(world, address, COMMANDS[name], commands // clients, number) for number in range(clients)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = sorted(one for worker in workers for one in worker.took)
    kept = {one for worker in workers for one in worker.kept}
    file = sqlite3.connect(world.folder / "golive.db")
    found = {row[0] for row in file.execute("SELECT delivery FROM inbox WHERE kind = 'command'")}
    file.close()
    at = [statistics.median(took), took[int(len(took) * 0.99)], took[-1]]
    figures = "".join(f"{1000 * one:>10.1f}" for one in at)
    print(f"{name:<30}{clients:>8}{len(took):>10}{figures}{len(kept & found):>8}/{len(took)}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=10_000)
    parser.add_argument("--commands", type=int, default=400)
    parser.add_argument("--folder", type=Path, help="where the database lies; a scratch folder if not given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="golive-slack-") as scratch:
        folder = given.folder or Path(scratch)
        world = World(folder)
        try:
            fill(world, given.releases)
            serve_and_measure(world, given.commands)
        finally:
            world.close()


def serve_and_measure(world: World, commands: int) -> None:
    """The application with its workers; nothing is looked at that no command names, as GitHub knows one release only."""
    world.stop()
    golive = build(world.settings(), utc_now)
    served = serve(create_app(golive, runs=False))
    golive.work.start()
    print(f"{'command':<30}{'clients':>8}{'commands':>10}{'p50 ms':>10}{'p99 ms':>10}{'worst ms':>10}{'kept':>12}")
    try:
        for name in COMMANDS:
            for clients in CLIENTS:
                measure(world, served.url, name, clients, commands)
    finally:
        served.stop()
        golive.stop()


if __name__ == "__main__":
    main()
