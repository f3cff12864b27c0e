"""The one Jinja2 environment: our own templates only, sandboxed, autoescaped, and strict about missing names.

Add a template as `templates/<surface>/<name>.j2`. User text goes through a filter of `escaping`; what a template
forgets to filter is HTML-escaped all the same.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from golive.core.errors import Misconfigured
from golive.render import escaping


def folder(start: Path = Path(__file__)) -> Path:
    """Where the templates are: `golive/_templates` of an installed wheel, else `templates/` of the checkout.

    Raises Misconfigured where there is neither.
    """
    packaged = start.resolve().parent.parent / "_templates"
    if packaged.is_dir():
        return packaged
    for above in start.resolve().parents:
        if (above / "templates" / "github").is_dir():
            return above / "templates"
    raise Misconfigured(f"There are no templates in {packaged}, nor in a `templates/` above it. Install golive again.")


@lru_cache(maxsize=1)
def environment() -> ImmutableSandboxedEnvironment:
    """The environment; made once, and never changed after."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "md": escaping.md,
        "quiet": escaping.quiet,
        "href": escaping.href,
        "fold": escaping.fold,
        "when": escaping.when,
        "words": escaping.words,
    }
    return made


def fill(name: str, **values: Any) -> str:
    """The text of one template, without blank lines around it."""
    return environment().get_template(name).render(values).strip()


@lru_cache(maxsize=8)
def asset(name: str) -> str:
    """A file beside the templates that is served as it is, for example `web/golive.css`."""
    return (folder() / name).read_text(encoding="utf-8")
