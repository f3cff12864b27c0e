"""The types of a policy file's values, and the base of its sections. Each type has its own sentence for what does not fit.

Add a type when two keys share what they hold; a type that raises does so with `mistaken(what, mend)`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from golive.core.criteria import Criteria, Intervals, parse
from golive.policyfile import people
from golive.policyfile.durations import Duration
from golive.policyfile.mistakes import mistaken, shown

MAX_NAMES = 100
ID_PATTERN = "^[a-z0-9][a-z0-9-]*$"
VAR_PATTERN = "^[a-z][a-z0-9_-]*$"
_BRANCH = re.compile(r"^[^\s~^:?*\\\[]+$")
_GLOB = re.compile(r"^[^\s~^:\\\[]+$")
_CHANNEL = re.compile(r"^(#[^\s#,]{1,80}|[CGD][A-Z0-9]{7,})$")


def _no_full_ref(text: str) -> None:
    if text.startswith("refs/heads/"):
        short = text.removeprefix("refs/heads/")
        raise mistaken("expected the short name of a branch", f"Write `{shown(short)}`, without refs/heads/")


def _branch(text: str) -> str:
    _no_full_ref(text)
    if "*" in text or "?" in text:
        raise mistaken(f'expected one branch, got the pattern "{shown(text)}"', "Write one release for each branch")
    if not _BRANCH.match(text):
        raise mistaken(f'"{shown(text)}" cannot be the name of a branch', "Write for example main")
    return text


def _glob(text: str) -> str:
    _no_full_ref(text)
    if not _GLOB.match(text) or len(text) > 255:
        raise mistaken(f'"{shown(text)}" cannot match a branch', 'Write for example "release/**"')
    return text


def _label(text: str) -> str:
    if not text.strip():
        raise mistaken("a label cannot be empty", "Name a label, or delete the line")
    return text


def _channel(text: str) -> str:
    if _CHANNEL.match(text):
        return text
    mend = f'Did you mean "#{text}"?' if _CHANNEL.match("#" + text) else 'Write for example "#releases", in quotes'
    raise mistaken(f'expected a channel with its #, or a channel id, got "{shown(text)}"', mend)


def as_tuple(value: Any) -> Any:
    """A list as a tuple. Below a validator that runs before, pydantic no longer knows that the values were JSON."""
    return tuple(value) if isinstance(value, list) else value


def one_or_more(value: Any) -> tuple[Any, ...]:
    """`one` or `[one, two]` as a tuple."""
    return tuple(value) if isinstance(value, list) else (value,)


def version_number(value: Any) -> Any:
    """The value, unless it only compares like a whole number."""
    if isinstance(value, bool | float):  # pydantic's literals compare as Python does, where True == 1 == 1.0
        raise mistaken(f"expected 1, got {str(value).casefold()}", "Write 1")
    return value


def given(value: Any) -> Any:
    """The value; a key that is there without one is a mistake."""
    if value is None:
        raise mistaken("this key has no value", "Give it one, or delete the line")
    return value


def _criteria(value: Any) -> Criteria:
    try:
        return parse(value)
    except ValueError as error:
        raise mistaken(str(error).rstrip("."), "") from None


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise mistaken(f'expected a day, got "{shown(value)}"', "Write for example 2026-12-31") from None


def _account(text: str) -> str:
    if not text.startswith("@") or not people.SOURCE.fullmatch(text):
        raise mistaken(f'expected a person, got "{shown(text)}"', 'Write for example "@ana", in quotes')
    return text


def _author(text: str) -> str:
    return text if text.endswith("[bot]") and _account(text.removesuffix("[bot]")) else _account(text)


def _path_glob(text: str) -> str:
    if re.match(r"/|\./|!", text) or "\\" in text or not 0 < len(text) <= 255 or text != text.strip():
        mend = "Write it as from the root of the repository, with / between the parts, for example src/**"
        raise mistaken(f'"{shown(text)}" cannot match the path of a file', mend)
    if text.endswith("/"):
        raise mistaken(f'"{shown(text)}" matches a folder and none of its files', f"Write `{shown(text)}**`")
    return text


def _number(value: Any) -> Criteria:
    """Criteria on one number: no names, no unit, no baseline."""
    if not isinstance(value, str):
        raise mistaken("expected what the number must be", 'Write for example ">500", in quotes')
    try:
        criteria = parse(value)
    except ValueError:
        raise mistaken(f'"{shown(value)}" does not say what a number must be', 'Write for example ">500"') from None
    problem = next(iter(criteria.problems({"value": ""})), "")
    if problem or criteria.relative or {leaf.name for leaf in criteria.part.leaves()} != {""}:
        raise mistaken(f'"{shown(value)}" asks about something else than one number', 'Write for example ">500"')
    held = criteria.intervals("value", "")
    if held is not None and not held.overlaps(Intervals.between(0, math.inf)):
        raise mistaken(f"no number can meet `{criteria.text}`", 'Write for example ">500"')
    return criteria


def weights_sum(weights: dict[str, float]) -> dict[str, float]:
    """The weights; other than 100 together is a mistake."""
    if sum(weights.values()) != 100:
        raise mistaken(f"the weights sum to {sum(weights.values()):g}, and must sum to 100", "")
    return weights


def _schema_pattern(pattern: re.Pattern[str]) -> Any:
    return Field(json_schema_extra={"pattern": pattern.pattern})


Id = Annotated[str, Field(pattern=ID_PATTERN, max_length=100)]
Branch = Annotated[str, AfterValidator(_branch), _schema_pattern(_BRANCH)]
Glob = Annotated[str, AfterValidator(_glob), _schema_pattern(_GLOB)]
Label = Annotated[str, AfterValidator(_label)]
Globs = Annotated[tuple[Glob, ...], BeforeValidator(one_or_more, json_schema_input_type=Glob | list[Glob])]
Labels = Annotated[tuple[Label, ...], BeforeValidator(one_or_more, json_schema_input_type=Label | list[Label])]
Source = Annotated[str, AfterValidator(people.source), _schema_pattern(people.SOURCE)]
Channel = Annotated[str, AfterValidator(_channel), _schema_pattern(_CHANNEL)]
Held = Annotated[
    Criteria, PlainValidator(_criteria, json_schema_input_type=str | list[str] | list[dict[str, list[str]]])
]
"""Criteria on the measured values, or several of them, all of which must hold."""
Day = Annotated[date, PlainValidator(_day, json_schema_input_type=str)]
_REPOSITORY = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$")


def _repository(text: str) -> str:
    if not _REPOSITORY.match(text):
        raise mistaken(f'expected a repository, got "{shown(text)}"', "Write its owner and its name, as acme/shop")
    return text


def _repositories_once(value: tuple[str, ...]) -> tuple[str, ...]:
    seen: set[str] = set()
    for name in value:
        if name.casefold() in seen:
            raise mistaken(f"`{shown(name)}` is here twice", "Name each once")
        seen.add(name.casefold())
    return value


RepositoryName = Annotated[str, AfterValidator(_repository), _schema_pattern(_REPOSITORY)]
RepositoryNames = Annotated[tuple[RepositoryName, ...], Field(max_length=MAX_NAMES), AfterValidator(_repositories_once)]
Account = Annotated[str, AfterValidator(_account)]
Ids = Annotated[tuple[Id, ...], Field(max_length=MAX_NAMES)]
Author = Annotated[str, AfterValidator(_author)]
Authors = Annotated[tuple[Author, ...], BeforeValidator(one_or_more, json_schema_input_type=Author | list[Author])]
PathGlob = Annotated[str, AfterValidator(_path_glob)]
PathGlobs = Annotated[
    tuple[PathGlob, ...], BeforeValidator(one_or_more, json_schema_input_type=PathGlob | list[PathGlob])
]
Number = Annotated[Criteria | None, PlainValidator(_number, json_schema_input_type=str)]
"""What a number must be, such as ">500"."""
Sources = Annotated[
    tuple[Source, ...],
    Field(min_length=1, max_length=MAX_NAMES),
    BeforeValidator(as_tuple, json_schema_input_type=Annotated[list[Source], Field(min_length=1)]),
]
VarName = Annotated[str, Field(pattern=VAR_PATTERN, max_length=100)]
GivenDuration = Annotated[Duration | None, BeforeValidator(given, json_schema_input_type=Duration)]


class Section(BaseModel):
    """A mapping with a closed set of keys. `later`: keys of the design that this version does not understand yet.

    also: keys as other tools name them → ours.
    """

    # deferred: each is built once, with the whole file's
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)
    later: ClassVar[frozenset[str]] = frozenset()
    also: ClassVar[Mapping[str, str]] = {}
