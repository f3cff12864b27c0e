"""Puts the command `golive` on the PATH of a job's next steps; the first step of every action here.

Environment: GOLIVE_CHECKOUT, this repository as the runner fetched it; GOLIVE_COMMAND, a golive that is there already
(empty: install this one); RUNNER_TOOL_CACHE or RUNNER_TEMP, where it is installed; GITHUB_PATH, where it is told.
Everything comes from hash-pinned locks: by uv where the machine has it, else by the uv of `uv.lock` beside this file, and
where that cannot be had or does not work, by pip. Only the standard library; grow it by a way to install, beside `_by_uv`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OLDEST = (3, 11)
REFUSED = 3
"""Exit code: golive could not be put there."""
PIP = (sys.executable, "-I", "-m", "pip", "--disable-pip-version-check")
"""Isolated: what lies in the folder where a workflow works is the pull request's, and must not be imported."""
CERTIFICATES = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
"""uv believes the machine's own certificates, as pip does; the second is what older versions read."""
SOURCES = ("bot", "templates", "pyproject.toml", "requirements/runtime.lock", "requirements/build.lock")
"""What an installation is made of; another content is another installation."""


class Refused(Exception):
    """What happened, and what to do; shown as an annotation."""


def main() -> int:
    """Install, or find what is installed, and say where. Returns the exit code."""
    try:
        began = time.monotonic()
        command, how = _given(os.environ["GOLIVE_COMMAND"]) if os.environ.get("GOLIVE_COMMAND") else _made()
        version = _output([str(command), "--version"])
    except Refused as refused:
        _say("::error title=golive::" + _message(str(refused)))
        return REFUSED
    with open(os.environ["GITHUB_PATH"], "a", encoding="utf-8") as paths:
        paths.write(str(command.parent) + "\n")
    _say(f"{version}, {how} in {time.monotonic() - began:.1f} s")
    return 0


def _given(command: str) -> tuple[Path, str]:
    found = shutil.which(command)
    if found is None:
        raise Refused(
            f"The input command names {command}, and there is no such command. Name the path of an installed golive, or "
            "leave the input out, and golive is installed."
        )
    if Path(found).stem != "golive":
        raise Refused(f"The input command names {command}; it must be a command of the name golive.")
    return Path(found).absolute(), "named by the input command, found"


def _made() -> tuple[Path, str]:
    """The command of this checkout's own installation, and how it came there."""
    if sys.version_info < OLDEST:
        raise Refused(
            "golive needs Python 3.11 or newer, and {} is {}.{}. Run actions/setup-python first, or name another with the "
            "input python.".format(sys.executable, *sys.version_info[:2])
        )
    checkout = Path(os.environ["GOLIVE_CHECKOUT"]).resolve()
    home = Path(os.environ.get("RUNNER_TOOL_CACHE") or os.environ["RUNNER_TEMP"]) / "golive"
    home.mkdir(parents=True, exist_ok=True)
    told = home / (_key(checkout) + ".path")  # names a whole installation, and is written last
    if told.is_file() and (command := _command(Path(told.read_text("utf-8")))).is_file():
        return command, "installed before, found"
    env = Path(tempfile.mkdtemp(dir=home))
    try:
        with tempfile.TemporaryDirectory() as scratch:
            how = _install(checkout, env, Path(scratch))
        _command(env).parent.mkdir()
        shutil.copy2(_of(env, "golive"), _command(env))
    except Refused:
        shutil.rmtree(env, ignore_errors=True)
        raise
    beside = told.with_suffix(f".{os.getpid()}")
    beside.write_text(str(env), "utf-8")
    beside.replace(told)
    return _command(env), how


def _key(checkout: Path) -> str:
    digest = hashlib.sha256(sys.version.encode() + sys.executable.encode())
    for source in SOURCES:
        found = checkout / source
        for path in sorted(found.rglob("*")) if found.is_dir() else [found]:
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.relative_to(checkout).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]


def _command(env: Path) -> Path:
    """It lies alone in its folder: what else the environment has, its `python` above all, is nothing for the job's PATH."""
    return env / "only" / ("golive.exe" if os.name == "nt" else "golive")


