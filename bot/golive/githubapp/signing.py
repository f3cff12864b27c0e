"""How the App signs what it says it is. Its key is read and checked once: that takes longer than a whole turn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jwt
from jwt.algorithms import RSAAlgorithm

ALGORITHM = "RS256"
"""The one that GitHub takes."""


@lru_cache(maxsize=8)
def signing_key(pem: str) -> Any:
    """The private key in a PEM text. Raises jwt.InvalidKeyError where it is none."""
    return RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(pem)


class Signer:
    """Signs claims with the App's private key."""

    def __init__(self, pem: str) -> None:
        self._pem = pem

    def __call__(self, claims: Mapping[str, Any]) -> str:
        """The signed token. Its times are PyGithub's, by the wall: `iat` a minute back, GitHub's clock may be behind."""
        return jwt.encode(dict(claims), signing_key(self._pem), ALGORITHM)
