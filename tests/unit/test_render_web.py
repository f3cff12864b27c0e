"""The web pages, read with a strict little parser: what opens is closed, headings and tables are labelled."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import releases
from builders import HEAD, NOW, OLDER, a_pull
from golden import matches_golden
from golive.core.decide import decide
from golive.core.errors import Misconfigured
from golive.core.model import Subject
from golive.ports import ReleaseState
from golive.render import templates, web
from golive.render.view import from_json, look, to_json
from golive.render.vocabulary import VERDICTS
from golive.web.pages import pages
from releases import CHAIN

_VOID = {"meta", "link", "br"}


class _Page(HTMLParser):
    """Collects tags, attributes and text; complains about tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def _html(name: str) -> str:
    snapshot = releases.STATES[name]()
    return web.release_page(snapshot, decide(snapshot), chain=CHAIN)


@pytest.mark.parametrize("name", releases.STATES)
def test_a_page_is_whole_labelled_and_without_script(name):
    page = _Page(_html(name))
    assert len(page.all("main")) == len(page.all("h1")) == len(page.all("header")) == len(page.all("footer")) == 1
    assert page.all("html") == [{"lang": "en"}]
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "style", "form", "input", "img", "iframe"})
    assert not [a for _, a in page.tags if any(key.startswith("on") or key == "style" for key in a)]
    assert all("scope" in attributes for attributes in page.all("th")), "a table header without scope"
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert all(section["aria-labelledby"] in ids for section in page.all("section"))


@pytest.mark.parametrize("name", ["in_trouble", "in_phases", "frozen", "overridden", "outdated", "in_turn"])
def test_the_page_is_the_golden_one(name):
    assert matches_golden(f"web_release_{name}.html", _html(name))


def test_the_page_says_whose_approval_does_not_count_and_what_changed_since():
    page = _Page(_html("outdated"))
    assert "ana does not count: it was for other code (01d001d) what changed since 01d001d" in page.text
    assert "src/shop/part_09.py" in page.text
    assert "src/shop/part_10.py" not in page.text
    assert "and 2 more" in page.text
    assert f"https://github.com/acme/shop/compare/{OLDER.head_sha}...{HEAD.head_sha}" in [
        a["href"] for a in page.all("a")
    ]


@pytest.mark.parametrize(("name", "tone"), [("frozen", "mild"), ("overridden", "bad")])
def test_a_freeze_and_an_override_are_seen_first(name, tone):
    page = _Page(_html(name))
    assert {"class": f"banner {tone}"} in page.all("p")
    assert {"class": f"hero {tone}", "aria-labelledby": "release"} in page.all("section"), (
        "the page's first box warns too"
    )
    assert page.text.index("FROZEN" if name == "frozen" else "OVERRIDDEN") < page.text.index("Pull request")


def test_the_verdict_is_a_word_and_not_only_a_colour():
    for name in releases.STATES:
        snapshot = releases.STATES[name]()
        view = look(snapshot, decide(snapshot))
        assert view.label.word in _Page(_html(name)).text


def test_findings_are_sorted_worst_first():
    text = _Page(_html("in_trouble")).text
    table = text[text.index("Checks") :]
    order = [table.index(word) for word in ("failed", "not run", "warning", "passed")]
    assert order[0] < order[1] < order[2]
    rows = re.findall(r"❌|🚧|⚠️|✅", table)
    assert rows == ["❌", "🚧", "⚠️", "✅"]


def test_a_page_shows_reasons_with_what_clears_them_the_timeline_and_the_ledger():
    text = " ".join(_Page(_html("in_trouble")).text.split())
    assert "→ cleared by: Ask platform." in text
    assert "Held by @dana: waiting for the database" in text
    assert CHAIN[:12] in text


def test_commands_in_sentences_are_shown_as_code():
    assert "<code>/golive resume</code>" in _html("in_trouble")


def test_what_strangers_write_stays_text():
    hostile = "<script>alert(1)</script><img src=x onerror=y>\"'&"
    snapshot = releases.hostile(hostile)
    page = _Page(web.release_page(snapshot, decide(snapshot)))
    assert page.all("script") == page.all("img") == []
    assert hostile in page.text
    assert all((a["href"] or "").startswith("https://") for a in page.all("a"))


