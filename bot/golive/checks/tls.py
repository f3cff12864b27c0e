"""`tls`: a server's certificate is trusted and lasts, and old protocol versions are refused.

Asserts, on one handshake (or on a certificate file): that the certificate is signed by an authority this machine
trusts, is for the host's name, and holds for some days more; and what else you name. For `min_version` a handshake with
everything up to the version before it is tried, and the server must refuse it.

Options:

- `host`: `host:port`; the port is 443 where none is named.
- `url`: an https URL, in place of `host`.
- `plain_http`: what an http URL comes to: `refuse` (default, when the policy is read) or `not_applicable`, for a target
  that is https only in production.
- `file`: PEM files on this machine (a path or glob) in place of `host`; only their contents are looked at.
- `server_name`: the name to ask for and to verify, where it is not the host's.
- `min_days`: at least so many days more. Default 14; `0`: only not yet over.
- `min_version`: `1.0`, `1.1`, `1.2` or `1.3`: every older version must be refused. This asks for more than blackbox's
  `tls_config.min_version`, which is understood as this.
- `chain`: `true` (default), or `false` for a certificate that no public authority signed.
- `name`: `true` (default), or `false` where it need not be for the host's name.
- `issuer`: text that must occur in the issuer's name.
- `sans`: a host name or address, or a list of them, that it must all be for; `*.` in a certificate stands for one label.
- `min_key_bits`: the least strength of its key, as bits of RSA. By NIST SP 800-57, EC 256 is as strong as RSA 3072.

Example:

    - id: certificate-lasts
      uses: tls
      with: {url: "${target}", min_days: 30, min_version: "1.3"}

Outcomes: `passed`; `failed` (each flaw is named); `unknown` (no connection, no handshake at all, no file, or this machine
cannot offer the older version). Measures: `valid_for`, `days_left` (of the certificate that ends first, among those that
were sent; before Python 3.13 only the server's own can be read), `key_bits`, `handshake`, and `version`, a text. A server
that closes the connection in the middle of a handshake refuses that version as well as one that says so. A file is an
imported result: it shows what lies there, not what is served.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from golive.checks.asking import WebUrl
from golive.checks.certificates import Certificate, first_to_end, from_der, from_pem
from golive.checks.options import FilePattern, Options, offered
from golive.checks.places import Place, place
from golive.checks.replies import Texts, capped, counted
from golive.core.model import Detail, Finding, Measure, Outcome, Strength
from golive.ports import Look, TlsFacts, Unreachable

_DAY = timedelta(days=1)
_OLDER = {"1.0": "", "1.1": "TLSv1", "1.2": "TLSv1.1", "1.3": "TLSv1.2"}
_NAMES = {"TLS10": "1.0", "TLS11": "1.1", "TLS12": "1.2", "TLS13": "1.3"}
"""Versions as blackbox's configuration writes them."""
_OTHER_NAME = re.compile(r"(Hostname|IP address) mismatch[^;]*")
_FILES = 50


@dataclass(frozen=True)
class NoTls:
    """The target is plain HTTP, and the policy says that then there is nothing to look at."""

    url: str


@dataclass(frozen=True)
class Shown:
    """What there is to judge. of: where each chain was seen.   tls: the handshake, None for files.

    older: how the handshake with older versions ended; a `version` that is empty was refused.   why: what kept it from
    seeing anything.   unclear: what kept it from seeing whether older versions are refused.
    """

    at: datetime
    source: str
    of: Mapping[str, tuple[Certificate, ...]]
    tls: TlsFacts | None = None
    older: TlsFacts | None = None
    why: str = ""
    unclear: str = ""


