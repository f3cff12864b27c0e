"""How long a job waits for `actions/setup`: nothing installed, packages in the caches, beside a plain `pip install`.

Run: python benchmarks/action_setup.py [--no-pip]. Each row installs into an empty folder, after one run that fills the caches and
is not counted. Nothing asserts a time. It needs a package index, or caches that hold everything.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
INSTALLER = ROOT / "actions/setup/install.py"
HERE = Path(sys.executable).parent


def setup(folder: Path, path: str) -> str:
    """The action's first step, with this PATH; what it says."""
    env = {key: of for key, of in os.environ.items() if key not in ("PATH", "GOLIVE_COMMAND", "RUNNER_TOOL_CACHE")}
    env |= {"PATH": path, "GOLIVE_CHECKOUT": str(ROOT), "RUNNER_TEMP": str(folder), "GITHUB_PATH": str(folder / "path")}
    done = subprocess.run(
        [sys.executable, "-I", INSTALLER], env=env, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout.strip().splitlines()[-1]


def by_pip(folder: Path) -> str:
    """What a workflow would do without the action: a virtual environment, and `pip install` of the checkout."""
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    command = [folder / "env/bin/python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", ROOT]
    subprocess.run(command, check=True)
    return subprocess.run(
        [folder / "env/bin/golive", "--version"], check=True, capture_output=True, text=True
    ).stdout.strip()


def measured(name: str, run: Callable[[], str]) -> None:
    """Run it, and print a row."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    told = run()
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:<34} {took:6.1f} s {cpu:6.1f} s   {told}")


def main() -> None:
    """Print the table."""
    plain = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if not shutil.which("uv", path=p))
    uv = shutil.which("uv") or shutil.which("uv", path=str(HERE))
    with tempfile.TemporaryDirectory() as made:
        places = (Path(tempfile.mkdtemp(dir=made)) for _ in range(8))
        setup(next(places), plain)
        print(f"{'':<34} {'wall':>8} {'CPU':>8}   load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        if uv:
            only = Path(tempfile.mkdtemp(dir=made))
            (only / "uv").symlink_to(uv)
            cold = next(places)
            measured("setup, uv on the runner", lambda: setup(cold, f"{only}{os.pathsep}{plain}"))
            measured("setup, next job on that machine", lambda: setup(cold, f"{only}{os.pathsep}{plain}"))
        measured("setup, no uv on the runner", lambda: setup(next(places), plain))
        if "--no-pip" not in sys.argv:
            measured("a plain pip install", lambda: by_pip(next(places)))


if __name__ == "__main__":
    main()
