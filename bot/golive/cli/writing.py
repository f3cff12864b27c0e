"""Files that a command writes: one that was asked for by name, and those that are proposed for a repository.

Of the second, nothing is written over a file unless that was asked for, and nothing is written through a link.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from golive.core.errors import Misconfigured


def keep(file: Path, text: str, mend: str = "") -> None:
    """Write a file that was asked for by name; its folder is made, and a write that breaks off leaves what was there.

    mend: what to do where it cannot be written, a sentence.   Raises Misconfigured then.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and not file.is_file():  # a pipe or a device, such as /dev/stdout
            file.write_text(text, encoding="utf-8")
        else:
            _replace(file, text)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be written: {error.strerror}. {mend}".rstrip()) from None


NEW, SAME, KEPT, REPLACED = "new", "same", "kept", "replaced"


@dataclass(frozen=True)
class Proposed:
    """One file. state: `new`, `same` as what is there, `kept` as it is there, or `replaced`."""

    path: str
    text: str
    state: str


def compared(root: Path, files: Mapping[str, str], force: bool) -> tuple[Proposed, ...]:
    """Each file and what is to become of it. Raises Misconfigured where a folder on the way is a link or no folder."""
    return tuple(Proposed(path, text, _state(root, path, text, force)) for path, text in files.items())


def _state(root: Path, path: str, text: str, force: bool) -> str:
    place = root / path
    for folder in list(place.relative_to(root).parents)[:-1]:
        on_the_way = root / folder
        if on_the_way.is_symlink() or (on_the_way.exists() and not on_the_way.is_dir()):
            raise Misconfigured(
                f"{folder} is a link or no folder, and nothing is written through it. Make it a folder first."
            )
    if not os.path.lexists(place):
        return NEW
    if place.is_dir() and not place.is_symlink():
        raise Misconfigured(f"{path} is a folder. Move it away first.")
    if not place.is_symlink() and place.read_bytes() == text.encode():
        return SAME
    return REPLACED if force else KEPT


def write(root: Path, files: tuple[Proposed, ...]) -> None:
    """Write what is new or replaced. Raises Misconfigured where it cannot, or where a file came meanwhile."""
    for one in files:
        place = root / one.path
        try:
            if one.state == NEW:
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("x", encoding="utf-8", newline="\n") as out:
                    out.write(one.text)
            elif one.state == REPLACED:
                _replace(place, one.text)
        except OSError as error:
            raise Misconfigured(f"{one.path} cannot be written: {error.strerror}.") from None


def _replace(place: Path, text: str) -> None:
    """In one step, so that a write that breaks off leaves what was there; a link is replaced and not followed."""
    beside = place.with_name(f".golive-{secrets.token_hex(8)}")
    try:
        with beside.open("x", encoding="utf-8", newline="\n") as out:  # readable by those whom the umask says
            out.write(text)
        if place.is_file() and not place.is_symlink():
            shutil.copymode(place, beside)
        beside.replace(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
