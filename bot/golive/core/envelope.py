"""A signed text in its envelope: the form, and not the signature, which is made and checked where keys are. Pure.

Source: DSSE v1.0 of the secure-systems-lab, protocol (the pre-authentication encoding) and envelope (its JSON form).
golive writes an envelope in one form, byte for byte, and takes no other back: whatever was touched is then seen, even
where it would mean the same. Other tools may read ours and write their own.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

IN_TOTO = "application/vnd.in-toto+json"
"""The type of an in-toto statement as the payload."""


class NoEnvelope(ValueError):
    """The text is not an envelope as golive writes it; the sentence says in what."""


@dataclass(frozen=True)
class Envelope:
    """One payload with one signature. key_id: which key; it is a hint, and not signed.   signature: over `pae`."""

    payload: bytes
    key_id: str
    signature: bytes
    payload_type: str = IN_TOTO


def pae(payload_type: str, payload: bytes) -> bytes:
    """What is signed: type and payload, each after its length in bytes, so that neither can be taken for the other."""
    kind = payload_type.encode()
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])


def wrapped(envelope: Envelope) -> str:
    """The envelope as JSON, with a line end after it."""
    signature = {"keyid": envelope.key_id, "sig": _coded(envelope.signature)}
    told = {"payloadType": envelope.payload_type, "payload": _coded(envelope.payload), "signatures": [signature]}
    return json.dumps(told, indent=2) + "\n"


def unwrapped(text: str) -> Envelope:
    """The envelope of such a text. Raises NoEnvelope for anything that `wrapped` does not write."""
    try:
        told = json.loads(text)
        envelope = _read(told)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NoEnvelope(f"it is no DSSE envelope with one signature ({type(error).__name__})") from None
    if wrapped(envelope) != text:
        raise NoEnvelope(
            "it is not, byte for byte, what golive writes: it was changed, or written anew, after the export"
        )
    return envelope


def _read(told: Any) -> Envelope:
    (signature,) = told["signatures"]
    texts = [told["payload"], signature["sig"], signature["keyid"], told["payloadType"]]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a text was expected")
    try:
        return Envelope(_decoded(texts[0]), texts[2], _decoded(texts[1]), texts[3])
    except binascii.Error as error:
        raise ValueError("base64") from error


def _coded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
