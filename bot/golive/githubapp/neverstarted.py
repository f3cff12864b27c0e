"""Which required checks nobody gave a commit, and what the Apps do for it ("List check suites for a Git reference")."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from golive.core.landing import RequiredCheck
from golive.core.neverstarted import Suite, Unstarted
from golive.githubapp.client import Api
from golive.githubapp.known import Known

EXPECTED = "expected"


def read_unstarted(
    api: Api, path: str, key: tuple[int, str], asked: tuple[tuple[str, int], ...], known: Known,
    stand: Callable[[], Iterable[RequiredCheck]],
) -> Unstarted | None:  # fmt: skip
    """Nothing is read once every check that is asked for was there; a check that has begun stays begun.

    path: `/repos/acme/shop`.   key: repository and commit.   stand: how the checks stand, read when it is called.
    """
    begun = ("begun", *key, asked)
    if known.get(begun):
        return None
    missing = tuple(check for check in stand() if check.state == EXPECTED)
    if not missing:
        known.put(begun, True)
        return None
    return Unstarted(missing, tuple(_suites(api, path, key[1])))


def _suites(api: Api, path: str, head: str) -> Iterable[Suite]:
    for told in api.pages(f"{path}/commits/{head}/check-suites", under="check_suites"):
        app = told.get("app") or {}
        yield Suite(
            app.get("slug") or "", app.get("id") or 0, told.get("status") or "", told.get("conclusion") or "",
            told.get("latest_check_runs_count") or 0,
        )  # fmt: skip
