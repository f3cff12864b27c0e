"""Security headers as browsers read them, and what Mozilla's HTTP Observatory takes off for their flaws. Pure.

HSTS: RFC 6797. CSP: W3C Content Security Policy Level 3. Cookies: RFC 6265 and its revision. Add a penalty as a row that
`score` yields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from golive.ports import Answer

SIX_MONTHS = 15_768_000
"""Seconds of HSTS below which the Observatory takes points off."""
_NEXT_COOKIE = re.compile(r",(?=\s*[^;,=\s]+=)")
"""Several Set-Cookie headers come joined by commas; the comma of a date is not followed by `name=`."""
_ANYWHERE = ("*", "data:", "http:", "https:")
_SCRIPTS = ("script-src", "script-src-elem", "script-src-attr", "object-src")
_SESSION = re.compile(r"sess|sid$|^sid|auth|token|jwt|login|(^|[_.-])id$", re.IGNORECASE)
_FORGERY = re.compile(r"[cx]srf", re.IGNORECASE)
_REFERRERS = frozenset({
    "no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin", "no-referrer-when-downgrade",
})  # fmt: skip
"""Referrer policies that cost nothing."""
_LONGEST = 100_000 * 86_400


@dataclass(frozen=True)
class Hsts:
    """Strict-Transport-Security. seconds: -1 where there is no max-age that can be read."""

    seconds: int
    subdomains: bool

    @property
    def length(self) -> timedelta:
        """Its max-age."""
        return timedelta(seconds=max(self.seconds, 0))


@dataclass(frozen=True)
class Csp:
    """Enforced Content-Security-Policies, which hold all at once. policies: directive → its values, lower case."""

    policies: tuple[Mapping[str, tuple[str, ...]], ...]

    def has(self, name: str) -> bool:
        """Whether a policy has this directive."""
        return any(name in policy for policy in self.policies)

    def limits(self, name: str) -> bool:
        """Whether a policy governs this, by the directive itself or by what stands in for it."""
        return any(_governing(policy, name) for policy in self.policies)

    def risky(self, forbidden: set[str]) -> list[tuple[str, str]]:
        """(directive, token) of every forbidden token that governs scripts or objects, each once.

        Where several policies govern, what one of them refuses is refused.
        """
        found: dict[tuple[str, str], None] = {}
        for name in _SCRIPTS:
            governing = [each for policy in self.policies if (each := _governing(policy, name))]
            allowed = [_effective(values) for _, values in governing]
            for token in sorted(set.intersection(*allowed) & forbidden) if allowed else ():
                found[governing[0][0], token] = None
        return list(found)


def _governing(policy: Mapping[str, tuple[str, ...]], name: str) -> tuple[str, tuple[str, ...]] | None:
    """The directive of one policy that governs this, with its values."""
    fallbacks = (name, "script-src", "default-src") if name.startswith("script-src") else (name, "default-src")
    found = next((each for each in fallbacks if each in policy), None)
    return None if found is None else (found, policy[found])


def _effective(values: tuple[str, ...]) -> set[str]:
    """The tokens that browsers heed: a nonce or a hash overrules `unsafe-inline`, `strict-dynamic` every host as well."""
    tokens = {value.strip("'") for value in values}
    if not any(token.startswith(("nonce-", "sha256-", "sha384-", "sha512-")) for token in tokens):
        return tokens
    return tokens - ({"unsafe-inline", *_ANYWHERE} if "strict-dynamic" in tokens else {"unsafe-inline"})


@dataclass(frozen=True)
class Cookie:
    """One Set-Cookie without its value. flags: lower-case names of its attributes; same_site: lower case."""

    name: str
    flags: frozenset[str]
    same_site: str

    @property
    def is_session(self) -> bool:
        """Whether its name says that it stands for somebody who is logged in."""
        return _SESSION.search(self.name) is not None and not self.is_forgery_token

    @property
    def is_forgery_token(self) -> bool:
        """Whether its name says that scripts must read it to prove where a request comes from."""
        return _FORGERY.search(self.name) is not None


def hsts_of(answer: Answer) -> Hsts | None:
    """The header, None where there is none or where it does not count: over http."""
    given = answer.headers.get("strict-transport-security")
    if given is None or not answer.url.startswith("https:"):
        return None
    parts = [part.strip().lower() for part in given.split(",")[0].split(";")]
    age = next((part[len("max-age") :].strip(" =\"'") for part in parts if part.startswith("max-age")), "")
    seconds = min(int(age), _LONGEST) if re.fullmatch(r"[0-9]{1,15}", age) else -1
    return Hsts(seconds, "includesubdomains" in parts)


def csp_of(headers: Mapping[str, str]) -> Csp | None:
    """The enforced policies, None where there is none. A directive that stands twice counts where it stands first."""
    given = headers.get("content-security-policy")
    if given is None:
        return None
    policies: list[dict[str, tuple[str, ...]]] = []
    for policy in given.split(","):
        directives: dict[str, tuple[str, ...]] = {}
        for directive in policy.split(";"):
            words = directive.lower().split()
            if words:
                directives.setdefault(words[0], tuple(words[1:]))
        if directives:
            policies.append(directives)
    return Csp(tuple(policies))


def cookies_of(headers: Mapping[str, str]) -> tuple[Cookie, ...]:
    """Every cookie that is set, without values."""
    found: list[Cookie] = []
    for text in _NEXT_COOKIE.split(headers.get("set-cookie", "")):
        first, *rest = text.split(";")
        name = first.partition("=")[0].strip()
        if not name:
            continue
        attributes = {part.partition("=")[0].strip().lower(): part.partition("=")[2].strip().lower() for part in rest}
        found.append(Cookie(name[:80], frozenset(attributes), attributes.get("samesite", "")))
    return tuple(found)


def flag_flaws(cookie: Cookie) -> Iterator[str]:
    """What a cookie lacks."""
    if "secure" not in cookie.flags:
        yield f"the cookie {cookie.name} is not Secure"
    if "httponly" not in cookie.flags and not cookie.is_forgery_token:
        yield f"the cookie {cookie.name} is not HttpOnly"
    if cookie.same_site not in ("lax", "strict", "none"):
        yield f"the cookie {cookie.name} has no SameSite"


def score(
    headers: Mapping[str, str], hsts: Hsts | None, csp: Csp | None, cookies: tuple[Cookie, ...]
) -> tuple[int, list[tuple[str, int]]]:
    """0 to 100, and every penalty with its reason."""
    penalties = [
        *_of_csp(csp),
        *_of_hsts(hsts),
        *_of_framing(headers, csp),
        *_of_cookies(cookies, hsts is not None and hsts.seconds > 0),
    ]
    if headers.get("x-content-type-options", "").strip().lower() != "nosniff":
        penalties.append(("no X-Content-Type-Options: nosniff", -5))
    referrer = headers.get("referrer-policy", "").rpartition(",")[2].strip().lower()
    if referrer and referrer not in _REFERRERS:
        penalties.append(("Referrer-Policy tells other sites too much, or cannot be read", -5))
    return max(0, 100 + sum(points for _, points in penalties)), penalties


def _of_csp(csp: Csp | None) -> Iterator[tuple[str, int]]:
    if csp is None or not csp.policies:
        yield "no Content-Security-Policy" if csp is None else "Content-Security-Policy cannot be read", -25
    elif not (csp.limits("script-src") and csp.limits("object-src")) or csp.risky({"unsafe-inline", *_ANYWHERE}):
        yield "Content-Security-Policy allows inline scripts, or scripts or objects from anywhere", -20
    elif csp.risky({"unsafe-eval"}):
        yield "Content-Security-Policy allows eval", -10


def _of_hsts(hsts: Hsts | None) -> Iterator[tuple[str, int]]:
    if hsts is None or hsts.seconds < 0:
        yield "no Strict-Transport-Security", -20
    elif hsts.seconds < SIX_MONTHS:
        yield "Strict-Transport-Security below six months", -10


def _of_framing(headers: Mapping[str, str], csp: Csp | None) -> Iterator[tuple[str, int]]:
    framed = csp is not None and csp.has("frame-ancestors")
    if not framed and headers.get("x-frame-options", "").strip().lower() not in ("deny", "sameorigin"):
        yield "no X-Frame-Options and no frame-ancestors", -20


def _of_cookies(cookies: tuple[Cookie, ...], protected: bool) -> Iterator[tuple[str, int]]:
    """The worst of the cookies alone, as the Observatory has it."""
    found: list[tuple[str, int]] = []
    for cookie in cookies:
        if "secure" not in cookie.flags:
            points = (-10, -40) if cookie.is_session else (-5, -20)
            found.append((f"the cookie {cookie.name} is not Secure", points[0 if protected else 1]))
        if cookie.is_session and "httponly" not in cookie.flags:
            found.append((f"the session cookie {cookie.name} is not HttpOnly", -30))
        if cookie.is_forgery_token and "samesite" not in cookie.flags:
            found.append((f"the anti-forgery cookie {cookie.name} has no SameSite", -20))
        if "samesite" in cookie.flags and cookie.same_site not in ("lax", "strict", "none"):
            found.append((f"the SameSite of the cookie {cookie.name} is none that there is", -20))
    if found:
        yield min(found, key=lambda each: each[1])
