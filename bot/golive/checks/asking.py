"""What kinds that ask a web service share: checked URLs, statuses, header names, and secrets in requests.

Add a way to present a secret as a row of `secret_as` and a case in `credentials`.
"""

from __future__ import annotations

import base64
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, TypeAdapter, ValidationError, WithJsonSchema

from golive.checks.options import Options, SecretName, offered
from golive.ports import Look

_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


def checked_url(text: str) -> str:
    """The URL itself. Raises ValueError for what is not http or https, or names a user."""
    if not re.match(r"https?://[^/?#]", text, re.IGNORECASE):
        raise ValueError("expected an http or https URL like `https://shop.example.com/health`")
    try:
        url = _URL.validate_python(text)
    except ValidationError as error:
        raise ValueError(f"expected an http or https URL: {error.errors()[0]['msg']}") from None
    if url.username or url.password:
        raise ValueError("a URL with a user name or password in it is refused; remove the part before the @")
    return text


def statuses(given: Any) -> tuple[tuple[int, int], ...]:
    """Codes and ranges as sorted (first, last) pairs. Raises ValueError for anything else."""
    if given == [] or given == ():
        raise ValueError("an empty list asserts nothing; name at least one status, for example 200 or 2xx")
    items = given if isinstance(given, list | tuple) else (given,)
    return tuple(sorted({_status(item) for item in items}))


def _status(item: Any) -> tuple[int, int]:
    text = str(item) if isinstance(item, int | str) and not isinstance(item, bool) else ""
    if re.fullmatch(r"[1-5]xx", text):
        return int(text[0]) * 100, int(text[0]) * 100 + 99
    match = re.fullmatch(r"([1-5]\d\d)(?:-([1-5]\d\d))?", text)
    if match is None or (match[2] and match[2] < match[1]):
        raise ValueError(f"expected a status like 200, 2xx or 200-204, got {item!r}")
    return int(match[1]), int(match[2] or match[1])


def status_text(ranges: tuple[tuple[int, int], ...]) -> str:
    """Statuses as people write them: `200 or 3xx`."""

    def one(first: int, last: int) -> str:
        if first == last:
            return str(first)
        return f"{first // 100}xx" if (first % 100, last - first) == (0, 99) else f"{first}-{last}"

    return " or ".join(one(*pair) for pair in ranges)


WebUrl = Annotated[str, AfterValidator(checked_url)]
Status = Annotated[
    tuple[tuple[int, int], ...],
    BeforeValidator(statuses),
    WithJsonSchema(
        {
            "$comment": "a code, a range, or a list of them",
            "anyOf": [
                {"type": "integer", "minimum": 100, "maximum": 599},
                {"type": "string", "pattern": r"^([1-5]xx|[1-5]\d\d(-[1-5]\d\d)?)$"},
                {"type": "array", "minItems": 1, "items": {"type": ["integer", "string"]}},
            ],
        }
    ),
]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
SecretAs = Annotated[str, Field(pattern=r"^(bearer|token|basic [^:\s]+|header [A-Za-z0-9-]+)$")]
"""`bearer`, `token` (as Grafana and GitHub write it), `basic USER`, or `header NAME`."""


def host_of(url: str) -> str:
    """The host of a URL, lower case, empty where there is none."""
    return (urlsplit(url).hostname or "").lower()


class Asks(Options):
    """Options of a kind that asks a web service, maybe with a secret the operator lends."""

    secret: SecretName | None = None
    secret_as: SecretAs = "bearer"  # noqa: S105  # how it is presented

    def asked_hosts(self) -> tuple[str, ...]:
        """Hosts that the secret is sent to."""
        raise NotImplementedError

    def lent_secrets(self) -> tuple[tuple[str, str], ...]:
        """See `ports.Kind`."""
        return tuple((self.secret, host) for host in dict.fromkeys(self.asked_hosts())) if self.secret else ()

    def credentials(self, look: Look, url: str) -> dict[str, str]:
        """The request headers that present the secret to this URL; none where no secret is named."""
        if self.secret is None:
            return {}
        value = offered(look.secrets, "the secrets that the operator lends").value(self.secret, host_of(url))
        how, _, name = self.secret_as.partition(" ")
        if how == "header":
            return {name.lower(): value}
        if how == "basic":
            return {"authorization": "Basic " + base64.b64encode(f"{name}:{value}".encode()).decode()}
        return {"authorization": f"{how.capitalize() if how == 'bearer' else how} {value}"}
