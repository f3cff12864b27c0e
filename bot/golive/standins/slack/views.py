"""`views.*`: modals and home tabs. Add a method as `api.py` says.

The error codes are those Slack documents for each method: a trigger_id lives three seconds and opens one view.
"""

from __future__ import annotations

from typing import Any

from golive.standins.slack import blocks as kit
from golive.standins.slack import shapes
from golive.standins.slack.api import Arguments, method
from golive.standins.slack.people import PeopleMethods
from golive.standins.slack.world import Json, Refused, View

STACK = 3
"""Views one person can have on top of each other. Source: Slack's documentation of `views.push`."""
LARGEST = 250_000
"""Bytes of one view's JSON. Source: `view_too_large` in the documentation of `views.open`."""


class ViewMethods(PeopleMethods):
    """Modals and home tabs, through the API; an answer to a submission uses the same `_show`, `_replace`."""

    @method("views.open")
    def views_open(self, given: Arguments) -> Json:
        """Open a modal for whoever the trigger_id came from."""
        body = self._view(given, "modal")
        trigger = self.world.exchange(given.need("trigger_id"))
        return {"view": shapes.view(self._show(trigger.user, body), self.app)}

    @method("views.push")
    def views_push(self, given: Arguments) -> Json:
        """Put a modal on top of the one the trigger_id came from; three at most."""
        body = self._view(given, "modal")
        trigger = self.world.exchange(given.need("trigger_id"))
        below = self.world.views.get(trigger.view_id)
        if below is None or not below.open:
            raise Refused("not_found")
        return {"view": shapes.view(self._push(below, body), self.app)}

    @method("views.update")
    def views_update(self, given: Arguments) -> Json:
        """Replace an open view; `hash` refuses when somebody was faster."""
        view = self._asked(given)
        if given.has("hash") and given.text("hash") != view.hash:
            raise Refused("hash_conflict")
        self._replace(view, self._view(given, view.kind))
        return {"view": shapes.view(view, self.app)}

    @method("views.publish")
    def views_publish(self, given: Arguments) -> Json:
        """Set a person's home tab."""
        user = given.need("user_id")
        if user not in self.world.users:
            raise Refused("user_not_found")
        body = self._view(given, "home")
        current = self.world.views.get(self.world.homes.get(user, ""))
        if current is None:
            current = self._show(user, body)
            self.world.homes[user] = current.id
        elif given.has("hash") and given.text("hash") != current.hash:
            raise Refused("hash_conflict")
        else:
            self._replace(current, body)
        return {"view": shapes.view(current, self.app)}

    def _view(self, given: Arguments, kind: str) -> Json:
        body: Any = given.structure("view", "invalid_arguments")
        checked = kit.accepted_view(body)
        if len(str(given.given.get("view"))) > LARGEST:
            raise Refused("view_too_large")
        if checked["type"] != kind:
            message = f"[ERROR] must be {kind} [json-pointer:/view/type]"
            raise Refused("invalid_arguments", response_metadata={"messages": [message]})
        return checked

    def _asked(self, given: Arguments) -> View:
        """The open view that `view_id` or `external_id` names."""
        named = given.text("external_id")
        for view in self.world.views.values():
            if view.open and ((named and view.external_id == named) or view.id == given.text("view_id")):
                return view
        raise Refused("not_found")

    def _show(self, user: str, body: Json) -> View:
        self._unique(body)
        made = self.world.mint("V")
        view = View(made, user, body["type"], body, self._hash(), made)
        self.world.views[made] = view
        return view

    def _push(self, below: View, body: Json) -> View:
        if sum(1 for _ in self.world.open_views(below.user)) >= STACK:
            raise Refused("push_limit_reached")
        view = self._show(below.user, body)
        view.root_id, view.previous_id = below.root_id, below.id
        return view

    def _replace(self, view: View, body: Json) -> None:
        if body.get("external_id") != view.external_id:
            self._unique(body)
        view.body, view.hash, view.errors = body, self._hash(), {}

    def _unique(self, body: Json) -> None:
        wanted = body.get("external_id")
        if wanted and any(view.external_id == wanted and view.open for view in self.world.views.values()):
            raise Refused("duplicate_external_id")

    def _hash(self) -> str:
        return f"{int(self.world.now().timestamp())}.{self.world.mint('h')}"