def test_a_link_to_anything_but_the_web_is_none():
    snapshot = releases.hostile("javascript:alert(1)")
    assert 'href="javascript' not in web.release_page(snapshot, decide(snapshot))


@pytest.mark.parametrize("name", releases.STATES)
def test_a_view_survives_json(name):
    snapshot = releases.STATES[name]()
    view = look(snapshot, decide(snapshot))
    assert from_json(to_json(view)) == view


def test_a_stored_view_of_another_version_is_shown_as_far_as_it_is_known():
    snapshot = releases.waiting()
    view = look(snapshot, decide(snapshot))
    newer = to_json(view).replace('"headline":', '"mood": "calm", "headline":', 1)
    assert from_json(newer) == view
    assert from_json("{}") is None
    assert from_json("") is None
    assert from_json("[]") is None


def test_a_view_from_before_phases_conditions_and_reasons_of_old_words_is_shown():
    snapshot = releases.outdated()
    kept = json.loads(to_json(look(snapshot, decide(snapshot))))
    for new in ("banners", "conditions", "phases"):
        del kept[new]
    for role in kept["roles"]:
        role["stale"] = [row["login"] for row in role["stale"]]
        for new in ("looking", "abstained", "skipped", "waits_for", "after", "due", "explicit", "asks"):
            del role[new]
    view = from_json(json.dumps(kept))
    assert view is not None
    assert "ana does not count: it was for other code" in _Page(web.view_page(view)).text


def test_the_list_of_releases_links_each_page():
    row = web.IndexRow("acme/shop", 7, "Release <2.4>", "GO", next(iter(VERDICTS.values())), "https://g.example/r/t")
    page = _Page(web.index_page([row]))
    assert page.all("a") == [{"href": "https://g.example/r/t"}]
    assert "Release <2.4>" in page.text
    assert "No release is open" in _Page(web.index_page([])).text


def test_a_story_is_told_in_its_order():
    page = _Page(web.story_page([("12:00:01", "ana", "opens <it>"), ("12:00:02", "golive", "asks")], "The demo"))
    assert page.text.index("opens <it>") < page.text.index("asks")
    assert len(page.all("tr")) == 3


def test_colours_are_named_in_the_stylesheet_for_every_tone_in_light_and_dark():
    css = web.stylesheet()
    tones = {"good", "mild", "wait", "bad", "quiet"}
    assert all(css.count(f"--{tone}:") == 2 for tone in tones)
    assert "prefers-color-scheme: dark" in css
    assert "url(" not in css
    assert "@import" not in css


def test_the_served_page_is_found_by_its_token_only_and_loads_nothing_foreign():
    snapshot = releases.waiting()
    view = to_json(look(snapshot, decide(snapshot)))
    state = ReleaseState(Subject("github.com", 42, 7), view=view, token="secret", looked_at=NOW)
    app = FastAPI()
    app.include_router(pages({"secret": state, "old": ReleaseState(state.subject)}.get, lambda state: CHAIN))
    client = TestClient(app)
    found = client.get("/r/secret")
    assert found.status_code == 200
    assert a_pull().title in found.text
    assert CHAIN[:12] in found.text
    assert "2026-03-04 12:00 UTC" in found.text
    assert "default-src 'none'" in found.headers["Content-Security-Policy"]
    assert client.get("/r/guess").status_code == 404
    assert client.get("/r/old").status_code == 503
    css = client.get("/static/golive.css")
    assert css.headers["Content-Type"].startswith("text/css")
    assert css.text == web.stylesheet()


def test_templates_that_are_nowhere_are_named(tmp_path: Path):
    with pytest.raises(Misconfigured, match="_templates"):
        templates.folder(tmp_path / "golive" / "render" / "templates.py")


def test_templates_beside_the_package_come_first(tmp_path: Path):
    (tmp_path / "golive" / "_templates").mkdir(parents=True)
    (tmp_path / "templates" / "github").mkdir(parents=True)
    assert templates.folder(tmp_path / "golive" / "render" / "templates.py") == tmp_path / "golive" / "_templates"
