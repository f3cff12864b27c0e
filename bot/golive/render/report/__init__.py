"""The formats of a report. Each is a module, imported when it is used: one for JSON needs no template engine.

Add a format as a module with one function from a Report to a text, and its row in `FORMATS`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from golive.core.report import Report


@dataclass(frozen=True)
class Format:
    """One format. place: `module:function` in this package.   suffix: of files that hold it.   help: one line."""

    place: str
    suffix: str
    help: str

    def render(self, report: Report) -> str:
        """The report in this format. Raises ValueError for what the format cannot say."""
        module, _, name = self.place.partition(":")
        text: str = getattr(importlib.import_module(f"{__name__}.{module}"), name)(report)
        return text


FORMATS: Mapping[str, Format] = {
    "text": Format("text:plain", ".txt", "for people, in a terminal or a log"),
    "json": Format("json:dump", ".json", "the source of truth, versioned, with a schema"),
    "junit": Format("junit:dump", ".xml", "JUnit XML, for whatever shows test results"),
    "sarif": Format("sarif:dump", ".sarif", "SARIF 2.1.0, for code scanning"),
    "nagios": Format("nagios:dump", ".nagios", "one line and performance data, with Nagios' exit codes"),
    "prometheus": Format("prometheus:dump", ".prom", "Prometheus' text format, for a textfile collector"),
    "markdown": Format("markdown:dump", ".md", "Markdown, for a job summary"),
    "html": Format("html:dump", ".html", "one page, self-contained"),
    "intoto": Format("intoto:dump", ".intoto.json", "an in-toto statement with a test result, unsigned"),
}
"""Name → format, as `--format` and `--save` know them."""
