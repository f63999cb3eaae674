"""Tokens of the running system's issuer."""

from collections.abc import Mapping, Sequence

import httpx

from local.errors import CommandError

CREATE_SCOPE = "altinn:serviceowner/notifications.create"
SCOPES = {
    "create": CREATE_SCOPE,
    "composed": "altinn:serviceowner/notifications.composedemail.create",
    "support": "altinn:notifications.support.admin",
}
"""The scopes that the service knows, by the short names that `./dev token --scope` takes."""


def full_scope(scopes: Sequence[str]) -> str:
    """One scope claim of scopes or short names, each of which may hold several with spaces between."""
    return " ".join(SCOPES.get(each, each) for scope in scopes for each in scope.split())


async def fetch_token(issuer: str, org: str, scope: str = CREATE_SCOPE) -> str:
    """A bearer token for an organisation's short name; raises CommandError if the issuer does not give one."""
    return await _fetch(issuer, "/token", {"org": org, "scope": scope})


async def fetch_platform_token(issuer: str, org: str) -> str:
    """A PlatformAccessToken of an organisation's app; raises CommandError if the issuer does not give one."""
    return await _fetch(issuer, "/platform-token", {"org": org})


async def _fetch(issuer: str, path: str, wanted: Mapping[str, str]) -> str:
    async with httpx.AsyncClient(base_url=issuer, trust_env=False) as http:
        try:
            answer = await http.post(path, json=wanted)
        except httpx.TransportError as error:
            raise CommandError(f"no token issuer answers at {issuer}: start it with ./dev up") from error
    if answer.status_code != httpx.codes.OK:
        raise CommandError(f"the token issuer answered {answer.status_code}: {answer.text[:200]}")
    return str(answer.json()["access_token"])
