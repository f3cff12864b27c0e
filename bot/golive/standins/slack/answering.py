"""What comes back from the app: immediate answers to what Slack sent, and posts to a response_url.

Both end where the person would see them: in `ephemerals`, in the channel, or in the open modal. Add a kind of answer
as one function and one `case` in `answered`.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from golive.standins.slack import blocks as kit
from golive.standins.slack.outgoing import Sent
from golive.standins.slack.views import ViewMethods
from golive.standins.slack.world import Ephemeral, Json, Message, Refused, ResponseUrl
from golive.standins.wire import Outgoing, Request, Response, route

TROUBLE = "We had some trouble connecting. Try again?"


class Answering(ViewMethods):
    """Puts answers where people see them."""

    suggestions: deque[list[Json]]
    """What pickers were last offered, newest last; `Slack` starts it empty."""

    def answered(self, outgoing: Outgoing, answer: Response) -> None:
        """Take the answer to one delivery. The courier calls it; call it yourself when you deliver by hand."""
        if not isinstance(outgoing, Sent):
            return
        with self.lock:
            match outgoing.kind:
                case "event":
                    self.sender.note(outgoing, answer)
                case "command":
                    self._command_answered(outgoing, answer)
                case "view_submission":
                    self._submission_answered(outgoing, answer)
                case "block_suggestion":
                    self.suggestions.append(_json(answer).get("options", []))
                case "block_actions" if not 200 <= answer.status < 300:
                    self._whisper(outgoing, f"This app responded with status code {answer.status}.")
                case _:
                    pass

    def _command_answered(self, sent: Sent, answer: Response) -> None:
        if not 200 <= answer.status < 300:
            word = "dispatch_failed" if answer.status else "operation_timeout"
            self._whisper(sent, f'The command failed with the error "{word}"')
        elif answer.body:
            body = _json(answer) or {"text": answer.body.decode(errors="replace")}
            try:
                self._put(self.world.response_urls[sent.response_id], body, "command")
            except Refused as refused:
                self._whisper(sent, f'The command failed with the error "{refused.code}"')

    def _whisper(self, sent: Sent, text: str) -> None:
        said = Ephemeral(sent.by, sent.channel, self.world.ts(), text, [], "slack")
        self.world.ephemerals.append(said)

    def _submission_answered(self, sent: Sent, answer: Response) -> None:
        view = self.world.views[sent.view_id]
        body = _json(answer)
        if not 200 <= answer.status < 300:
            view.errors = {"": TROUBLE}
            return
        try:
            match body.get("response_action"):
                case None:
                    view.open = False
                case "clear":
                    for other in list(self.world.open_views(view.user)):
                        other.open = False
                case "errors":
                    view.errors = self._errors(view.blocks, body.get("errors"))
                case "update":
                    self._replace(view, kit.accepted_view(body.get("view")))
                case "push":
                    self._push(view, kit.accepted_view(body.get("view")))
                case _:
                    view.errors = {"": TROUBLE}
        except Refused as refused:
            view.errors = {"": f"{TROUBLE} ({refused.code})"}

    @staticmethod
    def _errors(blocks: list[Json], errors: Any) -> dict[str, str]:
        """Field errors count only for input blocks that are there; otherwise Slack says that it had trouble."""
        inputs = {block["block_id"] for block in blocks if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or set(errors) - inputs:
            return {"": TROUBLE}
        return {str(block): str(said) for block, said in errors.items()}

    @route("POST", "/response/{response_id}", "response_url")
    def respond_to(self, request: Request, response_id: str) -> Response:
        """A response_url: at most 5 posts within 30 minutes; afterwards 404, as Slack answers."""
        found = self.world.response_urls.get(response_id)
        if found is None or found.left < 1 or self.world.now() >= found.until:
            return _plain(404, "used_url" if found and found.left < 1 else "expired_url")
        try:
            body = request.json()
        except ValueError:
            return _plain(400, "invalid_payload")
        if not isinstance(body, dict):
            return _plain(400, "invalid_payload")
        try:
            self._put(found, body, "response_url")
        except Refused as refused:
            return Response.of(400, {"ok": False, "error": refused.code} | refused.extra)
        found.left -= 1
        return _plain(200, "ok")

    def _put(self, url: ResponseUrl, body: Json, source: str) -> None:
        """Show one answer. `replace_original` and `delete_original` act on what the person had before them."""
        text = str(body.get("text") or "")
        blocks = kit.accepted(body["blocks"]) if body.get("blocks") else []
        if body.get("delete_original"):
            self._delete_original(url)
            return
        if not text and not blocks:
            raise Refused("no_text")
        if body.get("replace_original") and self._replace_original(url, text, blocks):
            return
        ts = str(body.get("thread_ts") or "")
        if body.get("response_type") == "in_channel":
            channel = self.world.channel(url.channel)
            self._post(channel, Message(channel.id, "", self.app.bot_user_id, text, blocks, ts, by_app=True))
            return
        said = Ephemeral(url.user, url.channel, self.world.ts(), text, blocks, source, url.id, ts)
        self.world.ephemerals.append(said)

    def _original(self, url: ResponseUrl) -> Ephemeral | None:
        said = [e for e in self.world.ephemerals if e.user == url.user and not e.deleted]
        if url.ts:
            return next((e for e in said if e.ts == url.ts), None)
        return next((e for e in reversed(said) if e.response_id == url.id), None)

    def _delete_original(self, url: ResponseUrl) -> None:
        if original := self._original(url):
            original.deleted = True
        elif url.ts and not url.ephemeral:
            channel = self.world.channel(url.channel)
            self._drop(channel, self.world.message(channel, url.ts))

    def _replace_original(self, url: ResponseUrl, text: str, blocks: list[Json]) -> bool:
        if original := self._original(url):
            original.text, original.blocks = text, blocks
            return True
        if url.ts and not url.ephemeral:
            channel = self.world.channel(url.channel)
            self._change(channel, self.world.message(channel, url.ts), {"text": text, "blocks": blocks})
            return True
        return False


def _json(answer: Response) -> Json:
    """The answer as a JSON object; empty where it is something else."""
    try:
        value = json.loads(answer.body) if answer.body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _plain(status: int, text: str) -> Response:
    return Response(status, text.encode(), {"content-type": "text/plain; charset=utf-8"})
