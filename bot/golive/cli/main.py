"""The command `golive`: one table of commands, each imported only when it is used, so that help comes at once.

Add a command as a module with a click command, and its row in `COMMANDS`. What a person did wrong raises `Said` and is
printed in words; anything else keeps its traceback, because it is a fault of ours.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Mapping, Sequence

import click

from golive import __version__
from golive.core.errors import Said

COULD_NOT_RUN = 3
"""Exit code of bad usage and bad settings. 0, 1, 2, 4 and 5 are left to verdicts."""
INTERRUPTED = 130
"""What shells expect after Ctrl-C: 128 and the signal's number."""

COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "demo": ("golive.cli.demo", "demo", "Play a release from pull request to merge, on this machine alone."),
    "serve": ("golive.cli.serve", "serve", "Run the service: listen to GitHub and Slack, decide, merge."),
    "doctor": ("golive.cli.doctor", "doctor", "Say what is configured, what is missing, and how to mend it."),
    "harden": ("golive.cli.harden", "harden", "How a repository is guarded, and how to mend what is weak."),
    "setup": ("golive.cli.setup", "setup", "Create the GitHub App and the Slack app."),
    "check": ("golive.cli.check", "check", "Run the readiness checks here and now, and say what stands in the way."),
    "gate": (
        "golive.cli.gate",
        "gate",
        "Look at a release once, in a workflow and without a server: decide and publish.",
    ),
    "say": ("golive.cli.say", "say", "Say something about a release as yourself: sign, hold, ask where it stands."),
    "sign-off": ("golive.cli.sign_off", "sign_off", "In a workflow: who has signed a release, or sign it."),
    "kinds": ("golive.cli.kinds", "kinds", "List the kinds of checks, and explain each one."),
    "baseline": ("golive.cli.baseline", "baseline", "Record what checks measure, and compare with it later."),
    "report": ("golive.cli.report", "report", "Tell a saved report again, in another format."),
    "sample": ("golive.cli.sample", "sample", "Run a sample service to check, with a switch for every fault."),
    "init": ("golive.cli.init", "init", "Look at a repository, and propose its policy and its workflows."),
    "validate": ("golive.cli.validate", "validate", "Check a policy file: every mistake with its place and its mend."),
    "work": ("golive.cli.work", "work", "List what the service owes a look, and try again what failed."),
    "why": ("golive.cli.why", "why", "Say why a release stands as it does, with the evidence."),
    "simulate": (
        "golive.cli.simulate",
        "simulate",
        "Say what golive would decide if somebody signed, a check failed, …",
    ),
    "replay": ("golive.cli.replay", "replay", "Decide again from the record, and say whether it is the same."),
    "audit": ("golive.cli.audit", "audit", "Verify the record of releases, and export it as signed evidence."),
}
"""Command → module, name in it, and the line for `golive --help`, in the order in which help shows them."""


class Commands(click.Group):
    """A group that knows its commands by name and imports the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None where there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        found = getattr(importlib.import_module(module), name)
        assert isinstance(found, click.Command)  # noqa: S101  # the table is ours, and a test walks it
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands from the table alone: help imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="golive", message="%(prog)s %(version)s")
def cli() -> None:
    """Take releases live: readiness checks, sign-offs, one check run that blocks the merge, one Slack thread, evidence.

    \b
    See it first:       golive demo
    Set it up:          golive setup github --public-url https://golive.example.org
    Look it over:       golive doctor
    Run it:             golive serve
    Check a policy:     golive validate .github/golive.yml
    Check a release:    golive check

    Settings are environment variables that start with GOLIVE_, or lines of golive.env. Each command explains itself:
    golive COMMAND --help. Exit codes: 0 it went well, 1 it did not, 3 it could not run.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command line and exit. arguments: without the program's name; None: of this process."""
    try:
        code = cli.main(args=None if arguments is None else list(arguments), prog_name="golive", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as misused:
        misused.show()
        sys.exit(COULD_NOT_RUN)
    except Said as said:
        click.secho(str(said), fg="red", err=True)
        sys.exit(COULD_NOT_RUN)
    except Exception:  # a fault of ours: its traceback is kept, and no exit code of a verdict is taken for it
        traceback.print_exc()
        sys.exit(COULD_NOT_RUN)
    sys.exit(code if isinstance(code, int) else 0)
