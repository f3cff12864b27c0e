"""Draws what golive writes in Slack as pictures for `docs/slack.md`, with the stand-in's own preview of blocks.

    PYTHONPATH=bot:tests python tests/pictures.py docs/pictures

needs a `chromium` on the path; without one it leaves the HTML there, to be opened in any browser. `golive demo --keep`
serves the same preview of its channel. Add a picture as one row in `PICTURES`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import releases
from builders import HEAD, NOW
from golive.core.decide import decide
from golive.core.model import Fact
from golive.core.snapshot import Snapshot
from golive.core.thread import next_reply
from golive.ports import MessageView
from golive.render import slack
from golive.render.modals import modal
from golive.render.view import look
from golive.standins.slack import preview
from golive.standins.slack.pages import STYLE
from releases import PAGE

WIDTH = 800
LARGEST = 150_000
"""Bytes of a picture."""
ROLES = {"U1": "ana", "U2": "bo"}
_TOLD = (
    ("Check health: failed. 503 from /health",),
    (
        "@ana approved for qa by slack button",
        "Held by @dana: waiting for the database",
        "Now HOLD: 1/2 — HOLD: @dana holds it: waiting for the database",
    ),
    ("New commit beefbee: sign-offs for other code no longer count (src/shop/pay.py changed on both sides).",),
    ("Merged by golive[bot] as 1a2b3c4.",),
)  # fmt: skip


def _root(state: Callable[[], Snapshot]) -> str:
    return _message(slack.root(state(), decide(state()), page_url=PAGE))


def _request() -> str:
    snapshot = releases.outdated()
    return _message(slack.request(snapshot, decide(snapshot), HEAD.head_sha))


def _thread() -> str:
    replies, place = [], 0
    for texts in _TOLD:
        facts = tuple(Fact(f"word:{place + n}", text, place + n) for n, text in enumerate(texts))
        place += len(facts)
        reply = next_reply(facts, [], NOW)
        replies.append(_message(slack.answer(reply.text)) if reply else "")
    replies.append(_message(slack.answer("7 more changes; the message above shows how it stands now.")))
    return "".join(replies)


def _form(verb: str, state: Callable[[], Snapshot]) -> str:
    snapshot = state()
    carried = {"subject": snapshot.pull.subject.key, "head": HEAD.head_sha, "channel": "C1"}
    view = modal(verb, look(snapshot, decide(snapshot)), carried, NOW)
    buttons = f"<button>{view['close']['text']}</button> <button class=primary>{view['submit']['text']}</button>"
    blocks = preview.blocks(view["blocks"], ROLES, _button)
    return f"<div class=modal><h2>{preview.text(view['title'], {})}</h2>{blocks}{buttons}</div>"


def _message(view: MessageView) -> str:
    return f"<div class=message><b>golive</b> <small>APP 12:00</small>{preview.blocks(list(view.blocks), ROLES, _button)}</div>"


def _button(_block: dict[str, Any], element: dict[str, Any]) -> str:
    if element["type"] == "overflow":
        return "<button>⋯</button>"
    style = f" class={element['style']}" if element.get("style") else ""
    return f"<button{style}>{preview.text(element['text'], {})}</button>"


PICTURES: dict[str, Callable[[], str]] = {
    "root-waiting": lambda: _root(releases.waiting),
    "root-in-trouble": lambda: _root(releases.in_trouble),
    "root-in-phases": lambda: _root(releases.in_phases),
    "root-overridden": lambda: _root(releases.overridden),
    "root-merged": lambda: _root(releases.landed),
    "request": _request,
    "thread": _thread,
    "form-approve": lambda: _form("approve", releases.in_phases),
    "form-override": lambda: _form("override", releases.overridden),
}
"""Name of the picture → what is on it, as HTML."""


def page(body: str) -> str:
    """A whole page with nothing else on it."""
    head = f"<meta charset=utf-8><style>{STYLE} html {{ background: #fff }}</style>"
    return f"<!doctype html><html lang=en>{head}<body>{body}</body></html>"


def main(folder: Path) -> None:
    """Write every picture into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as scratch:
        for name, draw in PICTURES.items():
            drawn = Path(scratch if browser else folder) / f"{name}.html"
            drawn.write_text(page(draw()), encoding="utf-8")
            if browser:
                _shoot(browser, drawn, folder / f"{name}.png", Path(scratch))


def _shoot(browser: str, drawn: Path, picture: Path, scratch: Path) -> None:
    """One picture, as high as the page: asked for in a first go."""
    common = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={scratch / 'profile'}",
    ]
    asks = drawn.with_suffix(".ask.html")
    script = "<script>document.title = document.documentElement.getBoundingClientRect().height</script>"
    asks.write_text(drawn.read_text(encoding="utf-8") + script, encoding="utf-8")
    size = f"--window-size={WIDTH},3000"
    told = subprocess.run(
        [*common, size, "--dump-dom", asks.as_uri()], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    height = int(float(told.partition("<title>")[2].partition("</title>")[0])) + 20
    subprocess.run(
        [*common, f"--window-size={WIDTH},{height}", f"--screenshot={picture}", drawn.as_uri()],
        capture_output=True,
        check=True,
        timeout=60,
    )
    if picture.stat().st_size > LARGEST:
        raise SystemExit(f"{picture} is larger than {LARGEST} bytes: draw less on it.")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))
