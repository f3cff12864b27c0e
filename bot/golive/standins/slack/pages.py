"""Pages for people: channels, messages, modals, buttons and boxes, as plain HTML without script.

A form posts to the same acts that tests call, so what a person does here and what a test does are one thing.
Add a page as one function under `@route`; put its address into `PAGES` of `coverage.py`.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, quote, urlencode

from golive.standins.slack import preview
from golive.standins.slack.acting import STATE_FIELD, Acting
from golive.standins.slack.world import Channel, Json, Message, Refused, User, View, elements
from golive.standins.wire import Request, Response, route

STYLE = """
body { font: 15px/1.47 Lato, "Noto Sans", system-ui, sans-serif; color: #1d1c1d }
body { max-width: 46rem; margin: 1.5rem auto; padding: 0 1rem }
nav, form { margin: .3rem 0 }
form.inline { display: inline }
.message { border-left: 4px solid #ddd; padding: .2rem 1rem; margin: .9rem 0; overflow-wrap: anywhere }
.message .message { margin: .5rem 0 .5rem .3rem }
.own { background: #fff8e6; border-left-color: #e8a600 }
.modal { border: 1px solid #bbb; border-radius: 8px; padding: .5rem 1.5rem 1rem; max-width: 32rem; box-shadow: 0 4px 18px #0003 }
.modal label { display: block; margin: .9rem 0 }
.modal textarea, .modal input, .modal select { display: block; width: 100%; box-sizing: border-box }
.modal textarea, .modal input, .modal select { padding: .4rem .6rem; border: 1px solid #888; border-radius: 4px }
.block { margin: .55rem 0 }
.block h3 { font-size: 18px; margin: .4rem 0 }
.block.actions { display: flex; flex-wrap: wrap; gap: .45rem; margin: .8rem 0 }
.fields { display: grid; grid-template-columns: 1fr 1fr }
button, .button { font: inherit; font-weight: 600; border: 1px solid #bbb; border-radius: 4px; padding: .2rem .75rem }
button, .button { background: #fff; color: #1d1c1d }
button.primary { background: #007a5a; border-color: #007a5a; color: #fff }
button.danger { background: #fff; border-color: #e01e5a; color: #e01e5a }
input, textarea, select { font: inherit; margin: .1rem .3rem .1rem 0; max-width: 100% }
a { color: #1264a3; text-decoration: none }
pre, code { background: #f6f6f6; white-space: pre-wrap }
code { border: 1px solid #ddd; border-radius: 3px; padding: 0 .2rem; color: #a8324a; font-size: 12.5px }
.name { color: #1264a3 }
.fault { color: #c00 }
small { color: #616061 }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
SEEN_AFTER = 1
"""Seconds after an act until its page is loaded once more, so that the app's answer is on it."""


class Form:
    """A posted form; every field may be there several times."""

    def __init__(self, request: Request) -> None:
        self.fields = parse_qs(request.body.decode(), keep_blank_values=True)

    def one(self, name: str, default: str = "") -> str:
        """The first value of a field."""
        return self.fields.get(name, [default])[0]


class Pages(Acting):
    """The human side of the stand-in."""

    @route("GET", "/", "page: channels")
    def front(self, request: Request) -> Response:
        """Every channel and every person."""
        who = self._as(request.one("as"))
        channels = "".join(
            f'<li><a href="{self._place(c, who)}">{self._title(c)}</a> <small>{len(c.standing)} messages</small></li>'
            for c in self.world.channels.values()
        )
        people = "".join(
            f"<li>{html.escape(u.real_name)} <small>@{html.escape(u.name)}</small> "
            f'<a href="/home/{u.id}">app home</a></li>'
            for u in self._people()
        )
        team = self.world.teams[self.app.team_id].name
        return _page(team, f"<h2>Channels</h2><ul>{channels}</ul><h2>People</h2><ul>{people}</ul>")

    @route("GET", "/channel/{channel_id}", "page: channel")
    def channel_page(self, request: Request, channel_id: str) -> Response:
        """One channel as a chosen person sees it."""
        channel = self.world.channels.get(channel_id)
        if channel is None:
            return _page("Not here", "<p>There is no such channel. <a href='/'>All channels</a></p>", 404)
        who = self._as(request.one("as"), channel)
        body = [self._switcher(channel, who), self._modal_of(channel, who)]
        body += [self._message(channel, message, who) for message in channel.standing if not message.is_reply]
        body += [self._whispers(channel, who), self._boxes(channel, who)]
        again = self._place(channel, who) if request.one("fresh") else ""
        return _page(self._title(channel), "".join(body), again=again)

    @route("GET", "/archives/{channel_id}/{anchor}", "page: permalink")
    def archive_page(self, request: Request, channel_id: str, anchor: str) -> Response:
        """Where a permalink leads."""
        ts = f"{anchor[1:-6]}.{anchor[-6:]}"
        return Response(303, b"", {"location": f"/channel/{quote(channel_id)}#m{quote(ts)}"})

    @route("GET", "/home/{user_id}", "page: home")
    def home_page(self, request: Request, user_id: str) -> Response:
        """A person's home tab of the app."""
        who = self.world.users.get(user_id)
        if who is None:
            return _page("Not here", "<p>There is no such person.</p>", 404)
        view = self.world.views.get(self.world.homes.get(user_id, ""))
        shown = (
            self._view_blocks(view, who, f"/home/{user_id}") if view else "<p>The app has published nothing yet.</p>"
        )
        opened = f'<form method=post action="/home/{who.id}/open"><button>Open the tab</button></form>'
        again = f"/home/{who.id}" if request.one("fresh") else ""
        return _page(f"App home of {html.escape(who.real_name)}", opened + shown, again=again)

    @route("POST", "/home/{user_id}/open", "page: open home")
    def post_home(self, request: Request, user_id: str) -> Response:
        """Open the home tab."""
        return self._did(lambda: self.open_home(user_id), f"/home/{user_id}?fresh=1")

    @route("POST", "/channel/{channel_id}/{act}", "page: act")
    def post_act(self, request: Request, channel_id: str, act: str) -> Response:
        """Write, command, react or press as the chosen person."""
        form = Form(request)
        by, ts, text = form.one("as"), form.one("ts"), form.one("text")
        emoji, chosen = form.one("emoji"), form.fields.get("value", [""])
        acts: dict[str, Callable[[], object]] = {
            "post": lambda: self.message(channel_id, text, by, ts or None),
            "command": lambda: self.command(text.removeprefix("/golive").strip(), by=by, channel=channel_id),
            "react": lambda: self._toggle(emoji, by, channel_id, ts),
            "click": lambda: self.click(
                form.one("action_id"), by=by, channel=channel_id, ts=ts, value=chosen[0] or None
            ),
        }
        if act not in acts:
            return _page("Not here", "<p>There is no such act.</p>", 404)
        return self._did(acts[act], f"/channel/{quote(channel_id)}?{urlencode({'as': by, 'fresh': '1'})}")

    @route("POST", "/view/{view_id}/{act}", "page: view act")
    def post_view(self, request: Request, view_id: str, act: str) -> Response:
        """Submit or close a modal, or press a button in a view."""
        form = Form(request)
        by = form.one("as")
        acts: dict[str, Callable[[], object]] = {
            "submit": lambda: self.submit_view(view_id, by, self._given(view_id, form)),
            "close": lambda: self.close_view(view_id, by),
            "click": lambda: self.click_view(form.one("action_id"), by=by, view_id=view_id),
        }
        if act not in acts:
            return _page("Not here", "<p>There is no such act.</p>", 404)
        back = form.one("back")
        return self._did(acts[act], f"{back if back.startswith('/') and not back.startswith('//') else '/'}")

    def _did(self, act: Callable[[], object], then: str) -> Response:
        try:
            act()
        except (Refused, ValueError) as refused:
            return _page("That did not work", f"<p class=fault>{html.escape(str(refused))}</p>", 400)
        return Response(303, b"", {"location": then})

    def _toggle(self, emoji: str, by: str, channel: str, ts: str) -> None:
        found = self.world.message(self.world.channel(channel), ts)
        act = self.unreact if self.world.user(by).id in found.reactions.get(emoji, []) else self.react
        act(emoji, by=by, channel=channel, ts=ts)

    def _given(self, view_id: str, form: Form) -> Mapping[str, object]:
        """What a posted form holds, as `submit_view` takes it; an empty box is left out."""
        given: dict[str, object] = {}
        for _, element in elements(self.world.views[view_id].blocks if view_id in self.world.views else []):
            values = [value for value in form.fields.get(element["action_id"], []) if value]
            many = STATE_FIELD.get(element["type"], "").endswith(("options", "users"))
            if values:
                given[element["action_id"]] = values if many else values[0]
        return given

    def _people(self) -> list[User]:
        return [user for user in self.world.users.values() if not user.is_bot and not user.deleted]

    def _as(self, wanted: str, channel: Channel | None = None) -> User | None:
        people = [user for user in self._people() if channel is None or user.id in channel.members] or self._people()
        return next((user for user in people if user.id == wanted), people[0] if people else None)

    def _names(self) -> dict[str, str]:
        names = {user.id: user.name for user in self.world.users.values()}
        return names | {channel.id: channel.name for channel in self.world.channels.values()}

    def _title(self, channel: Channel) -> str:
        if channel.kind == "im":
            return "Conversation with " + html.escape(" and ".join(self._names()[m] for m in channel.members))
        return html.escape(f"#{channel.name}")

    def _place(self, channel: Channel, who: User | None) -> str:
        return f"/channel/{channel.id}" + (f"?as={who.id}" if who else "")

    def _switcher(self, channel: Channel, who: User | None) -> str:
        links = [
            f"<b>{html.escape(user.name)}</b>"
            if user is who
            else f'<a href="{self._place(channel, user)}">{html.escape(user.name)}</a>'
            for user in self._people()
        ]
        return f"<nav><a href='/'>All channels</a> · you are {' '.join(links)}</nav>"

    def _form(self, channel: Channel, who: User | None, act: str, inside: str, ts: str = "") -> str:
        if who is None:
            return ""
        hidden = f'<input type=hidden name=as value="{who.id}"><input type=hidden name=ts value="{html.escape(ts)}">'
        return f'<form class=inline method=post action="/channel/{channel.id}/{act}">{hidden}{inside}</form>'

    def _message(self, channel: Channel, message: Message, who: User | None) -> str:
        names = self._names()
        said = preview.blocks(message.blocks, names, self._button(channel, message.ts, who))
        said = said or f"<p>{preview.mrkdwn(message.text, names)}</p>"
        edited = " (edited)" if message.edited_ts else ""
        head = f"<b>{html.escape(names.get(message.user, 'Slack'))}</b> <small>{message.ts}{edited}</small>"
        replies = "".join(self._message(channel, reply, who) for reply in message.replies)
        if not message.is_reply:
            box = "<input name=text placeholder='Reply in the thread' required><button>Reply</button>"
            count = len(message.replies)
            thread = replies + self._form(channel, who, "post", box, message.ts)
            replies = f"<details{' open' if count else ''}><summary>{count} replies</summary>{thread}</details>"
        row = self._reactions(channel, message, who)
        return f'<div class=message id="m{message.ts}">{head}{said}{row}{replies}</div>'

    def _reactions(self, channel: Channel, message: Message, who: User | None) -> str:
        row = []
        for name in dict.fromkeys([*message.reactions, "white_check_mark", "x"]):
            people = message.reactions.get(name, [])
            shown = f"{preview.EMOJI.get(name, f':{html.escape(name)}:')} {len(people) or ''}"
            title = html.escape(", ".join(self._names().get(person, person) for person in people))
            inside = (
                f'<input type=hidden name=emoji value="{html.escape(name)}"><button title="{title}">{shown}</button>'
            )
            row.append(self._form(channel, who, "react", inside, message.ts))
        return f"<div>{' '.join(row)}</div>"

    def _button(self, channel: Channel, ts: str, who: User | None) -> preview.Button:
        def button(_block: Json, element: Json) -> str:
            return self._form(channel, who, "click", _control(element), ts) + " "

        return button

    def _whispers(self, channel: Channel, who: User | None) -> str:
        out = []
        for said in self.world.ephemerals:
            if who is None or said.deleted or said.user != who.id or said.channel != channel.id:
                continue
            names = self._names()
            shown = preview.blocks(said.blocks, names, self._button(channel, said.ts, who))
            shown = shown or f"<p>{preview.mrkdwn(said.text, names)}</p>"
            only = f"<small>only visible to {html.escape(who.name)}</small>"
            out.append(f'<div class="message own">{only}{shown}</div>')
        return "".join(out)

    def _boxes(self, channel: Channel, who: User | None) -> str:
        command = "<input name=text size=50 value='/golive ' required><button class=primary>Send the command</button>"
        words = "<input name=text size=50 placeholder='Message' required><button>Send</button>"
        return f"<hr>{self._form(channel, who, 'command', command)}<br>{self._form(channel, who, 'post', words)}"

    def _modal_of(self, channel: Channel, who: User | None) -> str:
        views = list(self.world.open_views(who.id)) if who else []
        if not views or who is None:
            return ""
        view, back = views[-1], self._place(channel, who) + "&fresh=1"
        title = preview.text(view.body.get("title"), {})
        return f"<div class=modal><h2>{title}</h2>{self._view_blocks(view, who, back)}</div>"

    def _view_blocks(self, view: View, who: User, back: str) -> str:
        hidden = (
            f'<input type=hidden name=as value="{who.id}"><input type=hidden name=back value="{html.escape(back)}">'
        )

        def button(_block: Json, element: Json) -> str:
            # buttons stand inside the modal's own form, so each names where it posts to
            name = html.escape(element["action_id"])
            words = preview.text(element.get("text"), {}) or name
            return f'<button formaction="/view/{view.id}/click" name=action_id value="{name}">{words}</button> '

        faults = "".join(f"<p class=fault>{html.escape(f'{b} {said}'.strip())}</p>" for b, said in view.errors.items())
        shown = preview.blocks(view.blocks, {user.id: user.name for user in self._people()}, button)
        submit = preview.text(view.body.get("submit"), {})
        close = preview.text(view.body.get("close"), {}) or "Cancel"
        last = f"<button class=primary>{submit}</button> " if submit else ""
        if view.kind == "modal":
            last += f'<button formaction="/view/{view.id}/close" formnovalidate>{close}</button>'
        return f'<form method=post action="/view/{view.id}/submit">{hidden}{faults}{shown}{last}</form>'


def _control(element: Json) -> str:
    name = f'<input type=hidden name=action_id value="{html.escape(element["action_id"])}">'
    if element["type"] == "button":
        style = f" class={element['style']}" if element.get("style") in {"primary", "danger"} else ""
        return f"{name}<button{style}>{preview.text(element['text'], {})}</button>"
    choices = "".join(
        f'<option value="{html.escape(value)}">{html.escape(words)}</option>'
        for value, words in preview.options(element)
    )
    picker = f"<select name=value>{choices}</select>" if choices else "<input name=value>"
    return f"{name}{picker}<button>Choose</button>"


def _page(title: str, body: str, status: int = 200, again: str = "") -> Response:
    """A whole page. `title` and `body` are HTML already; `again` is where to look once more in a moment."""
    refresh = f'<meta http-equiv="refresh" content="{SEEN_AFTER};url={html.escape(again)}">' if again else ""
    head = f"<meta charset=utf-8><meta name=viewport content='width=device-width'>{refresh}<title>{title}</title>"
    whole = f"<head>{head}<style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body>"
    text = f"<!doctype html><html lang=en>{whole}</html>"
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY}
    return Response(status, text.encode(), headers)
