"""`golive check`: run the readiness checks of a policy, here and now, and say what stands in the way.

Formats are rows of `render.report.FORMATS`; which checks run is `selecting`; how they look at the world is
`wiring.local`. Nothing heavy is imported before the policy has been read.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from golive import __version__
from golive.cli.recorded import BASELINE
from golive.cli.selecting import Wanted, selected, words
from golive.core.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from golive.core.findings import Judged
    from golive.core.policy import CheckRule, Policy, ReleaseRule
    from golive.core.report import Report
    from golive.look.secrets import Secrets
    from golive.policyfile import Given

SEARCHED = (Path(".github/golive.yml"), Path("golive.yml"))
"""Where a repository's policy is looked for, first come first taken."""
DEFAULT = "the default profile"
FORMATS = ("text", "json", "junit", "sarif", "nagios", "prometheus", "markdown", "html", "intoto")
"""The names of `render.report.FORMATS`; a test holds the two together, so that help imports nothing."""
EXIT_CODES = {"GO": 0, "NO_GO": 1, "CONDITIONAL_GO": 2, "WAIT": 4, "HOLD": 5}
"""Verdict → exit code. 3 is left to what could not run."""


@click.command()
@click.option("--policy", "file", type=click.Path(path_type=Path), help="The policy file; else the repository's own.")
@click.option("--release", "release", default="", help="Which of its releases; else the first.")
@click.option(
    "--target", "--host", "target", default="", metavar="URL", help="What is checked, in place of its target."
)
@click.option("--env", "environment", default="", metavar="NAME", help="What ${environment} stands for.")
@click.option("--var", "variables", multiple=True, metavar="NAME=TEXT", help="A word over those of `vars:`.")
@click.option("--only", multiple=True, metavar="ID", help="Only these checks (patterns too), and what they need.")
@click.option("--skip", multiple=True, metavar="ID", help="Leave these out.")
@click.option("--category", multiple=True, metavar="NAME", help="Only checks of this category, and what they need.")
@click.option("--where", type=click.Choice(["server", "runner"]), help="Only what runs there.")
@click.option("--jobs", type=click.IntRange(1, 256), default=32, show_default=True, help="Checks at the same time.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to tell.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--save", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="Keep the report: .json, .xml (JUnit), .sarif, .html, .md, .prom, .txt or .intoto.json.")  # fmt: skip
@click.option(
    "--baseline", type=click.Path(path_type=Path), help=f"Recorded values for relative criteria [{BASELINE}]."
)
@click.option("--attestations", type=click.Path(path_type=Path), help="A file of what people attested.")
@click.option("--secrets", "secrets_file", type=click.Path(path_type=Path), help="The list of secrets lent to checks.")
@click.option("--directory", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path(),
              help="Where files are looked for.")  # fmt: skip
@click.option("--report-to", metavar="URL", help="In a workflow: report what a runner checks to this golive server.")
@click.option(
    "--pull", type=click.IntRange(min=1), default=None, metavar="N", help="With --report-to: of which pull request."
)
@click.option(
    "--head", default="", metavar="SHA", help="With --report-to: of which head, where the event does not say it."
)
@click.option("--for-gate", type=click.Path(path_type=Path), metavar="FILE",
              help="In a workflow: keep what a runner checks, for golive gate --results.")  # fmt: skip
@click.option("--github", "in_workflow", is_flag=True,
              help="In a workflow: set outputs, add to the summary, and print nothing that a runner obeys.")  # fmt: skip
