"""`github_issues`: no more issues are open than may be.

Counts the issues of a repository that have all the labels and stand in the milestone that are named; pull requests are not
counted. A label or a milestone that is not there is no count of zero: it cannot be told then.

Options:

- `repository` (required): `acme/shop`.
- `api`: where the REST API is. Default `https://api.github.com`; on a server of your own `https://HOST/api/v3`.
- `labels`: labels that an issue must have, all of them, `[release-blocker]`.
- `milestone`: title of the milestone that an issue must stand in.
- `state`: `open` (default), `closed` or `all`.
- `max`: how many of these issues there may be.
- `min`: how many there must be.
- `max_age`: how long ago the oldest of them may have been opened (`30d`).
- `secret`: name of a secret that the operator lends to this repository for the API's host. It needs read access to issues;
  a public repository needs none.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `issues`, `oldest` (the age of the oldest; nothing where there is no issue).

Example:

    - id: no-release-blockers
      uses: github_issues
      with: {repository: acme/shop, labels: [release-blocker], milestone: "1.4", max: 0, secret: github-read}

Outcomes: `passed`; `failed` (each issue is named); `unknown` (no answer, a refused token, no such label or milestone, or
more than 2000 issues to count). Without `max`, `min` and `max_age` it only measures; then the policy needs a `pass:`. The
result counts for 15 minutes. Source: GitHub's REST API, pages Issues, Labels and Milestones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field, model_validator

from golive.checks.githubapi import AsksGithub, Entries, GithubAsker
from golive.checks.options import Duration
from golive.checks.paths import age_text
from golive.checks.replies import capped, counted
from golive.checks.webapi import listed, shortened, table
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Look

Label = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^,]+$")]
Number = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Heard:
    """The issues and pull requests as GitHub lists them, and when. problem: what is not there that was asked about."""

    entries: Entries
    at: datetime
    problem: str = ""


class GithubIssuesCheck(AsksGithub):
    """Options, collecting and judging of the kind `github_issues`; the module's text is its reference."""

    kind: ClassVar[str] = "github_issues"
    measures: ClassVar[Mapping[str, str]] = {"issues": "", "oldest": "s"}
    ran_against: ClassVar[str] = ""

    labels: Annotated[list[Label] | None, Field(min_length=1, max_length=10)] = None
    milestone: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    state: Literal["open", "closed", "all"] = "open"
    max: Number | None = None
    min: Annotated[int, Field(ge=1)] | None = None
    max_age: Duration | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> GithubIssuesCheck:
        if self.max is not None and self.min is not None and self.min > self.max:
            raise ValueError(f"`min` {self.min} and `max` {self.max} cannot both be met")
        return self

    def asserts(self) -> bool:
        """See `ports.Kind`."""
        return any(limit is not None for limit in (self.max, self.min, self.max_age))

    def collect(self, look: Look) -> Heard:
        """See that the labels and the milestone are there, and read the issues."""
        github = GithubAsker(self, look)
        for label in self.labels or ():
            told = github.one(f"/labels/{quote(label, safe='')}")
            if told.problem:
                missing = f"There is no label {label} in {self.repository}"
                return Heard(Entries(), look.now, missing if told.status == 404 else told.problem)
        query = {"state": self.state, **({"labels": ",".join(self.labels)} if self.labels else {})}
        if self.milestone is not None:
            milestones = github.entries("/milestones", state="all")
            number = next((one.get("number") for one in milestones.items if one.get("title") == self.milestone), None)
            if number is None:
                missing = f"There is no milestone {self.milestone} in {self.repository}"
                return Heard(Entries(), look.now, milestones.problem or missing)
            query["milestone"] = str(number)
        return Heard(github.entries("/issues", **query), look.now)

    def judge(self, facts: Heard) -> Finding:
        """Count them."""
        problem = facts.problem or facts.entries.problem
        source = self.place("/issues")
        if problem:
            return Finding("", Outcome.UNKNOWN, problem, "no answer", self._expected(), source)
        issues = [one for one in facts.entries.items if "pull_request" not in one]
        count = f"{'at least ' if facts.entries.cut else ''}{counted(len(issues), self._noun())}"
        opened = [at for one in issues if (at := _opened(one)) is not None]
        oldest = facts.at - min(opened) if opened else None
        wrong = list(self._wrong(len(issues), oldest, facts.entries.cut))
        outcome = Outcome.FAILED if wrong else Outcome.UNKNOWN if facts.entries.cut else Outcome.PASSED
        more = "" if not facts.entries.cut or wrong else "; there are more pages than are read"
        measures = [Measure("issues", len(issues))]
        measures += [Measure("oldest", oldest.total_seconds(), "s")] if oldest is not None else []
        return Finding(
            "",
            outcome,
            (f"{count}: {', '.join(wrong)}" if wrong else count) + more,
            count,
            self._expected(),
            source,
            measures=() if facts.entries.cut else tuple(measures),
            details=capped(_lines(issues, Outcome.FAILED if wrong else Outcome.PASSED)),
        )

    def _wrong(self, number: int, oldest: timedelta | None, cut: bool) -> Iterator[str]:
        if self.max is not None and number > self.max:
            yield f"at most {self.max} expected"
        if self.min is not None and number < self.min and not cut:
            yield f"at least {self.min} expected"
        if self.max_age is not None and oldest is not None and oldest > self.max_age:
            yield f"the oldest was opened {age_text(oldest)} ago, at most {duration_text(self.max_age)} expected"

    def _noun(self) -> str:
        parts = [] if self.state == "all" else [str(self.state)]
        parts += [f"{' and '.join(self.labels)}"] if self.labels else []
        return " ".join([*parts, "issue"])

    def _expected(self) -> str:
        parts = [f"at most {self.max}"] if self.max is not None else []
        parts += [f"at least {self.min}"] if self.min is not None else []
        parts += [f"none older than {duration_text(self.max_age)}"] if self.max_age else []
        where = f" in the milestone {self.milestone}" if self.milestone else ""
        return f"{', '.join(parts) or 'a number of'} {self._noun()}s{where}"


def _opened(issue: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(issue.get("created_at", "")))
    except ValueError:
        return None
    return at if at.tzinfo else None


def _lines(issues: list[Mapping[str, Any]], outcome: Outcome) -> Iterator[Detail]:
    for one in issues:
        people = " ".join(f"@{table(person).get('login')}" for person in listed(one.get("assignees")))
        title = shortened(str(one.get("title", "")), 120)
        yield Detail(f"#{one.get('number')} {title}" + (f" ({people})" if people else ""), outcome=outcome)
