"""A release, as far as this machine can make one: the tag, the notes, the files, the SBOM; and the workflow that calls it all."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci/release.py"
WORKFLOW = ROOT / ".github/workflows/release.yml"


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_script", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = _loaded()


def jobs() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    return found


def scripts() -> list[str]:
    return [step["run"] for job in jobs().values() for step in job["steps"] if "run" in step]


# ------------------------------------------------------------------ the tag


@pytest.mark.parametrize(
    ("tag", "others", "moves"),
    [
        ("v1.2.3", [], "v1"), ("v0.1.0", ["v0.0.9"], "v0"), ("v1.2.3", ["v1.2.3", "v1.2.2", "v2.0.0"], "v1"),
        ("v1.2.4", ["v1.3.0"], ""), ("v1.10.0", ["v1.9.9"], "v1"), ("v2.0.0rc1", ["v1.9.0"], ""),
        ("v2.0.0", ["v2.0.0rc1", "v2.1.0rc1"], "v2"), ("v1.2", [], ""), ("v1.0.0; rm -rf", [], ""), ("v01.0.0", [], ""),
    ],
)  # fmt: skip
def test_the_tag_of_the_major_version_moves_to_its_newest_release_and_to_nothing_else(
    tag: str, others: list[str], moves: str
) -> None:
    assert release.moving_tag(tag, [*others, "v1", "nightly"]) == moves


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2", "v1.2.3-rc1", "v1.2.3\n", "v1.2.3 v1.2.4", "v1.02.3", "$(id)"])
def test_what_is_no_tag_of_a_release_is_refused(tag: str) -> None:
    with pytest.raises(release.Wrong, match="is no tag of a release"):
        release.version_of(tag)


LOG = """\
# Changelog

## Unreleased

- next

## 1.2.3 - 2026-11-21

### Added

- a thing

## [1.2.2]

- older

## 1.2.1
"""


@pytest.mark.parametrize(("version", "said"), [("1.2.3", "### Added\n\n- a thing\n"), ("1.2.2", "- older\n")])
def test_the_notes_are_what_the_changelog_says_of_that_version_alone(version: str, said: str) -> None:
    assert release.notes(LOG, version) == said


@pytest.mark.parametrize(
    ("version", "why"), [("1.2", "no heading"), ("1x2.3", "no heading"), ("1.2.1", "says nothing")]
)
def test_a_version_that_the_changelog_does_not_tell_of_is_not_released(version: str, why: str) -> None:
    with pytest.raises(release.Wrong, match=why):
        release.notes(LOG, version)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone whose main has version 1.2.3, with a tag on it and another one beside it."""
    (tmp_path / "bot/golive").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "golive"\nversion = "1.2.3"\n')
    (tmp_path / "bot/golive/__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(LOG)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for words in (
        ("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-qm", "one"), ("tag", "v1.2.3"), ("tag", "v1.2.0"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"), (*who, "commit", "-q", "--allow-empty", "-m", "beside"),
        ("tag", "v9.9.9"),
    ):  # fmt: skip
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_a_tag_that_fits_everything_gives_the_workflow_its_outputs(checkout: Path) -> None:
    assert release.check("v1.2.3", checkout) == {"version": "1.2.3", "prerelease": "false", "moving": "v1"}


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("pyproject.toml", "1.2.3", "1.2.4", "pyproject.toml says 1.2.4"),
        ("bot/golive/__init__.py", "1.2.3", "1.2.2", "__init__.py says 1.2.2"),
        ("CHANGELOG.md", "## 1.2.3", "## 1.2.9", "no heading `## 1.2.3`"),
    ],
)
def test_a_tag_that_fits_not_everything_is_not_released(
    checkout: Path, file: str, old: str, new: str, why: str
) -> None:
    (checkout / file).write_text((checkout / file).read_text().replace(old, new))
    with pytest.raises(release.Wrong, match=re.escape(why)):
        release.check("v1.2.3", checkout)


def test_what_was_never_merged_is_not_released(checkout: Path) -> None:
    for file in ("pyproject.toml", "bot/golive/__init__.py", "CHANGELOG.md"):
        (checkout / file).write_text((checkout / file).read_text().replace("1.2.3", "9.9.9"))
    with pytest.raises(release.Wrong, match="is not on origin/main"):
        release.check("v9.9.9", checkout)


def test_the_script_ends_with_1_and_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["check", "v9.9.9"]) == 1
    assert "bring them together" in capsys.readouterr().err


# ------------------------------------------------------------------ the files


def test_two_builds_of_one_commit_are_the_same_and_have_digests_that_verify(tmp_path: Path) -> None:
    assert release.main(["build", "--out", str(tmp_path)]) == 0
    assert release.main(["sums", "--out", str(tmp_path)]) == 0
    names = {path.suffix for path in tmp_path.iterdir()}
    assert names == {".whl", ".gz", ""}
    for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


