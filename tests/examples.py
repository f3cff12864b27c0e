"""What the tests of the example policies share: the sample service, what watches it, and a run of one example.

Grow it by a method of `Street` for another state of the street; what only one example needs stays in its own tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from golive.core.model import Outcome
from golive.core.report import Report
from golive.render.report.json import load
from golive.standins.sample import Sample
from golive.standins.wire import Served, serve
from real_servers import refusing_port

ROOT = Path(__file__).parents[1]
PRODUCTION = {
    "API_KEY": "k7Qp2vXw9LmZ4rTn8BsYc3HdJf6GgUaE", "ENVIRONMENT": "production", "LOG_LEVEL": "info",
    "DATABASE_URL": "postgresql://app:h4Xq9-vR2mTz7LpW@db.example.com/app?sslmode=verify-full",
    "REDIS_URL": "redis://cache.example.com:6379/0", "JWT_SECRET_KEY": "Zr8tYw3qLm5vNx7cKp2bHd9fSj4gQa6e",
    "CORS_ORIGINS": "https://app.example.com",
}  # fmt: skip
"""The variables of an environment that is set up; nobody's secrets."""


class Street:
    """One example, the service it is about, and what watches that service."""

    def __init__(self, example: str) -> None:
        self.example = example
        self.sample, self.watching = Sample(), Sample()
        self.served: Served | None = serve(self.sample.asgi)
        self.monitoring = serve(self.watching.asgi)
        self.target = self.served.url

    def down(self) -> None:
        """The service is not running at all: nothing listens."""
        if self.served is not None:
            self.served.stop()
        self.served = None
        self.target = f"http://127.0.0.1:{refusing_port()}"

    def check(
        self, *arguments: str, said: str = "attestations.yml", set_up: Mapping[str, str] | None = None
    ) -> tuple[int, Report]:
        """Run it from the root of the repository; the exit code and the report.

        said: the file of attestations, below the example's folder.   set_up: variables that are set.
        """
        bare = {name: value for name, value in os.environ.items() if name not in PRODUCTION}
        command = [
            sys.executable, "-m", "golive", "check", "--policy", f"examples/{self.example}.yml",
            "--target", self.target, "--var", f"monitoring={self.monitoring.url}",
            "--attestations", f"examples/{self.example}/{said}", "--json", "--quiet", *arguments,
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=ROOT, env={**bare, "PYTHONPATH": str(ROOT / "bot"), **(set_up or {})},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr
        return done.returncode, load(done.stdout)

    def stop(self) -> None:
        """Close both."""
        for served in (self.served, self.monitoring):
            if served is not None:
                served.stop()


@contextmanager
def street_of(example: str) -> Iterator[Street]:
    """A street that is closed afterwards."""
    made = Street(example)
    try:
        yield made
    finally:
        made.stop()


def outcomes(report: Report) -> dict[str, Outcome]:
    """Check → what came out."""
    return {line.check: line.outcome for line in report.lines}


def told(report: Report) -> str:
    """The report in lines, for a failure that explains itself."""
    return "\n".join(
        f"{line.check}: {line.outcome.value} {line.root and f'({line.root})'} {line.summary}" for line in report.lines
    )
