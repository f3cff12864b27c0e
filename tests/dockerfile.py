"""Reads a Dockerfile, and plays it in a scratch folder without a container engine.

Understood is what ours uses; anything else is an error rather than a guess. Add an instruction to `Played.play`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

NOBODY = 65534
_ABSOLUTE = re.compile(r"(?<![\w./$:}\-])/(?=(?:opt|src|data)\b)")


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals, and the rest with continued lines joined."""

    name: str
    rest: str

    def words(self) -> list[str]:
        """The exec form's words, or the shell's."""
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)

    def flags(self) -> dict[str, str]:
        """`--name=value` at the start."""
        return dict(re.findall(r"--([a-z-]+)=(\S+)", self.rest.partition(" CMD ")[0]))

    def operands(self) -> list[str]:
        """The words that are no flags."""
        return [word for word in self.words() if not word.startswith("--")]


def read(path: Path) -> list[Instruction]:
    """Every instruction of a Dockerfile, in order."""
    text = re.sub(r"(?m)^\s*#.*\n", "", path.read_text())
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def stages(instructions: Sequence[Instruction]) -> Iterator[list[Instruction]]:
    """The instructions of each stage, from its FROM on."""
    starts = [at for at, each in enumerate(instructions) if each.name == "FROM"]
    for start, end in zip(starts, [*starts[1:], len(instructions)], strict=True):
        yield list(instructions[start:end])


@dataclass
class Played:
    """A scratch folder in the place of `/`. `context`: the build's files; `base`: a folder with the image's `python`.

    Every stage has the same root, so that paths inside a virtual environment stay right; what an earlier stage left is
    out of a later one's reach, but for what it copies.
    """

    root: Path
    context: Path
    base: Path
    inherited: Mapping[str, str]
    as_user: Sequence[str] = ()
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path = Path()
    user: str = "root"
    entry: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def build(self, instructions: Sequence[Instruction]) -> None:
        """Play all stages. Raises AssertionError with the output of a step that failed."""
        for stage in stages(instructions):
            if self.root.exists():
                shutil.rmtree(self._former(), ignore_errors=True)
                self.root.rename(self._former())
            self._new_folder(self.root)
            self.env = {"PATH": f"{self.base}:/usr/local/bin:/usr/bin:/bin"}
            self.cwd, self.user = self.root, "root"
            for instruction in stage[1:]:
                self.play(instruction)

    def play(self, instruction: Instruction) -> None:
        """One instruction."""
        match instruction.name:
            case "ENV":
                for name, value in (word.split("=", 1) for word in instruction.words()):
                    self.env[name] = self.moved(value.replace("$PATH", self.env["PATH"]))
            case "WORKDIR":
                self.cwd = self.inside(instruction.rest)
                self._new_folder(self.cwd)
            case "COPY":
                self._copy(instruction)
            case "RUN":
                done = self.run(["sh", "-c", self.moved(instruction.rest)])
                assert done.returncode == 0, f"RUN {instruction.rest}\n{done.stdout[-3000:]}"
            case "USER":
                self.user = instruction.rest
            case "ENTRYPOINT":
                self.entry = instruction.words()
            case "VOLUME" | "EXPOSE" | "HEALTHCHECK" | "CMD":
                pass  # nothing that a build does
            case _:
                raise AssertionError(f"teach tests/dockerfile.py the instruction {instruction.name}")

    def run(self, command: Sequence[str], **settings: str) -> subprocess.CompletedProcess[str]:
        """Run one command in the folder to its end, as an ordinary user, with the image's environment, the index settings
        and what `docker run --env` would add."""
        return subprocess.run(
            [*self.as_user, *command], cwd=self.cwd, env=self._environment(settings), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False, timeout=300,
        )  # fmt: skip

    def start(self, command: Sequence[str], **settings: str) -> subprocess.Popen[str]:
        """The same for a command that goes on; whoever starts it ends it."""
        return subprocess.Popen(
            [*self.as_user, *command], cwd=self.cwd, env=self._environment(settings), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        return {**self.inherited, "HOME": str(self.root), **self.env, **settings}

    def inside(self, path: str) -> Path:
        """A path of the image, in the scratch folder."""
        return self.root / path.lstrip("/") if path.startswith("/") else self.cwd / path

    def moved(self, text: str) -> str:
        """Text with the image's absolute paths led into the scratch folder."""
        text = text.replace("sqlite:////data", f"sqlite:///{self.root}/data")
        return re.sub(r"(?<=:)/(?=opt\b)", f"{self.root}/", _ABSOLUTE.sub(f"{self.root}/", text))

    def _copy(self, instruction: Instruction) -> None:
        *sources, target = instruction.operands()
        source_root = self._former() if "from" in instruction.flags() else self.context
        into = self.inside(target)
        for source in (source_root / name.lstrip("/") for name in sources):
            if source.is_dir():
                shutil.copytree(
                    source, into, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
                )
            else:
                into.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, into)
        self._hand_over(self.root)

    def _former(self) -> Path:
        return self.root.with_name(self.root.name + ".former")

    def _new_folder(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._hand_over(self.root)

    def _hand_over(self, path: Path) -> None:
        """What root made belongs to the ordinary user."""
        if self.as_user:
            for each in (path, *path.rglob("*")):
                os.chown(each, NOBODY, NOBODY, follow_symlinks=False)
