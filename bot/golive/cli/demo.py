"""`golive demo`: a whole release on this machine alone. Stand-ins for GitHub and Slack, a shop, and the real service.

What people do is in `story`, where it happens in `town`, the service in `child`, how it is told in `telling`.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from golive.core.errors import Misconfigured

if TYPE_CHECKING:
    from golive.cli.story import Story
    from golive.cli.telling import Timeline

PORTS = 5
"""GitHub, Slack, the shop, golive, and the story's page."""
READING = 0.4
"""Seconds between two steps, for somebody who reads along in a terminal."""


@dataclass(frozen=True)
class Wishes:
    """What was asked for on the command line. port_base: first of five ports, 0 for any free ones."""

    keep: bool
    port_base: int
    colour: bool
    pause: float
    kill_at: int
    kill_after: bool

    def port(self, place: int) -> int:
        """The port of one of the five servers."""
        return self.port_base + place if self.port_base else 0


@click.command()
@click.option("--keep", is_flag=True, help="Leave all running afterwards, to play the people yourself; Ctrl-C ends it.")
@click.option(
    "--port-base",
    type=click.IntRange(0, 65536 - PORTS),
    default=0,
    metavar="N",
    help="Use the five ports from N on, not any free ones.",
)
@click.option("--no-color", is_flag=True, help="Plain text, also in a terminal.")
@click.option("--fast", is_flag=True, help="No pauses for reading.")
@click.option("--kill-at", type=click.IntRange(0), default=0, hidden=True, help="SIGKILL golive at its n-th write.")
@click.option("--kill-when", type=click.Choice(["before", "after"]), default="after", hidden=True)
def demo(keep: bool, port_base: int, no_color: bool, fast: bool, kill_at: int, kill_when: str) -> None:
    """Play a release from pull request to merge, on this machine alone; it takes less than half a minute.

    A GitHub, a Slack and a small shop stand in on 127.0.0.1; golive is the real service in a process of its own, with
    its real libraries. Nothing leaves this machine and nothing is left behind. Exits 0 when the release was merged
    exactly once and the record holds, 1 otherwise.

    \b
    golive demo
    golive demo --keep      afterwards, open the printed pages and play on
    """
    terminal = sys.stdout.isatty()
    colour = terminal and not no_color and "NO_COLOR" not in os.environ
    pause = READING if terminal and not fast else 0.0
    sys.exit(_play(Wishes(keep, port_base, colour, pause, kill_at, kill_when == "after")))


def _play(wishes: Wishes) -> int:
    from golive.cli.telling import Timeline

    os.environ["no_proxy"] = "127.0.0.1"  # the stand-ins' own deliveries must not take a proxy
    signal.signal(signal.SIGTERM, _interrupt)
    timeline = Timeline(colour=wishes.colour)
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="golive-demo-")))
        story, page = _stage(wishes, timeline, folder, ends)
        right = _perform(timeline, story)
        if wishes.keep:
            with suppress(KeyboardInterrupt):
                _keep(timeline, story, page)
    return 0 if right else 1


def _stage(wishes: Wishes, timeline: Timeline, folder: Path, ends: ExitStack) -> tuple[Story, str]:
    """Everything that listens, each taken down by `ends`; the story to play, and the address of its page."""
    from golive.cli.child import Killer, Patience, Service
    from golive.cli.story import Story
    from golive.cli.telling import StoryPage
    from golive.cli.town import Town
    from golive.standins.wire import serve

    golive_url = f"http://127.0.0.1:{wishes.port(3) or _free_port()}"
    try:
        town = Town(golive_url, [wishes.port(place) for place in range(3)])
        ends.callback(town.stop)
        page = serve(StoryPage(timeline).asgi, wishes.port(4))
        ends.callback(page.stop)
    except OSError as error:
        last = wishes.port_base + PORTS - 1
        raise Misconfigured(
            f"The ports {wishes.port_base} to {last} are not all free: {error.strerror}. Choose another --port-base."
        ) from None
    service = Service(folder, town.write_settings(folder), golive_url)
    ends.callback(service.stop)
    town.github.courier.post = town.slack.courier.post = Patience(service)
    told = partial(timeline.tell, "demo")
    killer = Killer(service, wishes.kill_at, after=wishes.kill_after, told=told)
    killer.watch(town.github, town.slack)
    timeline.say(f"The story as a page, while it happens: {page.url}/")
    return Story(town, service, killer, timeline.tell, wishes.pause), page.url


def _perform(timeline: Timeline, story: Story) -> bool:
    """Play it and say how it ended; True where all is as it must be."""
    from golive.cli.child import Died
    from golive.cli.outcome import final
    from golive.cli.story import Unfinished

    stuck = ""
    try:
        story.service.start()
        story.service.wait_until_up()
        where = f"golive serves {story.service.url}, the shop is at {story.town.shop_url}"
        timeline.tell("demo", f"{where}, GitHub and Slack stand in")
        story.play()
    except (Died, Unfinished) as error:
        stuck = str(error)
    rows = list(final(story.town, story.number, story.service.folder / "golive.db"))
    timeline.table("How it stands", rows)
    missing = [f"{what}: {stands}" for what, stands, right in rows if not right]
    _sum_up(timeline, story, stuck, missing)
    return not stuck and not missing


def _sum_up(timeline: Timeline, story: Story, stuck: str, missing: list[str]) -> None:
    if stuck:
        timeline.say(stuck, "bold red")
    for what in missing:
        timeline.say(f"Not as it must be: {what}", "bold red")
    if not stuck and not missing:
        timeline.say(f"Pull request #{story.number} is merged, once, and the record holds.", "bold green")
    timeline.say(f"Writes to GitHub and Slack: {story.killer.writes}.", "dim")


def _keep(timeline: Timeline, story: Story, page: str) -> None:
    """Leave all running with a second release that nobody has signed for, until Ctrl-C."""
    town, merged = story.town, story.number
    number = story.open_another()
    hub, chat = town.github.web, town.slack.web
    run = town.runs(merged)
    release_page = run[-1].details_url if run else ""
    timeline.say()
    timeline.say("All of it keeps running. Pages to open; each lets you act as anybody of the team:", "bold")
    timeline.say(f"  the new release     {hub}/acme/shop/pull/{number}?as=mina")
    timeline.say(f"  the merged one      {hub}/acme/shop/pull/{merged}")
    timeline.say(f"  the Slack channel   {chat}/channel/{town.channel}?as=sam")
    timeline.say(f"  golive's own page   {release_page}")
    timeline.say(f"  the story           {page}/")
    timeline.say("Words to type there, on the pull request or as a command in the channel:", "bold")
    timeline.say(
        f"  /golive approve qa        as mina; in the channel name the release: /golive approve acme/shop#{number} qa"
    )
    timeline.say("  /golive approve security  as sam or sue: with both roles signed, golive merges")
    timeline.say("  /golive hold <reason>, /golive resume, /golive why, /golive help")
    timeline.say("Ctrl-C ends it, and takes everything away.")
    story.follow()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """A polite end leaves nothing behind, as Ctrl-C does."""
    raise KeyboardInterrupt


def _free_port() -> int:
    """A port that nobody has now. golive is told of it in its settings before it can take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
