"""The whole GitHub: every act of people and every endpoint, joined.

Add an endpoint in the `routes_*` module it belongs to, an act in an `acts_*` module.
"""

from __future__ import annotations

from golive.standins.github.acts_fates import FateActs
from golive.standins.github.acts_forks import ForkActs
from golive.standins.github.routes_app import AppRoutes
from golive.standins.github.routes_checks import CheckRoutes
from golive.standins.github.routes_deploys import DeployRoutes
from golive.standins.github.routes_dispatch import DispatchRoutes
from golive.standins.github.routes_issues import IssueRoutes
from golive.standins.github.routes_orgs import OrgRoutes
from golive.standins.github.routes_pages import PageRoutes
from golive.standins.github.routes_pulls import PullRoutes
from golive.standins.github.routes_queue import QueueRoutes
from golive.standins.github.routes_repo import RepoRoutes
from golive.standins.github.routes_rules import RuleRoutes
from golive.standins.github.routes_setup import SetupRoutes
from golive.standins.github.routes_signin import SignInRoutes
from golive.standins.github.routes_suites import SuiteRoutes


class GitHub(
    QueueRoutes, SuiteRoutes, CheckRoutes, DeployRoutes, PullRoutes, IssueRoutes, RepoRoutes, RuleRoutes, OrgRoutes, AppRoutes,
    DispatchRoutes, SetupRoutes, SignInRoutes, PageRoutes, FateActs, ForkActs,
):  # fmt: skip
    """A stateful local GitHub. People act through its methods, programs through `respond` or a socket (`wire.serve`).

    `clock` dates what happens; `wall` dates tokens and quotas; `web` is the public address in webhooks and pages.
    """
