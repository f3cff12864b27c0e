"""The house rules, as tests: what is written down is true, and nothing of one machine has crept in.

Add a rule as one test whose failure names the file and the mend.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import click
import pytest

from golive.cli import main as front
from golive.settings import Settings

ROOT = Path(__file__).parents[2]
BOT = ROOT / "bot/golive"
MODULES = sorted(BOT.rglob("*.py"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DOCS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")] + sorted(
    path for folder in ("docs", "actions") for path in (ROOT / folder).rglob("*.md")
)

# Put together here, so that this file does not hold what it looks for.
HOSTS = (("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs"), ("proxy", "golang"))
ELSEWHERE = [r"\.".join(host) for host in HOSTS] + [r"(?<![\w.\-])/work" + "/", r"(?<![\w.\-])/root" + "/"]


@cache
def kept() -> list[Path]:
    """Every text file that git keeps, or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode != 0:
        pytest.skip("not a git checkout: the list of files is git's")
    return [path for name in set(listed.stdout.split("\0")) if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_names_a_registry_or_a_path_of_somebodys_machine() -> None:
    unwanted = re.compile("|".join(ELSEWHERE))
    found = [f"{named(path)}: {hit[0]}" for path in kept() for hit in unwanted.finditer(text_of(path))]
    assert not found, f"take these out: {found[:20]}"


def test_only_the_ci_script_looks_beside_the_checkout() -> None:
    beside = ".." + "/shared"
    found = [named(path) for path in kept() if beside in text_of(path)]
    assert found in ([], [".ci/run"]), f"a checkout stands alone; take {beside} out of {found}"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_every_module_and_everything_public_in_it_says_what_it_is(path: Path) -> None:
    tree = ast.parse(text_of(path))
    lacking = [] if ast.get_docstring(tree) or not tree.body else ["the module itself"]
    lacking += _silent(tree, "")
    assert not lacking, f"{named(path)}: a docstring is missing for {', '.join(lacking)}"


def _silent(tree: ast.Module | ast.ClassDef, prefix: str) -> list[str]:
    """Public names without a docstring. `...` alone is described by its Protocol, an outside library's method there."""
    out = []
    answers_a_library = isinstance(tree, ast.ClassDef) and any(isinstance(base, ast.Attribute) for base in tree.bases)
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        is_stub = isinstance(node.body[-1], ast.Expr) and getattr(node.body[-1].value, "value", None) is ...
        if not ast.get_docstring(node) and not is_stub and not answers_a_library:
            out.append(prefix + node.name)
        if isinstance(node, ast.ClassDef):
            out += _silent(node, f"{prefix}{node.name}.")
    return out


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"util", "utils", "helpers", "helper", "common", "misc"}
    assert not [named(path) for path in MODULES if path.stem in drawers or path.parent.name in drawers]


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_every_entry_point_resolves_and_is_installed() -> None:
    declared = dict(PYPROJECT["project"]["entry-points"]["golive.checks"])
    for target in [*declared.values(), *PYPROJECT["project"]["scripts"].values()]:
        module, _, name = target.partition(":")
        assert hasattr(importlib.import_module(module), name), f"pyproject.toml names {target}, which is not there"
    found = importlib.metadata.distribution("golive").entry_points.select(group="golive.checks")
    installed = {entry.name: entry.value for entry in found}
    assert installed == declared, "the installed golive is older than pyproject.toml: make venv"


def test_every_template_is_used() -> None:
    templates = {path for path in (ROOT / "templates").rglob("*") if path.is_file()}
    texts = {path: text_of(path) for path in {*MODULES, *templates, *DOCS}}

    def mentioned(template: Path) -> bool:
        names = (template.name, f'"{template.name.partition(".")[0]}"')
        return any(name in text for by, text in texts.items() if by != template for name in names)

    unused = [named(path) for path in templates if not mentioned(path)]
    assert not unused, f"nothing mentions {sorted(unused)}: remove them, or use them"


