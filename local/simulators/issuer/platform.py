"""Platform access tokens: an issuer's own key for each name, published under that name."""

import re
import time
import uuid
from pathlib import Path

from local.simulators.issuer.keys import KeyRing
from local.simulators.issuer.tokens import Claims, Forgery

_ISSUER = re.compile(r"[a-z0-9]{2,20}")


class PlatformTokenRequest(Forgery):
    """What the caller of `POST /platform-token` asks for; lifetime and not_before are seconds from now."""

    org: str = "ttd"
    app: str = "notifications-test"


class PlatformKeys:
    """The keys of every issuer with a name of 2 to 20 lower-case letters and digits, made when first asked for.

    In a directory, as `NAME.pem`, they outlive a restart.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._rings: dict[str, KeyRing] = {}

    def of(self, issuer: str) -> KeyRing | None:
        """Return an issuer's keys, None for a name that nobody has."""
        if not _ISSUER.fullmatch(issuer):
            return None
        if issuer not in self._rings:
            self._rings[issuer] = KeyRing(self._directory / f"{issuer}.pem" if self._directory else None)
        return self._rings[issuer]


def platform_claims(request: PlatformTokenRequest) -> Claims:
    """Return the claims of the token asked for."""
    issued, expires = request.times(int(time.time()))
    claims: Claims = {
        "iss": request.org,
        "urn:altinn:app": request.app,
        "iat": issued,
        "nbf": issued + request.not_before,
        "exp": expires,
        "jti": str(uuid.uuid4()),
    }
    if request.without_exp:
        del claims["exp"]
    return claims
