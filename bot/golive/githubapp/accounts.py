"""Who owns the account that our App is installed on: an organisation's owners, or the one person whose account it is.

Source: GitHub's reference of `apps/get-org-installation`, `apps/get-user-installation`, `apps/get-installation`,
`orgs/get-membership-for-user` (role `admin`, state `active`) and `users/get-by-id`.
"""

from __future__ import annotations

from urllib.parse import quote

from golive.core.errors import Gone
from golive.core.model import Person
from golive.githubapp.client import Clients


class Accounts:
    """`engine.joins.Owners` for one App."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def installation_on(self, account: str) -> int:
        """Our App's installation on an account that goes by this login now; 0 for none, and for a suspended one."""
        name = quote(account, safe="")
        for path in (f"/orgs/{name}/installation", f"/users/{name}/installation"):
            try:
                told = self._clients.app().get(path)
            except Gone:
                continue
            return 0 if told.get("suspended_at") else int(told["id"])
        return 0

    def owns(self, person: Person, installation: int) -> bool:
        """Whether the person with this numeric id owns it, whatever they are called now."""
        account = self._clients.app().get(f"/app/installations/{installation}")["account"]
        if account.get("type") != "Organization":
            return int(account["id"]) == person.id
        api = self._clients.installation(installation)
        login = str(api.get(f"/user/{person.id}")["login"])
        try:
            told = api.get(f"/orgs/{quote(account['login'], safe='')}/memberships/{quote(login, safe='')}")
        except Gone:
            return False
        return bool(
            told.get("state") == "active" and told.get("role") == "admin" and int(told["user"]["id"]) == person.id
        )
