"""Where a GitHub is: from the one address that an operator sets, every other one. Pure.

GitHub is met in three forms: github.com; github.com with data residency (`SUBDOMAIN.ghe.com`, its API on a host of its
own); and GitHub Enterprise Server, where everything is one host and REST lies below `/api/v3`. Add a form as one branch
of `places`, and a row of its test.
Sources: GitHub's "Getting started with the REST API", "Forming calls with GraphQL", "About storage of your data with data
residency".
"""

from __future__ import annotations

from dataclasses import dataclass

PUBLIC_API = "https://api.github.com"
PUBLIC_WEB = "https://github.com"
_REST = "/api/v3"
_RESIDENT = ".ghe.com"


@dataclass(frozen=True)
class Places:
    """Addresses of one GitHub, none with a trailing slash. host: its name in subjects, as `github.com`.

    api: REST.   graphql: the one address of GraphQL.   web: where people look and sign in.
    """

    host: str
    api: str
    graphql: str
    web: str


def places(api_url: str) -> Places:
    """All addresses of the GitHub whose REST API is here.

    An address that is none of the three forms (a proxy, a GitHub that stands in) is taken to hold everything below itself.
    """
    api = api_url.rstrip("/")
    scheme, netloc, path = _split(api)
    root = f"{scheme}://{netloc}"
    host = netloc.lower()
    if host == "api.github.com":
        return Places("github.com", api, f"{api}/graphql", PUBLIC_WEB)
    if host.startswith("api.") and host.endswith(_RESIDENT):
        own = host.removeprefix("api.")
        return Places(own, api, f"{api}/graphql", f"{scheme}://{own}")
    if path.lower() == _REST:
        return Places(host, api, f"{root}/api/graphql", root)
    return Places(host, api, f"{api}/graphql", api)


def api_of(web_url: str) -> str:
    """The REST API of the GitHub whose pages are here; the way back from `Places.web`.

    Raises nothing: an address on another host than the known ones is taken for a GitHub Enterprise Server.
    """
    web = web_url.rstrip("/")
    scheme, netloc, _ = _split(web)
    host = netloc.lower()
    if host in ("github.com", "www.github.com"):
        return PUBLIC_API
    if host.endswith(_RESIDENT):
        return f"{scheme}://api.{host}"
    return f"{web}{_REST}"


def issuer_of(api_url: str) -> str:
    """Who signs the tokens of this GitHub's workflow runs, without a trailing slash.

    Sources: GitHub's "OpenID Connect reference" and, for GitHub Enterprise Server, "Configuring OpenID Connect".
    """
    api = api_url.rstrip("/")
    scheme, netloc, path = _split(api)
    host = netloc.lower()
    if host == "api.github.com":
        return "https://token.actions.githubusercontent.com"
    if host.startswith("api.") and host.endswith(_RESIDENT):
        return f"{scheme}://token.actions.{host.removeprefix('api.')}"
    return f"{scheme}://{netloc}/_services/token" if path.lower() == _REST else f"{api}/_services/token"


def new_app_page(web_url: str, organisation: str = "") -> str:
    """The page that takes a manifest for a new App. organisation: its encoded login, empty for one's own account."""
    return f"{web_url.rstrip('/')}{f'/organizations/{organisation}' if organisation else ''}/settings/apps/new"


def _split(url: str) -> tuple[str, str, str]:
    """Scheme, host with port, and path of an absolute address."""
    scheme, _, rest = url.partition("://")
    netloc, slash, path = rest.partition("/")
    return scheme, netloc, slash + path
