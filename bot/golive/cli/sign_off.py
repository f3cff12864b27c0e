"""`golive sign-off`: in a workflow, who has signed a release and who is missing; or the word of whoever started the run.

With a server both ask it, which knows the run by the token that GitHub makes for it (`runs`). Without one, who has signed is
read from GitHub, as `golive gate` reads it (`wiring.serverless_reading`), and nobody signs by a run.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from golive.core.errors import Misconfigured

REFUSED, WAITS = 1, 4


NOBODY_SIGNS = (
    "Without a server nobody signs by a run: nothing that golive could read again says who started it. Whoever signs says "
    "`/golive {words}` in a comment on the pull request, or approves it in a review. With a server, name it by --server."
)


@click.command("sign-off")
@click.argument("words", nargs=-1)
@click.option("--server", envvar="GOLIVE_SERVER", metavar="URL", help="The golive server; without one, GitHub is read.")
@click.option("--repository", metavar="OWNER/NAME", help="Without a server: the repository; in a workflow it is known.")
@click.option("--pull", type=click.IntRange(min=1), required=True, metavar="N", help="The pull request.")
@click.option("--sha", default="", metavar="SHA", help="The commit that is signed, all 40 digits; needed to sign.")
@click.option("--json", "as_json", is_flag=True, help="Print what golive answered.")
def sign_off(
    words: tuple[str, ...], server: str | None, repository: str | None, pull: int, sha: str, as_json: bool
) -> None:
    """Read the sign-offs of a release, or say WORDS for the person who started this run by hand.

    \b
    golive sign-off --pull 7                                    who has signed, who is missing
    golive sign-off approve qa --pull 7 --sha $COMMIT           whoever started the workflow signs

    It signs only with a server, in a run that its person started (workflow_dispatch) on the default branch, by a workflow that
    the base's policy lists under `runners`. Without a server it reads with what `golive gate` has (its App, or the workflow's
    token, and GOLIVE_STATE_KEY), and writes nothing. With $GITHUB_OUTPUT, the outputs `headline`, `verdict`, `roles`, `signed`
    and `waiting_on` are set. Ends with 0, 1 when it was refused, 4 when golive has not come to it yet, 3 when it could not be
    asked.
    """
    from golive.cli.runs import Server, became

    if not server and words:
        raise Misconfigured(NOBODY_SIGNS.format(words=" ".join(words)))
    there = Server(server) if server else None
    if there is None or not words:
        told = there.signed(pull) if there else _from_github(repository, pull)
        _outputs(told)
        click.echo(json.dumps(told) if as_json else _standing(told))
        return
    if len(sha) != 40:
        raise click.UsageError("Say which commit is signed: --sha with all 40 digits.")
    came = there.sign(" ".join(words), pull, sha)
    _outputs(there.signed(pull))
    click.echo(json.dumps(came) if as_json else became(came))
    sys.exit({"taken": 0, "waiting": WAITS}.get(came["state"], REFUSED))


def _from_github(repository: str | None, pull: int) -> dict[str, Any]:
    """As a run of the gate knows it; nothing is published. Raises Misconfigured and Refused."""
    from golive.cli import lean

    with lean.start():
        from golive import settings as reading
        from golive.cli import logs
        from golive.wiring.serverless_reading import signed_without_a_server

    runner = reading.runner()
    name = repository or runner.repository
    if name.count("/") != 1:
        raise Misconfigured("Which repository? Name it: --repository acme/shop; or the server that knows: --server.")
    settings = reading.with_runner(reading.read(beside=not runner.actions), runner)
    logs.configure("error" if settings.log_level == "info" else settings.log_level, settings.secrets_held())
    return signed_without_a_server(settings, name, runner.repository_id if name == runner.repository else 0, pull)


def _standing(told: dict[str, Any]) -> str:
    from golive.render.escaping import fold

    lines = [fold(str(told["headline"]), 500)]
    for role in told["roles"]:
        signed = ", ".join(f"@{login}" for login in role["signed"]) or "nobody"
        missing = f"; {role['missing']} missing, could: {', '.join(role['could'])}" if role["missing"] else ""
        lines.append(fold(f"  {role['role']}: signed by {signed}{missing}", 500))
    return "\n".join(lines)


def _outputs(told: dict[str, Any]) -> None:
    """The step's outputs; what others wrote is text in them."""
    from golive.cli.workflow_commands import set_outputs
    from golive.render.escaping import fold
    from golive.settings import runner

    signed = {role["role"]: role["signed"] for role in told["roles"]}
    values = {
        "headline": fold(str(told["headline"]), 500), "verdict": str(told["verdict"]), "roles": json.dumps(told["roles"]),
        "signed": json.dumps(signed), "waiting_on": json.dumps(told["waiting_on"]),
    }  # fmt: skip
    set_outputs(runner().output, values)
