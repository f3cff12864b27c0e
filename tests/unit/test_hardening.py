"""What is weak about a repository, from what the forge said of it. Add a case as a row: what is other than in `SOUND`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from golive.core.hardening import Branch, Facts, Required, Ruleset, digest, told, untold, weaknesses

APP, OTHER = 7, 8
ASKED = {"checks": "write", "administration": "read"}
MAIN = Branch("main", True, (Required("golive", APP),), (), True, True)
SOUND = Facts(
    "acme/shop", "golive", APP, "golive", "https://github.com/acme/shop", (MAIN,), False, ASKED, ASKED,
)  # fmt: skip
RULES = Ruleset(3, "Releases", "acme/shop", ())


def with_branch(**changes: Any) -> Facts:
    return replace(SOUND, branches=(replace(MAIN, **changes),))


def codes(facts: Facts) -> list[str]:
    return [one.code for one in weaknesses(facts)]


def test_a_sound_repository_has_no_weakness() -> None:
    assert codes(SOUND) == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        pytest.param(with_branch(required=()), "check_not_required", id="another check is required"),
        pytest.param(with_branch(protected=False, required=(), admins_bound=None, dismisses_stale=None),
                     "check_not_required", id="no protection at all"),
        pytest.param(with_branch(required=(Required("golive", None),)), "check_not_pinned", id="by name alone"),
        pytest.param(with_branch(required=(Required("golive", OTHER),)), "check_of_another_app", id="another App's"),
        pytest.param(with_branch(required=(Required("golive", None, "Releases"),), rulesets=(RULES,)),
                     "check_not_pinned", id="by name alone in a ruleset"),
        pytest.param(with_branch(protected=None, required=(), unread={"branch protection": "Resource not accessible"}),
                     "check_unread", id="protection cannot be read"),
        pytest.param(with_branch(required=(), rulesets=None, unread={"rules": "no"}), "check_unread", id="rules unread"),
        pytest.param(with_branch(admins_bound=False), "admins_get_past", id="administrators"),
        pytest.param(with_branch(required=(Required("golive", APP, "Releases"),),
                                 rulesets=(replace(RULES, bypass=(("Team", 4, "always"),)),)),
                     "ruleset_bypassed", id="a team gets past the ruleset"),
        pytest.param(with_branch(required=(Required("golive", APP, "Releases"),), rulesets=(replace(RULES, bypass=None),)),
                     "bypass_untold", id="who gets past is not told"),
        pytest.param(with_branch(dismisses_stale=False), "stale_reviews_kept", id="stale reviews"),
        pytest.param(replace(SOUND, workflows_approve=True), "workflows_approve", id="workflows approve"),
        pytest.param(replace(SOUND, workflows_approve=None), "workflows_unread", id="workflows unread"),
        pytest.param(replace(SOUND, granted={"checks": "read", "administration": "read"}), "permissions_short",
                     id="a permission is too low"),
        pytest.param(replace(SOUND, granted={"checks": "write"}), "permissions_short", id="a permission is missing"),
        pytest.param(replace(SOUND, granted=None), "permissions_unread", id="permissions unread"),
    ],
)  # fmt: skip
def test_each_weak_point_is_found_alone_with_what_why_and_mend(facts: Facts, code: str) -> None:
    assert codes(facts) == [code]
    (found,) = weaknesses(facts)
    assert found.what.endswith(".")
    assert found.why.endswith(".")
    assert found.mend.endswith(".")
    assert found.unknown == code.endswith(("unread", "untold"))
    assert found.serious == code.startswith("check_")
    assert untold(told([found])) == (found,)


@pytest.mark.parametrize(
    "required",
    [
        (Required("golive", None), Required("golive", APP, "Releases")),
        (Required("golive", OTHER, "Releases"), Required("golive", APP)),
    ],
)
def test_one_requirement_that_is_pinned_to_us_is_enough_for_all_must_be_met(required: tuple[Required, ...]) -> None:
    assert "check" not in " ".join(codes(with_branch(required=required, rulesets=(RULES,))))


def test_a_pinned_requirement_is_seen_even_where_the_rest_cannot_be_read() -> None:
    facts = with_branch(protected=None, admins_bound=None, dismisses_stale=None,
                        required=(Required("golive", APP, "Releases"),), rulesets=(RULES,))  # fmt: skip
    assert codes(facts) == []


def test_the_command_keeps_every_other_check_that_is_required() -> None:
    (found,) = weaknesses(with_branch(required=(Required("it's", None), Required("ci", 9), Required("golive", None))))
    assert found.command == (
        "gh api -X PATCH repos/acme/shop/branches/main/protection/required_status_checks "
        "-f 'checks[][context]=it'\\''s' -F 'checks[][app_id]=-1' -f 'checks[][context]=ci' -F 'checks[][app_id]=9' "
        "-f 'checks[][context]=golive' -F 'checks[][app_id]=7'"
    )


def test_where_the_app_may_the_command_is_golives_own() -> None:
    facts = replace(with_branch(required=()), granted={"checks": "write", "administration": "write"})
    assert weaknesses(facts)[0].command == "golive harden acme/shop --branch main"


def test_what_was_found_has_the_same_digest_only_while_it_is_the_same() -> None:
    weak, other = weaknesses(with_branch(required=())), weaknesses(with_branch(admins_bound=False))
    assert digest(weak) == digest(untold(told(weak)))
    assert len({digest(weak), digest(other), digest(())}) == 3
