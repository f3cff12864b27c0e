"""Files and version control as checks see them: real folders, real links, a real git. Add a promise as a test."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from golive.look.files import Files
from golive.ports import Unreachable

AS_WHOM = {
    "GIT_AUTHOR_NAME": "Ana", "GIT_AUTHOR_EMAIL": "ana@shop.example", "GIT_COMMITTER_NAME": "Ana",
    "GIT_COMMITTER_EMAIL": "ana@shop.example", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


def git(folder: Path, *arguments: str, at: str = "2026-01-02T03:04:05+01:00") -> str:
    """Run git there, every commit made at that time."""
    when = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    return subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True,
        env={**os.environ, **AS_WHOM, **when},
    ).stdout.strip()  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with a link that stays in it and two that lead out of it."""
    for name in ("shop/docs/run.md", "shop/docs/deep/er/x.md", "shop/src/a.py", "shop/.env", "shop/.hidden/b.md"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"this is {name}\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("not yours\n")
    root = tmp_path / "shop"
    (root / "inner.md").symlink_to("docs/run.md")
    (root / "out.md").symlink_to("../outside/secret.md")
    (root / "away").symlink_to("../outside")
    (root / "round").symlink_to("round")
    return root


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("docs/run.md", ["docs/run.md"]),
        ("docs/none.md", []),
        ("*.md", ["inner.md"]),
        ("**/*.md", ["docs/deep/er/x.md", "docs/run.md", "inner.md"]),
        ("docs/**", ["docs/deep", "docs/deep/er", "docs/deep/er/x.md", "docs/run.md"]),
        ("**/er/*.md", ["docs/deep/er/x.md"]),
        ("docs/**/x.md", ["docs/deep/er/x.md"]),
        ("src/[ab].p?", ["src/a.py"]),
        (".*", [".env", ".hidden"]),
        (".hidden/*.md", [".hidden/b.md"]),
        ("away/*.md", []),
        ("*/secret.md", []),
        ("out.md", ["out.md"]),
        ("round/*", []),
        ("*", ["docs", "inner.md", "src"]),
    ],
)
def test_a_glob_gives_sorted_paths_and_follows_no_link_out_of_the_root(
    shop: Path, pattern: str, found: list[str]
) -> None:
    assert list(Files(shop).glob(pattern)) == found


def test_an_absolute_glob_gives_absolute_paths(shop: Path) -> None:
    assert Files(shop).glob(f"{shop.parent}/outside/*.md") == (str(shop.parent / "outside" / "secret.md"),)
    assert Files(shop).glob("../outside/*.md") == ("../outside/secret.md",)


@pytest.mark.parametrize("path", ["/etc/hostname", "../outside/secret.md", "docs/../../outside/secret.md"])
def test_where_nothing_outside_is_offered_it_cannot_be_named(shop: Path, path: str) -> None:
    files = Files(shop, outside=False)
    for look in (files.glob, files.read, files.facts, files.tracked, files.changed_at):
        with pytest.raises(Unreachable, match="only files below the working directory"):
            look(path)


def test_where_nothing_outside_is_offered_no_link_leads_there(shop: Path) -> None:
    files = Files(shop, outside=False)
    for path in ("out.md", "away/secret.md"):
        with pytest.raises(Unreachable, match="a link leads out of"):
            files.read(path)
    with pytest.raises(Unreachable, match="a link leads out of"):
        files.facts("away/secret.md")
    assert files.glob("away/secret.md") == ()
    assert files.read("inner.md") == b"this is shop/docs/run.md\n"


def test_a_file_is_read_up_to_the_limit(shop: Path) -> None:
    size = len(Files(shop).read("docs/run.md"))
    assert Files(shop).read("docs/run.md", limit=size) == b"this is shop/docs/run.md\n"
    with pytest.raises(Unreachable, match=f"larger than {size - 1} bytes"):
        Files(shop).read("docs/run.md", limit=size - 1)


def test_what_cannot_be_read_is_said_with_its_path(shop: Path) -> None:
    os.mkfifo(shop / "pipe")
    for path, why in {
        "none.md": "there is no such file",
        "docs/run.md/x": "there is no such file",
        "docs": "is a folder",
        "pipe": "is no regular file",
        "round": "symbolic links",
        "": "is no path",
        "a\0b": "is no path",
    }.items():
        with pytest.raises(Unreachable, match=why):
            Files(shop).read(path)


def test_facts_say_what_a_path_is(shop: Path) -> None:
    files = Files(shop)
    (shop / "docs" / "run.md").chmod(0o640)
    os.utime(shop / "docs" / "run.md", (1_700_000_000, 1_700_000_000))
    facts = files.facts("docs/run.md")
    assert facts is not None
    assert (facts.kind, facts.size, facts.mode, facts.link) == ("file", 25, 0o640, "")
    assert facts.modified_at == datetime.fromtimestamp(1_700_000_000, UTC)
    assert facts.owner
    assert facts.group
    out = files.facts("out.md")
    assert out is not None
    assert (out.kind, out.link) == ("link", "../outside/secret.md")
    assert [found and found.kind for found in map(files.facts, ("docs", "none", "docs/run.md/x"))] == [
        "directory", None, None,
    ]  # fmt: skip


def test_git_says_what_is_tracked_where_it_stands_and_when_it_changed(shop: Path) -> None:
    git(shop, "init", "-q")
    git(shop, "add", "docs", ".env")
    git(shop, "commit", "-qm", "one")
    (shop / "src" / "a.py").write_text("2\n")
    git(shop, "add", "src")
    git(shop, "commit", "-qm", "two", at="2026-02-03T04:05:06+00:00")
    files = Files(shop)
    assert files.tracked("**/*") == (".env", "docs/deep/er/x.md", "docs/run.md", "src/a.py")
    assert files.tracked("docs/*.md") == ("docs/run.md",)
    assert files.commit() == git(shop, "rev-parse", "HEAD")
    assert files.changed_at("docs/run.md") == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert files.changed_at("src/a.py") == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert files.changed_at("inner.md") is None


def test_in_a_shallow_clone_an_old_file_does_not_look_freshly_changed(shop: Path) -> None:
    git(shop, "init", "-q")
    git(shop, "add", "docs")
    git(shop, "commit", "-qm", "one", at="2020-01-01T00:00:00+00:00")
    for number in (2, 3):
        (shop / "src" / "a.py").write_text(f"{number}\n")
        git(shop, "add", "src")
        git(shop, "commit", "-qm", "more")
    git(shop.parent, "clone", "-q", "--depth", "2", shop.as_uri(), "clone")
    files = Files(shop.parent / "clone")
    assert files.changed_at("src/a.py") == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    with pytest.raises(Unreachable, match=r"shallow clone.*fetch-depth: 0"):
        files.changed_at("docs/run.md")


def test_a_checkouts_own_settings_start_no_program(shop: Path) -> None:
    git(shop, "init", "-q")
    git(shop, "add", "docs")
    git(shop, "commit", "-qm", "one")
    git(shop, "config", "core.fsmonitor", f"touch {shop}/started; false")
    files = Files(shop)
    assert files.tracked("docs/*.md") == ("docs/run.md",)
    assert files.changed_at("docs/run.md") is not None
    assert not (shop / "started").exists()


def test_without_a_checkout_or_without_git_nothing_is_known_and_nothing_fails(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(shop.parent))
    for path in (os.environ["PATH"], str(shop)):
        monkeypatch.setenv("PATH", path)
        files = Files(shop)
        assert (files.tracked("**/*"), files.commit(), files.changed_at("docs/run.md")) == ((), "", None)
