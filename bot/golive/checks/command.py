"""`command`: a program on this machine ends as it should, and says what it should.

Asserts the exit status always, and what else you name of its output. The program is started without a shell, in its own
process group; at the check's timeout all of it is ended. What golive keeps in its own environment (`GOLIVE_…`) is not
handed on.

Options:

- `command` (required): a list of words, or a text that is taken apart as a shell would. No shell runs it: pipes,
  redirections and variables in a text are refused; say `[sh, -c, "…"]` where you mean a shell.
- `exit_status`: a number or a list of those that count as good. Default 0.
- `stdout`: text, or a list, that must occur; `/expression/` must match a line, and `!` in front of either means that it
  must not. Expressions are looked for in the first 64 Ki characters.
- `stderr`: the same for what it says there.
- `json`: JMESPath expression → the JSON value it must give in what stdout holds.
- `value`: measure a number: `stdout` (all that it says is a number, maybe with its unit), or a table of `json` (a
  JMESPath expression), and if you like `unit` and `samples` (a JMESPath expression for how many observations it rests on).
- `stdin`: text it is given.
- `directory`: the folder it runs in, below the working directory.
- `environment`: variables to add.
- `writes`: `true` for a program that changes something; then `cleanup` is needed.
- `cleanup`: a command line that takes back what it wrote. It is run afterwards always, also when the command failed or was
  late, and keeps a quarter of the check's timeout for itself. A cleanup that fails makes the check fail.

Example:

    - id: order-roundtrip
      uses: command
      with:
        command: [./ops/place_order.sh, "--env", "${environment}"]
        json: {status: placed}
        value: {json: seconds, unit: s}
        writes: true
        cleanup: ./ops/cancel_orders.sh --placed-by golive
      pass: value<=30s

Measures: `value` (where it is asked for), `duration`, `exit_code`.

Outcomes: `passed`; `failed`; `unknown` (no such program, not allowed, not over at the timeout, no number where one was
asked for, or 0 samples).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from golive.checks.commandlines import CommandLine, shown
from golive.checks.contents import Contents, contents_text, unmet
from golive.checks.jsonpaths import Expression, parsed, same_json, searched, short
from golive.checks.measured import AmountUnit, PerOptions, canonical_unit, in_unit
from golive.checks.options import Options, offered
from golive.checks.replies import capped
from golive.core.masking import SECRET_NAMES, Mask
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.core.units import amount, quantity
from golive.ports import Look, LookProcess, Ran, Unreachable

_SPARE = 0.9
"""Share of the timeout that is used: at its end the engine stops waiting."""
_CLEANUP = 0.25
_LAST_LINES = 5


def _statuses(given: Any) -> Any:
    if isinstance(given, int) and not isinstance(given, bool):
        return (given,)
    return tuple(given) if isinstance(given, list) else given


def _below(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError("expected a folder below the working directory, without `..`")
    return path


def _not_ours(name: str) -> str:
    if name.startswith("GOLIVE_"):
        raise ValueError(f"{name} is golive's own and cannot be set")
    return name


VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_not_ours)]


class Value(BaseModel):
    """Where in the output the value is."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    json_: Annotated[Expression, Field(alias="json")]
    unit: AmountUnit = ""
    samples: Expression | None = None


@dataclass(frozen=True)
class Done:
    """What came of it. problem: why there is nothing to judge; cleanup: what is wrong with the cleanup, or empty."""

    ran: Ran | None
    problem: str = ""
    cleanup: str = ""


def _measures_of(check: CommandCheck) -> Mapping[str, str]:
    plain = {"duration": "s", "exit_code": ""}
    if check.value is None:
        return plain
    if isinstance(check.value, Value):
        return {"value": canonical_unit(check.value.unit), **plain}
    return {"*": "", **plain}  # only the output says which unit it has


