"""A history of one release: a list of acts, done to the whole app by the doors, judged by `truth.Truth` at the stand-in.

Add an act as one method of `History`; tests name it in a list and hand that to `play`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

from golive.standins.github.world import RefusedError
from golive.standins.wire import Next, Request, Response
from truth import POLICY, REPO, ROLES, Said, Truth, event_time
from world import World, a_world

Act = tuple[str, tuple[Any, ...], bool]
"""The name of a method of `History`, its arguments, and whether everything is delivered and worked after it."""


class History:
    """Does acts. A number that names one of several things counts round; an act that has nothing to act on does nothing."""

    def __init__(self, world: World, author: str, by_label: bool) -> None:
        self.world, self.truth = world, Truth(world)
        self.reactions: dict[tuple[str, str], Said] = {}
        self.reviews: list[tuple[int, Said]] = []
        self.tossed: list[Callable[[], None]] = []
        world.github.interceptors.append(self._interfere)
        g, self.branch = world.github, "work/1.4" if by_label else "release/1.4"
        g.create_branch(REPO, "next", by="bo")
        first = g.commit(REPO, self.branch, {"app.py": "print('1.4')\n"}, by=author)
        self.heads = [first]
        self.truth.pushed(first, author)
        labels = ["release"] if by_label else []
        self.truth.number = self.number = g.open_pull(REPO, head=self.branch, title="1.4", by=author, labels=labels)
        self.ci("success")

    def came_back(self) -> None:
        """Go on seeing, in the place where the world goes on."""
        self.truth.watch_sample()

    def play(self, acts: list[Act]) -> None:
        """Do every act until the release has landed, then let everything come in and time pass.

        golive knows of the release first: a command in the chat about one that it does not know is answered so.
        """
        self.settle()
        for name, arguments, settle in acts:
            if self.truth.pull.merged:
                break
            getattr(self, name)(*arguments)
            if settle:
                self.settle()
        self.settle()
        for _ in range(4):
            self.step(70)
            self.settle()

    # -- time and delivery

    def settle(self) -> None:
        self.truth.worked()
        self.world.settle()
        self.tossed.clear()
        self.truth.settled()

    def step(self, seconds: int) -> None:
        if seconds > 60:
            self.world.slack.courier.pump()  # Slack signs when it sends, and a signature lives for five minutes
        self.world.clock.pass_(seconds=seconds)

    def shuffle(self, seed: int) -> None:
        for courier in (self.world.github.courier, self.world.slack.courier):
            waiting = list(courier.waiting)
            random.Random(seed).shuffle(waiting)
            courier.waiting.clear()
            courier.waiting.extend(waiting)

    def twice(self) -> None:
        for courier in (self.world.github.courier, self.world.slack.courier):
            courier.waiting.extend(list(courier.waiting))

    def lag(self, seed: int) -> None:
        """Some of what waits comes in half a minute before the rest, in any order."""
        self.shuffle(seed)
        self.truth.worked()
        for courier in (self.world.github.courier, self.world.slack.courier):
            for _ in range(random.Random(seed).randint(0, len(courier.waiting))):
                courier.send(courier.waiting.popleft())
        self.step(31)
        assert self.world.golive is not None
        self.world.golive.work.run_due()
        self.settle()

    def lose(self) -> None:
        """What waits is lost for good, but what only a delivery says: who pushed, and that it was aimed elsewhere."""
        for courier in (self.world.github.courier, self.world.slack.courier):
            kept = [
                sent for sent in courier.waiting if sent.headers.get("X-GitHub-Event") in ("pull_request", "check_run")
            ]
            courier.waiting.clear()
            courier.waiting.extend(kept)

    def recover(self) -> None:
        """Whatever failed is tried again until it holds: the longest pause between two tries is 7½ minutes."""
        self.settle()
        assert self.world.golive is not None
        for _ in range(3):
            store = self.world.golive.store
            if not (store.faults() or store.new_deliveries(limit=1)):
                return
            self.step(480)
            self.settle()

    def rest(self) -> None:
        """Everything comes in, and time passes, until it has landed."""
        self.settle()
        for _ in range(4):
            if self.truth.merges():
                return
            self.step(70)
            self.settle()

    def restart(self) -> None:
        self.world.restart()

    def meanwhile(self, what: str) -> None:
        """Something happens right after golive's next look at the pull request, in the middle of its turn."""
        happens: dict[str, Callable[[], None]] = {
            "slow": lambda: self.world.clock.pass_(seconds=6),
            "push": lambda: self.push("ana", "change"),
            "reject": lambda: self.say("mina", "reject", "qa", "comment", False),
        }
        self.tossed.append(happens[what])

    def _interfere(self, request: Request, call: Next) -> Response:
        response = call(request)
        if request.method == "GET" and request.path == f"/repos/{REPO}/pulls/{self.number}" and self.tossed:
            self.tossed.pop()()
        return response

    # -- code

    def push(self, by: str, what: str) -> None:
        g, before = self.world.github, self.truth.head
        if what == "back" and len(self.heads) > 1:
            sha = g.force_push(REPO, self.branch, self.heads[-2], by=by)
        else:
            files = {} if what == "empty" else {"app.py": f"print({len(self.heads)})\n"}
            sha = g.commit(REPO, self.branch, files, by=by, message=f"Change {len(self.heads)}")
        if sha != before:
            self.heads.append(sha)
            self.truth.pushed(sha, by)

    def update_branch(self, by: str) -> None:
        """Bring the base into the release, as the button does; nothing is changed on both sides."""
        before = self.truth.head
        try:
            sha = self.world.github.merge_base_into(REPO, self.branch, by=by)
        except RefusedError:  # there is nothing to bring in
            return
        self.heads.append(sha)
        self.truth.pushed(sha, by)
        if self.truth.pull.base.ref == "main":
            self.truth.updates.add((before, sha))

    def ci(self, says: str) -> None:
        sha = self.truth.head
        if says == "pending":
            self.world.github.check_run(REPO, sha, name="build", app="ci", status="in_progress")
        elif says == "forged":
            self.world.github.check_run(REPO, sha, name="build", app=self.world.app, conclusion="success")
        else:
            self.world.github.check_run(REPO, sha, name="build", app="ci", conclusion=says)

    def sample(self, status: int, state: str) -> None:
        self.world.sample.status, self.world.sample.state = status, state

    def rerun(self) -> None:
        runs = self.world.github.check_runs(REPO, self.truth.head, "golive")
        if runs:
            self.world.github.rerequest(REPO, runs[-1].id, by="bo")

    def main_moves(self) -> None:
        self.world.github.commit(REPO, "main", {"README.md": f"{self.truth.now}\n"}, by="bo")

    def retarget(self, base: str) -> None:
        if self.truth.pull.base.ref != base:
            self.world.github.edit_pull(REPO, self.number, by="ana", base=base)
            self.truth.retargets.append((self.truth.now, self.world.github.courier.waiting[-1]))

    def there_and_back(self) -> None:
        self.retarget("next")
        self.retarget("main")

    def label(self) -> None:
        """The label goes, or comes back."""
        there = any(label.name == "release" for label in self.truth.pull.labels)
        (self.world.github.unlabel if there else self.world.github.label)(REPO, self.number, "release", by="ana")

    def sibling(self, release: bool) -> None:
        """Another pull request whose head is the same commit."""
        count = len(self.world.github.world.repo(REPO).pulls)
        branch = f"{'release' if release else 'side'}/{count}"
        self.world.github.create_branch(REPO, branch, start=self.truth.head, by="mina")
        number = self.world.github.open_pull(REPO, head=branch, title="the same", by="mina")
        if release:
            self.truth.siblings.append(number)

    def close_siblings(self) -> None:
        for number in self.truth.siblings:
            if self.world.github.pull(REPO, number).state == "open":
                self.world.github.close_pull(REPO, number, by="mina")

    def team(self, *members: str) -> None:
        self.world.github.set_team("acme/security", members=members)
        self.world.github.comment(REPO, self.number, by="eve", body="The team is another now.")

    # -- words

    def say(self, by: str, verb: str, role: str, surface: str, names_head: bool) -> None:
        if verb == "resume":
            self.settle()  # what it lifts has been heard
        self.step(1)
        sha = self.truth.head[:10] if names_head and verb == "approve" else ""
        words = " ".join(w for w in (verb, role, sha, "because" if verb == "hold" else "") if w)
        word = Said(by, verb, self.truth.now, role, sha)
        if surface == "comment":
            word.comment = self.world.github.comment(REPO, self.number, by=by, body=f"/golive {words}")
        elif by == "eve":
            return  # nobody there knows who she is
        else:
            text = words.replace(verb, f"{verb} {REPO}#{self.number}", 1)
            self.world.slack.command(text, by=self.world.users[by], channel=self.world.channel)
            word.delivery = self.world.slack.courier.waiting[-1]
        self.truth.said(word)

    def change_words(self, which: int, how: str, by: str) -> None:
        """A comment that golive has worked is edited or deleted."""
        there = [w for w in self.truth.words if w.comment and not w.emptied]
        if not there:
            return
        self.settle()
        self.step(1)
        word = there[which % len(there)]
        if how == "edit":
            self.world.github.edit_comment(REPO, word.comment, by=by, body="/golive approve, on second thoughts")
        else:
            self.world.github.delete_comment(REPO, word.comment, by=by)
        word.emptied = True

    def review(self, by: str, state: str) -> None:
        """A review; nobody approves or refuses their own work there."""
        if by == self.truth.pull.user.login:
            return
        self.settle()
        self.step(1)
        number = self.world.github.review(REPO, self.number, by=by, state=state)
        if verb := {"APPROVE": "approve", "REQUEST_CHANGES": "reject"}.get(state):
            self.reviews.append((number, self.truth.said(Said(by, verb, self.truth.now))))

    def dismiss(self, which: int) -> None:
        """A review that golive has worked is dismissed."""
        there = [(number, word) for number, word in self.reviews if not word.emptied]
        if not there:
            return
        self.settle()
        self.step(1)
        number, word = there[which % len(there)]
        self.world.github.dismiss_review(REPO, self.number, number, by="bo")
        word.emptied = True

    def react(self, by: str, content: str, which: int) -> None:
        """On one of the sign-off requests on the pull request, the newest first; the same again takes it back."""
        comments = self.world.github.comments(REPO, self.number)
        found = [(c, m[1]) for c in comments if (m := re.search(r"golive:request:(\w{40}):", c.body))]
        if not found:
            return
        comment, head = found[-1 - which % len(found)]
        key = f"{comment.id}:{content}"
        self.settle()
        self.step(1)
        if known := self._reacted(by, key):
            self.world.github.unreact(REPO, comment.id, by=by, content=content)
            known.emptied = True
            return
        self.world.github.react(REPO, comment.id, by=by, content=content)
        verb = {"+1": "approve", "-1": "reject"}[content]
        self._remember(key, Said(by, verb, self.truth.now, names=head))

    def react_in_slack(self, by: str, emoji: str, which: int) -> None:
        """On one of the sign-off requests in the thread, the newest first; the same again takes it back."""
        found = self._slack_requests()
        if not found or by == "eve":
            return
        ts, head = found[-1 - which % len(found)]
        slack, user, key = self.world.slack, self.world.users[by], f"{ts}:{emoji}"
        self.settle()
        self.step(1)
        act = {"channel": self.world.channel, "ts": ts, "by": user}
        if known := self._reacted(by, key):
            slack.unreact(emoji, **act)
            known.emptied, known.emptied_by = True, slack.courier.waiting[-1]
            return
        slack.react(emoji, **act)
        verb = {"white_check_mark": "approve", "x": "reject"}[emoji]
        sent = slack.courier.waiting[-1]
        self._remember(key, Said(by, verb, event_time(sent), names=head, delivery=sent))

    def _remember(self, key: str, word: Said) -> None:
        self.reactions[word.by, key] = word
        self.truth.said(word)

    def _reacted(self, by: str, key: str) -> Said | None:
        word = self.reactions.get((by, key))
        return word if word and not word.emptied else None

    def _slack_requests(self) -> list[tuple[str, str]]:
        found = []
        for root in self.world.slack.messages(self.world.channel):
            for message in self.world.slack.thread(self.world.channel, root.ts):
                key = ((message.metadata or {}).get("event_payload") or {}).get("key", "")
                if m := re.search(rf"/{self.number}:chat-request:(\w{{40}})$", key):
                    found.append((message.ts, m[1]))
        return found

    # -- the ways of people who want it to go live

    def everybody_signs(self, way: int) -> None:
        """After the head was shown and asked for: one person for each role, each on some surface."""
        self.settle()
        self.step(61)
        self.settle()
        for role in ROLES:
            people = [p for p in ("zoe", "mina", "sue", "sam") if p in self.truth.members(role)]
            if not (may := [p for p in people if not self.truth.excluded(p)]):
                continue
            by = may[0]
            way, how = divmod(way, 4)
            if how == 0:
                self.say(by, "approve", role, "comment", False)
            elif how == 1:
                self.say(by, "approve", role, "slack", False)
            elif how == 2 and not any(w.by == by for w in self.truth.words):
                self.react_in_slack(by, "white_check_mark", 0)
            elif how == 3 and not any(w.by == by for w in self.truth.words):
                self.react(by, "+1", 0)
            else:
                self.say(by, "approve", role, "comment", True)
            self.settle()

    def everybody_signs_at_once(self, order: int) -> None:
        """After the head was shown and asked for: a person for each role in the same moment, heard in any order."""
        self.settle()
        self.step(61)
        self.settle()
        for role in ROLES:
            people = [p for p in ("zoe", "mina", "sue", "sam") if p in self.truth.members(role)]
            if may := [p for p in people if not self.truth.excluded(p)]:
                self.say(may[0], "approve", role, "comment", False)
        self.shuffle(order)
        self.settle()

    def mend(self) -> None:
        """Whatever stands in the way goes out of it."""
        self.sample(200, "ok")
        self.close_siblings()
        self.retarget("main")
        if self.truth.members("security") != {"sam", "sue"}:
            self.team("sam", "sue")
        if self.truth.ci_of(self.truth.head) != "success":
            self.ci("success")
        for word in list(self.truth.words):
            if word.verb == "reject" and not word.emptied:
                self.say(word.by, "withdraw", "", "comment", False)
        if any(word.verb == "hold" for word in self.truth.words):
            self.say("bo", "resume", "", "comment", False)
        self.settle()
        if any(self.truth.unchecked(lasting=True)):
            self.rerun()


def play(acts: list[Act], author: str = "ana", by_label: bool = False, **options: Any) -> Truth:
    """Play one history and hold golive to both halves of the promise."""
    with a_world(policy=POLICY, **options) as world:
        history = History(world, author, by_label)
        history.play(acts)
        truth, landed = history.truth, len(history.truth.merges())
        assert not truth.broken, f"golive asked for a merge that nothing allowed: {truth.broken}"
        assert landed <= 1, f"golive merged {landed} times"
        if not landed:
            must = [*truth.missing(live=False, lasting=True), *truth.missing(live=True, lasting=True)]
            stands = [run.output.get("title") for run in world.github.check_runs(REPO, truth.head, "golive")]
            assert must, f"nothing is missing, and golive did not merge; its check run says: {stands[-1:]}"
        return truth
