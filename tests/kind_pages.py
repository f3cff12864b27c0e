"""The reference page of a kind of check, held against the kind: its example is a policy that loads, its options are there."""

from __future__ import annotations

import inspect
import re
import sys
import textwrap

from golive.core.policy import CheckRule
from golive.policyfile import load
from golive.ports import Kind

TARGET = "https://shop.example.com"


def page_of(kind: type[Kind]) -> str:
    """The text of the kind's module."""
    return inspect.getdoc(sys.modules[kind.__module__]) or ""


def example_of(kind: type[Kind]) -> tuple[CheckRule, ...]:
    """The checks of its example, as the policy's reader takes them. Raises PolicyMistakes where it does not."""
    block = re.search(r"^Example:\n\n((?:(?: {4}.*)?\n)+)", page_of(kind), re.MULTILINE)
    assert block, f"the page of {kind.kind} has no `Example:` with an indented check below it"
    checks = textwrap.indent(textwrap.dedent(block[1]), "  ")
    releases = f"releases:\n  - {{name: production, base: main, head: ['release/**'], target: {TARGET}}}\n"
    roles = "signoffs:\n  - {group: all, roles: [{role: operations, from: ['@mona']}]}\n"
    policy = load(f"version: 1\nproject: Shop\n{releases}{roles}checks:\n{checks}", {kind.kind: kind})
    return policy.releases[0].checks


def unexplained(kind: type[Kind]) -> list[str]:
    """Options that its page does not list."""
    names = kind.model_json_schema()["properties"]  # type: ignore[attr-defined]  # a kind is a pydantic model
    return [name for name in names if f"- `{name}`" not in page_of(kind)]
