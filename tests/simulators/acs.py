"""A client of the email provider that signs as Microsoft documents it, written apart from the simulator."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx

from local.simulators.acs.event_grid import Nowhere, Publisher
from local.simulators.acs_email.service import Options, acs_email
from local.simulators.serving import listening

KEY = b"a key of thirty-two bytes, or so"
VERSION = "2023-03-31"


def signed_headers(
    method: str, url: httpx.URL, body: bytes, key: bytes = KEY, date: str | None = None
) -> dict[str, str]:
    """Return the headers of a signed request."""
    sent = date or format_datetime(datetime.now(UTC), usegmt=True)
    content = base64.b64encode(hashlib.sha256(body).digest()).decode()
    text = f"{method}\n{url.raw_path.decode()}\n{sent};{url.netloc.decode()};{content}"
    signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
    return {
        "x-ms-date": sent,
        "x-ms-content-sha256": content,
        "Authorization": f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}",
    }


def message(recipient: str) -> dict[str, Any]:
    """Return a valid email to one recipient."""
    return {
        "senderAddress": "noreply@example.com",
        "content": {"subject": "Hello", "plainText": "Text"},
        "recipients": {"to": [{"address": recipient}]},
    }


class Acs:
    """Signed calls to one simulator."""

    def __init__(self, base: str, http: httpx.AsyncClient) -> None:
        self.base = base
        self.http = http

    async def send(
        self, recipient: str, operation_id: str | None = None, *, body: object = None, version: str = VERSION
    ) -> httpx.Response:
        """Send an email (or any body) under an operation id; a new one when there is none."""
        content = json.dumps(body if body is not None else message(recipient)).encode()
        url = httpx.URL(f"{self.base}/emails:send?api-version={version}")
        headers = {"Operation-Id": operation_id or str(uuid.uuid4()), "Content-Type": "application/json"}
        return await self.http.post(url, content=content, headers={**headers, **signed_headers("POST", url, content)})

    async def operation(self, operation_id: str) -> httpx.Response:
        """Ask what became of an operation."""
        url = httpx.URL(f"{self.base}/emails/operations/{operation_id}?api-version={VERSION}")
        return await self.http.get(url, headers=signed_headers("GET", url, b""))

    async def calls(self) -> list[dict[str, Any]]:
        """Read the journal."""
        entries: list[dict[str, Any]] = (await self.http.get(f"{self.base}/_calls")).json()
        return entries


@asynccontextmanager
async def simulated(publisher: Publisher | None = None, **options: Any) -> AsyncIterator[Acs]:
    """Run the simulator with these options while the context lasts; reports come at once unless told otherwise."""
    settings = Options(**{"access_key": KEY, "report_delay": 0, **options})
    async with (
        listening(acs_email(settings, publisher or Nowhere()), 0) as base,
        httpx.AsyncClient(timeout=20) as http,
    ):
        yield Acs(base, http)
