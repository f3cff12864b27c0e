"""This machine as the kinds under test see it: a real folder, real programs, and options read as a policy reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import ValidationError

from golive.checks.options import Options
from golive.core.model import Finding
from golive.look.files import Files
from golive.look.http import Http
from golive.look.process import Process
from golive.ports import Look

K = TypeVar("K", bound=Options)


def a_look(
    root: Path, *, now: datetime | None = None, environment: Mapping[str, str] | None = None, seconds: float = 20
) -> Look:
    """Everything below the folder, and the programs of this machine."""
    variables = dict(environment or {})
    return Look(
        http=Http(allow=("127.0.0.0/8",)),
        forge=None,
        now=now or datetime.now(UTC),
        timeout=timedelta(seconds=seconds),
        files=Files(root),
        process=Process(root, {"PATH": "/usr/bin:/bin", **variables}),
        environment=variables,
    )


def options(kind: type[K], **given: Any) -> K:
    """Options as a policy file gives them."""
    return kind.model_validate_json(json.dumps(given))


def refusal(kind: type[Options], given: Mapping[str, Any]) -> str:
    """What is said of options that are refused."""
    with pytest.raises(ValidationError) as refused:
        options(kind, **given)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in refused.value.errors())


def seen(check: Any, look: Look) -> Finding:
    """What the check finds when it looks."""
    finding: Finding = check.judge(check.collect(look))
    return finding


def said(finding: Finding) -> str:
    """Everything of a finding that people may read."""
    return json.dumps(
        [finding.summary, finding.measured, finding.expected, finding.source]
        + [[one.text, one.path, one.line] for one in finding.details]
        + [[one.name, one.value, one.unit] for one in finding.measures],
        ensure_ascii=False,
    )


def values(finding: Finding) -> dict[str, Any]:
    """Measure → value."""
    return {measure.name: measure.value for measure in finding.measures}
