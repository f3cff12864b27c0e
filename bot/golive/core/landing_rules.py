"""May it land now, how, and if not, who or what is missing. Pure.

A reason that comes after GO has the verdict GO, so that the check run does not flap: everything golive was asked about is
there, and what is left is somebody else's. Add a rule of the forge as a line of `WORDS` or a step of `at_the_door`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from golive.core.landing import Approach, Landing, RequiredCheck, Trial, Try
from golive.core.ledger import Entry, stamp
from golive.core.model import Pull, Reason, Refusal, Standing, Verdict
from golive.core.policy import MergeRule

MERGE, UPDATE, ENQUEUE, DEQUEUE = "merge", "update", "enqueue", "dequeue"
"""What golive may do about landing."""
ANSWER_WITHIN = timedelta(seconds=30)
"""How long an update without an answer is waited for before it is asked for once more, for the very same head."""
SHOWN_WITHIN = timedelta(minutes=2)
"""How long GitHub may take to show a branch that it said it would update; it does that in the background."""


def before_signing(landing: Landing | None, merge: MergeRule, pull: Pull) -> Iterator[Reason]:
    """What everybody should know before anybody signs."""
    if landing is None:
        return
    base = pull.revision.base_ref
    if not landing.queue and merge.method not in landing.methods:
        allowed = " or ".join(f"`{method}`" for method in landing.methods) or "no method at all"
        linear = " (it asks for a linear history)" if landing.linear and merge.method == "merge" else ""
        sentence = f"The policy merges by `{merge.method}`, and {base} takes {allowed}{linear}."
        clears = f"Write one of these as `promotion.merge.method` on {base}, or allow it in the repository's settings."
        yield Reason("merge_method_not_allowed", Verdict.HOLD, sentence, clears, merge.method)
    if landing.workflows:
        sentence = "It changes files in .github/workflows, and golive's App may not land such changes."
        clears = "A person who may write merges it; or an owner gives the App the permission `workflows: write`."
        yield Reason("workflows_need_a_person", Verdict.GO, sentence, clears)
    if pull.auto_merge_by:
        sentence = (
            f"@{pull.auto_merge_by} turned GitHub's auto-merge on: it lands as soon as the branch's rules are met."
        )
        clears = f"golive does not use it, and its check stays the gate. @{pull.auto_merge_by} may turn it off."
        yield Reason("auto_merge_on", Verdict.GO, sentence, clears)


@dataclass(frozen=True)
class Door:
    """What is done about landing now, and why nothing more. act: one of the above, or empty.   again_at: look again then."""

    act: str = ""
    reasons: tuple[Reason, ...] = ()
    again_at: datetime | None = None


def at_the_door(
    landing: Landing | None, standing: Standing, pull: Pull, now: datetime, *, vouched: bool, recheck: timedelta
) -> Door:
    """Everything golive decides on is there: what is left before it lands.

    vouched: whether anybody who may has signed or promoted it; else its author must be somebody who may write.
    """
    if landing is None or (approach := landing.approach) is None:
        return Door(MERGE)  # `approach` is read before anything is done
    if landing.workflows:
        return Door()
    if not approach.author_may and not vouched and pull.author:
        return Door(reasons=(_unvouched(pull.author.login),))
    if landing.queue:
        return _at_the_queue(approach, standing, pull)
    if waiting := tuple(_of_required(check) for check in approach.checks if check.state != "met"):
        return Door(reasons=waiting, again_at=now + recheck)
    if landing.up_to_date and approach.behind:
        return _behind(approach, standing, pull, now)
    if approach.test is None:
        sentence = "GitHub has not made its test merge of this head yet, against which the landing is compared."
        waits = Reason("test_merge_awaited", Verdict.GO, sentence, "It comes by itself.")
        return Door(reasons=(waits,), again_at=now + recheck / 4)
    return Door(MERGE)


def _unvouched(login: str) -> Reason:
    sentence = f"@{login} opened it and may not write here, and nobody who may has signed it."
    return Reason("actor_may_not", Verdict.GO, sentence, "Somebody who may says `/golive promote`, or merges it.")


def _of_required(check: RequiredCheck) -> Reason:
    wanted = f" of app {check.app_id}" if check.app_id and check.app_id > 0 and not check.app else ""
    by = f" of {check.app}" if check.app else wanted
    said = {"pending": "is still running", "failing": "has failed", "expected": "has not been given yet"}[check.state]
    clears = {"failing": "Its owner mends it."}.get(check.state, "golive merges once it is there.")
    return Reason(
        "required_checks", Verdict.GO, f"The branch asks for {check.name}{by}, which {said}.", clears, check.name
    )


def _at_the_queue(approach: Approach, standing: Standing, pull: Pull) -> Door:
    if approach.queued:
        sentence = f"It is in the merge queue, at place {approach.queued}."
        return Door(reasons=(Reason("queued", Verdict.GO, sentence, "It lands once its group's checks pass."),))
    tried = standing.landing.queue.get(pull.revision.head_sha)
    asked = any(w.verb == "promote" and standing.taken(w) and tried and w.at > tried.at for w in standing.words)
    if tried is None or tried.open or asked:
        return Door(ENQUEUE)
    sentence = "It was in the merge queue and is not any more: its checks failed there, or somebody took it out."
    return Door(reasons=(Reason("left_queue", Verdict.GO, sentence, "`/golive promote` puts it in again."),))


def _behind(approach: Approach, standing: Standing, pull: Pull, now: datetime) -> Door:
    base, head = pull.revision.base_ref, pull.revision.head_sha
    tried = standing.landing.updates.get(head)
    if not approach.author_may and pull.author:
        sentence = f"The branch must have all of {base}, and @{pull.author.login}, who opened it, may not write here."
        return Door(reasons=(Reason("behind", Verdict.GO, sentence, "Somebody who may presses `Update branch`."),))
    if tried is None or _lost(tried, now):
        return Door(
            UPDATE, (Reason("behind", Verdict.GO, f"The branch must have all of {base}.", "golive brings it in."),)
        )
    if tried.said:
        sentence = f"The branch must have all of {base}, and it could not be brought in: {tried.said}"
        return Door(reasons=(Reason("update_refused", Verdict.GO, sentence, f"Its author merges {base} into it."),))
    if tried.open:
        waits = Reason("behind", Verdict.GO, f"The branch must have all of {base}.", "golive brings it in.")
        return Door(reasons=(waits,), again_at=tried.at + ANSWER_WITHIN)
    if now < tried.at + SHOWN_WITHIN:
        waits = Reason("behind", Verdict.GO, f"GitHub is bringing {base} in.", "It comes by itself.")
        return Door(reasons=(waits,), again_at=tried.at + SHOWN_WITHIN)
    sentence = f"GitHub said it would bring {base} in, and has not."
    return Door(
        reasons=(Reason("update_lost", Verdict.GO, sentence, "Anybody who may write presses `Update branch`."),)
    )


def _lost(tried: Try, now: datetime) -> bool:
    """Whether an answer is missing that should be there; it is asked for once more, fenced by the head."""
    return tried.open and tried.times < 2 and now >= tried.at + ANSWER_WITHIN


# ------------------------------------------------------------------ what the forge says when it will not


WORDS: tuple[tuple[str, str, str], ...] = (
    (r"approving review", "the rule “Require approvals” of the branch",
     "Somebody who may write here, and neither wrote it nor pushed it last, approves it in a review."),
    (r"code owner", "the rule “Require review from Code Owners”", "An owner of the changed files approves it in a review."),
    (r"changes (have been )?requested", "a review that asks for changes", "Its reviewer approves it or takes it back."),
    (r"conversation", "the rule “Require conversation resolution”", "Anybody who may write resolves the open conversations."),
    (r"status check|checks? (have|has) not succeeded|check runs", "the rule “Require status checks to pass”",
     "The apps that give these checks; golive tries again when one of them turns."),
    (r"out of date|not up to date", "the rule “Require branches to be up to date”", "golive brings the base in."),
    (r"(merge commits|squash merges|rebase merges|rebase merging) are not allowed|not allowed on this repository",
     "the repository's merge methods", "A maintainer of the policy names an allowed `promotion.merge.method`."),
    (r"merge queue", "the rule “Require merge queue”", "golive puts it into the queue."),
    (r"without `?workflows`? permission|update workflow", "files in .github/workflows",
     "A person merges it, or an owner gives the App `workflows: write`."),
    (r"not accessible by integration", "a permission that golive's App does not have",
     "An owner of the account looks at the App's permissions; `golive doctor` lists them."),
    (r"not authorized to push|restrict", "the rule “Restrict who can push”", "An admin adds golive's App to that list."),
    (r"signature", "the rule “Require signed commits”", "Its author signs the commits."),
    (r"linear history|merge commit", "the rule “Require linear history”",
     "A maintainer of the policy chooses `squash` or `rebase` as `promotion.merge.method`."),
    (r"deployment", "the rule “Require deployments to succeed”", "The deployment that the branch asks for succeeds."),
    (r"locked", "the rule “Lock branch”", "An admin unlocks it."),
    (r"draft", "that it is a draft", "Its author marks it ready."),
    (r"conflict", "a conflict with the base", "Its author brings the base in."),
    (r"rule violations", "a ruleset of the branch", "An admin of the repository; its rules are in the settings under Rules."),
    (r"base branch was modified", "another landing at the same moment", "golive tries again by itself."),
)  # fmt: skip
"""Words in GitHub's refusals, seen in its answers and in the branch rules' own names → the rule → who can do something."""


def of_refusal(refused: Refusal) -> Reason:
    """A refused merge in words. golive's own verdict stays GO."""
    rule, who = explained(refused.said)
    because = f" That is {rule}." if rule else ""
    sentence = f"The merge was refused: {refused.said}{because}"
    return Reason("merge_refused", Verdict.GO, sentence, f"{who} It is tried again by itself.".strip())


