"""`headers`: a page sends the security headers that browsers act on.

Looks at one answer. Each required header must be there and mean something: a Content-Security-Policy that allows
`unsafe-inline` scripts, or an HSTS of an hour, is a flaw like a missing one. The score is for trends and criteria; what is
required must hold whatever the score.

Options:

- `url` (required): a page, https where HSTS is required; browsers ignore that header over http.
- `require`: what must be there and good, any of `strict-transport-security`, `content-security-policy`,
  `x-content-type-options`, `x-frame-options` (satisfied by `frame-ancestors` of the CSP too), `referrer-policy`,
  `permissions-policy`, `cookies`. Default: the first four and `cookies`.
- `hsts_min_age`: shortest `max-age` of Strict-Transport-Security that is good enough. Default `180d`.
- `hsts_subdomains`: `true` asks for `includeSubDomains`.
- `csp_forbid`: tokens that must not be in any directive that governs scripts and objects, or in `default-src` where it
  stands in for them. Default `[unsafe-inline, unsafe-eval]`. `unsafe-inline` beside a nonce or a hash is not counted:
  browsers ignore it then.
- `csp_require`: directives that must be there, for example `[object-src, base-uri]`.
- `referrer`: values of Referrer-Policy that are good enough. Default: `no-referrer`, `same-origin`,
  `strict-origin` and `strict-origin-when-cross-origin`.
- `status`: a code, a range, or a list of them. Default `2xx`.
- `follow_redirects`: `true` (default) or `false`.
- `secret`: name of a secret that the operator lends to this repository for this host.
- `secret_as`: how it is sent: `bearer` (default), `token`, `basic USER` or `header NAME`.

Cookies: every one needs `Secure`, `SameSite` and, unless its name says that scripts must read it (csrf, xsrf), `HttpOnly`.
Their values are never shown.

Measures: `score` (0 to 100), `missing` (required ones that are not there or not good).

Score: 100, less the penalties of Mozilla's HTTP Observatory, without its bonuses and without its tests that need more than
one answer:

- no CSP, or one that cannot be read, -25; inline scripts allowed, or scripts or objects without limits, -20; `unsafe-eval`
  allowed, -10.
- no HSTS -20; HSTS below six months -10. No protection from framing -20. No `nosniff` -5.
- a Referrer-Policy of `origin`, `origin-when-cross-origin`, `unsafe-url` or none that there is, -5.
- the worst cookie alone: a session's without `Secure` -40 (-10 where HSTS protects it) or without `HttpOnly` -30; another
  without `Secure` -20 (-5 where HSTS protects it); an anti-forgery cookie without `SameSite`, or a wrong one, -20.

A CSP in a `<meta>` element is not read. Whether a cookie is a session's is told by its name, so it is a guess.

Example:

    - id: security-headers
      uses: headers
      with:
        url: "${target}"
        require: [strict-transport-security, content-security-policy, x-content-type-options, x-frame-options]
        hsts_min_age: 365d
        csp_forbid: [unsafe-inline]
      pass: "score>=80"

Outcomes: `passed`; `failed` (every missing header is named, and another status than expected); `unknown` (no answer). The
result counts for 15 minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from golive.checks.asking import Asks, Status, WebUrl, host_of, status_text
from golive.checks.options import Duration
from golive.checks.replies import Asker, NoReply, Reply, capped, counted, url_text
from golive.checks.webheaders import Cookie, Csp, Hsts, cookies_of, csp_of, flag_flaws, hsts_of, score
from golive.core.durations import duration_text
from golive.core.model import Detail, Finding, Measure, Outcome
from golive.ports import Answer, Look

Name = Literal[
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cookies",
]
Referrer = Literal[
    "no-referrer",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "origin",
    "origin-when-cross-origin",
    "no-referrer-when-downgrade",
    "unsafe-url",
]
"""The values of W3C Referrer Policy section 3."""
Token = Annotated[str, Field(pattern=r"^'?[A-Za-z0-9.*:/_-]+'?$")]
Directive = Annotated[str, Field(pattern=r"^[a-z-]+$")]


class HeadersCheck(Asks):
    """Options, collecting and judging of the kind `headers`; the module's text is its reference."""

    kind: ClassVar[str] = "headers"
    measures: ClassVar[Mapping[str, str]] = {"score": "", "missing": ""}
    ran_against: ClassVar[str] = "HTTP servers over real sockets, with and without TLS"

    url: WebUrl
    require: list[Name] = Field(
        default=[
            "strict-transport-security",
            "content-security-policy",
            "x-content-type-options",
            "x-frame-options",
            "cookies",
        ],
        min_length=1,
    )
    hsts_min_age: Duration = timedelta(days=180)
    hsts_subdomains: bool = False
    csp_forbid: list[Token] = Field(default=["unsafe-inline", "unsafe-eval"], min_length=1)
    csp_require: list[Directive] | None = Field(default=None, min_length=1)
    referrer: list[Referrer] = Field(
        default=["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"], min_length=1
    )
    status: Status = ((200, 299),)
    follow_redirects: bool = True

    @model_validator(mode="after")
    def _heard_by_browsers(self) -> HeadersCheck:
        given = self.model_fields_set
        if {"hsts_min_age", "hsts_subdomains"} & given and "strict-transport-security" not in self.require:
            raise ValueError("how good HSTS must be asserts nothing; add strict-transport-security to `require`")
        if {"csp_forbid", "csp_require"} & given and "content-security-policy" not in self.require:
            raise ValueError("how good the CSP must be asserts nothing; add content-security-policy to `require`")
        if "referrer" in given and "referrer-policy" not in self.require:
            raise ValueError("how good Referrer-Policy must be asserts nothing; add referrer-policy to `require`")
        return self

    def asked_hosts(self) -> tuple[str, ...]:
        """See `Asks`."""
        return (host_of(self.url),)

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """See `ports.Kind`."""
        return {"score": (0, 100), "missing": (0, len(self.require))}

    def collect(self, look: Look) -> Reply:
        """Ask once, as a browser would for a page."""
        return Asker(look).ask(
            "GET",
            self.url,
            headers={"accept": "text/html,*/*;q=0.8"},
            secret=self.credentials(look, self.url),
            follow_redirects=self.follow_redirects,
        )

    def judge(self, facts: Reply) -> Finding:
        """Weigh each required header, and score all of them."""
        expected = f"status {status_text(self.status)}, {', '.join(self.require)}"
        if isinstance(facts, NoReply):
            return Finding("", Outcome.UNKNOWN, facts.why, "no answer", expected, url_text(self.url))
        if not any(first <= facts.status <= last for first, last in self.status):
            why = f"Answered {facts.status}, not {status_text(self.status)}; the headers of that page say little"
            return Finding("", Outcome.FAILED, why, str(facts.status), expected, facts.url)
        hsts, csp, cookies = hsts_of(facts), csp_of(facts.headers), cookies_of(facts.headers)
        flaws = {name: self._flaws(name, facts, hsts, csp, cookies) for name in self.require}
        points, penalties = score(facts.headers, hsts, csp, cookies)
        missing = [name for name, found in flaws.items() if found]
        details = [Detail(f"{name}: {flaw}") for name in missing for flaw in flaws[name]]
        details += [Detail(f"score {points:+d}: {why}", outcome=Outcome.WARNING) for why, points in penalties]
        named = "; ".join(flaw for name in missing for flaw in flaws[name])
        good = f"All {counted(len(self.require), 'header')} as required, score {points}"
        return Finding(
            "",
            Outcome.FAILED if missing else Outcome.PASSED,
            f"{counted(len(missing), 'header')} not as required, score {points}: {named}" if missing else good,
            f"score {points}",
            expected,
            facts.url,
            measures=(Measure("score", points), Measure("missing", len(missing))),
            details=capped(details),
        )

    def _flaws(
        self, name: str, answer: Answer, hsts: Hsts | None, csp: Csp | None, cookies: tuple[Cookie, ...]
    ) -> list[str]:
        """What is wrong with one required header; empty where it is good."""
        headers = answer.headers
        if name == "strict-transport-security":
            return self._hsts(hsts, answer)
        if name == "content-security-policy":
            return self._csp(csp)
        if name == "x-content-type-options":
            given = headers.get(name, "")
            is_good = given.strip().lower() == "nosniff"
            return [] if is_good else [f"X-Content-Type-Options is {given!r}, not nosniff" if given else _no(name)]
        if name == "x-frame-options":
            given = headers.get(name, "").strip().lower()
            framed = csp is not None and csp.has("frame-ancestors")
            if framed or given in ("deny", "sameorigin"):
                return []
            return [
                f"X-Frame-Options is {given!r}, not DENY or SAMEORIGIN"
                if given
                else f"{_no(name)}, nor frame-ancestors"
            ]
        if name == "referrer-policy":
            given = headers.get(name, "").rpartition(",")[2].strip().lower()  # browsers take the last one they know
            if given in self.referrer:
                return []
            return [f"Referrer-Policy is {given!r}, not {' or '.join(self.referrer)}" if given else _no(name)]
        if name == "permissions-policy":
            return [] if headers.get(name, "").strip() else [_no(name)]
        return [flaw for cookie in cookies for flaw in flag_flaws(cookie)]

    def _hsts(self, hsts: Hsts | None, answer: Answer) -> list[str]:
        if not answer.url.startswith("https:"):
            return ["Strict-Transport-Security counts over https alone, and this page came over http"]
        if hsts is None:
            return [_no("strict-transport-security")]
        if hsts.seconds < 0:
            return ["Strict-Transport-Security has no max-age that can be read"]
        flaws: list[str] = []
        if hsts.seconds < self.hsts_min_age.total_seconds():
            wanted = duration_text(self.hsts_min_age)
            flaws.append(f"Strict-Transport-Security lasts {duration_text(hsts.length)}, not at least {wanted}")
        if self.hsts_subdomains and not hsts.subdomains:
            flaws.append("Strict-Transport-Security leaves out the subdomains")
        return flaws

    def _csp(self, csp: Csp | None) -> list[str]:
        if csp is None:
            return [_no("content-security-policy")]
        if not csp.policies:
            return ["Content-Security-Policy holds no directive"]
        forbidden = {token.strip("'").lower() for token in self.csp_forbid}
        flaws = [f"Content-Security-Policy has {token} in {where}" for where, token in csp.risky(forbidden)]
        lacking = [name for name in self.csp_require or () if not csp.has(name)]
        return flaws + [f"Content-Security-Policy has no {name}" for name in lacking]


def _no(name: str) -> str:
    shown = "-".join(part.upper() if part == "x" else part.capitalize() for part in name.split("-"))
    return f"there is no {shown}"
