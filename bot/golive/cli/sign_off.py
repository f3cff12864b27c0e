"""`golive sign-off`: in a workflow, who has signed a release and who is missing; or the word of whoever started the run.

Both ask a golive server, which knows the run by the token that GitHub makes for it (`runs`).
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click

REFUSED, WAITS = 1, 4


@click.command("sign-off")
@click.argument("words", nargs=-1)
@click.option("--server", envvar="GOLIVE_SERVER", metavar="URL", required=True, help="The golive server.")
@click.option("--pull", type=click.IntRange(min=1), required=True, metavar="N", help="The pull request.")
@click.option("--sha", default="", metavar="SHA", help="The commit that is signed, all 40 digits; needed to sign.")
@click.option("--json", "as_json", is_flag=True, help="Print what golive answered.")
def sign_off(words: tuple[str, ...], server: str, pull: int, sha: str, as_json: bool) -> None:
    """Read the sign-offs of a release, or say WORDS for the person who started this run by hand.

    \b
    golive sign-off --pull 7                                    who has signed, who is missing
    golive sign-off approve qa --pull 7 --sha $COMMIT           whoever started the workflow signs

    It signs only in a run that its person started (workflow_dispatch) on the default branch, by a workflow that the base's
    policy lists under `runners`. With $GITHUB_OUTPUT, the outputs `headline`, `verdict`, `roles`, `signed` and `waiting_on`
    are set. Ends with 0, 1 when it was refused, 4 when golive has not come to it yet, 3 when it could not be asked.
    """
    from golive.cli.runs import Server, became

    there = Server(server)
    if not words:
        told = there.signed(pull)
        _outputs(told)
        click.echo(json.dumps(told) if as_json else _standing(told))
        return
    if len(sha) != 40:
        raise click.UsageError("Say which commit is signed: --sha with all 40 digits.")
    came = there.sign(" ".join(words), pull, sha)
    _outputs(there.signed(pull))
    click.echo(json.dumps(came) if as_json else became(came))
    sys.exit({"taken": 0, "waiting": WAITS}.get(came["state"], REFUSED))


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
