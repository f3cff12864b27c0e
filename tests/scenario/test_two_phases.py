"""The sign-off document with two phases, entered by commands: what may begin, what waits on whom, and what closes itself."""

from __future__ import annotations

from pathlib import Path

from golive.standins.sample import Sample
from golive.standins.wire import serve
from world import World, a_world

POLICY = (Path(__file__).parents[2] / "examples/toombos-phases.yml").read_text()
FIRST = {
    "petra": "performance", "dev": "devops", "dora": "documentation", "paul": "product-owner", "stella": "stakeholder",
    "spencer": "sponsor", "tess": "technical-director",
}  # fmt: skip
LATER = {"ines": "infrastructure", "sam": "security", "mina": "qa", "sue": "support"}
CONDITIONS = {
    "deployed": "the service is deployed with everything it needs",
    "secured": "certificates, keys and headers are those of production",
    "validated": "it was tried from end to end in production",
    "watched": "whoever is on call is reached by alerts",
}
"""Check → the condition that it closes: the four groups of the document."""
FAULTS = ("dependency", "no-headers", "open-api", "unrouted")


def asks(w: World, number: int, question: str) -> str:
    """The newest answer to a question."""
    w.says("bo", number, f"/golive {question}")
    return w.answers(number)[-1].replace("&#8203;", "")


def test_preparation_may_begin_with_conditions_and_production_waits_for_four_and_for_them() -> None:
    sample = Sample(FAULTS)
    served = serve(sample.asgi)
    policy = POLICY.replace("{", "{{").replace("}", "}}").replace("http://127.0.0.1:8000", served.url)
    try:
        with a_world(policy=policy, slack=False) as w:
            for login in (*FIRST, *LATER):
                if login not in ("sam", "mina", "sue"):
                    w.github.add_user(login)
            number = w.asked()
            for login, role in FIRST.items():
                conditions = "; ".join(f"{text} due production check {check}" for check, text in CONDITIONS.items())
                given = f" with: {conditions}" if role == "devops" else ""
                w.says(login, number, f"/golive approve {role}{given}")

            status = asks(w, number, "status")
            assert "CONDITIONAL GO" in status, status
            production = asks(w, number, "why production")
            assert "7/11 — waiting on" in production, production
            for login in LATER:
                assert f"@{login}" in production, f"{login} is awaited and not named: {production}"
            assert all(text in production for text in CONDITIONS.values()), production

            for login, role in list(LATER.items())[:3]:
                w.says(login, number, f"/golive approve {role}")
            for fault in FAULTS:
                sample.switch(fault, on=False)
            w.says("bo", number, "/golive check")
            w.later(seconds=2)
            almost = asks(w, number, "why production")
            assert "10/11 — waiting on support (@sue" in almost, almost
            assert "C1" not in almost, "a condition whose check passes closes by itself"
            w.says("sue", number, "/golive approve support")
            assert "11/11 — nothing is missing" in asks(w, number, "why production")
    finally:
        served.stop()
