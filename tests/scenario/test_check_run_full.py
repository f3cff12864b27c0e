"""The check run in full: its title, table, details, buttons, link, and remarks on the lines of files, however many."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from golive.standins.wire import Next, Request, Response
from world import POLICY, World, a_world

CATEGORISED = POLICY.replace("    severity: critical\n", "    severity: critical\n    category: infrastructure\n")


def broken(count: int, word: str = "nonsense") -> str:
    """A policy with so many unknown keys, each on a line of its own."""
    return POLICY + "".join(f"{word}_{n}: 1\n" for n in range(count))


def run_of(w: World, number: int):
    return w.our_runs(w.github.pull("acme/shop", number).head.sha)[-1]


def remarks(w: World, number: int) -> list[tuple[str, int, str]]:
    return [(a["path"], a["start_line"], a["annotation_level"]) for a in run_of(w, number).annotations]


def test_a_failing_run_says_first_what_is_wrong_and_what_to_do_then_counts_then_tells_every_check() -> None:
    with a_world(policy=CATEGORISED) as w:
        w.sample.status = 503
        run = run_of(w, w.asked())
        assert run.conclusion == "failure"
        assert run.output["title"].startswith("0/2 — NO GO: The shop answers")
        first, second = run.output["summary"].split("\n\n")[:2]
        assert first == f"**⛔ {run.output['title']}**"
        assert second == "#### What is in the way, and what clears it"
        table = re.findall(r"^\| .*", run.output["summary"], re.MULTILINE)
        assert table[:2] == [
            "| Category | Failed | Waiting | Warnings | Passed | Let through |",
            "| :-- | --: | --: | --: | --: | --: |",
        ]
        assert table[2] == "| ❌ infrastructure | 1 | – | – | – | – |", "the worst category comes first"
        assert table[3] == "| 🚧 other | – | 1 | – | – | – |"
        assert run.output["text"].startswith("<details><summary>❌ The shop answers: failed</summary>")
        assert run.output["text"].count("<details>") == run.output["text"].count("</details>") == 2


def test_the_run_links_to_the_page_of_the_release_and_its_footer_stays_the_same_from_turn_to_turn() -> None:
    with a_world() as w:
        number = w.asked()
        run = run_of(w, number)
        assert re.fullmatch(r"http://golive\.test/r/\S{20,}", run.details_url)
        assert f"[Release page]({run.details_url}) · golive 0." in run.output["summary"]
        assert re.search(r"\n\nLedger: [0-9a-f]{12}\Z", run.output["summary"])
        w.later(seconds=61)  # what may wait for the end of a burst has been said by now
        patched: list[str] = []
        w.github.observers.append(lambda e: patched.append(e.operation) if e.operation == "checks/update" else None)
        for _ in range(5):
            w.later(seconds=40)
        assert patched == [], "nothing happened, and the check run was edited"


@pytest.mark.parametrize(
    ("happens", "offered"),
    [
        pytest.param(lambda w, n: None, ["sign", "rerun", "hold"], id="waiting for sign-offs"),
        pytest.param(lambda w, n: w.says("bo", n, "/golive hold wait"), ["sign", "rerun"], id="held"),
        pytest.param(
            lambda w, n: [w.says("bo", n, "/golive hold wait"), w.signed(n)], ["rerun"], id="held, and all signed"
        ),
    ],
)
def test_the_buttons_are_those_that_can_be_pressed_now(happens: Callable[[World, int], object], offered) -> None:
    with a_world() as w:
        number = w.asked()
        happens(w, number)
        assert [a["identifier"] for a in run_of(w, number).actions] == offered


def test_no_button_is_left_on_the_run_of_what_was_merged_by_golive() -> None:
    with a_world() as w:
        number = w.asked()
        w.signed(number)
        assert w.merged(number)
        assert [a["identifier"] for a in run_of(w, number).actions] == ["hold"], (
            "GO was shown before the merge, with the one button that could still stop it"
        )


def test_every_mistake_of_a_policy_file_is_on_its_line_in_batches_of_fifty_and_never_twice() -> None:
    with a_world() as w:
        w.write_policy(broken(120), branch="release/1.4", by="ana")
        number = w.release()
        found = remarks(w, number)
        assert len(found) == 120, "a mistake has no remark, or has two"
        assert {(path, level) for path, _, level in found} == {(".github/golive.yml", "failure")}
        assert [line for _, line, _ in found] == sorted({line for _, line, _ in found})
        w.says("bo", number, "/golive hold look at the policy first")
        w.says("zoe", number, "/golive reject qa")
        assert len(remarks(w, number)) == 120, "GitHub appends: an edit sent them again"
        assert len(w.our_runs(w.github.pull("acme/shop", number).head.sha)) == 1


def test_a_fault_between_two_batches_leaves_each_remark_once() -> None:
    failed: list[str] = []

    def second_batch(request: Request, go_on: Next) -> Response:
        if request.method == "PATCH" and b'"annotations"' in request.body and len(failed) < 2:
            failed.append(request.path)
            if len(failed) == 1:
                go_on(request)  # it was done, and nobody heard so
            raise ConnectionError("reset by peer")
        return go_on(request)

    with a_world() as w:
        w.github.interceptors.append(second_batch)
        w.write_policy(broken(130), branch="release/1.4", by="ana")
        number = w.release()
        for _ in range(3):
            w.later(seconds=61)
        assert len(failed) == 2
        assert len(remarks(w, number)) == 130
        assert len(set(remarks(w, number))) == 130


def test_remarks_that_are_no_longer_so_go_away_with_a_new_run_because_nothing_takes_them_back() -> None:
    with a_world() as w:
        number = w.asked()
        w.write_policy(broken(3))
        assert len(remarks(w, number)) == 3
        before = run_of(w, number).id
        w.write_policy(broken(2, "else"))
        assert len(remarks(w, number)) == 2, "old remarks are still on the current run"
        assert run_of(w, number).id != before
        w.write_policy(POLICY)
        assert remarks(w, number) == []
        runs = w.our_runs(w.github.pull("acme/shop", number).head.sha)
        assert [r.status for r in runs].count("in_progress") == 1
        assert runs[-1].status == "in_progress", "the newest run is the current one"
        w.signed(number)
        assert w.merged(number)
