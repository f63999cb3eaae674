"""Platform access tokens, which an organisation's applications sign themselves (http-contract.md section 1.2)."""

import re
from dataclasses import dataclass
from datetime import timedelta

from notifications.domain.clock import Clock
from notifications.security.platform_keys import PlatformKeys
from notifications.security.signed_tokens import InvalidToken, check_times, decode
from notifications.security.tokens import Caller

SKEW = timedelta(seconds=10)
"""How much an application's clock may differ from ours."""

# The name goes into an address before anything is verified.
_ORGANISATION = re.compile(r"[a-z0-9-]{1,50}")


@dataclass(frozen=True, slots=True)
class PlatformTokenVerifier:
    """Verifies platform access tokens, each by the keys that are published for the issuer it names."""

    keys: PlatformKeys
    clock: Clock

    async def verify(self, token: str) -> Caller:
        """The organisation that issued the token; raises InvalidToken, or IssuerUnavailable."""
        unproven = decode(token)
        issuer = unproven.claimed_issuer()
        if _ORGANISATION.fullmatch(issuer) is None:
            raise InvalidToken("The token's issuer is not the short name of an organisation.")
        check_times(await unproven.proven(self.keys.of(issuer)), self.clock.now(), SKEW)
        return Caller(issuer, platform=True)
