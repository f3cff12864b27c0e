"""The story of the demo: what people do, one step after another, each when the step before it is seen outside.

Add a step as one method that acts and then waits for what can be seen in the stand-ins, and its name in `play`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from golive.cli.child import Killer, Service
from golive.cli.news import Watch
from golive.cli.town import BRANCH, REPOSITORY, Town
from golive.standins.github import CheckRun

T = TypeVar("T")
PATIENCE = 30.0
"""Seconds that a step may take; a few are enough, more where golive is killed and starts again meanwhile."""
QUIET = 1.5
"""Seconds without news after which the story is over; golive looks at reactions every second here."""
LOOK_EVERY = 0.05
"""Seconds."""


class Unfinished(Exception):
    """The story got stuck; the text says what was waited for."""


class Story:
    """Plays the people of a town. Each line they say, and all that golive answers, is told.

    pause: seconds for a reader between two steps.
    """

    def __init__(
        self, town: Town, service: Service, killer: Killer, tell: Callable[[str, str], None], pause: float = 0.0
    ) -> None:
        self.town = town
        self.service = service
        self.killer = killer
        self.tell = tell
        self.pause = pause
        self.watch = Watch(town, tell)
        self.number = 0

    def play(self) -> None:
        """From the pull request to the merge. Raises Unfinished, or child.Died."""
        for step in self.steps():
            step()
            self.watch.look()
            time.sleep(self.pause)

    def steps(self) -> Iterator[Callable[[], None]]:
        """In order."""
        yield self.a_release_opens_while_the_shop_is_down
        yield self.the_shop_is_mended
        yield self.the_tests_pass
        yield self.the_author_may_not_approve
        yield self.qa_approves
        yield self.security_holds_and_resumes
        yield self.a_push_reopens_the_sign_off
        yield self.qa_approves_again_by_thumb
        yield self.security_approves_in_slack

    def open_another(self) -> int:
        """One more release, with its tests passed and nobody's sign-off yet; returns its number."""
        hub, branch = self.town.github, "release/1.5"
        hub.commit(REPOSITORY, branch, {"news.txt": "What is new in 1.5\n"}, by="ana", message="Release 1.5")
        self.number = self.watch.number = hub.open_pull(REPOSITORY, head=branch, title="Release 1.5", by="ana")
        self.tell("ana", f"opens pull request #{self.number}: Release 1.5, {branch} into main")
        self._tests_pass()
        return self.number

    def follow(self) -> None:
        """Tell what golive says from now on, until somebody interrupts or it ends by itself."""
        while True:
            self.watch.look()
            self.service.check()
            time.sleep(LOOK_EVERY)

    # -- the steps

    def a_release_opens_while_the_shop_is_down(self) -> None:
        """NO_GO, and what to do about it."""
        self.town.shop.status, self.town.shop.state = 503, "down"
        self.tell("shop", "is down: its health page answers 503")
        hub = self.town.github
        hub.commit(REPOSITORY, BRANCH, {"shop.py": "VERSION = '1.4'\n"}, by="ana", message="Release 1.4")
        self.number = self.watch.number = hub.open_pull(REPOSITORY, head=BRANCH, title="Release 1.4", by="ana")
        self.tell("ana", f"opens pull request #{self.number}: Release 1.4, {BRANCH} into main")
        self.until("the check run says no", lambda: self.check("failure"))
        self.until("Slack has the release", self.town.roots)

    def the_shop_is_mended(self) -> None:
        """Re-run: golive looks again."""
        failed = self.until("a failed check run", lambda: self.check("failure"))
        self.town.shop.status, self.town.shop.state = 200, "ok"
        self.tell("bo", "starts the shop; it answers 200")
        self.breathe()
        self.tell("mina", "presses Re-run on the check run")
        self.town.github.rerequest(REPOSITORY, failed.id, by="mina")
        self.until("the check run waits", lambda: self.check("in_progress"))

    def the_tests_pass(self) -> None:
        """golive asks for sign-offs, in both places."""
        self._tests_pass()
        self.until("a sign-off request on the pull request", self.request)
        self.until("a sign-off request in Slack", self.chat_request)

    def the_author_may_not_approve(self) -> None:
        """Refused, and told who could."""
        before = len(self.town.comments(self.number))
        self.says("ana", "/golive approve qa")
        self.until("a refusal", lambda: len(self.town.comments(self.number)) > before)

    def qa_approves(self) -> None:
        """One of two."""
        self.says("mina", "/golive approve qa ran the smoke tests")
        self.until("1/2 in the check run", lambda: self.check("in_progress", "1/2"))

    def security_holds_and_resumes(self) -> None:
        """A hold stops it, a question is answered, the hold is lifted."""
        self.types("sam", "hold reading the last log entries")
        self.until("the check run shows the hold", lambda: self.check("action_required"))
        answers = len(self.town.slack.ephemerals_for("ana"))
        self.types("ana", "why")
        self.until("an answer to ana", lambda: len(self.town.slack.ephemerals_for("ana")) > answers)
        self.types("sam", "resume the log is fine")
        self.until("the hold is lifted", lambda: self.check("in_progress", "1/2"))

    def a_push_reopens_the_sign_off(self) -> None:
        """Other code: what was signed does not count for it."""
        self.breathe()
        self.tell("ana", f"pushes a commit to {BRANCH}")
        files = {"shop.py": "VERSION = '1.4.1'\n"}
        self.town.github.commit(REPOSITORY, BRANCH, files, by="ana", message="Mend the version")
        self.until("a check run for the new commit", lambda: self.town.runs(self.number))
        self._tests_pass()
        self.until("0/2 in the check run", lambda: self.check("in_progress", "0/2"))
        self.until("a new sign-off request on the pull request", self.request)
        self.until("a new sign-off request in Slack", self.chat_request)

    def qa_approves_again_by_thumb(self) -> None:
        """A reaction on the request counts for the commit that the request names."""
        request = self.until("a sign-off request on the pull request", self.request)
        self.breathe()
        self.tell("mina", "reacts with 👍 to the new request on the pull request")
        self.town.github.react(REPOSITORY, request, by="mina")
        self.until("1/2 in the check run", lambda: self.check("in_progress", "1/2"))

    def security_approves_in_slack(self) -> None:
        """The last one: golive merges, and says so."""
        request = self.until("a sign-off request in Slack", self.chat_request)
        self.breathe()
        self.tell("sam", "reacts with ✅ to the request in the Slack thread")
        self.town.slack.react("✅", by="sam", channel=self.town.channel, ts=request)
        self.until("the merge", lambda: self.pull_is_merged())
        self.until("the news in Slack", lambda: any("erged" in root.text for root in self.town.roots()))
        self.until("the news on the pull request", self._sticky_says_merged)
        self.until("a quiet moment", self._is_quiet)

    # -- acting

    def says(self, who: str, words: str) -> None:
        """A comment on the pull request."""
        self.breathe()
        self.tell(who, f"on the pull request: {words}")
        self.town.github.comment(REPOSITORY, self.number, by=who, body=words)

    def types(self, who: str, words: str) -> None:
        """A command in the Slack channel."""
        self.breathe()
        self.tell(who, f"in Slack: /golive {words}")
        self.town.slack.command(words, by=who, channel=self.town.channel)

    def _tests_pass(self) -> None:
        head = self.town.github.pull(REPOSITORY, self.number).head.sha
        self.tell("CI", f"the tests pass on {head[:7]}")
        self.town.github.check_run(REPOSITORY, head, name="tests", app="ci", conclusion="success")

    def breathe(self) -> None:
        """Until GitHub's clock shows a later second: a word covers what was shown in a second before its own."""
        self.watch.look()
        time.sleep(1.05 - time.time() % 1)
        self.watch.look()

    # -- seeing

    def until(self, what: str, seen: Callable[[], T | None]) -> T:
        """Look until it is there, and return it. Raises Unfinished after `PATIENCE`, Died if golive has ended."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.watch.look()
            if found := seen():
                return found
            if time.monotonic() > deadline:
                raise Unfinished(
                    f"After {PATIENCE:.0f} s there is not: {what}. golive's last words:\n" + self.service.last_words()
                )
            self.service.check()
            time.sleep(LOOK_EVERY)

    def check(self, state: str, title: str = "") -> CheckRun | None:
        """The newest check run of the head, if it stands so and its title has these words."""
        runs = self.town.runs(self.number)
        if runs and (runs[-1].conclusion or runs[-1].status) == state and title in (runs[-1].output["title"] or ""):
            return runs[-1]
        return None

    def request(self) -> int | None:
        """The comment that asks for sign-offs on the head."""
        head = self.town.github.pull(REPOSITORY, self.number).head.sha
        for ref, body in self.town.comments(self.number):
            if "golive:request" in body and "asked for on commit" in body and head[:12] in body:
                return ref
        return None

    def chat_request(self) -> str | None:
        """The message in the thread that asks for sign-offs on the head."""
        head = self.town.github.pull(REPOSITORY, self.number).head.sha
        for reply in self.town.thread():
            if reply.text.startswith(f"Sign-offs are asked for on {head[:7]}"):
                return reply.ts
        return None

    def pull_is_merged(self) -> bool:
        """Whether it has landed."""
        return self.town.github.pull(REPOSITORY, self.number).merged

    def _is_quiet(self) -> bool:
        """Nothing new was written for a while, so that a second merge or message would have been seen."""
        return time.monotonic() - self.watch.last_news > QUIET

    def _sticky_says_merged(self) -> bool:
        return any("golive:sticky" in body and "erged" in body for _, body in self.town.comments(self.number))
