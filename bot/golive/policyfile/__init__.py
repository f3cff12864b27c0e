"""The policy file: YAML text in, a whole `core.policy.Policy` out, or every mistake with its line, column and mend.

`tree` reads YAML with places, `sections` holds the keys, `validation` turns pydantic's errors into located sentences,
`options` reads each check's `with:` by its kind, `across` has the rules between entries, `schema` serves editors.
To add a key, begin in `sections`; to act on it, carry it over below.
"""

from __future__ import annotations

from collections.abc import Mapping

from golive.core.policy import CheckRule, MergeRule, Notify, Options, Policy, ReleaseRule, RoleRule
from golive.policyfile import across, tree
from golive.policyfile.mistakes import Mistake, PolicyMistakes
from golive.policyfile.options import read_options
from golive.policyfile.schema import json_schema
from golive.policyfile.sections import CheckSection, PolicySection, ReleaseSection
from golive.policyfile.validation import validate
from golive.ports import Kind

__all__ = ["DEFAULT_PATH", "Mistake", "PolicyMistakes", "json_schema", "load"]

DEFAULT_PATH = ".github/golive.yml"


def load(text: str | bytes, kinds: Mapping[str, type[Kind]], path: str = DEFAULT_PATH) -> Policy:
    """The policy a file holds.

    kinds: the installed check kinds by name.   path: how the file is called in mistakes.
    Raises PolicyMistakes, with all of them, for whatever is not a whole policy; Misconfigured for a broken kind.
    """
    decoded, report = tree.decode(text, path)
    root = tree.read(decoded, report)
    if root is None:
        raise PolicyMistakes(report.mistakes)
    sections = validate(PolicySection, root, tree.plain(root), report)
    options = read_options(root, kinds, report)
    across.look_across(root, report)
    report.refuse_if_any()
    if sections is None:
        raise PolicyMistakes(report.mistakes)
    return _policy(sections, options)


def _policy(file: PolicySection, options: Mapping[tuple[int, int], Options]) -> Policy:
    merge = file.promotion.merge
    return Policy(
        project=file.project,
        releases=tuple(
            _release(release, tuple(_check(check, options[at, index]) for at, check in enumerate(file.checks)))
            for index, release in enumerate(file.releases)
        ),
        roles=tuple(
            RoleRule(role.role, role.from_, role.count, group.group) for group in file.signoffs for role in group.roles
        ),
        notify=Notify(file.notify.slack),
        merge=MergeRule(merge.method, merge.when) if merge else None,
        others_block=file.others == "block",
        block_on=frozenset(file.decision.block_on),
    )


def _release(section: ReleaseSection, checks: tuple[CheckRule, ...]) -> ReleaseRule:
    return ReleaseRule(
        name=section.name,
        base=section.base,
        head=section.head,
        labels=section.labels,
        target=section.target,
        forks=section.forks,
        checks=checks,
    )


def _check(section: CheckSection, options: Options) -> CheckRule:
    return CheckRule(
        id=section.id,
        uses=section.uses,
        options=options,
        name=section.name,
        category=section.category,
        severity=section.severity,
        needs=section.needs,
        timeout=section.timeout,
        every=section.every,
        fresh=section.fresh,
        impact=section.impact,
        action=section.action,
        owner=section.owner,
    )