def test_the_wheel_carries_the_templates_and_the_licence(tmp_path: Path) -> None:
    subprocess.run(
        [Path(sys.executable).with_name("hatchling"), "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    for path in (p for p in (ROOT / "templates").rglob("*") if p.is_file()):
        assert f"golive/_templates/{path.relative_to(ROOT / 'templates')}" in names
    for path in MODULES:
        assert str(path.relative_to(ROOT / "bot")) in names
    assert "golive/py.typed" in names
    assert {name.rpartition("/")[2] for name in names} >= {"LICENSE", "NOTICE", "entry_points.txt"}
    assert not [name for name in names if name.startswith(("tests", "benchmarks"))]


def test_every_setting_is_in_the_readme_and_the_readme_has_no_other() -> None:
    section = text_of(ROOT / "README.md").partition("## Settings")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(GOLIVE_[A-Z_]+)` \|.*\| (.+) \|$", section, re.MULTILINE))
    assert set(rows) == {f"GOLIVE_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | int):
            assert rows[f"GOLIVE_{name.upper()}"] == f"`{field.default}`", f"the README's default of {name} is another"


def _of_commands() -> set[str]:
    """Variables that stand for an option of a command."""
    commands = [front.cli.get_command(click.Context(front.cli), name) for name in front.COMMANDS]
    return {str(option.envvar) for command in commands if command for option in command.params if option.envvar}


def test_every_setting_that_a_document_names_exists() -> None:
    known = {f"GOLIVE_{name.upper()}" for name in Settings.model_fields} | _of_commands() | _of_tests()
    for path in [*DOCS, ROOT / "Dockerfile", ROOT / "templates/policy/starter.yml"]:
        asked = set(re.findall(r"\bGOLIVE_[A-Z_]+\b", text_of(path)))
        assert asked <= known, f"{named(path)} names settings that do not exist: {sorted(asked - known)}"


def _of_tests() -> set[str]:
    """Variables that the tests themselves read, which a contributor may set."""
    read = re.compile(r"environ\.get\(\"(GOLIVE_[A-Z_]+)\"")
    return {name for path in (ROOT / "tests").rglob("*.py") for name in read.findall(text_of(path))}


def _in_code(pattern: str) -> dict[str, str]:
    """What the documents show in code, as `what → where`."""
    found = {}
    for path in DOCS:
        for code in re.findall(r"```.*?```|`[^`\n]+`", text_of(path), re.DOTALL):
            found |= dict.fromkeys(re.findall(pattern, code, re.MULTILINE), named(path))
    return found


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    shown = _in_code(r"(?:^|`)make ([a-z0-9-]+)")
    assert {"demo", "test"} <= set(shown), "the README's two commands"
    assert set(shown) <= targets, f"not in the Makefile: { {k: v for k, v in shown.items() if k not in targets} }"


def test_every_command_in_the_documents_exists() -> None:
    done = subprocess.run([sys.executable, "-m", "golive", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    commands = set(re.findall(r"^  ([a-z][a-z-]+)", done.stdout.partition("Commands:")[2], re.MULTILINE))
    shown = _in_code(r"(?:^|`)golive ([a-z][a-z-]+)")
    assert set(shown) <= commands, f"`golive --help` lacks { {k: v for k, v in shown.items() if k not in commands} }"


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for path in DOCS:
        for link in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
            file, _, heading = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            if "://" in link:
                continue
            if not target.exists() or (heading and heading not in _headings(target)):
                broken.append(f"{named(path)}: {link}")
    assert not broken, f"mend these links: {broken}"


def _headings(path: Path) -> set[str]:
    lines = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_the_linters_at_commit_time_are_those_of_make_lint() -> None:
    hooks = text_of(ROOT / ".pre-commit-config.yaml")
    lint = text_of(ROOT / "Makefile").partition("\nlint:")[2].partition("\n\n")[0]
    for command in ("ruff check", "ruff format", "mypy --strict", "lint-imports"):
        assert f".venv/bin/{command}" in hooks
        assert f"$(BIN)/{command}" in lint


def test_every_lock_is_pinned_by_hash_and_agrees_with_the_others() -> None:
    versions: dict[str, set[str]] = {}
    for name in ("runtime", "build", "dev"):
        path = ROOT / f"requirements/{name}.lock"
        assert path.is_file(), f"requirements/{name}.lock is missing: make lock"
        text = text_of(path)
        pins = re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE)
        assert pins
        assert len(re.findall(r"^\S+==[^\n]*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)) == len(pins)
        for package, version in pins:
            versions.setdefault(package, set()).add(version)
    apart = {package: found for package, found in versions.items() if len(found) > 1}
    assert not apart, f"the locks disagree on {apart}: make lock"


def test_the_licence_is_the_apache_licence_whole() -> None:
    text = text_of(ROOT / "LICENSE")
    assert "Version 2.0, January 2004" in text
    assert text.rstrip().endswith("limitations under the License.")
    assert PYPROJECT["project"]["license"] == "Apache-2.0"
