"""A file that was asked for by name is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from golive.cli.writing import keep
from golive.core.errors import Misconfigured


def test_its_folder_is_made_and_its_mode_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "of" / "release" / "evidence.json"
    keep(file, "1\n")
    file.chmod(0o600)
    keep(file, "2\n")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("2\n", 0o600)
    assert [one.name for one in file.parent.iterdir()] == [file.name], "nothing lies beside it"


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "evidence.json"
    keep(file, "1\n")
    with pytest.raises(UnicodeEncodeError):
        keep(file, "2 \ud800\n")
    assert file.read_text() == "1\n"
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    with pytest.raises(Misconfigured, match=r"evidence.json/x cannot be written: .*\. Name another\."):
        keep(file / "x", "3\n", "Name another.")


def test_a_pipe_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        keep(pipe, "1\n")
        assert os.read(reader, 10) == b"1\n"
        assert pipe.is_fifo()
    finally:
        os.close(reader)