class TlsCheck(Options):
    """Options, collecting and judging of the kind `tls`; the module's text is its reference."""

    kind: ClassVar[str] = "tls"
    measures: ClassVar[Mapping[str, str]] = {
        "valid_for": "s", "days_left": "", "key_bits": "", "handshake": "s", "version": "",
    }  # fmt: skip
    ran_against: ClassVar[str] = "TLS servers over real sockets, with certificates good and bad"

    host: Annotated[str, AfterValidator(lambda text: place(text, 443).text)] | None = None
    url: WebUrl | None = None
    plain_http: Literal["refuse", "not_applicable"] = "refuse"
    file: FilePattern | None = None
    server_name: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    min_days: Annotated[float, Field(ge=0)] = 14
    min_version: Literal["1.0", "1.1", "1.2", "1.3"] | None = None
    chain: bool = True
    name: bool = True
    issuer: Annotated[str, Field(min_length=1)] | None = None
    sans: Texts | None = None
    min_key_bits: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_blackbox_has_it(cls, given: Any) -> Any:
        """`tls_config: {min_version: TLS12}`, and `fail_if_not_ssl: true`, which this kind does anyway."""
        if not isinstance(given, dict):
            return given
        mine = dict(given)
        if mine.get("fail_if_not_ssl", True) is not True:
            raise ValueError("`fail_if_not_ssl: false` asks for nothing; this kind always asks for TLS")
        mine.pop("fail_if_not_ssl", None)
        theirs = mine.pop("tls_config", None)
        if theirs is not None:
            if not isinstance(theirs, dict) or set(theirs) != {"min_version"} or "min_version" in mine:
                raise ValueError("of `tls_config`, only `min_version` is understood, in place of ours")
            mine["min_version"] = theirs["min_version"]
        if isinstance(mine.get("min_version"), str):
            mine["min_version"] = _NAMES.get(mine["min_version"], mine["min_version"])
        return mine

    @model_validator(mode="after")
    def _one_place(self) -> TlsCheck:
        if sum(one is not None for one in (self.host, self.url, self.file)) != 1:
            raise ValueError("say where: exactly one of `host`, `url` and `file`")
        if self._is_plain() and self.plain_http == "refuse":
            raise ValueError("expected an https URL; http has no certificate (see `plain_http`)")
        if self.file is not None and (self.min_version or self.server_name):
            raise ValueError("`min_version` and `server_name` are of a server, not of a file")
        return self

    def _is_plain(self) -> bool:
        return self.url is not None and urlsplit(self.url).scheme.lower() == "http"

    def on_machine(self) -> bool:
        """A file is of the machine."""
        return self.file is not None

    def collect(self, look: Look) -> Shown | NoTls:
        """One handshake; with `min_version`, another that offers only what is older. Or the files."""
        if self._is_plain():
            return NoTls(self.url or "")
        if self.file is not None:
            return self._files(look, self.file)
        connect, where = offered(look.connect, "TLS servers"), self._place()
        each = look.timeout / (2 if self._older() else 1)
        name = self.server_name or ""
        try:
            tls = connect.tls(where.host, where.port, timeout=each, server_name=name)
            chain = tuple(from_der(raw) for raw in tls.chain)
        except Unreachable as error:
            return Shown(look.now, where.text, {}, why=str(error))
        except ValueError:
            return Shown(look.now, where.text, {}, why=f"{where.text}: the certificate cannot be read")
        seen = {where.text: chain} if chain else {}
        if not self._older():
            return Shown(look.now, where.text, seen, tls)
        try:
            older = connect.tls(where.host, where.port, timeout=each, server_name=name, highest=self._older())
        except Unreachable as error:
            return Shown(look.now, where.text, seen, tls, unclear=str(error))
        return Shown(look.now, where.text, seen, tls, older)

    def judge(self, facts: Shown | NoTls) -> Finding:
        """Name every flaw; where nothing is wrong, say what could not be seen."""
        if isinstance(facts, NoTls):
            return Finding("", Outcome.NOT_APPLICABLE, "Plain HTTP has no certificate", "http", "https", facts.url)
        if not facts.of:
            why = facts.why or f"{facts.source}: no certificate was shown"
            return self._finding(facts, Outcome.UNKNOWN, why, "no certificate", ())
        flaws = [*self._of_handshake(facts), *self._of_certificates(facts)]
        ends = min(first_to_end(chain).ends for chain in facts.of.values())
        left = (ends - facts.at) / _DAY
        measured = ", ".join([*([facts.tls.version] if facts.tls else []), _left(left)])
        if flaws:
            summary = "; ".join(flaw.text for flaw in flaws[:3]) + (f"; and {len(flaws) - 3} more" if flaws[3:] else "")
            return self._finding(facts, Outcome.FAILED, f"{summary[0].upper()}{summary[1:]}", measured, flaws)
        if facts.unclear:
            return self._finding(facts, Outcome.UNKNOWN, facts.unclear, measured, ())
        return self._finding(facts, Outcome.PASSED, f"The certificate holds: {measured}", measured, ())

    def _place(self) -> Place:
        if self.url is None:
            return place(self.host or "", 443)
        parts = urlsplit(self.url)
        return Place(parts.hostname or "", parts.port or 443)

    def _older(self) -> str:
        return _OLDER[self.min_version] if self.min_version else ""

    def _files(self, look: Look, pattern: str) -> Shown:
        files = offered(look.files, "files of this machine")
        paths = files.glob(pattern)[:_FILES]
        if not paths:
            return Shown(look.now, pattern, {}, why=f"no file matches {pattern}")
        of: dict[str, tuple[Certificate, ...]] = {}
        for path in paths:
            try:
                of[path] = from_pem(files.read(path, 1024 * 1024))
            except ValueError:
                return Shown(look.now, path, {}, why=f"{path}: there is no certificate in PEM that can be read")
        return Shown(look.now, ", ".join(of), of)

    def _of_handshake(self, facts: Shown) -> Iterator[Detail]:
        if facts.tls is None:
            return
        problem = facts.tls.problem
        other_name = _OTHER_NAME.search(problem)
        rest = "; ".join(part for part in problem.split("; ") if not _OTHER_NAME.match(part))
        if rest and self.chain:
            yield Detail(f"it is not trusted: {rest}")
        own = next(iter(facts.of.values()))[0]
        asked = self.server_name or self._place().host
        if self.name and (other_name or not own.covers(asked)):
            yield Detail(f"it is not for {asked}, but for {_some(own.names) or 'no name'}")
        spoken = facts.tls.version.removeprefix("TLSv")
        if self.min_version and (spoken if "." in spoken else f"{spoken}.0") < self.min_version:
            yield Detail(f"the server speaks no newer version than {facts.tls.version}")
        elif facts.older is not None and facts.older.version:
            yield Detail(f"the server also speaks {facts.older.version}, which is older than TLSv{self.min_version}")

    def _of_certificates(self, facts: Shown) -> Iterator[Detail]:
        for where, chain in facts.of.items():
            path = where if self.file is not None else ""
            yield from (Detail(text, path) for text in self._of_chain(chain, facts.at))

    def _of_chain(self, chain: Sequence[Certificate], now: datetime) -> Iterator[str]:
        own, first = chain[0], first_to_end(chain)
        whose = "" if first is own else f" (that of {first.subject})"
        left = (first.ends - now) / _DAY
        if left <= 0:
            yield f"it is over since {first.ends:%Y-%m-%d}{whose}"
        elif left < self.min_days:
            yield f"it holds for {_left(left)}{whose}, at least {self.min_days:g} days are expected"
        if own.begins > now:
            yield f"it holds only from {own.begins:%Y-%m-%d} on"
        if self.issuer is not None and self.issuer not in own.issuer:
            yield f"it is issued by {own.issuer}, not by {self.issuer}"
        lacking = [name for name in self.sans or () if not own.covers(name)]
        if lacking:
            yield f"it is not for {_some(lacking)}"
        if self.min_key_bits is not None and own.key_bits < self.min_key_bits:
            yield f"its key is {own.key}, and the strength of RSA {self.min_key_bits} is expected"

    def _finding(self, facts: Shown, outcome: Outcome, summary: str, measured: str, flaws: Sequence[Detail]) -> Finding:
        strength = Strength.IMPORTED if self.file is not None else Strength.PROBE
        return Finding(
            "", outcome, summary, measured, self._expected(), facts.source, strength,
            measures=tuple(self._measured(facts)), details=capped(flaws),
        )  # fmt: skip

    def _measured(self, facts: Shown) -> Iterator[Measure]:
        if facts.of:
            left = min(first_to_end(chain).ends for chain in facts.of.values()) - facts.at
            yield Measure("valid_for", left.total_seconds(), "s")
            yield Measure("days_left", left / _DAY)
            yield Measure("key_bits", min(chain[0].key_bits for chain in facts.of.values()))
        if facts.tls is not None:
            yield Measure("handshake", facts.tls.seconds, "s")
            yield Measure("version", facts.tls.version)

    def _expected(self) -> str:
        parts = [f"{_days(self.min_days)} left"]
        parts += ["trusted"] if self.chain and self.file is None else []
        parts += [f"for {self.server_name or self._place().host}"] if self.name and self.file is None else []
        parts += [f"TLSv{self.min_version} or newer only"] if self.min_version else []
        parts += [f"issued by {self.issuer}"] if self.issuer else []
        parts += [f"for {_some(self.sans)}"] if self.sans else []
        parts += [f"a key as strong as RSA {self.min_key_bits}"] if self.min_key_bits else []
        return ", ".join(parts)


def _days(days: float) -> str:
    """`14 days`, `1 day`, `0.5 days`."""
    return counted(int(days), "day") if days == int(days) else f"{days:g} days"


def _left(days: float) -> str:
    """How long a certificate holds, rounded down: a day that is not whole is none to plan with."""
    if abs(days) < 2:
        return f"{days * 24:.0f} h"
    return f"{int(days)} days"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
