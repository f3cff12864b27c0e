"""Sign in with GitHub, as the App: the web application flow with PKCE. The token asks who it is, once, and is forgotten.

Source: GitHub's documentation, "Generating a user access token for a GitHub App".
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

import github
import requests

from golive.core.errors import Gone, Later, Misconfigured, Refused
from golive.core.linking import AGAIN
from golive.core.model import Person
from golive.githubapp.client import TIMEOUT, Clients, Rejected

_OURS = {
    "incorrect_client_credentials": "Check GOLIVE_GITHUB_CLIENT_ID and GOLIVE_GITHUB_CLIENT_SECRET.",
    "redirect_uri_mismatch": "Add golive's address with /signin/github to the App's callback URLs.",
}


class SignIn:
    """`engine.link.ForgeSignIn` for one App. redirect: where GitHub sends the browser back to."""

    def __init__(self, clients: Clients, client_id: str, client_secret: str, web_url: str, redirect: str) -> None:
        self._clients = clients
        self._client_id = client_id
        self._secret = client_secret
        self._web_url = web_url.rstrip("/")
        self._redirect = redirect

    def url(self, state: str, verifier: str) -> str:
        """GitHub's sign-in page; it asks which account, where the browser knows several."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "client_id": self._client_id, "redirect_uri": self._redirect, "state": state, "allow_signup": "false",
            "prompt": "select_account", "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{self._web_url}/login/oauth/authorize?{urlencode(query)}"

    def proved(self, code: str, verifier: str) -> Person:
        """Who signed in. Only people are: not bots, not organisations."""
        try:
            user = self._clients.bearer(self._token(code, verifier)).get("/user")
        except (Misconfigured, Rejected, Gone) as error:
            if isinstance(error, Misconfigured) and "CLIENT" in str(error):
                raise
            raise Refused(f"GitHub does not say who you are, so nothing was linked. {AGAIN}") from None
        if user.get("type") != "User":
            raise Refused("This GitHub account is no person's, and only people are linked.")
        return Person(int(user["id"]), str(user["login"]))

    def _token(self, code: str, verifier: str) -> str:
        body = {
            "client_id": self._client_id, "client_secret": self._secret, "code": code,
            "redirect_uri": self._redirect, "code_verifier": verifier,
        }  # fmt: skip
        client = github.Github(base_url=self._web_url, timeout=TIMEOUT, retry=None, pool_size=1, user_agent="golive",
                               seconds_between_requests=None, seconds_between_writes=None)  # fmt: skip
        try:
            _, told = client.requester.requestJsonAndCheck(
                "POST", "/login/oauth/access_token", headers={"Accept": "application/json"}, input=body
            )
        except (github.GithubException, requests.RequestException, ValueError) as error:
            raise Later(f"GitHub gave no token ({type(error).__name__})") from None  # the cause may hold the secret
        finally:
            client.close()
        return _read(told)


def _read(told: Any) -> str:
    """The token of GitHub's answer, which says errors with status 200."""
    error = told.get("error", "") if isinstance(told, dict) else "no answer"
    if error in _OURS:
        raise Misconfigured(f"GitHub says {error}. {_OURS[error]}")
    token = told.get("access_token") if isinstance(told, dict) else None
    if error or not isinstance(token, str) or not token:
        raise Refused(f"GitHub does not know this sign-in ({error or 'no token'}), so nothing was linked. {AGAIN}")
    return token
