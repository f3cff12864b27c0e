"""What the Dockerfile promises, read off its text; `tests/e2e/test_image.py` runs its steps."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import dockerfile
from golive.settings import Settings

ROOT = Path(__file__).parents[2]
INSTRUCTIONS = dockerfile.read(ROOT / "Dockerfile")
STAGES = list(dockerfile.stages(INSTRUCTIONS))


def of(name: str, stage: int = -1) -> list[dockerfile.Instruction]:
    return [each for each in STAGES[stage] if each.name == name]


def test_both_stages_are_the_same_slim_official_python() -> None:
    images = {stage[0].rest.split()[0] for stage in STAGES}
    assert len(images) == 1, "a virtual environment works only with the Python that made it"
    assert re.fullmatch(r"python:3\.\d+-slim", images.pop())


def test_the_image_runs_as_somebody_who_is_not_root_and_was_built_without_their_rights() -> None:
    (user,) = of("USER")
    assert re.fullmatch(r"([1-9]\d*):([1-9]\d*)", user.rest), "a number: Kubernetes cannot see that a name is not root"
    assert not of("RUN"), "the last stage only copies; a RUN there leaves its traces in the image"


def test_every_installation_is_checked_against_hashes_or_takes_what_was_just_built() -> None:
    script = " ".join(each.rest for each in INSTRUCTIONS if each.name == "RUN")
    installs = re.findall(r"\binstall ([^&]*)", script)
    assert installs
    for arguments in installs:
        assert "--require-hashes" in arguments or "--no-index" in arguments, f"pip install {arguments}"
    assert "--no-build-isolation" in script, "an isolated build fetches its backend without a hash"


def test_everything_that_is_copied_exists_and_reaches_the_builder() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored, ".dockerignore starts from nothing, so that a golive.env beside it never gets in"
    for copy in (each for stage in STAGES for each in stage if each.name == "COPY" and "from" not in each.flags()):
        for source in copy.operands()[:-1]:
            assert (ROOT / source).exists(), f"{source} is missing; a lock is made by: make lock"
            assert f"!{Path(source).parts[0]}" in ignored, f".dockerignore keeps {source} away"


def test_the_image_serves_by_itself_with_its_record_on_the_volume() -> None:
    assert of("ENTRYPOINT")[0].words() == ["golive"]
    assert of("CMD")[0].words() == ["serve"]
    (volume,) = (each.rest for each in of("VOLUME"))
    env = dict(word.split("=", 1) for each in of("ENV") for word in each.words())
    assert env["GOLIVE_DATABASE_URL"] == f"sqlite:///{volume}/golive.db"
    assert env["GOLIVE_LISTEN"] == f"0.0.0.0:{of('EXPOSE')[0].rest}", "loopback inside a container reaches nobody"
    known = {f"GOLIVE_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in env if name.startswith("GOLIVE_")} <= known


def test_the_health_check_asks_the_port_that_is_exposed_whether_it_lives() -> None:
    (check,) = of("HEALTHCHECK")
    command = dockerfile.Instruction("CMD", check.rest.partition("CMD ")[2]).words()
    assert command[:2] == ["python", "-c"]
    ast.parse(command[2])
    assert f"http://127.0.0.1:{of('EXPOSE')[0].rest}/live" in command[2]


def test_the_readme_runs_it_with_its_settings_its_port_and_its_volume() -> None:
    readme = (ROOT / "README.md").read_text()
    (line,) = re.findall(r"^docker run .*$", readme, re.MULTILINE)
    port, volume = of("EXPOSE")[0].rest, of("VOLUME")[0].rest
    for part in ("--env-file golive.env", f"-p {port}:{port}", f"-v golive-data:{volume}"):
        assert part in line
    assert "image itself has not been built yet" in readme, "say so until it has; then change this test with the README"
