"""What a look at a repository found, as values: the ground on which a policy is proposed.

Texts may come from anybody's files. Paths are plain (letters, digits and a few signs), everything else is cleaned where it
is written down. Add a finding as a field with a default; `cli.recognise` fills it, `propose` makes something of it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """A check run that GitHub Actions posts on pull requests. check: its name as GitHub shows it.   workflow: its file.

    title: how that workflow is called; empty where its name is odd.
    """

    check: str
    workflow: str
    title: str = ""


@dataclass(frozen=True)
class Compose:
    """A compose file. ports: published on this machine, as written.   health: paths that its health checks ask for."""

    path: str
    services: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    health: tuple[str, ...] = ()


@dataclass(frozen=True)
class Api:
    """A document of OpenAPI or Swagger. server: an https address in it that is no stand-in.   health: a path of it."""

    path: str
    version: str
    paths: int = 0
    server: str = ""
    health: str = ""


@dataclass(frozen=True)
class Report:
    """A report that tests write. minimum: percent of lines that the repository itself asks for; 0: none.

    told_by: the file that names the report, or the tool that always writes it there.
    """

    files: str
    told_by: str
    minimum: int = 0


@dataclass(frozen=True)
class Owned:
    """The file of code owners. people and teams: all owners named in it, without their @."""

    path: str
    people: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """Everything. repository: owner/name as the remote says, or empty.   branches: known names besides the default's.

    unsure: workflows and their jobs whose check runs cannot be told by name, with the reason, as sentences.
    odd: entries that were left out for their names.   cut: whether the walk ended before the repository did.
    """

    name: str
    repository: str = ""
    branch: str = "main"
    branches: tuple[str, ...] = ()
    languages: tuple[tuple[str, tuple[str, ...]], ...] = ()
    jobs: tuple[Job, ...] = ()
    unsure: tuple[str, ...] = ()
    other_ci: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    compose: tuple[Compose, ...] = ()
    apis: tuple[Api, ...] = ()
    alerts: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    tests: tuple[Report, ...] = ()
    coverage: tuple[Report, ...] = ()
    runbooks: tuple[str, ...] = ()
    known_secrets: str = ""
    owners: Owned | None = None
    release_please: bool = False
    odd: int = 0
    cut: bool = False

    @property
    def goes_live(self) -> bool:
        """Whether something of it runs somewhere, as far as its files tell."""
        return bool(self.containers or self.compose or self.manifests or self.apis)

    @property
    def target(self) -> str:
        """The address it goes live at, as its API description says; empty where none does."""
        return next((api.server for api in self.apis if api.server), "")
