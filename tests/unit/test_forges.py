"""One address of a GitHub gives all the others. Add a form of GitHub as a row of `FORMS`."""

from __future__ import annotations

import pytest
from github import Github

from golive.core.forges import api_of, new_app_page, places
from golive.settings import Settings

FORMS = [
    # the API's address, name in subjects, GraphQL, pages
    ("https://api.github.com", "github.com", "https://api.github.com/graphql", "https://github.com"),
    ("https://api.github.com/", "github.com", "https://api.github.com/graphql", "https://github.com"),
    ("https://ghe.example.com/api/v3", "ghe.example.com", "https://ghe.example.com/api/graphql",
     "https://ghe.example.com"),
    ("https://ghe.example.com/api/v3/", "ghe.example.com", "https://ghe.example.com/api/graphql",
     "https://ghe.example.com"),
    ("https://GHE.example.com:8443/api/v3", "ghe.example.com:8443", "https://GHE.example.com:8443/api/graphql",
     "https://GHE.example.com:8443"),
    ("https://api.acme.ghe.com", "acme.ghe.com", "https://api.acme.ghe.com/graphql", "https://acme.ghe.com"),
    ("http://127.0.0.1:4001", "127.0.0.1:4001", "http://127.0.0.1:4001/graphql", "http://127.0.0.1:4001"),
]  # fmt: skip


@pytest.mark.parametrize(("api", "host", "graphql", "web"), FORMS)
def test_every_address_of_a_github_follows_from_its_api(api: str, host: str, graphql: str, web: str) -> None:
    found = places(api)
    assert (found.host, found.graphql, found.web) == (host, graphql, web)
    assert not found.api.endswith("/")


@pytest.mark.parametrize(
    ("web", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://github.com/", "https://api.github.com"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://ghe.example.com", "https://ghe.example.com/api/v3"),
        ("https://ghe.example.com:8443", "https://ghe.example.com:8443/api/v3"),
    ],
)
def test_the_way_from_the_pages_to_the_api_and_back_is_the_same(web: str, api: str) -> None:
    assert api_of(web) == api
    assert places(api).web == web.rstrip("/")


def test_apps_are_made_on_the_same_github() -> None:
    ghe = places("https://ghe.example.com/api/v3").web
    assert new_app_page(ghe) == "https://ghe.example.com/settings/apps/new"
    assert new_app_page(ghe, "acme") == "https://ghe.example.com/organizations/acme/settings/apps/new"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, "https://github.com"),
        ({"github_api_url": "https://ghe.example.com/api/v3"}, "https://ghe.example.com"),
        ({"github_api_url": "https://proxy.example.com/gh", "github_web_url": "https://ghe.example.com/"},
         "https://ghe.example.com"),
    ],
)  # fmt: skip
def test_people_sign_in_where_the_api_is_unless_another_place_is_set(given: dict[str, str], wanted: str) -> None:
    assert Settings(_env_file=None, **given).github_web == wanted


@pytest.mark.parametrize(("api", "graphql"), [(api, graphql) for api, _, graphql, _ in FORMS])
def test_the_client_sends_graphql_where_it_belongs(api: str, graphql: str) -> None:
    client = Github(base_url=api.rstrip("/"))
    assert client.requester.graphql_url.casefold() == graphql.casefold()
    client.close()
