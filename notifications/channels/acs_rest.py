"""Azure Communication Services' REST API: a signed call, and how its JSON is written and read."""

import asyncio
import json
import re

import httpx

from notifications.channels.acs_auth import Authentication, CredentialUnavailableError
from notifications.channels.exchange import SHORT_PAUSE, Answer, NoAnswer, exchange
from notifications.domain.outcomes import Postponed

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,63}")


class AcsResource:
    """One Communication Services resource; the client is the caller's and stays open."""

    def __init__(self, client: httpx.AsyncClient, endpoint: str, authentication: Authentication) -> None:
        self._client = client
        self._endpoint = endpoint.rstrip("/")
        self._authentication = authentication

    def request(self, method: str, target: str, body: bytes = b"") -> httpx.Request:
        """A request for a path and query, with a JSON body, not signed yet."""
        return self._client.build_request(
            method,
            f"{self._endpoint}{target}",
            content=body,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )

    async def call(self, request: httpx.Request, *, within: float) -> Answer | NoAnswer | Postponed:
        """Sign a request and send it, in at most `within` seconds; Postponed when there is nothing to sign it with."""
        ends = asyncio.get_running_loop().time() + within
        try:
            async with asyncio.timeout_at(ends):
                await self._authentication.sign(request)
        except (CredentialUnavailableError, TimeoutError):
            return Postponed("no_credential", SHORT_PAUSE, here=True)
        left = max(ends - asyncio.get_running_loop().time(), 0.0)
        return await exchange(self._client, request, within=left)


def json_body(content: object) -> bytes:
    """A document as UTF-8, escaped only where it has to be."""
    try:
        # Escaped, other alphabets take two or three times the room that the service gives.
        return json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # UTF-8 has no lone surrogates, escapes have.
        return json.dumps(content).encode()


def read_json(body: bytes) -> object:
    """What a body says, None when it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_error(body: bytes) -> tuple[str | None, str]:
    """Code and text of `{"error": {"code", "message"}}`; a code that is no identifier is left out."""
    match read_json(body):
        case {"error": {**error}}:
            code, text = error.get("code"), error.get("message")
            legible = code if isinstance(code, str) and _CODE.fullmatch(code) else None
            return legible, (text if isinstance(text, str) else "")
    return None, ""