@click.option("--fail-on-not-ready", is_flag=True, help="Exit 1 for anything but GO.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever comes out; for reports.")
@click.option("--quiet", is_flag=True, help="No progress.")
def check(
    file: Path | None, release: str, target: str, environment: str, variables: tuple[str, ...],
    only: tuple[str, ...], skip: tuple[str, ...], category: tuple[str, ...], where: str | None, jobs: int, form: str,
    as_json: bool, save: tuple[Path, ...], baseline: Path | None, attestations: Path | None,
    secrets_file: Path | None, directory: Path, report_to: str | None, pull: int | None, head: str,
    for_gate: Path | None, in_workflow: bool, fail_on_not_ready: bool, exit_zero: bool, quiet: bool,
) -> int:  # fmt: skip
    """Run the readiness checks and say what stands between this and going live.

    \b
    golive check                                        the policy of this repository
    golive check --host http://localhost:8000 --save results.json
                                                        any service, with no policy at all
    golive check --policy examples/halcytone.yml --only 'health*' --format markdown
    golive check --env production --fail-on-not-ready   in a pipeline
    golive check --where runner --report-to https://golive.example.com
                                                        in a workflow that the policy lists under `runners`

    Exit codes: 0 GO, 1 NO_GO, 2 CONDITIONAL_GO, 3 could not run, 4 WAIT, 5 HOLD.
    """
    wanted = Wanted(words(only), words(skip), words(category), where or "")
    asked = Asked(file, release, target, environment, _variables(variables), wanted, jobs, baseline, attestations,
                  secrets_file, directory, quiet)  # fmt: skip
    for path in save:
        form_of(path)  # before anything runs: a long run must not end in a word about a suffix
    tell = _reporting(report_to, pull or 0, head) if report_to else None
    found: list[Judged] = []
    form = "json" if as_json else form
    with _quoted(in_workflow):
        report = taken(asked, found.extend)
        for path in save:
            keep(report, path)
        click.echo(told(report, form, sys.stdout.isatty()), nl=False)
    _tell_workflow(report, found, save, for_gate, pull or 0, head, in_workflow)
    if tell is not None:
        tell(found)
    if form == "nagios":
        from golive.render.report.nagios import exit_code

        return 0 if exit_zero else exit_code(report)
    if exit_zero:
        return 0
    return int(report.verdict != "GO") if fail_on_not_ready else EXIT_CODES[report.verdict]


def _quoted(in_workflow: bool) -> contextlib.AbstractContextManager[None]:
    """Meanwhile a runner takes what is printed for text."""
    if not in_workflow:
        return contextlib.nullcontext()
    from golive.cli.workflow_commands import only_text

    return only_text(True)


def _tell_workflow(
    report: Report, found: Sequence[Judged], saved: Sequence[Path], gate: Path | None, pull: int, head: str, shown: bool
) -> None:
    if not shown and gate is None:
        return
    from golive.cli import check_in_workflow
    from golive.settings import runner

    if gate is not None:
        check_in_workflow.for_gate(gate, found, pull, head, runner())
    for line in check_in_workflow.tell(report, saved, gate, runner()) if shown else ():
        click.echo(line)


def _reporting(server: str, pull: int, head: str) -> Callable[[Sequence[Judged]], None]:
    """Sends what a runner found, and says what became of it. Raises Misconfigured where none of it counts."""
    from golive.cli.runs import Server, became
    from golive.core.reporting import is_sha, sent

    if head and not is_sha(head):
        raise click.UsageError("--head takes all 40 digits of a commit")
    there = Server(server)

    def tell(judged: Sequence[Judged]) -> None:
        told = sent((one for one in judged if one.rule.on_runner), pull, head)
        if not told["results"]:
            raise Misconfigured("Nothing was found here that a runner reports: which checks say `where: runner`?")
        came = there.report(told)
        if came["state"] in ("refused", "failed"):
            raise Misconfigured(became(came))
        click.echo(became(came), err=True)

    return tell


