"""What a step of a workflow prints, sets and shows so that GitHub takes texts by strangers for texts.

Source of the forms and their escapes: GitHub's documentation, "Workflow commands for GitHub Actions". A multi-line value is
set between two lines that nobody can guess, and while anything else is printed commands are not obeyed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

LEVELS = {"failure": "error", "warning": "warning", "notice": "notice"}
"""Levels of a check run's annotations → commands."""


def message(text: str) -> str:
    """A text as a command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def of_property(text: str) -> str:
    """A text as the value of a command's property."""
    return message(text).replace(":", "%3A").replace(",", "%2C")


def annotation(
    level: str, text: str, *, path: str = "", line: int = 0, end_line: int = 0, column: int = 0, title: str = ""
) -> str:
    """The command that remarks something, on a line of a file where one is named."""
    told: dict[str, object] = {"file": path, "line": line} if path and line else {}
    if told and end_line:
        told["endLine"] = end_line
    if told and column:
        told["col"] = column
    told |= {"title": title} if title else {}
    properties = ",".join(f"{name}={of_property(str(value))}" for name, value in told.items())
    return f"::{LEVELS[level]}{' ' if properties else ''}{properties}::{message(text)}"


def tame(text: str) -> str:
    """A text to print in which no line is a command, of the newer form or of the older one, which begins anywhere."""
    lines = text.replace("##[", "#\u200b#[").splitlines()
    return "\n".join("\u200b" + line if line.lstrip().startswith("::") else line for line in lines)


@contextmanager
def only_text(on_runner: bool) -> Iterator[None]:
    """Whatever is printed meanwhile is no command, also what libraries and tracebacks print."""
    token = secrets.token_hex(16)
    if on_runner:
        click.echo(f"::stop-commands::{token}")
    try:
        yield
    finally:
        if on_runner:
            click.echo(f"::{token}::")


def set_outputs(file: Path | None, values: Mapping[str, str]) -> None:
    """Set a step's outputs; nothing where there is no runner to take them."""
    if file is None:
        return
    fence = f"golive-{secrets.token_hex(16)}"
    told = "".join(f"{name}<<{fence}\n{value}\n{fence}\n" for name, value in values.items())
    with file.open("a", encoding="utf-8") as out:
        out.write(told)


def summarise(file: Path | None, text: str) -> None:
    """Add Markdown to a job's summary."""
    if file is not None:
        with file.open("a", encoding="utf-8") as out:
            out.write(f"{text}\n")
