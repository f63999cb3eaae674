"""Tokens of the running system's issuer."""

import httpx

from local.errors import CommandError

CREATE_SCOPE = "altinn:serviceowner/notifications.create"


async def fetch_token(issuer: str, org: str, scope: str = CREATE_SCOPE) -> str:
    """A bearer token for an organisation's short name; raises CommandError if the issuer does not give one."""
    async with httpx.AsyncClient(base_url=issuer, trust_env=False) as http:
        try:
            answer = await http.post("/token", json={"org": org, "scope": scope})
        except httpx.TransportError as error:
            raise CommandError(f"no token issuer answers at {issuer}: start it with ./dev up") from error
    if answer.status_code != httpx.codes.OK:
        raise CommandError(f"the token issuer answered {answer.status_code}: {answer.text[:200]}")
    return str(answer.json()["access_token"])
