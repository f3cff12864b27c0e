"""`grafana`: Grafana is healthy and has the dashboards and data sources it must have, or their files are fit to import.

With `url` it asks Grafana: that it answers and its database is `ok` is always asserted. With `files` it reads dashboards as
JSON files: each is JSON with a title, more than no panels, and an `uid` that no other file has. One of the two is required.

Options:

- `url`: where Grafana is, without `/api`.
- `files`: a path or glob, or a list of them.
- `min_dashboards`: how many dashboards there must be at least.
- `uids`: uids of dashboards that must be there.
- `titles`: titles of dashboards that must be there, exactly as they are written.
- `datasources`: names or uids of data sources that must be there and be healthy by their own health check; `all` for every
  one there is, and at least one.
- `secret`: name of a secret that the operator lends to this repository for this host: the token of a service account that
  may view, and for `datasources` read data sources. Without it most tell their health alone.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Measures: `dashboards`, `panels` (of files), `datasources` (how many are healthy), `unhealthy`.

Example:

    - id: dashboards-there
      uses: grafana
      with:
        url: "${target}"
        secret: grafana-read
        min_dashboards: 3
        uids: [shop-overview, shop-errors]
        datasources: [Prometheus]

    - id: dashboards-fit
      uses: grafana
      with: {files: monitoring/dashboards/*.json, min_dashboards: 3}

Outcomes: `passed`; `failed` (each thing that is missing or ill is named); `unknown` (no answer, a refused token, no file
matches, a data source whose plug-in has no health check). Answers of Grafana count for 15 minutes; what files say is a
document as evidence. Source: Grafana's HTTP API, pages Health, Folder/Dashboard Search and Data source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field, model_validator

from golive.checks.asking import Asks, WebUrl, host_of
from golive.checks.dashboards import Dashboard, read_dashboards
from golive.checks.paths import Paths, flaws_text
from golive.checks.replies import Asker, capped, counted, joined, side_by_side
from golive.checks.webapi import Told, asked, listed, shortened, table
from golive.checks.yamltexts import Gathered, gathered
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look

PAGE = 1000
"""Dashboards of one page; Grafana gives at most 5000."""
MOST_PAGES = 20
_MOST_SOURCES = 100

Word = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[list[Word], Field(min_length=1, max_length=200)]


@dataclass(frozen=True)
class Heard:
    """What Grafana answered. pages: of the search.   healths: uid of a data source → what its health check says."""

    health: Told
    pages: tuple[Told, ...] = ()
    sources: Told | None = None
    healths: Mapping[str, Told] = field(default_factory=dict)


Facts = Heard | Gathered


class GrafanaCheck(Asks):
    """Options, collecting and judging of the kind `grafana`; the module's text is its reference."""

    kind: ClassVar[str] = "grafana"
    measures: ClassVar[Mapping[str, str]] = {"dashboards": "", "panels": "", "datasources": "", "unhealthy": ""}
    ran_against: ClassVar[str] = ""

    url: WebUrl | None = None
    files: Paths | None = None
    min_dashboards: Annotated[int | None, Field(ge=1)] = None
    uids: Words | None = None
    titles: Words | None = None
    datasources: Words | Literal["all"] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> GrafanaCheck:
        if (self.url is None) == (self.files is None):
            raise ValueError("expected exactly one of `url` and `files`")
        if self.url is not None and (urlsplit(self.url).query or urlsplit(self.url).path.rstrip("/").endswith("/api")):
            raise ValueError("write where Grafana is, without /api and without a query")
        if self.files is not None and (self.datasources is not None or self.secret is not None):
            raise ValueError("`datasources` and `secret` go with `url`")
        return self

    def _asks_for_more(self) -> bool:
        return any(part is not None for part in (self.min_dashboards, self.uids, self.titles, self.datasources))

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.url),) if self.url else ()

    def on_machine(self) -> bool:
        """See `ports.Kind`."""
        return self.files is not None

    # -------------------------------------------------------------- collect

    def collect(self, look: Look) -> Facts:
        """Read the files, or ask Grafana for its health, its dashboards and its data sources."""
        if self.url is None:
            return gathered(look, self.files or ())
        asker, secret = Asker(look), self.credentials(look, self.url)

        def ask(path: str) -> Told:
            return asked(asker, joined(self.url or "", path), secret, words)

        health = asked(asker, joined(self.url, "/api/health"), {}, words)
        if health.problem or not self._asks_for_more():
            return Heard(health)
        pages: list[Told] = []
        while len(pages) < MOST_PAGES:
            query = urlencode({"type": "dash-db", "limit": PAGE, "page": len(pages) + 1})
            pages.append(ask(f"/api/search?{query}"))
            if pages[-1].problem or len(listed(pages[-1].document)) < PAGE:
                break
        if self.datasources is None:
            return Heard(health, tuple(pages))
        sources = ask("/api/datasources")
        uids = [str(one.get("uid", "")) for one in self._wanted(sources) if one.get("uid")][:_MOST_SOURCES]
        told = side_by_side(lambda uid: ask(f"/api/datasources/uid/{quote(uid, safe='')}/health"), uids)
        return Heard(health, tuple(pages), sources, dict(zip(uids, told, strict=True)))

    def _wanted(self, sources: Told) -> list[Mapping[str, Any]]:
        """The data sources that are looked at."""
        every = [table(one) for one in listed(sources.document)]
        if not isinstance(self.datasources, list):
            return every
        return [one for one in every if {one.get("name"), one.get("uid")} & set(self.datasources)]

    # -------------------------------------------------------------- judge

    def judge(self, facts: Facts) -> Finding:
        """Everything that is missing or ill."""
        return self._judge_files(facts) if isinstance(facts, Gathered) else self._judge_answers(facts)

    def _judge_files(self, facts: Gathered) -> Finding:
        dashboards = read_dashboards(facts.files)
        flaws = [Detail(f"no file matches {pattern}", outcome=Outcome.UNKNOWN) for pattern in facts.without]
        flaws += [*dashboards.flaws, *self._missing(dashboards.found)]
        panels = sum(one.panels for one in dashboards.found)
        said = f"{counted(len(dashboards.found), 'dashboard')} with {counted(panels, 'panel')}"
        measures = (Measure("dashboards", len(dashboards.found)), Measure("panels", panels)) if facts.files else ()
        if not facts.files:
            flaws = [flaw for flaw in flaws if flaw.outcome is Outcome.UNKNOWN]
        return self._finding(flaws, said, said, ", ".join(self.files or ()), measures, Strength.DOCUMENT)

    def _judge_answers(self, facts: Heard) -> Finding:
        database = table(facts.health.document).get("database")
        source = facts.health.url or joined(self.url or "", "/api/health")
        version = shortened(str(table(facts.health.document).get("version", "")), 40)
        if database is None:
            problem = facts.health.problem or f"{source} does not say how its database is"
            return self._finding([Detail(problem, outcome=Outcome.UNKNOWN)], "no answer", "", source)
        flaws = [] if database == "ok" else [Detail(f"its database is {shortened(str(database), 80)}, not ok")]
        if facts.health.problem and database == "ok":
            flaws.append(Detail(facts.health.problem))
        said = f"Grafana {version}".rstrip()
        measures: list[Measure] = []
        if facts.pages:
            found, more = self._dashboards(facts.pages)
            said += f", {counted(len(found), 'dashboard')}"
            measures.append(Measure("dashboards", len(found)))
            flaws += more or list(self._missing(found))
        if facts.sources is not None:
            ill = list(self._ill(facts))
            healthy = sum(not self._why_ill(told) for told in facts.healths.values())
            said += f", {counted(healthy, 'healthy data source')}"
            measures += [Measure("datasources", healthy), Measure("unhealthy", len(facts.healths) - healthy)]
            flaws += ill
        return self._finding(flaws, said, said, source, tuple(measures))

    def _dashboards(self, pages: Sequence[Told]) -> tuple[list[Dashboard], list[Detail]]:
        problem = next((page.problem for page in pages if page.problem), "")
        every = [table(one) for page in pages for one in listed(page.document)]
        found = [Dashboard(str(one.get("uid", "")), str(one.get("title", ""))) for one in every if _is_dashboard(one)]
        if problem:
            return found, [Detail(problem, outcome=Outcome.UNKNOWN)]
        if len(pages) == MOST_PAGES and len(listed(pages[-1].document)) == PAGE:
            return found, [Detail(f"there are more than {MOST_PAGES * PAGE} dashboards", outcome=Outcome.UNKNOWN)]
        return found, []

    def _missing(self, found: Sequence[Dashboard]) -> Iterator[Detail]:
        if self.min_dashboards is not None and len(found) < self.min_dashboards:
            yield Detail(f"{counted(len(found), 'dashboard')}, at least {self.min_dashboards} are expected")
        for uid in self.uids or ():
            if uid not in {one.uid for one in found}:
                yield Detail(f"there is no dashboard with the uid {uid}")
        for title in self.titles or ():
            if title not in {one.title for one in found}:
                yield Detail(f"there is no dashboard with the title {title}")

    def _ill(self, facts: Heard) -> Iterator[Detail]:
        sources = facts.sources
        if sources is None or sources.problem:
            yield Detail(sources.problem if sources else "", outcome=Outcome.UNKNOWN)
            return
        wanted = self._wanted(sources)
        if not wanted and self.datasources == "all":
            yield Detail("there is no data source", outcome=Outcome.UNKNOWN)
        names = {name for one in wanted for name in (one.get("name"), one.get("uid"))}
        for name in self.datasources if isinstance(self.datasources, list) else ():
            if name not in names:
                yield Detail(f"there is no data source {name}")
        for one in wanted:
            name = shortened(str(one.get("name") or one.get("uid")), 80)
            told = facts.healths.get(str(one.get("uid", "")))
            if told is None or told.status in (0, 401, 403, 404):
                why = told.problem if told else "it was not asked"
                why = f"its plug-in has no health check ({why})" if told and told.status == 404 else why
                yield Detail(f"the health of the data source {name} cannot be told: {why}", outcome=Outcome.UNKNOWN)
            elif why := self._why_ill(told):
                yield Detail(f"the data source {name} is ill: {why}")

    def _why_ill(self, told: Told) -> str:
        """What a data source's health check says against it, or an empty text."""
        held = table(told.document)
        if not told.problem and held.get("status") == "OK":
            return ""
        return shortened(str(held.get("message") or told.problem or held.get("status") or "it does not say"), 200)

    def _finding(
        self,
        flaws: Sequence[Detail],
        measured: str,
        said: str,
        source: str,
        measures: tuple[Measure, ...] = (),
        strength: Strength = Strength.PROBE,
    ) -> Finding:
        outcomes = {flaw.outcome for flaw in flaws}
        worst = next((one for one in (Outcome.FAILED, Outcome.UNKNOWN) if one in outcomes), Outcome.PASSED)
        summary = ": ".join(part for part in (said, flaws_text(flaws)) if part)
        return Finding(
            "", worst, summary, measured, self._expected(), source, strength, measures=measures, details=capped(flaws)
        )

    def _expected(self) -> str:
        parts = ["database ok"] if self.url else ["JSON with a title, panels and its own uid"]
        parts += [f"at least {counted(self.min_dashboards, 'dashboard')}"] if self.min_dashboards else []
        parts += [f"uids {', '.join(self.uids)}"] if self.uids else []
        parts += [f"titles {', '.join(self.titles)}"] if self.titles else []
        if self.datasources is not None:
            names = "all" if self.datasources == "all" else ", ".join(self.datasources)
            parts.append(f"healthy data sources: {names}")
        return ", ".join(parts)


def words(document: Any) -> str:
    """Grafana's own words for an error: its `message`."""
    return str(table(document).get("message", ""))


def _is_dashboard(one: Mapping[str, Any]) -> bool:
    return bool(one.get("type", "dash-db") == "dash-db")
