"""What the files of a repository are: languages, containers, API descriptions, alert rules, manifests, reports, owners.

One function for each subject, from a walk to values of `policyfile.seen`. Add a subject as a function and its line in
`seen`. What a file says is guessed from its own words; in doubt it is left out, because a person can add what is missing
more easily than find what is wrong. Workflows are read in `recognise_ci`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from golive.checks.yamltexts import NotYaml, documents
from golive.cli.recognise_ci import jobs, other_ci
from golive.cli.surveying import Origin, Walked
from golive.core.codeowners import PLACES, parse
from golive.policyfile.seen import Api, Compose, Owned, Report, Seen

MOST = 20
"""Files of one subject that are named."""
_MOST_READ = 400
_MOST_ITEMS = 500
_APART = frozenset(
    {"test", "tests", "testdata", "fixtures", "__tests__", "spec", "example", "examples", "sample", "samples", "docs"}
)
"""Folders whose files show something and are not the thing itself."""
LANGUAGES: Mapping[str, str] = {
    "pyproject.toml": "Python", "setup.py": "Python", "requirements.txt": "Python", "Pipfile": "Python",
    "package.json": "JavaScript", "go.mod": "Go", "pom.xml": "Java", "build.gradle": "Java", "build.gradle.kts": "Java",
    "Cargo.toml": "Rust", "composer.json": "PHP", "Gemfile": "Ruby", "Package.swift": "Swift", "mix.exs": "Elixir",
    "CMakeLists.txt": "C and C++", "build.sbt": "Scala", "deno.json": "JavaScript",
}  # fmt: skip
_BY_SUFFIX = {".csproj": "C#", ".fsproj": "F#", ".sln": "C#"}
_HEALTH = ("/health", "/healthz", "/api/health", "/ready", "/readyz", "/live", "/livez", "/status", "/actuator/health")
_WORKLOAD = re.compile(r"^kind:\s*[\"']?(?:Deployment|StatefulSet|DaemonSet|Rollout|CronJob|Job|Pod)\b", re.MULTILINE)
_OPENAPI = re.compile(r"\A(?:#[^\n]*\n|---[^\n]*\n|\s)*+\{?\s*+[\"']?(?:openapi|swagger)[\"']?\s*:\s*[\"']?(\d+\.\d+)")
_JUNIT = re.compile(r"--(?:junit-?xml|junitfile|log-junit|junit-output)[= ][\"']?([\w./+-]+\.xml)\b")
_COVERED = re.compile(r"--cov-report[= ][\"']?(?:xml|lcov):([\w./+-]+)\b")


def seen(walk: Walked, origin: Origin) -> Seen:
    """Everything at once."""
    yamls = _texts(walk, (".yml", ".yaml"))
    found, unsure = jobs(yamls, origin.branch)
    compose = tuple(_composes(yamls))[:MOST]
    names = {PurePosixPath(path).name for path in walk.files}
    charts = {PurePosixPath(path).parent for path in walk.files if path.endswith("Chart.yaml")}
    return Seen(
        name=origin.repository.rpartition("/")[2] or walk.root.resolve().name,
        repository=origin.repository,
        branch=origin.branch,
        branches=tuple(name for name in origin.branches if name != origin.branch),
        languages=_languages(walk.files),
        jobs=found,
        unsure=unsure,
        other_ci=other_ci(walk.files),
        containers=tuple(path for path in _own(walk.files) if _is_container(path))[:MOST],
        compose=compose,
        apis=tuple(_apis(walk))[:5],
        alerts=tuple(path for path in _own(yamls) if _has_alerts(yamls[path]))[:MOST],
        manifests=_folders(path for path in _own(yamls) if _is_manifest(path, yamls[path], charts)),
        tests=tuple(_tests(walk))[:5],
        coverage=tuple(_coverage(walk))[:5],
        runbooks=_folders(path for path in walk.files if path.endswith(".md") and "runbooks" in path.split("/")[:-1]),
        known_secrets=".secrets.baseline" if ".secrets.baseline" in walk.files else "",
        owners=_owners(walk),
        release_please=bool({"release-please-config.json", ".release-please-manifest.json"} & names),
        odd=walk.odd,
        cut=walk.cut,
    )


def _own(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if not _APART.intersection(part.lower() for part in path.split("/")[:-1])]


def _texts(walk: Walked, suffixes: tuple[str, ...]) -> dict[str, str]:
    """The files with such a suffix, those nearest to the root first where there are too many."""
    paths = sorted((path for path in walk.files if path.endswith(suffixes)), key=lambda path: (path.count("/"), path))
    first = [path for path in paths if path.startswith(".github/workflows/")]
    return {path: walk.read(path) for path in sorted([*first, *paths][:_MOST_READ])}


def parsed(text: str) -> list[Any]:
    """The documents of YAML, or nothing where it is none."""
    try:
        return documents(text)
    except NotYaml:
        return []


def _table(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _folders(paths: Iterable[str]) -> tuple[str, ...]:
    """Patterns for the folders and suffixes of the paths."""
    found = {
        f"{PurePosixPath(path).parent.as_posix()}/*{PurePosixPath(path).suffix}".removeprefix("./") for path in paths
    }
    return tuple(sorted(found))[:MOST]


# ------------------------------------------------------------------ what it is made of


def _languages(files: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    there = set(files)
    for path in _own(there):
        name = PurePosixPath(path).name
        if name == "setup.py" and _beside(path, "__init__.py") in there:
            continue  # a module of a package that is called so
        if language := LANGUAGES.get(name) or _BY_SUFFIX.get(PurePosixPath(path).suffix):
            found[language].add(PurePosixPath(path).parent.as_posix())
    return tuple((language, tuple(sorted(folders))[:MOST]) for language, folders in sorted(found.items()))


def _is_container(path: str) -> bool:
    name = PurePosixPath(path).name
    return name in ("Dockerfile", "Containerfile", "Procfile") or name.endswith((".Dockerfile", "/Chart.yaml"))


def _composes(yamls: Mapping[str, str]) -> Iterable[Compose]:
    for path in _own(yamls):
        if not re.match(r"(?:docker-)?compose(?:\.[\w.-]+)?\.ya?ml$", PurePosixPath(path).name):
            continue
        services = _table(_table(next(iter(parsed(yamls[path])), None)).get("services"))
        tables = [_table(service) for service in list(services.values())[:MOST]]
        ports = (_published(port) for table in tables for port in _list(table.get("ports")))
        asked = " ".join(_words(_table(table.get("healthcheck")).get("test")) for table in tables)
        health = re.findall(r"https?://(?:localhost|127\.0\.0\.1)(?::\d+)?(/[\w./-]*)", asked)
        yield Compose(
            path, tuple(str(name) for name in list(services)[:MOST]), tuple(port for port in ports if port)[:MOST],
            tuple(dict.fromkeys(health))[:MOST],
        )  # fmt: skip


def _list(value: Any) -> list[Any]:
    """The first items of a list. Aliases make a short file long, so nothing is walked without a bound."""
    return list(value[:_MOST_ITEMS]) if isinstance(value, list) else []


def _words(value: Any) -> str:
    """A command, as a text or as a list of texts."""
    return value if isinstance(value, str) else " ".join(one for one in _list(value) if isinstance(one, str))


def _published(port: Any) -> str:
    port = port.get("published") if isinstance(port, Mapping) else port
    found = (
        re.fullmatch(r"(?:\d+\.[\d.]+:)?(\d{1,5})(?::\d{1,5})?(?:/tcp)?", str(port))
        if isinstance(port, str | int)
        else None
    )
    return found[1] if found else ""


# ------------------------------------------------------------------ what describes and watches it


def _apis(walk: Walked) -> Iterable[Api]:
    likely = [path for path in walk.files if re.search(r"(?:openapi|swagger|api)[^/]*\.(?:ya?ml|json)$", path, re.I)]
    for path in _own_but_docs(likely)[:50]:
        text = walk.read(path)
        if not (version := _OPENAPI.match(text[:20_000])):
            continue
        whole = _table(_json(text) if path.endswith(".json") else next(iter(parsed(text)), None))
        paths = [str(one) for one in _table(whole.get("paths"))]
        servers = (_table(server).get("url") for server in _list(whole.get("servers")))
        server = next((url for url in map(_address, servers) if url), "")
        health = next((one for one in _HEALTH if one in paths), "")
        yield Api(path, version[1], len(paths), server, health)


def _own_but_docs(paths: Iterable[str]) -> list[str]:
    """API descriptions are often kept with the documents."""
    apart = _APART - {"docs", "spec"}
    return [path for path in paths if not apart.intersection(part.lower() for part in path.split("/")[:-1])]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _address(url: Any) -> str:
    """A public https address without anything that would have to be filled in; else empty."""
    if not isinstance(url, str) or not re.fullmatch(r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/-]*)?", url):
        return ""
    host = urlsplit(url).hostname or ""
    stand_in = host == "example.com" or host.endswith((".example", ".example.com", ".example.org", ".local", ".test"))
    return "" if stand_in or "." not in host or re.fullmatch(r"[\d.]+", host) else url.rstrip("/")


def _has_alerts(text: str) -> bool:
    if not re.search(r"\balert[\"']?[ \t]*:", text) or "{{/*" in text:
        return False
    for one in map(_table, parsed(text)):
        spec = _table(one.get("spec")) if one.get("kind") == "PrometheusRule" else one
        groups = map(_table, _list(spec.get("groups")))
        if any("alert" in _table(rule) for group in groups for rule in _list(group.get("rules"))):
            return True
    return False


def _is_manifest(path: str, text: str, charts: set[PurePosixPath]) -> bool:
    """A workload as it is applied; charts are templates, and say nothing before they are rendered."""
    if not _WORKLOAD.search(text) or "{{" in text or not re.search(r"^apiVersion:", text, re.MULTILINE):
        return False
    return charts.isdisjoint(PurePosixPath(path).parents) and bool(parsed(text))


# ------------------------------------------------------------------ what tests report


def _tests(walk: Walked) -> Iterable[Report]:
    names = {PurePosixPath(path).name for path in _own(walk.files)}
    if "pom.xml" in names:
        yield Report("**/target/surefire-reports/*.xml", "pom.xml")
    if names & {"build.gradle", "build.gradle.kts"}:
        yield Report("**/build/test-results/**/*.xml", "build.gradle")
    yield from _named(walk, _JUNIT)
    for path, whole in _packages(walk):
        needs = {**_table(whole.get("devDependencies")), **_table(whole.get("dependencies"))}
        if "jest-junit" in needs:
            yield Report(_beside(path, "junit.xml"), path)


def _coverage(walk: Walked) -> Iterable[Report]:
    text = walk.read("pyproject.toml") + walk.read("setup.cfg") + walk.read(".coveragerc")
    found = re.search(r"^[ \t]*fail_under[ \t]*=[ \t]*(\d{1,3})\b", text, re.MULTILINE)
    minimum = min(100, int(found[1])) if found else 0
    yield from _named(walk, _COVERED, minimum)
    if minimum and not any(_named(walk, _COVERED)):
        yield Report("coverage.xml", "pyproject.toml", minimum)
    for path, whole in _packages(walk):
        wanted = _table(_table(_table(whole.get("jest")).get("coverageThreshold")).get("global")).get("lines")
        if isinstance(wanted, int | float) and 0 < wanted <= 100:
            yield Report(_beside(path, "coverage/lcov.info"), path, int(wanted))


def _named(walk: Walked, option: re.Pattern[str], minimum: int = 0) -> Iterable[Report]:
    """Reports that a command line in the repository names."""
    usual = (
        "pyproject.toml",
        "setup.cfg",
        "tox.ini",
        "pytest.ini",
        "noxfile.py",
        "Makefile",
        "justfile",
        "package.json",
    )
    places = [path for path in walk.files if path in usual or path.startswith((".github/workflows/", ".ci/"))]
    told: dict[str, str] = {}
    for path in places[:100]:
        for file in option.findall(walk.read(path)):
            if not file.startswith(("/", "-")) and ".." not in file:
                told.setdefault(file.removeprefix("./"), path)
    return [Report(file, path, minimum) for file, path in sorted(told.items())]


def _packages(walk: Walked) -> list[tuple[str, Mapping[Any, Any]]]:
    paths = [path for path in _own(walk.files) if PurePosixPath(path).name == "package.json"][:50]
    return [(path, _table(_json(walk.read(path)))) for path in paths]


def _beside(path: str, name: str) -> str:
    return (PurePosixPath(path).parent / name).as_posix()


# ------------------------------------------------------------------ who looks after it


def _owners(walk: Walked) -> Owned | None:
    path = next((place for place in PLACES if place in walk.files), None)
    if path is None:
        return None
    named = {owner[1:] for rule in parse(walk.read(path)).rules for owner in rule.owners if owner.startswith("@")}
    people, teams = (tuple(sorted(one for one in named if ("/" in one) is team)) for team in (False, True))
    return Owned(path, people, teams)