def test_a_build_that_is_not_the_same_twice_is_refused(tmp_path: Path) -> None:
    """A package whose build hook writes the time into it."""
    (tmp_path / "odd.py").write_text("")
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "odd"\nversion = "1"\n'
        '[tool.hatch.build.targets.wheel]\ninclude = ["*.py"]\n[tool.hatch.build.hooks.custom]\n'
    )
    (tmp_path / "hatch_build.py").write_text(
        "import time, pathlib\nfrom hatchling.builders.hooks.plugin.interface import BuildHookInterface\n"
        "class Hook(BuildHookInterface):\n    def initialize(self, version, build_data):\n"
        "        pathlib.Path(self.root, 'odd.py').write_text(str(time.time_ns()))\n"
    )
    with pytest.raises(release.Wrong, match=r"two builds of the same commit differ: odd-1"):
        release.build(tmp_path / "dist", tmp_path)


@pytest.mark.slow
def test_the_sbom_is_cyclonedx_and_names_what_is_installed_and_nothing_of_the_moment(tmp_path: Path) -> None:
    if shutil.which("cyclonedx-py") is None and not Path(sys.executable).with_name("cyclonedx-py").is_file():
        pytest.skip(
            "cyclonedx-py is not installed: `make venv` brings it where requirements/dev.lock has cyclonedx-bom"
        )
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    (site,) = (tmp_path / "env").glob("lib/python*/site-packages")
    for name, version, needs in (("aiohttp", "3.14.5", "attrs"), ("attrs", "26.1.0", "")):
        (site / f"{name}-{version}.dist-info").mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + (
            f"Requires-Dist: {needs}\n" if needs else ""
        )
        (site / f"{name}-{version}.dist-info/METADATA").write_text(text)
    release.sbom(tmp_path / "env/bin/python", tmp_path / "golive.json")
    told = json.loads((tmp_path / "golive.json").read_text())
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    assert told["metadata"]["component"]["name"] == "golive"
    assert {(one["name"], one["version"]) for one in told["components"]} == {("aiohttp", "3.14.5"), ("attrs", "26.1.0")}
    assert ["attrs==26.1.0"] in [one.get("dependsOn") for one in told["dependencies"]]
    assert "timestamp" not in told["metadata"], "the same files give the same SBOM"
    assert "serialNumber" not in told, "the same files give the same SBOM"
    assert str(tmp_path) not in json.dumps(told), "no path of the machine that made it"


# ------------------------------------------------------------------ the workflow


def test_every_action_of_it_is_pinned_by_its_commit() -> None:
    for line in re.findall(r"uses: (.+)", WORKFLOW.read_text()):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+", line), line


def test_only_the_jobs_that_need_a_right_have_it() -> None:
    assert yaml.safe_load(WORKFLOW.read_text())["permissions"] == {}
    rights = {
        name: {right for right, how in job["permissions"].items() if how == "write"} for name, job in jobs().items()
    }
    assert rights == {
        "build": set(),
        "attest": {"id-token", "attestations"},
        "image": {"packages", "id-token", "attestations"},
        "publish": {"contents"},
    }
    assert jobs()["publish"]["environment"] == "release", "a person approves before anything is public under a tag"
    assert set(jobs()["publish"]["needs"]) == {"build", "attest", "image"}


def test_no_expression_stands_inside_a_script_and_bash_can_read_each() -> None:
    for script in scripts():
        assert "${{" not in script
        assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0


def test_what_it_calls_is_there() -> None:
    called = set(re.findall(r"release\.py (\w+)", "".join(scripts()) + (ROOT / "Makefile").read_text()))
    assert called == {"check", "notes", "build", "sbom", "sums"}, (
        "every step of a release is one that this test file runs"
    )
    assert re.search(r"^dist: ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    used = set(re.findall(r"needs\.build\.outputs\.(\w+)", WORKFLOW.read_text()))
    assert used <= set(jobs()["build"]["outputs"])
    assert all(f"steps.check.outputs.{name}" in told for name, told in jobs()["build"]["outputs"].items())


def test_the_marketplace_has_what_it_asks_for() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert action["name"]
    assert 0 < len(action["description"]) <= 125, "the marketplace shows no more"
    assert action["branding"] == {"icon": "check-circle", "color": "green"}


def test_the_docs_say_what_was_not_run_here() -> None:
    text = (ROOT / "docs/publishing.md").read_text()
    for word in ("attest", "docker", "gh release create", "make dist", "not been run"):
        assert word in text, f"docs/publishing.md does not say {word!r}"
