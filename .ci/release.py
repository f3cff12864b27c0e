"""What a release is made of, as commands that run on any machine; `.github/workflows/release.yml` only calls them.

    python .ci/release.py check v1.2.3                 the tag, the package and the changelog say the same
    python .ci/release.py notes v1.2.3                 what the changelog says of it, for the page of the release
    python .ci/release.py build --out dist             wheel and sdist, built twice and compared
    python .ci/release.py sbom --python PATH --out F   what is installed beside that Python, as CycloneDX
    python .ci/release.py sums --out dist              SHA256SUMS of what lies there

Nothing but the standard library is needed, besides hatchling for `build` and cyclonedx-py for `sbom`. Add a step of a
release as a function and its row in `main`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TAG = re.compile(
    r"v(?P<version>(?P<major>0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})(?P<pre>(?:a|b|rc)[1-9]\d{0,3})?)"
)
"""A release's tag: three numbers, maybe with a, b or rc and a number, as Python's versions are written."""
BRANCH = "origin/main"


class Wrong(Exception):
    """Something is not as a release needs it; the sentence says what to do."""


# ------------------------------------------------------------------ the tag


def version_of(tag: str) -> str:
    """The version that a tag names. Raises Wrong."""
    found = TAG.fullmatch(tag)
    if found is None:
        raise Wrong(f"{tag!r} is no tag of a release: write it as v1.2.3 or v1.2.3rc1.")
    return found["version"]


def is_prerelease(tag: str) -> bool:
    """Whether it is a try before a release."""
    found = TAG.fullmatch(tag)
    return found is not None and found["pre"] is not None


def moving_tag(tag: str, tags: Iterable[str]) -> str:
    """The tag of its major version, where that one is to move here; empty for a try, and for a late mend of an older one."""
    found = TAG.fullmatch(tag)
    if found is None or found["pre"]:
        return ""
    others = (TAG.fullmatch(one) for one in tags)
    newer = any(
        one and not one["pre"] and one["major"] == found["major"] and _order(one) > _order(found) for one in others
    )
    return "" if newer else f"v{found['major']}"


def _order(found: re.Match[str]) -> tuple[int, int, int]:
    return int(found[2]), int(found[3]), int(found[4])


def notes(changelog: str, version: str) -> str:
    """What the changelog says of a version: the text below its heading, `## 1.2.3` or `## 1.2.3 - 2026-01-31`. Raises Wrong."""
    heading = re.compile(rf"^## \[?{re.escape(version)}\]?(?: - \d{{4}}-\d\d-\d\d)?[ \t]*$", re.MULTILINE)
    found = heading.search(changelog)
    if found is None:
        raise Wrong(f"CHANGELOG.md has no heading `## {version}`: give what is under Unreleased that heading.")
    text = re.split(r"^## ", changelog[found.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()
    if not text:
        raise Wrong(f"CHANGELOG.md says nothing under `## {version}`.")
    return text + "\n"


def check(tag: str, root: Path = ROOT) -> dict[str, str]:
    """Outputs for the workflow. Raises Wrong where tag, package, changelog and branch do not belong together."""
    version = version_of(tag)
    packaged = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    imported = re.search(r'^__version__ = "(.+)"$', (root / "bot/golive/__init__.py").read_text("utf-8"), re.MULTILINE)
    for place, told in (
        ("pyproject.toml", packaged),
        ("bot/golive/__init__.py", imported[1] if imported else "nothing"),
    ):
        if told != version:
            raise Wrong(f"{place} says {told}, and the tag is {tag}: bring them together, and tag anew.")
    notes((root / "CHANGELOG.md").read_text("utf-8"), version)
    if _git(root, "merge-base", "--is-ancestor", f"{tag}^{{commit}}", BRANCH).returncode != 0:
        raise Wrong(f"{tag} is not on {BRANCH}: only what was merged is released.")
    tags = _git(root, "tag", "--list").stdout.split()
    return {"version": version, "prerelease": str(is_prerelease(tag)).lower(), "moving": moving_tag(tag, tags)}


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)


# ------------------------------------------------------------------ the files


def build(out: Path, root: Path = ROOT) -> list[Path]:
    """Wheel and sdist in `out`. Built twice, in two folders; raises Wrong where the two differ."""
    made = []
    with tempfile.TemporaryDirectory() as scratch:
        for turn in ("first", "second"):
            folder = Path(scratch) / turn
            # the second time with another clock and other rights, as on another machine
            environment = {**os.environ, "TZ": "UTC" if turn == "first" else "Asia/Kolkata"}
            done = subprocess.run(
                [_beside("hatchling"), "build", "-d", folder], cwd=root, env=environment, capture_output=True, text=True,
                check=False, umask=0o022 if turn == "first" else 0o077,
            )  # fmt: skip
            if done.returncode:
                raise Wrong(f"hatchling could not build it:\n{done.stdout}{done.stderr}")
            made.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
        if made[0] != made[1]:
            apart = sorted(name for name in {*made[0], *made[1]} if made[0].get(name) != made[1].get(name))
            raise Wrong(f"two builds of the same commit differ: {', '.join(apart)}.")
    out.mkdir(parents=True, exist_ok=True)
    for name, content in made[0].items():
        (out / name).write_bytes(content)
    return [out / name for name in made[0]]


def sums(out: Path) -> None:
    """The digests of what lies there, as `sha256sum --check` reads them."""
    files = sorted(path for path in out.iterdir() if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (out / "SHA256SUMS").write_text("".join(lines), encoding="ascii")


def sbom(python: Path, file: Path, root: Path = ROOT) -> None:
    """What is installed beside a Python, in CycloneDX 1.6, valid and the same every time. Raises Wrong."""
    command = [
        _beside("cyclonedx-py"), "environment", str(python), "--pyproject", str(root / "pyproject.toml"),
        "--output-reproducible", "--output-format", "JSON", "--spec-version", "1.6", "--output-file", str(file),
    ]  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(f"cyclonedx-py could not describe {python}:\n{done.stdout}{done.stderr}")


def _beside(name: str) -> str:
    """A tool, beside this Python or on the PATH. Raises Wrong."""
    near = Path(sys.executable).with_name(name)
    found = str(near) if near.is_file() else shutil.which(name)
    if found is None:
        raise Wrong(f"{name} is not installed: run this with the Python of `make venv`.")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 1 and a sentence where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("check", "notes"):
        commands.add_parser(name).add_argument("tag")
    for name in ("build", "sums"):
        commands.add_parser(name).add_argument("--out", type=Path, default=ROOT / "dist")
    described = commands.add_parser("sbom")
    described.add_argument("--python", type=Path, required=True)
    described.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "check":
            sys.stdout.writelines(f"{name}={value}\n" for name, value in check(asked.tag).items())
        elif asked.command == "notes":
            sys.stdout.write(notes((ROOT / "CHANGELOG.md").read_text("utf-8"), version_of(asked.tag)))
        elif asked.command == "build":
            build(asked.out)
        elif asked.command == "sums":
            sums(asked.out)
        else:
            sbom(asked.python, asked.out)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)  # noqa: T201  # a command line
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
