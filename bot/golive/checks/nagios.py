"""`nagios`: a monitoring plug-in says that all is well.

Runs any program that keeps the rules of Nagios and Monitoring plug-ins: `check_http`, `check_disk`, `check_ntp_time`, your
own. Its exit code decides, its first line is the summary, and its performance data are measures. It is started without a
shell, in its own process group; at the check's timeout all of it is ended.

Options:

- `plugin` (required): a list of words, or a text that is taken apart as a shell would. No shell runs it. Debian keeps the
  plug-ins in `/usr/lib/nagios/plugins`.
- `environment`: variables to add.
- `require`: labels of performance values that must be there, `[time, size]`; without one the check is `unknown`.

Measures: each performance value by its label, in seconds, bytes (KB and the like by the thousand, KiB by 1024), percent or
as a plain number, signs that no name holds as `_`; the first one is what a bare criterion means. The plug-in's own
thresholds beside it as `LABEL.warn` and `LABEL.crit`. Then `duration` and `exit_code` of the plug-in itself.

Example:

    - id: disk-has-room
      uses: nagios
      with: {plugin: "/usr/lib/nagios/plugins/check_disk -w 20% -c 10% -p /"}

Outcomes: by the exit code, 0 `passed`, 1 `warning`, 2 `failed`, 3 `unknown`; any other one, none at the timeout, no such
program, and an exit code 0 without a word are `unknown` too. Source: the Monitoring Plugins Development Guidelines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from golive.checks.commandlines import CommandLine, shown
from golive.checks.options import Options, offered
from golive.checks.perfdata import STATUS, WORDS, Output, Value, read_output
from golive.checks.replies import capped
from golive.checks.webapi import shortened
from golive.core.masking import SECRET_NAMES, Mask
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.core.units import amount
from golive.ports import Look, Ran, Unreachable

_SPARE = 0.9
"""Share of the timeout that is used: at its end the engine stops waiting."""
_MOST_VALUES = 100


def _not_ours(name: str) -> str:
    if name.startswith("GOLIVE_"):
        raise ValueError(f"{name} is golive's own and cannot be set")
    return name


VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), AfterValidator(_not_ours)]


@dataclass(frozen=True)
class Said:
    """What came of it. problem: why it gave no result, or empty."""

    ran: Ran | None
    problem: str = ""


class NagiosCheck(Options):
    """Options, collecting and judging of the kind `nagios`; the module's text is its reference."""

    kind: ClassVar[str] = "nagios"
    measures: ClassVar[Mapping[str, str]] = {"*": "", "duration": "s", "exit_code": ""}
    also: ClassVar[Mapping[str, str]] = {"command_line": "plugin", "check_command": "plugin"}
    machine: ClassVar[bool] = True
    ran_against: ClassVar[str] = "plug-ins of its own tests"

    plugin: CommandLine
    environment: Annotated[dict[VariableName, str] | None, Field(min_length=1)] = None
    require: Annotated[list[Annotated[str, Field(min_length=1)]] | None, Field(min_length=1)] = None

    def collect(self, look: Look) -> Said:
        """Run it. What the machine keeps secret is taken out of what it says."""
        process = offered(look.process, "programs of this machine")
        hidden = Mask([value for name, value in (look.environment or {}).items() if SECRET_NAMES.search(name)])
        span = timedelta(seconds=look.timeout.total_seconds() * _SPARE)
        try:
            ran = process.run(self.plugin, timeout=span, environment=self.environment)
        except Unreachable as error:
            return Said(None, hidden.text(str(error)))
        return Said(replace(ran, stdout=hidden.text(ran.stdout), stderr=hidden.text(ran.stderr)))

    def judge(self, facts: Said) -> Finding:
        """The exit code decides."""
        source = f"`{shown(self.plugin)}`"
        if facts.ran is None:
            return Finding("", Outcome.UNKNOWN, facts.problem, "no result", self._expected(), source)
        ran, output = facts.ran, read_output(facts.ran.stdout)
        outcome = STATUS.get(ran.exit_code, Outcome.UNKNOWN)
        summary = shortened(output.first or ran.stderr) or f"It said nothing and ended with {ran.exit_code}"
        if ran.exit_code not in STATUS:
            summary = f"Exit code {ran.exit_code}, which no plug-in gives: {summary}"
        elif outcome in (Outcome.PASSED, Outcome.WARNING):
            problem = self._lacks(output)
            outcome, summary = (Outcome.UNKNOWN, f"{problem}: {summary}") if problem else (outcome, summary)
        word = WORDS.get(ran.exit_code, f"exit code {ran.exit_code}")
        return Finding(
            "",
            outcome,
            summary,
            ", ".join([word, *(f"{one.label} {amount(one.value, one.unit)}" for one in output.values[:3])]),
            self._expected(),
            source,
            measures=(
                *_measures(output.values[:_MOST_VALUES]),
                Measure("duration", ran.seconds, "s"),
                Measure("exit_code", ran.exit_code),
            ),
            details=capped(_lines(output, outcome)),
        )

    def _lacks(self, output: Output) -> str:
        """What must be there and is not, or an empty text."""
        if not output.first:
            return "It said nothing"
        labels = {one.label for one in output.values} | {one.name for one in output.values}
        missing = [label for label in self.require or () if label not in labels]
        return f"It gave no value for {' and '.join(missing)}" if missing else ""

    def _expected(self) -> str:
        return "OK" + (f", with values for {', '.join(self.require)}" if self.require else "")


def _measures(values: tuple[Value, ...]) -> Iterator[Measure]:
    if not values:
        yield Measure("value", "no performance data")  # a bare criterion must not fall upon the next measure
    for one in values:
        yield Measure(one.name, one.value, one.unit)
    for one in values:
        for end, text in (("warn", one.warn), ("crit", one.crit)):
            if text:
                limit = one.limit(text)
                yield Measure(f"{one.name}.{end}", limit, "" if isinstance(limit, str) else one.unit)


def _lines(output: Output, outcome: Outcome) -> Iterator[Detail]:
    """The lines after the first, and values that cannot be read."""
    for line in output.long:
        yield Detail(shortened(line), outcome=outcome)
    for one in output.unread:
        yield Detail(f"performance data that cannot be read: {one}", outcome=Outcome.WARNING)
