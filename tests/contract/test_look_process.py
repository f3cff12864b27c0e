"""Programs as checks run them: real processes, among them some that do not want to end. Add a promise as a test."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from golive.look.process import MOST_KEPT, Process
from golive.ports import Unreachable

SOON = timedelta(seconds=0.4)
LATER = timedelta(seconds=20)


def python(code: str) -> list[str]:
    """A program of these lines."""
    return [sys.executable, "-S", "-c", code]


def still_runs(pid: int) -> bool:
    """Whether a process of that number is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def ends(pid: int) -> bool:
    """Whether it is gone within five seconds."""
    until = time.monotonic() + 5
    while still_runs(pid) and time.monotonic() < until:
        time.sleep(0.01)
    return not still_runs(pid)


@pytest.fixture
def process(tmp_path: Path) -> Process:
    """Programs in an empty folder."""
    return Process(tmp_path, {"PATH": "/usr/bin:/bin", "GREETING": "hello", "GOLIVE_GITHUB_PRIVATE_KEY": "ours"})


def test_a_program_gives_its_exit_code_both_outputs_and_its_time(process: Process) -> None:
    code = "import sys; print('out', sys.argv[1]); print('err', file=sys.stderr); sys.exit(3)"
    ran = process.run([*python(code), "a b; $HOME"], timeout=LATER)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (3, "out a b; $HOME\n", "err\n")
    assert 0 < ran.seconds < 20


def test_a_signal_is_a_negative_exit_code(process: Process) -> None:
    assert process.run(["sh", "-c", "kill -9 $$"], timeout=LATER).exit_code == -9


def test_it_reads_what_it_is_given_and_waits_for_no_one(process: Process) -> None:
    assert process.run(["cat"], timeout=LATER, stdin="grüße\n").stdout == "grüße\n"
    assert process.run(["cat"], timeout=LATER).stdout == ""
    assert process.run(["true"], timeout=LATER, stdin="x" * 500_000).exit_code == 0


def test_a_talkative_program_is_heard_to_the_end_and_kept_up_to_the_limit(process: Process) -> None:
    code = "import sys; n = 3 * 1024 * 1024; sys.stderr.write('e' * n); sys.stdout.write('o' * n); sys.exit(7)"
    ran = process.run(python(code), timeout=LATER)
    assert (ran.exit_code, len(ran.stdout), len(ran.stderr)) == (7, MOST_KEPT, MOST_KEPT)


def test_input_and_output_at_once_do_not_block_each_other(process: Process) -> None:
    assert len(process.run(["cat"], timeout=LATER, stdin="x" * 700_000).stdout) == 700_000


def test_it_sees_the_machines_variables_but_none_of_golives_own(process: Process) -> None:
    ran = process.run(["env"], timeout=LATER, environment={"MORE": "1"})
    assert {"GREETING=hello", "MORE=1"} <= set(ran.stdout.splitlines())
    assert "GOLIVE_" not in ran.stdout


def test_it_runs_in_the_folder_that_is_named(process: Process, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    assert process.run(["pwd"], timeout=LATER).stdout.strip() == str(tmp_path)
    assert process.run(["pwd"], timeout=LATER, directory="below").stdout.strip() == str(tmp_path / "below")


@pytest.mark.parametrize(
    ("argv", "folder", "says"),
    [
        (["no-such-program"], "", "no-such-program: there is no such program"),
        (["./plain"], "", "./plain: this user may not run it"),
        (["true"], "nowhere", "there is no such folder"),
        ([], "", "no program to run"),
        (["a\0b"], "", "cannot be run"),
    ],
)
def test_what_cannot_be_started_is_said(
    process: Process, tmp_path: Path, argv: list[str], folder: str, says: str
) -> None:
    (tmp_path / "plain").write_text("no program")
    with pytest.raises(Unreachable, match=says):
        process.run(argv, timeout=LATER, directory=folder)


def test_one_that_ignores_being_asked_to_end_is_ended(process: Process, tmp_path: Path) -> None:
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    )
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"did not end within 0\.4 s and was ended"):
        process.run(python(code), timeout=SOON)
    assert time.monotonic() - began < 5
    assert ends(int((tmp_path / "pid").read_text()))


def test_what_a_late_program_started_is_ended_with_it(process: Process, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="did not end"):
        process.run(["sh", "-c", "sleep 61 & echo $! > child; sleep 62"], timeout=SOON)
    assert ends(int((tmp_path / "child").read_text()))


def test_a_child_left_behind_holds_up_nothing_and_is_ended(process: Process, tmp_path: Path) -> None:
    began = time.monotonic()
    ran = process.run(["sh", "-c", "sleep 63 & echo $! > child; echo done"], timeout=LATER)
    assert (ran.exit_code, ran.stdout) == (0, "done\n")
    assert time.monotonic() - began < 5
    assert ends(int((tmp_path / "child").read_text()))


def test_one_that_closes_its_outputs_and_goes_on_is_late_too(process: Process) -> None:
    with pytest.raises(Unreachable, match="did not end"):
        process.run(["sh", "-c", "exec >/dev/null 2>&1 </dev/null; sleep 64"], timeout=SOON)