class CommandCheck(Options):
    """Options, collecting and judging of the kind `command`; the module's text is its reference."""

    kind: ClassVar[str] = "command"
    measures: ClassVar[Mapping[str, str]] = PerOptions({"value": "", "duration": "s", "exit_code": ""}, _measures_of)
    also: ClassVar[Mapping[str, str]] = {"exec": "command", "cmd": "command", "exit-status": "exit_status"}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "real processes on Linux"

    command: CommandLine
    exit_status: Annotated[
        tuple[Annotated[int, Field(ge=-64, le=255)], ...], BeforeValidator(_statuses), Field(min_length=1)
    ] = (0,)
    stdout: Contents | None = None
    stderr: Contents | None = None
    json_: Annotated[dict[Expression, JsonValue] | None, Field(alias="json", min_length=1)] = None
    value: Literal["stdout"] | Value | None = None
    stdin: Annotated[str, Field(max_length=1024 * 1024)] = ""
    directory: Annotated[str, AfterValidator(_below)] = ""
    environment: dict[VariableName, str] | None = None
    writes: bool = False
    cleanup: CommandLine | None = None

    @model_validator(mode="after")
    def _cleans_up(self) -> CommandCheck:
        if self.writes and self.cleanup is None:
            raise ValueError("a command that writes needs a `cleanup` that takes back what it wrote")
        if self.cleanup is not None and not self.writes:
            raise ValueError("there is a `cleanup`, so the command writes; say `writes: true`")
        return self

    def collect(self, look: Look) -> Done:
        """Run it, and the cleanup whatever came of it. What the machine keeps secret is taken out of what was said."""
        process = offered(look.process, "programs of this machine")
        hidden = Mask([value for name, value in (look.environment or {}).items() if SECRET_NAMES.search(name)])
        seconds = look.timeout.total_seconds() * _SPARE
        ran, problem, cleanup = None, "", ""
        try:
            ran = self._run(process, seconds * (1 - _CLEANUP if self.cleanup else 1))
            ran = replace(ran, stdout=hidden.text(ran.stdout), stderr=hidden.text(ran.stderr))
        except Unreachable as error:
            problem = hidden.text(str(error))
        finally:
            if self.cleanup:
                cleanup = hidden.text(_cleaned(process, self.cleanup, seconds * _CLEANUP, self))
        return Done(ran, problem, cleanup)

    def _run(self, process: LookProcess, seconds: float) -> Ran:
        return process.run(
            self.command, timeout=timedelta(seconds=seconds), stdin=self.stdin, environment=self.environment,
            directory=self.directory,
        )  # fmt: skip

    def judge(self, facts: Done) -> Finding:
        """Compare what it did with what was expected; every mismatch is named."""
        source = f"`{shown(self.command)}`"
        left = [facts.cleanup] if facts.cleanup else []
        if facts.ran is None:
            outcome = Outcome.FAILED if left else Outcome.UNKNOWN
            return Finding(
                "", outcome, "; ".join([facts.problem, *left]), "no result", self._expected(), source,
                details=tuple(map(Detail, left)),
            )  # fmt: skip
        ran, value = facts.ran, self._value(facts.ran)
        wrong = [*self._wrong(ran), *left]
        measures = (Measure("duration", ran.seconds, "s"), Measure("exit_code", ran.exit_code))
        finding = Finding(
            "",
            Outcome.FAILED if wrong else Outcome.PASSED,
            "; ".join(wrong) or "It ended as expected",
            measured=f"exit status {ran.exit_code} after {amount(ran.seconds, 's')}",
            expected=self._expected(),
            source=source,
            measures=measures,
            details=capped(map(Detail, [*wrong, *(_last_words(ran) if wrong else ())])),
        )
        return finding if self.value is None else _with_value(finding, value)

    def _wrong(self, ran: Ran) -> Iterator[str]:
        if ran.exit_code not in self.exit_status:
            yield f"the exit status is {ran.exit_code}, not {' or '.join(map(str, self.exit_status))}"
        yield from unmet(self.stdout, ran.stdout, "stdout")
        yield from unmet(self.stderr, ran.stderr, "stderr")
        if self.json_:
            yield from _wrong_json(self.json_, ran.stdout)

    def _value(self, ran: Ran) -> tuple[Measure | None, int | None, str]:
        """The value, its samples, and why there is none."""
        if self.value is None:
            return None, None, ""
        if not isinstance(self.value, Value):
            try:
                number, unit = quantity(ran.stdout)
            except ValueError:
                return None, None, "stdout is not a number"
            return Measure("value", number, unit), None, ""
        try:
            document = parsed(ran.stdout)
            number, samples = searched(self.value.json_, document), None
            if self.value.samples:
                samples = searched(self.value.samples, document)
        except ValueError as error:
            return None, None, f"stdout is not the JSON that was expected: {error}"
        if isinstance(number, bool) or not isinstance(number, int | float):
            return None, None, f"{self.value.json_} is {short(number)}, no number"
        if self.value.samples and (isinstance(samples, bool) or not isinstance(samples, int)):
            return None, None, f"{self.value.samples} is {short(samples)}, no number of samples"
        return Measure("value", in_unit(number, self.value.unit), canonical_unit(self.value.unit)), samples, ""

    def _expected(self) -> str:
        parts = [f"exit status {' or '.join(map(str, self.exit_status))}"]
        parts += [*contents_text(self.stdout, "stdout"), *contents_text(self.stderr, "stderr")]
        parts += [f"{path} = {short(value)}" for path, value in (self.json_ or {}).items()]
        parts += ["a number"] if self.value else []
        return ", ".join(parts)


def _with_value(finding: Finding, given: tuple[Measure | None, int | None, str]) -> Finding:
    value, samples, problem = given
    if value is not None and samples != 0:
        measured = f"{amount(value.value, value.unit)}, {finding.measured}"
        return replace(finding, measured=measured, measures=(value, *finding.measures), samples=samples)
    if finding.outcome is Outcome.FAILED:
        return finding
    return replace(finding, outcome=Outcome.UNKNOWN, summary=problem or "0 samples", samples=samples)


def _wrong_json(wanted: dict[str, JsonValue], text: str) -> Iterator[str]:
    try:
        document = parsed(text)
    except ValueError:
        yield "stdout is not JSON"
        return
    for path, value in wanted.items():
        try:
            got = searched(path, document)
        except ValueError as error:
            yield str(error)
            continue
        if not same_json(got, value):
            yield f"{path} is {short(got)}, not {short(value)}"


def _cleaned(process: LookProcess, line: tuple[str, ...], seconds: float, check: CommandCheck) -> str:
    """What is wrong with the cleanup, empty where nothing is."""
    left = "what the command wrote may still be there"
    try:
        ran = process.run(
            line, timeout=timedelta(seconds=seconds), environment=check.environment, directory=check.directory
        )
    except Unreachable as error:
        return f"the cleanup could not be run ({error}), so {left}"
    said = " / ".join(_last_words(ran))
    return f"the cleanup ended with exit status {ran.exit_code}, so {left}: {said}" if ran.exit_code else ""


def _last_words(ran: Ran) -> list[str]:
    """The last lines of stderr, or else of stdout."""
    lines = [line.strip() for line in (ran.stderr.strip() or ran.stdout.strip()).splitlines() if line.strip()]
    return [line[:300] for line in lines[-_LAST_LINES:]]
