"""An answer's body, read with a cap that holds for what came over the wire and for what it unpacks to.

Only gzip is asked for, so only gzip is unpacked, once; a stack of encodings is how a small bomb becomes a large one.
Add an encoding with a reader that stops at `room`, and name it in `ACCEPTED`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from golive.look.guard import NoAnswer

ACCEPTED = "gzip"


def read(chunks: Iterable[bytes], encoding: str, cap: int) -> bytes:
    """The whole body, unpacked. cap: in bytes. Raises NoAnswer where it is larger, broken off, or packed otherwise."""
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return _plain(chunks, cap)
    if coding in ("gzip", "x-gzip"):
        return _gunzipped(chunks, cap)
    raise NoAnswer(f"the answer is encoded as {coding[:40]!r}, which was not asked for")


def _plain(chunks: Iterable[bytes], cap: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > cap:
            raise _too_large(cap)
    return bytes(body)


def _gunzipped(chunks: Iterable[bytes], cap: int) -> bytes:
    body = bytearray()
    packed = 0
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for chunk in chunks:
        packed += len(chunk)
        rest = chunk
        while rest:
            if member.eof:  # a gzip file may have several members, RFC 1952 section 2.2
                member = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                body += member.decompress(rest, cap - len(body) + 1)
            except zlib.error as error:
                raise NoAnswer("the answer says it is gzip and is not") from error
            if len(body) > cap or packed > cap:
                raise _too_large(cap)
            rest = member.unused_data
    if packed and not member.eof:
        raise NoAnswer("the answer broke off in the middle")
    return bytes(body)


def _too_large(cap: int) -> NoAnswer:
    return NoAnswer(f"the answer is larger than {cap:,} bytes; look at a smaller page, or ask with HEAD")
