"""Verification of the PlatformAccessToken header: by the keys that are published for the issuer it names."""

import re
from enum import StrEnum

import aiohttp
import jwt

HEADER = "PlatformAccessToken"
_ISSUER = re.compile(r"[a-z0-9-]{1,50}")


class Proof(StrEnum):
    """What a header proved; unverified is one that nobody looked at."""

    ABSENT = "absent"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    REFUSED = "refused"


class PlatformTokens:
    """Verifies tokens by a URL template with `{issuer}`; the keys are read anew for each token."""

    def __init__(self, session: aiohttp.ClientSession, keys_url: str) -> None:
        self._session = session
        self._keys_url = keys_url

    async def proof(self, token: str | None) -> Proof:
        """What the header's value proves; a token that cannot be verified for whatever reason is refused."""
        if not token:
            return Proof.ABSENT
        try:
            issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss"))
            keys = await self._keys(issuer) if _ISSUER.fullmatch(issuer) else []
        except (jwt.PyJWTError, aiohttp.ClientError, TimeoutError, ValueError, KeyError):
            return Proof.REFUSED
        return Proof.VERIFIED if any(_verifies(token, key) for key in keys) else Proof.REFUSED

    async def _keys(self, issuer: str) -> list[jwt.PyJWK]:
        async with self._session.get(self._keys_url.replace("{issuer}", issuer)) as answer:
            answer.raise_for_status()
            return [jwt.PyJWK(key) for key in (await answer.json())["keys"]]


def _verifies(token: str, key: jwt.PyJWK) -> bool:
    try:
        jwt.decode(token, key, algorithms=["RS256"], options={"require": ["exp", "iss"], "verify_aud": False})
    except jwt.PyJWTError:
        return False
    return True
