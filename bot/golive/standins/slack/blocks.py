"""Block Kit's documented limits, checked as strictly as Slack does, and the ids Slack adds where an app gave none.

Numbers come from Slack's Block Kit reference (blocks, block elements, composition objects). Add a block or an element
as one row in `BLOCKS` or `ELEMENTS`; what has no row is refused, so nothing unchecked passes for checked.
A fault reads as Slack writes it: a sentence and a JSON pointer, `must be less than 3001 characters
[json-pointer:/blocks/0/text/text]`.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from golive.standins.slack.world import Json, Refused

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
MESSAGE_TEXT = 12_000
"""Characters all blocks of a message may have together. Slack refuses near it (`msg_blocks_too_long`),
but documents it for `markdown` blocks alone; the number moves with the containers, so stay well below."""
_ID = 255


@dataclass(frozen=True)
class Rule:
    """What one block or element may hold.

    needs: fields that must be there. texts: field → (most characters, plain_text only). strings: field → most
    characters. lists: field → most items. others: fields that are allowed and looked at elsewhere or not at all.
    """

    needs: tuple[str, ...] = ()
    texts: dict[str, tuple[int, bool]] = field(default_factory=dict)
    strings: dict[str, int] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    others: tuple[str, ...] = ()

    @property
    def allowed(self) -> set[str]:
        """Every field that may appear."""
        return {"type", *self.texts, *self.strings, *self.lists, *self.others}


_PLACE = {"placeholder": (150, True)}
_ACT = {"action_id": _ID}
_FOCUS = ("focus_on_load",)
_SELECT = ("confirm", "initial_option", *_FOCUS)
_MANY = ("confirm", "initial_options", "max_selected_items", *_FOCUS)

ELEMENTS: dict[str, Rule] = {
    "button": Rule(
        ("text",),
        {"text": (75, True)},
        {**_ACT, "url": 3000, "value": 2000, "accessibility_label": 75},
        others=("style", "confirm"),
    ),
    "overflow": Rule(("options",), strings=_ACT, lists={"options": 5}, others=("confirm",)),
    "static_select": Rule((), _PLACE, _ACT, {"options": 100, "option_groups": 100}, _SELECT),
    "multi_static_select": Rule((), _PLACE, _ACT, {"options": 100, "option_groups": 100}, _MANY),
    "external_select": Rule((), _PLACE, _ACT, others=("min_query_length", *_SELECT)),
    "multi_external_select": Rule((), _PLACE, _ACT, others=("min_query_length", *_MANY)),
    "users_select": Rule((), _PLACE, _ACT, others=("initial_user", *_SELECT)),
    "multi_users_select": Rule((), _PLACE, _ACT, others=("initial_users", *_MANY)),
    "channels_select": Rule((), _PLACE, _ACT, others=("initial_channel", "response_url_enabled", *_SELECT)),
    "conversations_select": Rule(
        (),
        _PLACE,
        _ACT,
        others=(
            "initial_conversation",
            "default_to_current_conversation",
            "response_url_enabled",
            "filter",
            *_SELECT,
        ),
    ),
    "checkboxes": Rule(("options",), {}, _ACT, {"options": 10}, ("initial_options", "confirm", *_FOCUS)),
    "radio_buttons": Rule(("options",), {}, _ACT, {"options": 10}, ("initial_option", "confirm", *_FOCUS)),
    "datepicker": Rule((), _PLACE, _ACT, others=("initial_date", "confirm", *_FOCUS)),
    "timepicker": Rule((), _PLACE, _ACT, others=("initial_time", "timezone", "confirm", *_FOCUS)),
    "datetimepicker": Rule((), {}, _ACT, others=("initial_date_time", "confirm", *_FOCUS)),
    "plain_text_input": Rule(
        (),
        _PLACE,
        {**_ACT, "initial_value": 3000},
        others=("multiline", "min_length", "max_length", "dispatch_action_config", *_FOCUS),
    ),
    "number_input": Rule(
        ("is_decimal_allowed",),
        _PLACE,
        _ACT,
        others=("is_decimal_allowed", "initial_value", "min_value", "max_value", "dispatch_action_config", *_FOCUS),
    ),
    "url_text_input": Rule((), _PLACE, _ACT, others=("initial_value", "dispatch_action_config", *_FOCUS)),
    "email_text_input": Rule((), _PLACE, _ACT, others=("initial_value", "dispatch_action_config", *_FOCUS)),
    "image": Rule(("alt_text",), {}, {"image_url": 3000, "alt_text": 2000}, others=("slack_file",)),
}

_PICKS = {name for name in ELEMENTS if name.endswith(("_select", "picker"))}
_CHOICES = _PICKS | {"checkboxes", "radio_buttons"}
_TYPED = {name for name in ELEMENTS if name.endswith("_input")}
INSIDE = {
    "accessory": _CHOICES | {"button", "overflow", "image"},
    "actions": _CHOICES | {"button", "overflow"},
    "input": _CHOICES | _TYPED,
}

BLOCKS: dict[str, Rule] = {
    "section": Rule((), {"text": (3000, False)}, {}, {"fields": 10}, ("accessory", "expand")),
    "header": Rule(("text",), {"text": (150, True)}),
    "divider": Rule(),
    "actions": Rule(("elements",), lists={"elements": 25}),
    "context": Rule(("elements",), lists={"elements": 10}),
    "image": Rule(
        ("alt_text",), {"title": (2000, True)}, {"image_url": 3000, "alt_text": 2000}, others=("slack_file",)
    ),
    "input": Rule(
        ("label", "element"),
        {"label": (2000, True), "hint": (2000, True)},
        others=("element", "optional", "dispatch_action"),
    ),
    "markdown": Rule(("text",), strings={"text": 12_000}),
    "rich_text": Rule(("elements",), others=("elements",)),
    "table": Rule(("rows",), lists={"rows": 100}, others=("column_settings",)),
}
_MESSAGES_ONLY = {"markdown", "table"}


class Checker:
    """Collects every fault in one list of blocks; `surface` is `message`, `modal` or `home`."""

    def __init__(self, surface: str) -> None:
        self.surface = surface
        self.faults: list[str] = []
        self._block_ids: set[str] = set()

    def fault(self, sentence: str, pointer: str) -> None:
        """Note one fault."""
        self.faults.append(f"{sentence} [json-pointer:{pointer}]")

    def blocks(self, blocks: Any, pointer: str = "/blocks") -> list[str]:
        """Check a whole list and return the faults."""
        most = MESSAGE_BLOCKS if self.surface == "message" else VIEW_BLOCKS
        if not isinstance(blocks, list):
            self.fault("must be an array", pointer)
            return self.faults
        if len(blocks) > most:
            self.fault(f"no more than {most} items allowed", pointer)
        for index, block in enumerate(blocks):
            self._block(block, f"{pointer}/{index}")
        return self.faults

    def _block(self, block: Any, pointer: str) -> None:
        kind = block.get("type") if isinstance(block, dict) else None
        rule = BLOCKS.get(str(kind))
        if rule is None or (kind in _MESSAGES_ONLY and self.surface != "message"):
            self.fault(f"unsupported type: {kind}", f"{pointer}/type")
            return
        self._fields(block, rule, pointer, extra={"block_id"})
        self._block_id(block, pointer)
        match kind:
            case "section":
                self._section(block, pointer)
            case "actions":
                self._inside(block.get("elements"), "actions", f"{pointer}/elements")
            case "context":
                self._context(block.get("elements"), f"{pointer}/elements")
            case "input":
                self._inside([block.get("element")], "input", f"{pointer}/element", listed=False)
            case "image":
                self._picture(block, pointer)
            case _:
                pass

    def _block_id(self, block: Json, pointer: str) -> None:
        given = block.get("block_id")
        if given is None:
            return
        self.string(given, _ID, f"{pointer}/block_id")
        if given in self._block_ids:
            self.fault(f"duplicate block_id: {given}", f"{pointer}/block_id")
        self._block_ids.add(str(given))

    def _section(self, block: Json, pointer: str) -> None:
        if "text" not in block and not block.get("fields"):
            self.fault("missing required field: text or fields", pointer)
        for index, text in enumerate(block.get("fields") or []):
            self.text(text, 2000, f"{pointer}/fields/{index}")
        if "accessory" in block:
            self._inside([block["accessory"]], "accessory", f"{pointer}/accessory", listed=False)

    def _context(self, elements: Any, pointer: str) -> None:
        if not isinstance(elements, list) or not elements:
            self.fault("must have at least 1 item", pointer)
            return
        for index, element in enumerate(elements):
            here = f"{pointer}/{index}"
            if isinstance(element, dict) and element.get("type") == "image":
                self._element(element, here)
            else:
                self.text(element, 3000, here)

    def _inside(self, elements: Any, where: str, pointer: str, *, listed: bool = True) -> None:
        if not isinstance(elements, list) or not elements:
            self.fault("must have at least 1 item", pointer)
            return
        seen: set[str] = set()
        for index, element in enumerate(elements):
            here = f"{pointer}/{index}" if listed else pointer
            kind = element.get("type") if isinstance(element, dict) else None
            if kind not in INSIDE[where]:
                self.fault(f"unsupported type: {kind}", f"{here}/type")
                continue
            self._element(element, here)
            if (given := element.get("action_id")) in seen:
                self.fault(f"duplicate action_id: {given}", f"{here}/action_id")
            seen.update([given] if given else [])

    def _element(self, element: Json, pointer: str) -> None:
        kind = element["type"]
        self._fields(element, ELEMENTS[kind], pointer)
        if kind == "button" and element.get("style", "primary") not in {"primary", "danger"}:
            self.fault("must be one of: primary, danger", f"{pointer}/style")
        if kind == "image":
            self._picture(element, pointer)
        if kind.endswith("static_select") and ("options" in element) == ("option_groups" in element):
            self.fault("exactly one of options and option_groups is needed", pointer)
        wide = kind in {"checkboxes", "radio_buttons"}
        for index, option in enumerate(element.get("options") or []):
            self._option(option, f"{pointer}/options/{index}", plain=not wide)
        for index, group in enumerate(element.get("option_groups") or []):
            self._group(group, f"{pointer}/option_groups/{index}")
        if "confirm" in element:
            self._confirm(element["confirm"], f"{pointer}/confirm")

    def _option(self, option: Any, pointer: str, *, plain: bool) -> None:
        rule = Rule(("text", "value"), {"text": (75, plain), "description": (75, plain)}, {"value": 150, "url": 3000})
        self._fields(option, rule, pointer)

    def _group(self, group: Any, pointer: str) -> None:
        self._fields(group, Rule(("label", "options"), {"label": (75, True)}, lists={"options": 100}), pointer)
        for index, option in enumerate(group.get("options") or [] if isinstance(group, dict) else []):
            self._option(option, f"{pointer}/options/{index}", plain=True)

    def _confirm(self, confirm: Any, pointer: str) -> None:
        texts = {"title": (100, True), "text": (300, False), "confirm": (30, True), "deny": (30, True)}
        self._fields(confirm, Rule(("title", "text", "confirm", "deny"), texts, others=("style",)), pointer)

    def _picture(self, image: Json, pointer: str) -> None:
        if ("image_url" in image) == ("slack_file" in image):
            self.fault("exactly one of image_url and slack_file is needed", pointer)

    def _fields(self, value: Any, rule: Rule, pointer: str, extra: Iterable[str] = ()) -> None:
        if not isinstance(value, dict):
            self.fault("must be an object", pointer)
            return
        for name in value.keys() - rule.allowed - set(extra):
            self.fault(f"invalid additional property: {name}", pointer)
        for name in rule.needs:
            if value.get(name) is None:
                self.fault(f"missing required field: {name}", pointer)
        for name, (most, plain) in rule.texts.items():
            if name in value:
                self.text(value[name], most, f"{pointer}/{name}", plain=plain)
        for name, most in rule.strings.items():
            if name in value:
                self.string(value[name], most, f"{pointer}/{name}")
        for name, most in rule.lists.items():
            if name in value and (not isinstance(value[name], list) or len(value[name]) > most):
                self.fault(f"no more than {most} items allowed", f"{pointer}/{name}")

    def text(self, text: Any, most: int, pointer: str, *, plain: bool = False) -> None:
        """Check a text object: its type, its fields, and 1 to `most` characters."""
        kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
        kind = text.get("type") if isinstance(text, dict) else None
        if kind not in kinds:
            self.fault(f"must be a text object of type {' or '.join(sorted(kinds))}", pointer)
            return
        own = "emoji" if kind == "plain_text" else "verbatim"
        for name in text.keys() - {"type", "text", own}:
            self.fault(f"invalid additional property: {name}", pointer)
        self.string(text.get("text"), most, f"{pointer}/text")

    def string(self, value: Any, most: int, pointer: str) -> None:
        """Check a string of 1 to `most` characters."""
        if not isinstance(value, str):
            self.fault("must be a string", pointer)
        elif not value:
            self.fault("must be more than 0 characters", pointer)
        elif len(value) > most:
            self.fault(f"must be less than {most + 1} characters", pointer)


def faults(blocks: Any, surface: str = "message") -> list[str]:
    """Everything Slack would refuse in a list of blocks; empty when it would show them."""
    return Checker(surface).blocks(blocks)


def accepted(blocks: Any) -> list[Json]:
    """The blocks of a message as Slack stores them; `invalid_blocks` or `msg_blocks_too_long` otherwise."""
    if found := faults(blocks):
        raise _refusal("invalid_blocks", found)
    if sum(map(len, _texts(blocks))) > MESSAGE_TEXT:
        raise Refused("msg_blocks_too_long")
    return completed(blocks)


def accepted_view(view: Any) -> Json:
    """A view as Slack stores it; `invalid_arguments` with every fault otherwise, as `views.open` answers."""
    checker = Checker(view.get("type", "") if isinstance(view, dict) else "")
    if checker.surface not in {"modal", "home"}:
        checker.fault("must be one of: modal, home", "/view/type")
        raise _refusal("invalid_arguments", checker.faults)
    checker.blocks(view.get("blocks"), "/view/blocks")
    if checker.surface == "modal":
        if "title" not in view:
            checker.fault("missing required field: title", "/view")
        has_input = any(isinstance(b, dict) and b.get("type") == "input" for b in view.get("blocks") or [])
        if has_input and "submit" not in view:
            checker.fault("missing required field: submit", "/view")
        for name in {"title", "submit", "close"} & view.keys():
            checker.text(view[name], 24, f"/view/{name}", plain=True)
    for name, most in {"private_metadata": 3000, "callback_id": _ID, "external_id": _ID}.items():
        if view.get(name):
            checker.string(view[name], most, f"/view/{name}")
    if checker.faults:
        raise _refusal("invalid_arguments", checker.faults)
    return {**view, "blocks": completed(view["blocks"])}


def _refusal(code: str, found: list[str]) -> Refused:
    return Refused(code, errors=found, response_metadata={"messages": [f"[ERROR] {fault}" for fault in found]})


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)


def completed(blocks: list[Json]) -> list[Json]:
    """A copy with what Slack fills in: `block_id` and `action_id`, `emoji` of plain texts, `verbatim` of others."""
    done: list[Json] = copy.deepcopy(blocks)
    name = _names(done)
    for block in done:
        block.setdefault("block_id", name())
        for element in [block.get("accessory"), block.get("element"), *_listed(block)]:
            if isinstance(element, dict) and element.get("type") in ELEMENTS and element["type"] != "image":
                element.setdefault("action_id", name())
        _fill_texts(block)
    return done


def _listed(block: Json) -> list[Any]:
    return block.get("elements", []) if block["type"] in {"actions", "context"} else []


def _fill_texts(value: Any) -> None:
    if isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _fill_texts(item)


def _names(blocks: list[Json]) -> Callable[[], str]:
    seed = hashlib.sha256(json.dumps(blocks, sort_keys=True).encode()).hexdigest()
    count = 0

    def name() -> str:
        nonlocal count
        count += 1
        return f"{seed[:5]}{count}"

    return name
