"""How long `golive gate` takes on a pull request where nothing is new: the whole process, from its start to its exit.

Run: python benchmarks/gate_run.py. The stand-in for GitHub answers over a real socket on this machine, so what the network
adds is the number of requests times its round trip. Prints the fastest and the median; nothing asserts a time.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:1] = [str(ROOT / "bot"), str(ROOT / "tests")]  # its own folder has a `requests`

import structlog  # noqa: E402

from gate_world import KEY, POLICY, GateWorld, a_gate  # noqa: E402
from lifecycle import counting  # noqa: E402

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
RUNS = 5


def once(w: GateWorld, number: int, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of one process by the wall's clock, and of processor time."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "golive", "gate", "--pull", str(number), "--fail-on", "never"]
    subprocess.run(command, env=environment, cwd=w.folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def settled(w: GateWorld) -> int:
    """A release that is signed and on hold."""
    number = w.release()
    w.says("bo", number, "/golive hold the shop is full")
    w.signed(number)
    w.run(number)
    return number


def main() -> None:
    """Print the table."""
    policy = POLICY.replace(', "@zoe"', "").replace(', "@sue"', "")
    print(f"{'who':>6} {'requests':>9} {'s min':>7} {'median':>7} {'cpu min':>8}")
    for token in (False, True):
        with a_gate(token=token, policy=policy, sockets=True) as w:
            number = settled(w)
            key = w.folder / "key.pem"
            key.write_text(w.app.private_key)
            who = (
                {"GITHUB_TOKEN": w.workflow_token()} if token
                else {"GOLIVE_GITHUB_APP_ID": str(w.app.id), "GOLIVE_GITHUB_PRIVATE_KEY_FILE": str(key)}
            )  # fmt: skip
            environment = {
                "PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT / "bot"), "GITHUB_REPOSITORY": "acme/shop",
                "GITHUB_REPOSITORY_ID": str(w.repo_id), "GITHUB_API_URL": w.github_url, "GOLIVE_STATE_KEY": KEY, **who,
            }  # fmt: skip
            with counting(w) as counted:
                first = once(w, number, environment)
            took = [first, *(once(w, number, environment) for _ in range(RUNS - 1))]
            asked = counted.total + counted.as_app.total()
            wall, processor = zip(*took, strict=True)
            who_asks = "token" if token else "App"
            print(f"{who_asks:>6} {asked:>9} {min(wall):>7.2f} {statistics.median(wall):>7.2f} {min(processor):>8.2f}")


if __name__ == "__main__":
    main()
