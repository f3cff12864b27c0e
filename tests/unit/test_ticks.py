"""Which edits of golive's own comment are ticked boxes, and which are only somebody writing into it."""

from __future__ import annotations

import pytest

from golive.githubapp.ticks import NOTHING, Ticks, cleared, new_ticks

HEAD = "a" * 40
QA = "- [ ] **qa** any of 2 <!-- golive:tick:qa -->"
DBA = "- [ ] **dba** waits for @bo <!-- golive:tick:dba -->"
SNAKE = r"- [ ] **product\_owner** <!-- golive:tick:product_owner -->"
DONE = "- [x] **security** by @ana, not [ ] alone <!-- golive:tick:security -->"
BODY = f"**1/4** waiting on QA\n<!-- golive-head:{HEAD} -->\n\n{QA}\n{DBA}\n{DONE}\n{SNAKE}\n\nOpen the page.\n"


def on(body: str, *lines: str) -> str:
    """The body with the boxes of these lines ticked."""
    for line in lines:
        assert line in body, "the test ticks a box that is not there"
        body = body.replace(line, line.replace("[ ]", "[x]"))
    return body


@pytest.mark.parametrize(
    ("after", "roles"),
    [
        pytest.param(on(BODY, QA), ("qa",), id="one"),
        pytest.param(on(BODY, QA, DBA), ("qa", "dba"), id="two at once"),
        pytest.param(on(BODY, SNAKE), ("product_owner",), id="a name that Markdown wants escaped"),
        pytest.param(on(BODY, QA).replace("\n", "\r\n"), ("qa",), id="other line endings, as browsers send them"),
        pytest.param(on(BODY, QA).rstrip("\n"), ("qa",), id="without the last line ending"),
    ],
)
def test_a_ticked_box_is_the_roles_it_stands_for(after: str, roles: tuple[str, ...]) -> None:
    assert new_ticks(BODY, after) == Ticks(roles, HEAD)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(BODY, id="nothing at all"),
        pytest.param(BODY.replace("\n", "\r\n"), id="line endings alone"),
        pytest.param(on(BODY, QA) + "more\n", id="a line more"),
        pytest.param(on(BODY, QA).replace("**1/4**", "**4/4**"), id="another word elsewhere"),
        pytest.param(on(BODY, QA).replace("any of 2", "any of 1"), id="another word in the line"),
        pytest.param(on(BODY, QA).replace("[x] **qa**", "[x]  **qa**"), id="a space more"),
        pytest.param(on(BODY, QA).replace("tick:qa", "tick:dba"), id="another role in the mark"),
        pytest.param(on(BODY, QA).replace(QA.replace("[ ]", "[x]"), "> " + QA.replace("[ ]", "[x]")), id="quoted"),
        pytest.param(BODY.replace(QA, QA.replace("[ ]", "[X]")), id="a capital that GitHub's click does not write"),
        pytest.param(BODY.replace(DONE, DONE.replace("[x]", "[ ]")), id="a tick taken away"),
        pytest.param(BODY.replace("not [ ]", "not [x]"), id="a box in the words of a line"),
        pytest.param(on(BODY, QA).replace(DONE, DONE.replace("[x]", "[ ]")), id="one on, one off"),
        pytest.param(on(BODY, QA).replace(f"{DBA}\n", ""), id="a line taken out"),
        pytest.param(BODY.replace(f"{QA}\n{DBA}", f"{DBA}\n{QA.replace('[ ]', '[x]')}"), id="lines moved"),
        pytest.param(on(BODY, QA).replace(HEAD, "b" * 40), id="another commit"),
        pytest.param("", id="emptied"),
    ],
)
def test_any_other_edit_says_nothing(after: str) -> None:
    assert new_ticks(BODY, after) == NOTHING


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(BODY.replace(f"<!-- golive-head:{HEAD} -->", ""), id="no commit"),
        pytest.param(BODY + f"<!-- golive-head:{'b' * 40} -->\n", id="two commits"),
        pytest.param(BODY.replace(HEAD, "abc"), id="half a commit"),
        pytest.param(BODY + QA, id="the same role twice"),
        pytest.param(BODY.replace("**qa**", "**docs**"), id="a name that is not the role's"),
        pytest.param(BODY.replace(QA, f"> {QA}"), id="in a quote"),
        pytest.param(BODY.replace(QA, f"    {QA}"), id="in a code block"),
        pytest.param(BODY.replace(QA, f"```\n{QA}\n```"), id="in a code fence"),
        pytest.param(BODY.replace(QA, f"<!--\n{QA}\n-->"), id="in a remark"),
        pytest.param(BODY.replace(QA, f"<details>\n\n{QA}\n\n</details>\n"), id="folded away"),
        pytest.param(BODY.replace(QA, f"- this:\n  {QA}"), id="below another item"),
        pytest.param(BODY.replace(" <!-- golive:tick:qa -->", ""), id="without our mark"),
        pytest.param(BODY.replace("golive:tick:qa -->", "golive:tick:qa --> or so"), id="with words after our mark"),
    ],
)
def test_a_box_counts_only_where_and_as_we_put_it(before: str) -> None:
    after = before.replace("- [ ] **qa**", "- [x] **qa**").replace("- [ ] **docs**", "- [x] **docs**")
    assert after != before, "the test ticks nothing"
    assert new_ticks(before, after) == NOTHING


def test_a_cleared_body_is_what_we_had_written() -> None:
    ours = BODY.replace(DONE, DONE.replace("[x]", "[ ]"))
    assert cleared(on(ours, QA, DBA).replace("\n", "\r\n")) == cleared(ours) == ours.rstrip("\n")
    assert cleared(ours.replace("Open", "Do not open")) != cleared(ours)