def _variables(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--var takes NAME=TEXT, got {text!r}")
        found[name] = value
    return found


class Asked:
    """What one run was asked for; see the options of `check`."""

    def __init__(
        self, file: Path | None = None, release: str = "", target: str = "", environment: str = "",
        variables: Mapping[str, str] | None = None, wanted: Wanted | None = None, jobs: int = 32,
        baseline: Path | None = None, attestations: Path | None = None, secrets: Path | None = None,
        directory: Path = Path(), quiet: bool = False,
    ) -> None:  # fmt: skip
        self.file, self.release, self.target, self.environment = file, release, target, environment
        self.variables, self.wanted, self.jobs = variables or {}, wanted or Wanted(), jobs
        self.baseline, self.attestations, self.secrets = baseline, attestations, secrets
        self.directory, self.quiet = directory, quiet


def taken(asked: Asked, tell: Callable[[Sequence[Judged]], None] | None = None) -> Report:
    """Run what was asked for. Raises Misconfigured, or PolicyMistakes with every mistake of the policy.

    tell: is given what was found, too.
    """
    began, started = _now(), time.monotonic()
    secrets = _secrets(asked)
    text, name = _policy_text(asked)
    policy = _loaded(text, name, asked, secrets)
    rule = _release(policy, asked.release)
    rules = selected(rule.checks, asked.wanted)
    judged, commit = _run(rules, policy, asked, secrets)
    if tell is not None:
        tell(judged)
    from golive.core.report import Run, reported

    run = Run(
        golive=__version__, project=policy.project, policy=name, started_at=began,
        seconds=time.monotonic() - started, target=rule.target, environment=asked.environment or rule.name,
        commit=commit, partial=asked.wanted.is_partial, planned=len(rule.checks),
    )  # fmt: skip
    return reported(run, judged, policy, _now())


def _run(
    rules: tuple[CheckRule, ...], policy: Policy, asked: Asked, secrets: Secrets
) -> tuple[tuple[Judged, ...], str]:
    import logging

    from golive.cli import attestations
    from golive.cli.progress import Progress
    from golive.cli.recorded import recorded
    from golive.engine.run import Setting, run
    from golive.wiring.local import machine, utc_now

    logging.getLogger("golive").addHandler(logging.NullHandler())  # a check that breaks says so in its finding
    logging.getLogger("golive").propagate = False
    here = machine(asked.directory, secrets, attestations.read(asked.attestations))

    known = recorded(asked.baseline or _if_there(asked.directory / BASELINE))
    setting = Setting(here.look, utc_now, here.stamp, known, policy.waivers, asked.jobs)
    with contextlib.nullcontext(_Silent()) if asked.quiet else Progress(len(rules), sys.stderr) as progress:
        return run(rules, setting, progress), here.commit


class _Silent:
    """Progress that says nothing."""

    def started(self, rule: object) -> None:
        """Nothing."""

    def finished(self, judged: object) -> None:
        """Nothing."""


def _now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None


def _secrets(asked: Asked) -> Secrets:
    from golive.look.secrets import Secrets

    path = asked.secrets or (Path(told) if (told := os.environ.get("GOLIVE_SECRETS")) else None)
    return Secrets.read(path, os.environ) if path else Secrets.none()


def _policy_text(asked: Asked) -> tuple[bytes, str]:
    """The policy and how it is called. With none at all, a URL to look at is enough."""
    found = asked.file or next((path for path in SEARCHED if (asked.directory / path).is_file()), None)
    if found is not None:
        path = asked.directory / found if asked.file is None else found
        try:
            return path.read_bytes(), str(found)
        except OSError as error:
            raise Misconfigured(f"{path} cannot be read: {error.strerror}. Name a policy file.") from None
    if not asked.target:
        raise Misconfigured(
            f"There is no policy here: neither {SEARCHED[0]} nor {SEARCHED[1]}. Name one with --policy, or what to look "
            "at with --host https://…"
        )
    from golive.render.templates import asset

    return asset("policy/default.yml").encode(), DEFAULT


def _loaded(text: bytes, name: str, asked: Asked, secrets: Secrets) -> Policy:
    from golive.checks.registry import installed
    from golive.policyfile import load

    return load(text, installed(), name, _given(asked, secrets))


def _given(asked: Asked, secrets: Secrets) -> Given:
    from golive.policyfile import Given

    return Given(
        asked.target.rstrip("/"), asked.environment, asked.variables,
        lambda name, host: secrets.problem(name, None, host),
    )  # fmt: skip


def _release(policy: Policy, name: str) -> ReleaseRule:
    if not name:
        return policy.releases[0]
    found = policy.release(name)
    if found is None:
        known = ", ".join(release.name for release in policy.releases)
        raise Misconfigured(f"There is no release {name!r} in the policy. Its releases are: {known}.")
    return found


def told(report: Report, form: str, colour: bool = False) -> str:
    """The report in this format, ending in one newline. colour: the text is for a terminal, and has its width."""
    from golive.render.report import FORMATS as KNOWN

    if form == "text" and colour and not os.environ.get("NO_COLOR"):
        from golive.render.report.text import lines

        return "\n".join(lines(report, colour=True, width=max(60, shutil.get_terminal_size().columns))) + "\n"
    return KNOWN[form].render(report).rstrip("\n") + "\n"


def form_of(path: Path) -> str:
    """The format that a file's suffix says. Raises Misconfigured where it says none, or the folder is not there."""
    from golive.render.report import FORMATS as KNOWN

    by_suffix = sorted(((one.suffix, name) for name, one in KNOWN.items()), key=lambda pair: -len(pair[0]))
    form = next((name for suffix, name in by_suffix if path.name.endswith(suffix)), None)
    if form is None:
        known = ", ".join(suffix for suffix, _ in by_suffix)
        raise Misconfigured(f"--save {path}: which format? The suffix says it, one of {known}.")
    if not path.parent.is_dir():
        raise Misconfigured(f"--save {path}: there is no folder {path.parent}.")
    return form


def keep(report: Report, path: Path) -> None:
    """Write it in the format of its suffix; a write that breaks off leaves what was there before."""
    from golive.cli import writing

    writing.keep(path, told(report, form_of(path)))