def explained(said: str) -> tuple[str, str]:
    """Which rule the forge's words come from, and who can do something; both empty for words that nobody knows."""
    for pattern, rule, who in WORDS:
        if re.search(pattern, said, re.IGNORECASE):
            return rule, who
    return "", ""


def by_queue_only(said: str) -> bool:
    """Whether the forge will land it through the merge queue alone; classic protection does not say so beforehand."""
    return "merge queue" in said.casefold()


# ------------------------------------------------------------------ what landed


def revert_of(pull: Pull, commit: str, parents: int, commits: int) -> str:
    """How to take it back, for people. commits: how many it put on the base by rebasing, else 1."""
    what = f"git revert -m 1 {commit}" if parents > 1 else f"git revert {commit}"
    if commits > 1 and parents == 1:
        what = f"git revert {commit}~{commits}..{commit}"
    return f"Take it back with `{what}`, or with the Revert button on {pull.url}."


def was_signed(standing: Standing, pull: Pull, *, conditional: bool) -> bool:
    """Whether golive had let this very head go when it landed. conditional: whether CONDITIONAL_GO lets it go, too."""
    head = pull.revision.head_sha
    if head in standing.merging or head in standing.landing.queue:
        return True
    shown = standing.shown[-1].revision if standing.shown else None
    if shown is None or (shown.head_sha, shown.base_ref) != (head, pull.revision.base_ref):
        return False
    return standing.last_verdict in ("GO", "CONDITIONAL_GO") if conditional else standing.last_verdict == "GO"


