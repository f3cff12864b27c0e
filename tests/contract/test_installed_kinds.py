"""What every installed kind of check promises: it has its parts, is known by one name, and opens no socket itself."""

from __future__ import annotations

import ast
import inspect
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

import golive.checks
from golive.checks.attest import AttestCheck
from golive.checks.registry import BUILT_IN, BUILT_IN_STIR, GROUP, installed
from golive.core.errors import Misconfigured
from golive.ports import Kind

FOLDER = Path(golive.checks.__file__).parent
OUTSIDE = frozenset({
    "socket", "ssl", "http", "urllib", "urllib3", "httpx", "httpx2", "httpcore", "requests", "aiohttp", "asyncio",
    "selectors", "socketserver", "smtplib", "ftplib", "imaplib", "poplib", "telnetlib", "xmlrpc", "subprocess",
    "multiprocessing", "os", "pathlib", "shutil", "github", "slack_sdk", "slack_bolt", "psycopg", "sqlite3",
})  # fmt: skip
"""Ways to the world other than `Look`. A kind that needs one needs a part of `Look` instead."""
ROOMS = frozenset({"core", "ports", "checks"})
"""What of golive a kind may use."""


class Theirs(AttestCheck):
    """A kind as another package would bring it."""

    kind: ClassVar[str] = "theirs"
    stirred_by: ClassVar[frozenset[str]] = frozenset({"tide"})


def imported(file: Path) -> set[str]:
    """Every module a file imports, anywhere in it, by its dotted name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "__import__":
            found.add("__import__")
    return found


def ways_out(modules: set[str]) -> set[str]:
    """Those of the modules that lead past `Look`."""
    ours = {name for name in modules if name.startswith("golive.") and name.split(".")[1] not in ROOMS}
    out = {name for name in modules if name.split(".")[0] in OUTSIDE or name in ("__import__", "importlib")}
    return ours | (out - {"urllib.parse"})  # it takes texts apart, and asks nobody


@pytest.mark.parametrize("kind", installed().values(), ids=lambda kind: kind.kind)
def test_a_kind_reaches_the_world_only_through_the_look(kind: type[Kind]) -> None:
    file = Path(inspect.getfile(kind))
    out = ways_out(imported(file))
    assert not out, f"{file.name} imports {sorted(out)}; take what it needs from the `look` that collect is handed"


def test_nothing_beside_the_kinds_reaches_the_world_either() -> None:
    files = sorted(FOLDER.rglob("*.py"))
    assert len(files) > len(BUILT_IN)
    assert {file.name: ways_out(imported(file)) for file in files if ways_out(imported(file))} == {}


@pytest.mark.parametrize(
    "line",
    [
        "import socket",
        "import urllib.request",
        "from http.client import HTTPConnection",
        "def f():\n    import httpx",
        "from golive.look import Http",
        "import golive.githubapp.forge",
        "x = __import__('socket')",
    ],
)
def test_the_walk_finds_a_way_out(tmp_path: Path, line: str) -> None:
    file = tmp_path / "kind.py"
    file.write_text(line)
    assert ways_out(imported(file))


def test_a_file_of_the_folder_named_like_a_library_is_not_that_library() -> None:
    assert inspect.getfile(installed()["http"]) == str(FOLDER / "http.py")
    assert not ways_out({"golive.checks.http"})


@pytest.mark.parametrize("kind", installed().values(), ids=lambda kind: kind.kind)
def test_a_kind_teaches_itself(kind: type[Kind]) -> None:
    text = inspect.getdoc(sys.modules[kind.__module__]) or ""
    for part in (f"`{kind.kind}`:", "Options:", "Example:", "Outcomes:", f"uses: {kind.kind}"):
        assert part in text, f"the text of {kind.__module__} lacks {part!r}; it is the kind's reference page"
    for option in kind.model_json_schema()["properties"]:  # type: ignore[attr-defined]  # a kind is a pydantic model
        assert f"- `{option}`" in text, f"the option {option} of {kind.kind} is not explained in its module's text"


def test_the_built_in_kinds_are_installed_under_their_names() -> None:
    found = installed()
    assert found.keys() >= BUILT_IN.keys()
    assert [kind.kind for kind in found.values()] == sorted(found)


def test_a_bare_checkout_and_an_installed_package_offer_the_same() -> None:
    bare = installed([])
    assert bare == installed([EntryPoint(name, value, GROUP) for name, value in BUILT_IN.items()])
    assert sorted(bare) == sorted(BUILT_IN)


def test_another_packages_kind_comes_in_by_the_same_door() -> None:
    assert installed([EntryPoint("theirs", f"{__name__}:Theirs", GROUP)])["theirs"] is Theirs


def test_two_packages_with_one_name_are_both_named() -> None:
    with pytest.raises(Misconfigured) as refused:
        installed([EntryPoint("http", f"{__name__}:Theirs", GROUP)])
    assert "golive.checks.http:HttpCheck" in str(refused.value)
    assert f"{__name__}:Theirs" in str(refused.value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("no.such.module:Kind", "cannot be loaded"),
        ("golive.checks.http:NoSuchKind", "cannot be loaded"),
        ("golive.checks.registry:installed", "is not a pydantic model class"),
        ("golive.checks.options:Options", "has no collect and no judge"),
        ("golive.checks.http:HttpCheck", "calls itself 'http'"),
    ],
)
def test_what_is_no_kind_is_refused_with_its_name_and_its_package(value: str, says: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        installed([EntryPoint("mine", value, GROUP)])["mine"]
    assert "'mine'" in str(refused.value)
    assert value in str(refused.value)
    assert says in str(refused.value)


def test_what_stirs_a_kind_is_known_without_importing_ours_and_with_those_of_others() -> None:
    ours = frozenset[str]().union(*(installed()[name].stirred_by for name in BUILT_IN))
    assert ours == BUILT_IN_STIR, "write into BUILT_IN_STIR what the kinds of this package say in `stirred_by`"
    assert installed([]).stirs() == BUILT_IN_STIR
    theirs = installed([EntryPoint("theirs", f"{__name__}:Theirs", GROUP)])
    assert theirs.stirs() == BUILT_IN_STIR | {"tide"}