def _of(env: Path, name: str) -> Path:
    return env / (f"Scripts/{name}.exe" if os.name == "nt" else f"bin/{name}")


def _install(checkout: Path, env: Path, scratch: Path) -> str:
    uv = shutil.which("uv")
    for tried, name in ((uv, "uv"), (None if uv else _fetched(checkout, scratch), "a uv of its own")):
        if tried:
            try:
                _by_uv(tried, checkout, env, scratch)
                return f"installed by {name}"
            except Refused as refused:
                _say(f"{name} could not install golive, so pip does: {refused}")
    _by_pip(checkout, env, scratch)
    return "installed by pip"


def _fetched(checkout: Path, scratch: Path) -> str | None:
    """A uv, by pip and from its lock; None where it is not to be had here."""
    lock = str(checkout / "actions/setup/uv.lock")
    try:
        _run([*PIP, "install", "--quiet", "--no-compile", "--no-deps", "--require-hashes", "--only-binary", ":all:",
              "--root-user-action", "ignore", "--target", str(scratch / "uv"), "-r", lock], scratch)  # fmt: skip
    except Refused as refused:
        _say(f"uv could not be fetched: {refused}")
        return None
    return shutil.which("uv", path=str(scratch / "uv/bin"))


def _by_uv(uv: str, checkout: Path, env: Path, scratch: Path) -> None:
    """golive is built while its packages are installed."""
    locks = checkout / "requirements"
    install = [uv, "pip", "install", "--quiet", "--python"]

    def built() -> Path:
        _run([*install, sys.executable, "--target", str(scratch / "build"), "--require-hashes",
              "-r", str(locks / "build.lock")], scratch)  # fmt: skip
        return _wheel(checkout, scratch)

    with ThreadPoolExecutor() as beside:
        wheel = beside.submit(built)
        _run([uv, "venv", "--quiet", "--allow-existing", "--no-project", "--python", sys.executable, str(env)], scratch)
        _run([*install, str(_of(env, "python")), "--require-hashes", "-r", str(locks / "runtime.lock")], scratch)
        _run([*install, str(_of(env, "python")), "--no-index", "--no-deps", str(wheel.result())], scratch)


def _by_pip(checkout: Path, env: Path, scratch: Path) -> None:
    locks, quiet = checkout / "requirements", ["install", "--quiet", "--root-user-action", "ignore"]
    into = [*PIP, "--python", str(_of(env, "python")), *quiet, "--no-deps"]
    _run([sys.executable, "-I", "-m", "venv", "--clear", "--without-pip", str(env)], scratch)
    _run([*PIP, *quiet, "--target", str(scratch / "build-by-pip"), "--require-hashes",
          "-r", str(locks / "build.lock")], scratch)  # fmt: skip
    wheel = _wheel(checkout, scratch, "build-by-pip")
    _run([*into, "--require-hashes", "-r", str(locks / "runtime.lock")], scratch)
    _run([*into, "--no-index", str(wheel)], scratch)


def _wheel(checkout: Path, scratch: Path, build: str = "build") -> Path:
    """golive's own wheel, built by what was just installed in the folder `build`."""
    to, plain = scratch / f"wheel-of-{build}", {key: of for key, of in os.environ.items() if key != "PYTHONHOME"}
    found = {**plain, "PYTHONPATH": str(scratch / build), "PYTHONDONTWRITEBYTECODE": "1"}
    _run([sys.executable, "-P", "-m", "hatchling", "build", "-t", "wheel", "-d", str(to)], checkout, found)
    return next(to.glob("golive-*.whl"))


def _run(command: list[str], where: Path, env: dict[str, str] | None = None) -> None:
    found = {**CERTIFICATES, **(os.environ if env is None else env)}
    done = subprocess.run(command, cwd=where, env=found, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"`{' '.join(command)}` ended with {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Refused(f"{command[0]} cannot be run: {error.strerror}.") from None
    if done.returncode:
        raise Refused(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout.strip()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _message(text: str) -> str:
    """Escaped for a workflow command; source: GitHub's documentation, "Workflow commands for GitHub Actions"."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


if __name__ == "__main__":
    sys.exit(main())
