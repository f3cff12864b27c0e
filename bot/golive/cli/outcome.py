"""How the demo ended: what stands on GitHub, in Slack and in golive's record, and whether that is as it must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from golive.cli.town import REPOSITORY, Town
from golive.store.overview import recorded
from golive.store.store import Store
from golive.wiring.service import utc_now

Row = tuple[str, str, bool]
"""What was looked at, how it stands, whether that is right."""


def final(town: Town, number: int, database: Path) -> Iterator[Row]:
    """Every row of the final state. number: the pull request, 0 where none was opened."""
    if not number:
        yield "Pull request", "none was opened", False
        return
    pull = town.github.pull(REPOSITORY, number)
    merged = (
        f"merged as {(pull.merge_commit_sha or '')[:10]} by {pull.merged_by.login}" if pull.merged_by else pull.state
    )
    yield f"Pull request #{number}", f"{pull.title}: {merged}", pull.merged
    asked = town.github.merges_of(REPOSITORY, number)
    accepted = [one for one in asked if one.status == 200]
    yield "Merge requests accepted", f"{len(accepted)} of {len(asked)} sent", len(accepted) == 1
    yield from _runs(town, number)
    stickies = sum("golive:sticky" in body for _, body in town.comments(number))
    yield "Comments that show where it stands", str(stickies), stickies == 1
    roots = len(town.roots())
    yield "Messages in the Slack channel", f"{roots}, {len(town.thread())} replies in the thread", roots == 1
    yield from _record(database)


def _runs(town: Town, number: int) -> Iterator[Row]:
    current = town.runs(number)
    ended = bool(current) and current[-1].conclusion == "success"
    yield "Check run golive", (current[-1].output["title"] or "") if current else "none", ended
    every = [run for run in town.github.world.repo(REPOSITORY).check_runs.values() if run.name == "golive"]
    waiting = Counter(run.head_sha for run in every if run.status != "completed")
    heads = len({run.head_sha for run in every})
    stands = f"{len(every)} on {heads} commits, at most {max(waiting.values(), default=0)} in progress on one"
    yield "Check runs", stands, max(waiting.values(), default=0) <= 1


def _record(database: Path) -> Iterator[Row]:
    if not database.is_file():
        yield "Record", "none: golive made no database", False
        return
    store = Store.open(f"sqlite:///{database}", utc_now)
    try:
        for subject in recorded(store):
            broken = store.broken_links(subject)
            stands = "; ".join(broken) or f"{len(store.entries(subject))} entries, the chain holds"
            yield "Record", f"{stands}, head {store.chain_head(subject)[:12]}", not broken
    finally:
        store.close()