# ------------------------------------------------------------------ entries


def was_tested(head_sha: str, test: Trial, at: datetime) -> Entry:
    """The forge's test merge of a head, kept before golive lands it."""
    body = {"head": head_sha, "commit": test.commit, "tree": test.tree, "parents": list(test.parents)}
    return Entry("tested", f"tested:{test.commit}", at, body)


def intends_update(head_sha: str, times: int, at: datetime) -> Entry:
    """golive is about to have the base brought into this head. times: how often it was asked for before."""
    return Entry("updating", f"updating:{head_sha}:{times}", at, {"head": head_sha})


def update_answered(head_sha: str, base_ref: str, said: str, at: datetime) -> Entry:
    """The forge brings the base into this head, or (said) would not."""
    return Entry("update_said", f"update_said:{head_sha}", at, {"head": head_sha, "base": base_ref, "said": said})


def intends_queue(head_sha: str, at: datetime) -> Entry:
    """golive is about to put this head into the merge queue."""
    return Entry("queueing", f"queueing:{head_sha}:{stamp(at)}", at, {"head": head_sha})


def was_queued(head_sha: str, at: datetime) -> Entry:
    """This head is in the merge queue."""
    return Entry("queued", f"queued:{head_sha}:{stamp(at)}", at, {"head": head_sha})


def was_unqueued(head_sha: str, why: str, at: datetime) -> Entry:
    """This head is no longer in the merge queue; why: for people."""
    return Entry("unqueued", f"unqueued:{head_sha}:{stamp(at)}", at, {"head": head_sha, "why": why})


def was_compared(commit: str, verdict: str, why: str, revert: str, at: datetime) -> Entry:
    """What landed was held against what was decided on."""
    return Entry("landed", "landed", at, {"commit": commit, "verdict": verdict, "why": why, "revert": revert})


def group_formed(head_sha: str, ref: str, base_ref: str, at: datetime) -> Entry:
    """The merge queue waits for our check on this commit; kept in the repository's own ledger."""
    return Entry("group", f"group:{head_sha}", at, {"head": head_sha, "ref": ref, "base": base_ref})


def group_over(head_sha: str, at: datetime) -> Entry:
    """The merge queue no longer asks about this commit."""
    return Entry("ungrouped", f"ungrouped:{head_sha}", at, {"head": head_sha})
