"""`golive sample`: a small service to check, with a switch for every fault, on this machine alone."""

from __future__ import annotations

import threading

import click


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Where it listens; 0: any."
)
@click.option("--fault", "faults", multiple=True, metavar="NAME", help="Switch a fault on from the start.")
@click.option("--list", "listing", is_flag=True, help="Say which faults there are.")
def sample(port: int, faults: tuple[str, ...], listing: bool) -> None:
    """Run the sample service that the example policies are about.

    \b
    golive sample                                   all is well
    golive sample --fault no-headers --fault slow   and some things are not
    curl -X PUT http://127.0.0.1:8000/-/faults/unhealthy
    """
    from golive.standins.sample import FAULTS, Sample
    from golive.standins.wire import serve

    if listing:
        width = max(map(len, FAULTS))
        for name, what in FAULTS.items():
            click.echo(f"{name:{width}}  {what}")
        return
    unknown = [name for name in faults if name not in FAULTS]
    if unknown:
        raise click.UsageError(f"there is no fault {unknown[0]!r}; golive sample --list says which there are")
    served = serve(Sample(faults).asgi, port)
    click.echo(f"The sample service listens at {served.url}. Ctrl-C ends it.")
    try:
        threading.Event().wait()
    finally:
        served.stop()
