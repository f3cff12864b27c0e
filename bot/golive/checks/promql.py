"""PromQL in policies, and the numbers in Prometheus' answers. https://prometheus.io/docs/prometheus/latest/querying/api/

A policy's query is not parsed here, Prometheus does that; brackets and quotes that do not close are refused at load, since
a query that can never be read would be `unknown` for ever. Add a result type as a branch of `series_of`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from golive.checks.webapi import Told, listed, shortened, table

_LABELS = r"\{(?:[^{}\"'`]|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\}"
_SELECTOR = re.compile(rf"(?:[A-Za-z_:][A-Za-z0-9_:]*(?:\s*{_LABELS})?|{_LABELS})")
_PIECES = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|#[^\n]*|[\"'`]|[()\[\]{}]")
_CLOSES = {")": "(", "]": "[", "}": "{"}
_NAME_SIGNS = re.compile(r"[^A-Za-z0-9_./-]+")


def checked_query(text: str) -> str:
    """The query itself. Raises ValueError where a bracket or a quote does not close."""
    if not text.strip():
        raise ValueError("an empty query asks nothing")
    opened: list[str] = []
    for piece in _PIECES.finditer(text):
        sign = piece[0]
        at = f"at column {piece.start() + 1}"
        if sign in "\"'`":
            raise ValueError(f"not PromQL: the quote {at} does not close")
        if sign in ("(", "[", "{"):
            opened.append(sign)
        elif sign in _CLOSES and (not opened or opened.pop() != _CLOSES[sign]):
            raise ValueError(f"not PromQL: `{sign}` {at} closes nothing")
    if opened:
        raise ValueError(f"not PromQL: a `{opened[-1]}` does not close")
    return text


def is_selector(text: str) -> bool:
    """Whether it is a series as stored, `up{job="api"}`, and no computed value."""
    return _SELECTOR.fullmatch(text.strip()) is not None


def is_counter(text: str) -> bool:
    """Whether it is a stored series that counts up for ever, by the naming rules of Prometheus."""
    name = text.strip().partition("{")[0].strip()
    return is_selector(text) and name.endswith(("_total", "_count", "_sum", "_bucket"))


def checked_selector(text: str) -> str:
    """The selector itself. Raises ValueError for anything else."""
    if not is_selector(text):
        raise ValueError(f'expected a series like `up` or `http_requests_total{{job="api"}}`, got {text[:60]!r}')
    return text.strip()


Promql = Annotated[str, Field(max_length=4000), AfterValidator(checked_query)]
Selector = Annotated[str, Field(max_length=1000), AfterValidator(checked_selector)]


@dataclass(frozen=True)
class Series:
    """One series of an answer. points: (seconds since the epoch, value), oldest first."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]

    @property
    def text(self) -> str:
        """As Prometheus writes it: `up{job="api"}`; a value without labels is `{}`."""
        inside = ",".join(f'{name}="{value}"' for name, value in sorted(self.labels.items()) if name != "__name__")
        return shortened(self.labels.get("__name__", "") + (f"{{{inside}}}" if inside else "")) or "{}"


def series_of(told: Told, over_time: bool = False) -> tuple[Series, ...]:
    """The series of an answer that has no problem. Raises ValueError for one without numbers.

    over_time: whether a range of time was asked for; else one value of each series is wanted.
    """
    data = table(table(told.document).get("data"))
    kind, result = data.get("resultType"), data.get("result")
    if kind == "scalar":
        return (Series({}, _points([result])),)
    if kind == "string":
        raise ValueError("the query gives a text, and a number is needed")
    if kind == "matrix" and not over_time:
        raise ValueError(
            "the query gives many values of each series; use avg_over_time(), rate() or the like, or `over`"
        )
    if kind not in ("vector", "matrix") or not isinstance(result, list):
        raise ValueError(f"{told.url} answered with what no query gives")
    found = []
    for one in map(table, result):
        if "histogram" in one or "histograms" in one:
            raise ValueError(
                "the query gives whole histograms; use histogram_quantile(), histogram_count() or the like"
            )
        labels = {str(name): str(value) for name, value in table(one.get("metric")).items()}
        found.append(Series(labels, _points(one["values"] if "values" in one else [one.get("value")])))
    return tuple(found)


def _points(pairs: Any) -> tuple[tuple[float, float], ...]:
    try:
        return tuple((float(at), float(value)) for at, value in pairs)
    except (TypeError, ValueError):
        raise ValueError("a sample is no number") from None


def said_wrong(document: Any) -> str:
    """Prometheus' own words for an error: `bad_data: 1:5: parse error: unexpected end of input`."""
    held = table(document)
    return ": ".join(str(held[key]) for key in ("errorType", "error") if held.get(key))


def warnings_of(told: Iterable[Told]) -> tuple[str, ...]:
    """What Prometheus warns of in its answers, each once: an answer with parts missing is an answer with a warning."""
    said = [shortened(str(one)) for each in told for one in listed(table(each.document).get("warnings"))]
    return tuple(dict.fromkeys(said))


def measure_names(series: Sequence[Series]) -> tuple[str, ...]:
    """A name that a criterion can write for each series: the values of the labels in which they differ, `api/GET`.

    Signs that no name holds become `_`, one that begins otherwise than with a letter gets `_` in front, and equal ones are
    numbered.
    """
    labels = sorted({name for one in series for name in one.labels})
    differing = [name for name in labels if len({one.labels.get(name) for one in series}) > 1]
    names: list[str] = []
    for one in series:
        raw = "/".join(one.labels.get(name, "") for name in differing) or one.labels.get("__name__", "series")
        name = _NAME_SIGNS.sub("_", raw)[:100]
        name = name if re.match(r"[A-Za-z_]", name) else f"_{name}"
        same = sum(other == name or other.startswith(f"{name}.") for other in names)
        names.append(f"{name}.{same + 1}" if same else name)
    return tuple(names)


def finite(series: Series) -> tuple[float, ...]:
    """The values of a series that are numbers: neither NaN nor infinite, which a division by nothing gives."""
    return tuple(value for _, value in series.points if math.isfinite(value))
