"""Who is calling: HMAC-SHA256 request signatures, or any bearer token where that is allowed.

The scheme is Microsoft's: learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aiohttp import web

from local.simulators.acs.errors import AcsError

DENIED = AcsError(401, "Denied", "Denied by the resource provider.")

_SCHEME = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="
_CLOCK_SKEW = timedelta(minutes=15)


def authenticate(request: web.Request, body: bytes, access_key: bytes, *, allow_bearer: bool) -> None:
    """Raise the 401 error unless the request is signed with the access key, or carries an allowed bearer token."""
    authorization = request.headers.get("Authorization", "")
    if allow_bearer and authorization.startswith("Bearer "):
        return
    expected = _SCHEME + _signature(request, access_key)
    signed = hmac.compare_digest(authorization.encode(), expected.encode())
    if not (signed and _is_recent(request) and _covers(request, body)):
        raise DENIED


def _signature(request: web.Request, access_key: bytes) -> str:
    headers = (request.headers.get(name, "") for name in ("x-ms-date", "Host", "x-ms-content-sha256"))
    text = f"{request.method}\n{request.raw_path}\n{';'.join(headers)}"
    return base64.b64encode(hmac.digest(access_key, text.encode(), "sha256")).decode()


def _covers(request: web.Request, body: bytes) -> bool:
    actual = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return request.headers.get("x-ms-content-sha256") == actual


def _is_recent(request: web.Request) -> bool:
    try:
        sent = parsedate_to_datetime(request.headers.get("x-ms-date", ""))
    except ValueError:
        return False
    return abs(datetime.now(UTC) - sent.astimezone(UTC)) <= _CLOCK_SKEW
