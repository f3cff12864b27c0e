"""Exported evidence of releases: made from a store and signed, and looked over again from its file alone.

`golive audit` prints what comes from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from golive import __version__
from golive import settings as all_settings
from golive.cli import database
from golive.core import bundle, verifying
from golive.core.chain import NEVER_AT, faults, noted
from golive.core.envelope import IN_TOTO, Envelope, NoEnvelope, unwrapped, wrapped
from golive.core.errors import Misconfigured
from golive.core.ledger import canonical
from golive.core.masking import Mask
from golive.core.model import Subject
from golive.settings import Settings
from golive.store.store import Store
from golive.wiring import audit_key
from golive.wiring.audit_key import PublicKey


@dataclass
class Seen:
    """What came of looking a file over, in clauses for people: what holds, what does not, what could not be looked at."""

    holds: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)


def settings_of(env_file: Path | None) -> Settings:
    """The settings of this process."""
    return all_settings.read(env_file)


def exported(store: Store, settings: Settings, told: str, with_logins: bool) -> tuple[str, str]:
    """The envelope of a release as text, and the id of the key. Raises Said where there is nothing whole to export."""
    subject = _release(store, told)
    links = list(store.links(subject))
    if broken := next(faults(subject, links), None):
        raise Misconfigured(f"The record of {told} does not hold: {broken.sentence}. See: golive audit verify {told}")
    state = store.release_of(subject)
    # what a release says is as long as its chain was a moment ago: entries that came since are left to the next export
    recorded = bundle.Recorded(subject, state.full_name if state else "", links, store.entries(subject))
    clean = Mask(settings.secrets_held()).value
    statement = bundle.statement(recorded, __version__, with_logins, clean)
    envelope = audit_key.own_or_new(settings).sealed(canonical(statement))
    return wrapped(envelope), envelope.key_id


def _release(store: Store, told: str) -> Subject:
    key = database.subject_of(store, told)
    if key in database.CHORES:
        raise Misconfigured(f"{told} is one of golive's own chores, and no release. Name one like acme/shop#7.")
    return Subject.parse(key)


def verified(file: Path, key: Path | None, head: str, env_file: Path | None) -> Seen:
    """Look an exported file over. key: the public key to go by; None: the one of this installation.

    Raises Misconfigured where the file, or the key, cannot be read at all.
    """
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        return Seen(wrong=["it is not text, so it is no envelope"])
    try:
        envelope = unwrapped(text)
    except NoEnvelope as none:
        return Seen(wrong=[str(none)])
    seen = Seen()
    _signature(seen, envelope, key, env_file)
    _statement(seen, envelope, head)
    return seen


def _signature(seen: Seen, envelope: Envelope, key: Path | None, env_file: Path | None) -> None:
    public = audit_key.public_in(key) if key else _own(envelope, env_file)
    if public is None:
        seen.unchecked.append(
            "signature not checked: give --key PUBLIC.pem, as `golive audit key` prints it where it was exported"
        )
    elif envelope.payload_type != IN_TOTO:
        seen.wrong.append(f"it says to be {envelope.payload_type!r}, and should be {IN_TOTO!r}")
    elif envelope.key_id != public.id:
        seen.wrong.append(f"it is signed with key {envelope.key_id[:16]}, and the key given is {public.id[:16]}")
    elif not public.signed(envelope):
        seen.wrong.append(f"its signature does not fit: it was changed, or not signed with key {public.id[:16]}")
    else:
        whose = "given" if key else "of this installation"
        seen.holds.append(f"the signature holds, by the key {whose}, {public.id[:16]}")


def _own(envelope: Envelope, env_file: Path | None) -> PublicKey | None:
    """The key of this installation, where the file names that one."""
    found = audit_key.own(settings_of(env_file))
    return found.public if found and found.public.id == envelope.key_id else None


def _statement(seen: Seen, envelope: Envelope, head: str) -> None:
    try:
        told = verifying.read(envelope.payload)
    except ValueError as no_form:
        seen.wrong.append(str(no_form))
        return
    if wrong := verifying.wrong(told):
        seen.wrong += wrong
        return
    predicate = told["predicate"]
    chain = predicate["chain"]
    commits = " and ".join(one["digest"]["gitCommit"][:12] for one in told["subject"])
    seen.holds.append(f"it is evidence of {verifying.subject_of(told)}, of commit {commits}")
    seen.holds.append(f"the chain holds: {chain['length']} entries, its head is {chain['head'][:12]}")
    if head and noted(verifying.links_in(told), head) is None:
        seen.wrong.append(NEVER_AT.format(head=head))
    decision = predicate["decision"]
    verdict = decision["verdict"].replace("_", " ") if decision else "none was recorded"
    seen.holds.append(
        f"the decision is {verdict}; {len(predicate['sign_offs'])} sign-offs, {len(predicate['findings'])} findings"
    )
