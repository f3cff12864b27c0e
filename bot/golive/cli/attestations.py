"""A file of attestations for `golive check --attestations`: what people stated, with their names and dates.

YAML or JSON, a list; MITRE SAF's names are read too. Whoever keeps the file vouches for the people in it.

    - {check: dr-drill, by: ana, at: 2026-11-02, text: Restored from last night, evidence: https://wiki.example.com/dr}
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from golive.core.errors import Misconfigured
from golive.core.model import Person
from golive.ports import Attestation

NAMES = {
    "control_id": "check", "updated_by": "by", "updated": "at", "explanation": "text", "link": "evidence",
}  # fmt: skip
"""Names of MITRE's SAF attestations → ours."""
_KEYS = ("check", "by", "at", "text", "evidence", "status")
_PASSED = frozenset({"passed", "pass", ""})


def read(path: Path | None) -> dict[str, tuple[Attestation, ...]]:
    """Check → its attestations. Raises Misconfigured with the entry that cannot be read. None: there is no file."""
    if path is None:
        return {}
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}") from None
    if not isinstance(told, list):
        raise Misconfigured(f"{path}: expected a list of attestations, each with check, by and at.")
    found: dict[str, tuple[Attestation, ...]] = {}
    for number, entry in enumerate(told, 1):
        check, attestation = _read_one(entry, f"{path}: entry {number}")
        if attestation is not None:
            found[check] = (*found.get(check, ()), attestation)
    return found


def _read_one(entry: Any, where: str) -> tuple[str, Attestation | None]:
    if not isinstance(entry, dict):
        raise Misconfigured(f"{where}: expected keys and values, got {type(entry).__name__}.")
    given = {NAMES.get(str(key), str(key)): value for key, value in entry.items() if key != "frequency"}
    unknown = sorted(set(given) - set(_KEYS))
    lacking = [key for key in ("check", "by", "at") if not given.get(key)]
    if unknown or lacking:
        raise Misconfigured(f"{where}: {_wrong(unknown, lacking)}. The keys are: {', '.join(_KEYS)}.")
    if str(given.get("status", "")).lower() not in _PASSED:
        return str(given["check"]), None
    name = str(given["by"]).removeprefix("@")
    person = Person(0, name)
    text, link = str(given.get("text", "")), str(given.get("evidence", ""))
    return str(given["check"]), Attestation(person, _moment(given["at"], where), f"{text} {link}".strip(), "", True)


def _wrong(unknown: list[str], lacking: list[str]) -> str:
    parts = [f"unknown {', '.join(unknown)}"] if unknown else []
    return " and ".join([*parts, *([f"no {', '.join(lacking)}"] if lacking else [])])


def _moment(given: Any, where: str) -> datetime:
    if isinstance(given, datetime):
        return given if given.tzinfo else given.replace(tzinfo=UTC)
    if isinstance(given, date):
        return datetime(given.year, given.month, given.day, tzinfo=UTC)
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        raise Misconfigured(f"{where}: {given!r} is no date; write for example 2026-11-02.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
