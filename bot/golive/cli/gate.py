"""`golive gate`: one run of golive without a server, for a pull request or for every open one, as a workflow starts it.

What it tells is made in `gate_report`; the run itself is `wiring.serverless`, and which pull requests an event names
`githubapp.workflow_events`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from golive.core.errors import Misconfigured, Refused

if TYPE_CHECKING:
    from golive.settings import Runner, Settings
    from golive.wiring.serverless import Asked, Looked

FAIL_ON = ("no_go", "hold", "wait", "never")
"""From which verdict on the step fails; each takes in those before it."""


@click.command()
@click.option("--repository", metavar="OWNER/NAME", help="The repository; in a workflow it is known.")
@click.option(
    "--pull", type=click.IntRange(min=1), metavar="N", help="The pull request; by default what the event names."
)
@click.option("--all", "every", is_flag=True, help="Every open pull request, as on a schedule.")
@click.option(
    "--fail-on", type=click.Choice(FAIL_ON), default="no_go", show_default=True,
    help="The mildest verdict that fails: no_go; hold: HOLD too; wait: WAIT too; never.",
)  # fmt: skip
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Results of checks that ran on a runner, as a file.",
)
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="Write what was decided, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print what was decided as JSON.")
def gate(
    repository: str | None, pull: int | None, every: bool, fail_on: str, results: Path | None, report: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Look at a release once, without a server: read it from GitHub, decide, publish, and merge where all is there.

    In a workflow it reads from the event which pull request that is, and from nothing else what to do. It takes
    pull_request_target, issue_comment, workflow_run, workflow_dispatch and schedule, which run the default branch's file.
    With the id and key of an App it is that App; else it is the workflow's own GITHUB_TOKEN, and says what that is worth.
    GOLIVE_STATE_KEY keeps sign-offs across pushes. docs/action.md has workflows to copy.

    Ends with 0, or as --fail-on says with 1 for NO_GO, 5 for HOLD, 4 for WAIT; 3 where it could not look.

    \b
    golive gate --repository acme/shop --pull 7 --fail-on never
    golive gate --json
    """
    from golive.cli import lean

    with lean.start():
        from golive import settings as reading
        from golive.cli import gate_report, logs
        from golive.cli.workflow_commands import only_text, set_outputs, summarise, tame

    runner = reading.runner()
    settings = reading.with_runner(reading.read(beside=not runner.actions), runner)
    logs.configure("error" if settings.log_level == "info" else settings.log_level, settings.secrets_held())
    with only_text(runner.actions):
        asked = _asked(runner, repository, pull, every)
        looked = _looked(settings, asked, results) if asked is not None else []
        name = asked.repository if asked is not None else repository or runner.repository
        whole = {"schema_version": gate_report.SCHEMA_VERSION, "pulls": [gate_report.told(one, name) for one in looked]}
        if report is not None:
            from golive.cli import writing

            writing.keep(report, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
        for line in [json.dumps(whole, indent=2)] if as_json else _lines(looked, settings):
            click.echo(tame(line) if runner.actions else line)
    if runner.actions:
        for command in gate_report.remarked(looked):
            click.echo(command)
    set_outputs(runner.output, gate_report.outputs(looked, name, str(report.resolve()) if report else ""))
    summarise(runner.step_summary, gate_report.summary(looked, name))
    sys.exit(gate_report.exit_code(looked, fail_on))


def _asked(runner: Runner, repository: str | None, pull: int | None, every: bool) -> Asked | None:
    """What to look at; None where the event is about no pull request. Raises Misconfigured and Refused."""
    from golive.githubapp import workflow_events
    from golive.wiring.serverless import Asked, heard

    name = repository or runner.repository
    if name.count("/") != 1:
        raise Misconfigured("Which repository? Name it: --repository acme/shop.")
    number = runner.repository_id if name == runner.repository else 0
    if pull or every:
        return Asked(name, number, (pull,) if pull else ())
    if not runner.event_name:
        raise Misconfigured("Which pull request? Name it with --pull 7, or take every open one with --all.")
    payload = _payload(runner)
    named = workflow_events.named(runner.event_name, payload)
    if not (named.pulls or named.commit or named.every):
        return None
    there = (payload.get("repository") or {}).get("full_name", name)
    if there != name:
        raise Refused(f"The event is of {there}, and not of {name}. Name the pull request with --pull.")
    delivery = heard(named.heard, runner.run_id, workflow_events.delivery_body(payload)) if named.heard else None
    return Asked(name, number, named.pulls, named.commit, delivery)


def _payload(runner: Runner) -> dict[str, Any]:
    if runner.event_path is None:
        raise Misconfigured("GITHUB_EVENT_PATH names no file with the event. Name the pull request with --pull.")
    try:
        told = json.loads(runner.event_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"GITHUB_EVENT_PATH names {runner.event_path}, which cannot be read: {error}") from None
    if not isinstance(told, dict):
        raise Misconfigured(f"{runner.event_path} holds no event.")
    return told


def _looked(settings: Settings, asked: Asked, results: Path | None) -> list[Looked]:
    from golive.wiring.serverless import Serverless

    return Serverless(settings, asked, results=_results(results)).run()


def _results(file: Path | None) -> object:
    """What a file of results holds; None for none."""
    if file is None:
        return None
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{file} holds no results: {error}") from None


def _lines(looked: list[Looked], settings: Settings) -> list[str]:
    from golive.cli.gate_report import lines
    from golive.cli.serverless_terms import terms

    return [*(list(lines(looked)) or ["This event is about no open pull request."]), *terms(settings)]
