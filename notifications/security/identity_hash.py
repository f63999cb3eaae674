"""A keyed hash of identities, so that what was sent to whom can be found without keeping their numbers."""

import hmac
from typing import Final


class IdentityHasher:
    """HMAC-SHA256 (RFC 2104) of a kind (`nin`, `org`, `ext`) and a number, cut to 128 bits.

    Identity numbers are few enough to try them all, which only the key prevents; with another key nothing is found.
    """

    def __init__(self, key: str) -> None:
        self._key: Final = key.encode()

    def __call__(self, kind: str, number: str) -> str:
        """The hash as 32 hexadecimal digits; the number is taken as it is written."""
        return hmac.digest(self._key, f"{kind}:{number}".encode(), "sha256").hex()[:32]
