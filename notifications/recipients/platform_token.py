"""The token by which this service introduces itself to Register (http-contract.md section 1.2, PlatformAccessToken)."""

from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from notifications.domain.clock import Clock

_LIFE = timedelta(minutes=5)
_MARGIN = timedelta(minutes=1)


class PlatformToken:
    """Makes tokens that are valid for at least another minute; `private_key` is an RSA key in PEM.

    Raises `ValueError`, which says nothing of the key, when it is not one.
    """

    def __init__(self, private_key: str, clock: Clock, *, issuer: str = "platform", app: str = "notifications") -> None:
        self._key = _rsa_key(private_key)
        self._clock = clock
        self._claims = {"iss": issuer, "urn:altinn:app": app}
        self._made: tuple[str, datetime] | None = None

    def __call__(self) -> str:
        """The present token."""
        now = self._clock.now()
        if self._made is None or self._made[1] - now <= _MARGIN:
            end = now + _LIFE
            self._made = jwt.encode({**self._claims, "iat": now, "exp": end}, self._key, algorithm="RS256"), end
        return self._made[0]


def _rsa_key(text: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        # Raised outside the handler: what went wrong there might quote the key.
        raise ValueError("the platform token's private key is no RSA key in PEM")
    return key
