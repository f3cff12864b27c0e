"""The operator's settings file: shown before it is written, for its owner alone, and never written over by accident.

The format is the common one of `docker run --env-file`, systemd and dotenv readers: one `NAME=value` a line.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path

from golive.core.errors import Misconfigured

_BARE = re.compile(r"[A-Za-z0-9._:/@%+=,~-]*")
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)")


def quoted(value: str) -> str:
    """One value on one line: bare where that is safe, else in double quotes with line ends written as `\\n`."""
    if _BARE.fullmatch(value):
        return value
    if '"' in value or "\\" in value:
        raise ValueError("a value with a quote or a backslash is read differently by different readers")
    return '"' + value.strip("\n").replace("\n", "\\n") + '"'


def masked(name: str, value: str) -> str:
    """A secret as its length, anything else as it is. What is secret is told by the name's ending."""
    if name.endswith(("_KEY", "_SECRET", "_TOKEN")):
        return f"(secret, {len(value)} characters)"
    return value


def check_place(path: Path, *, force: bool) -> None:
    """Raise Misconfigured where `write` would fail, before anything has been done that cannot be repeated."""
    if path.exists() and not force:
        raise Misconfigured(
            f"{path} exists. Choose another file with --out, or use --force: it renews the App's lines."
        )
    if path.exists() and not path.is_file():
        raise Misconfigured(f"{path} is not a file. Choose another with --out.")
    folder = path.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Misconfigured(f"{folder} is not a folder that can be written to. Choose another file with --out.")


def write(path: Path, values: Mapping[str, str], *, force: bool) -> Path | None:
    """Write `values`, mode 0600, whole or not at all.

    With `force`, an existing file's other lines stay, and the whole of it is kept beside, as `<name>.1`, `<name>.2` …
    Returns where the former file was kept, or None. Raises Misconfigured where the file exists and `force` is off.
    """
    former = path.read_text(encoding="utf-8") if path.exists() else ""
    check_place(path, force=force)
    kept = _keep(path, former) if former else None
    lines = [*_without(former, values), *(f"{name}={quoted(value)}" for name, value in values.items())]
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _create(fresh, "\n".join(lines) + "\n")
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    return kept


def _create(path: Path, text: str) -> None:
    """A new file for its owner alone; FileExistsError where something is there already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _keep(path: Path, text: str) -> Path:
    number = 1
    while True:
        beside = path.with_name(f"{path.name}.{number}")
        try:
            _create(beside, text)
        except FileExistsError:
            number += 1
        else:
            return beside


def _without(text: str, names: Collection[str]) -> list[str]:
    """The lines that do not set one of `names`; a quoted value that runs over several lines goes with its first."""
    lines, dropping, quote = [], False, ""
    for line in text.splitlines():
        if not quote:
            found = _ASSIGNMENT.match(line)
            dropping = bool(found and found["name"] in names)
            value = found["value"] if found else ""
            quote = value[0] if value[:1] in {'"', "'"} and value.count(value[0]) == 1 else ""
        elif quote in line:
            quote = ""
        if not dropping:
            lines.append(line)
    return lines
