"""Block Kit and Slack's markup as small, safe HTML: everything a person or an app wrote is escaped first.

Add a block as one `case` in `block`, an input as one in `field`. Shapes only; no state.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

from golive.standins.slack.world import Json

EMOJI = {
    "white_check_mark": "✅",
    "x": "❌",
    "eyes": "👀",
    "+1": "👍",
    "-1": "👎",
    "rocket": "🚀",
    "warning": "⚠️",
    "octagonal_sign": "🛑",
    "hourglass_flowing_sand": "⏳",
    "large_green_circle": "🟢",
    "red_circle": "🔴",
    "large_yellow_circle": "🟡",
}
"""Names shown as characters; any other name stays `:name:`."""
_CODE = re.compile(r"```(.+?)```|`([^`\n]+)`", re.DOTALL)
_REFERENCE = re.compile(r"<([^<>]+)>")
_EMOJI = re.compile(r":([a-z0-9_+\-]+):")
_MARKS = [
    (re.compile(rf"(?<![\w{m}]){m}(\S(?:[^\n]*?\S)?){m}(?![\w{m}])"), t)
    for m, t in ((r"\*", "b"), ("_", "i"), ("~", "s"))
]

Names = Mapping[str, str]
Button = Callable[[Json, Json], str]


def escaped(text: str) -> str:
    """Text that may hold Slack's three entities, as HTML text."""
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return html.escape(plain)


def mrkdwn(text: str, names: Names) -> str:
    """Slack's markup as HTML; `names` turns ids of people and channels into what to show."""
    out, last = [], 0
    for found in _CODE.finditer(text):
        out.append(_prose(text[last : found.start()], names))
        block, inline = found.groups()
        out.append(f"<pre>{escaped(block)}</pre>" if block else f"<code>{escaped(inline)}</code>")
        last = found.end()
    return "".join([*out, _prose(text[last:], names)])


def _prose(text: str, names: Names) -> str:
    # references become place-holders that no markup touches, and come back last
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(_reference(found.group(1), names))
        return f"\x00{len(kept) - 1}\x00"

    done = escaped(_REFERENCE.sub(keep, text.replace("\x00", "")))
    for pattern, tag in _MARKS:
        done = pattern.sub(rf"<{tag}>\1</{tag}>", done)
    done = _EMOJI.sub(lambda found: EMOJI.get(found.group(1), found.group(0)), done).replace("\n", "<br>")
    return re.sub("\x00(\\d+)\x00", lambda found: kept[int(found.group(1))], done)


def _reference(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    if target.startswith(("@", "#")):
        return f"<b class=name>{escaped(target[0] + (label or names.get(target[1:], target[1:])))}</b>"
    if target.startswith("!date^"):  # a reader's own zone is not known here, so what Slack shows where it cannot either
        return f"<time>{escaped(label or target)}</time>"
    if target.startswith("!"):
        return f"<b class=name>{escaped(label or '@' + target[1:].split('^')[0])}</b>"
    if target.startswith(("http://", "https://", "mailto:")):
        return f'<a href="{escaped(target)}" rel="noreferrer">{escaped(label or target)}</a>'
    return escaped(f"<{inside}>")


def text(value: Any, names: Names) -> str:
    """A text object as HTML; plain text keeps its characters."""
    if not isinstance(value, dict):
        return ""
    if value.get("type") == "mrkdwn":
        return mrkdwn(str(value.get("text", "")), names)
    return _EMOJI.sub(lambda found: EMOJI.get(found.group(1), found.group(0)), escaped(str(value.get("text", ""))))


def blocks(shown: list[Json], names: Names, button: Button) -> str:
    """A list of blocks; `button` makes the control of one interactive element from its block and itself."""
    return "".join(f'<div class="block {escaped(one["type"])}">{block(one, names, button)}</div>' for one in shown)


def block(one: Json, names: Names, button: Button) -> str:
    """One block."""
    match one["type"]:
        case "header":
            return f"<h3>{text(one['text'], names)}</h3>"
        case "divider":
            return "<hr>"
        case "section":
            fields = "".join(f"<div>{text(field, names)}</div>" for field in one.get("fields") or [])
            beside = element(one, one["accessory"], button) if "accessory" in one else ""
            return f"<div>{text(one.get('text'), names)}</div><div class=fields>{fields}</div>{beside}"
        case "context":
            return "".join(f"<small>{_picture(e) or text(e, names)}</small> " for e in one["elements"])
        case "actions":
            return "".join(element(one, e, button) for e in one["elements"])
        case "image":
            return _picture(one)
        case "input":
            label = f"<b>{text(one['label'], names)}</b>{'' if one.get('optional') else ' *'}"
            return f"<label>{label}{field(one['element'], names)}<small>{text(one.get('hint'), names)}</small></label>"
        case "markdown":
            return f"<pre>{escaped(one['text'])}</pre>"
        case kind:
            return f"<small>({escaped(kind)}: not drawn here)</small>"


def element(block_: Json, one: Json, button: Button) -> str:
    """One element in a section or a row of actions."""
    if one["type"] == "image":
        return _picture(one)
    if one["type"] == "button" and one.get("url"):
        address = one["url"] if one["url"].startswith(("http://", "https://")) else "#"
        return f'<a class=button href="{escaped(address)}" rel="noreferrer">{text(one["text"], {})}</a> '
    return button(block_, one)


def _picture(one: Json) -> str:
    # never fetched: a page of the stand-in asks no other host for anything
    return f"[image: {escaped(one.get('alt_text', ''))}]" if one.get("type") == "image" else ""


def options(one: Json) -> list[tuple[str, str]]:
    """The value and the words of everything an element lets a person choose."""
    groups = one.get("option_groups") or []
    found = [*(one.get("options") or []), *(option for group in groups for option in group["options"])]
    return [(str(option["value"]), str(option["text"]["text"])) for option in found]


def field(one: Json, people: Names) -> str:
    """The form control of one input element, named by its action_id."""
    name = escaped(one["action_id"])
    kind = one["type"]
    if kind in {"users_select", "multi_users_select"}:
        return _select(name, list(people.items()), many=kind.startswith("multi"))
    if kind in {"static_select", "radio_buttons", "multi_static_select", "checkboxes"}:
        initial = [one["initial_option"]] if "initial_option" in one else one.get("initial_options", [])
        chosen = {option["value"] for option in initial}
        if kind == "static_select" and not chosen:  # nothing is chosen until a person does
            placeholder = str((one.get("placeholder") or {}).get("text", ""))
            return _select(name, [("", placeholder), *options(one)], many=False)
        return _select(name, options(one), many=kind in {"multi_static_select", "checkboxes"}, chosen=chosen)
    given = (one[key] for key in ("initial_value", "initial_date", "initial_time", "initial_date_time") if key in one)
    value, ghost = escaped(str(next(given, ""))), escaped(str((one.get("placeholder") or {}).get("text", "")))
    if one.get("multiline"):
        return f'<textarea name="{name}" rows=3 placeholder="{ghost}">{value}</textarea>'
    kinds = {"datepicker": "date", "timepicker": "time", "number_input": "number", "email_text_input": "email"}
    return f'<input name="{name}" type="{kinds.get(kind, "text")}" value="{value}" placeholder="{ghost}">'


def _select(name: str, choices: list[tuple[str, str]], *, many: bool, chosen: set[str] | None = None) -> str:
    shown = "".join(
        f'<option value="{escaped(value)}"{" selected" if value in (chosen or ()) else ""}>{escaped(words)}</option>'
        for value, words in choices
    )
    return f'<select name="{name}"{" multiple" if many else ""}>{shown}</select>'
