"""HTTP requests and responses in the worker's form, with the real host's habits.

Source: azure-functions-host, GrpcMessageConversionExtensions, for the capabilities that the Python worker announces.
"""

import re
from collections.abc import Iterable, Mapping
from http.cookies import Morsel, SimpleCookie
from typing import Any
from urllib.parse import quote

from aiohttp import web
from multidict import CIMultiDict

from local.host.worker import Datum

# The server writes these itself.
FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})
UNSENDABLE = re.compile(r"[\r\n\0]")


def _text(value: str) -> Datum:
    return Datum(value, "string")


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, Datum]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return {name: _text(value) for name, value in joined.items()}


def request_datum(request: web.BaseRequest, body: bytes, route_values: Mapping[str, str]) -> Datum:
    """The trigger's value: repeated names joined by a comma; empty query values are left out, as Azure does."""
    value = {
        "method": _text(request.method),
        "url": _text(f"{request.scheme}://{request.host}{request.raw_path}"),
        "headers": _joined((name.lower(), value) for name, value in request.headers.items()),
        "query": _joined((name, value) for name, value in request.query.items() if value),
        "params": {name: _text(text) for name, text in route_values.items()},
        "body": Datum(body, "bytes"),
    }
    return Datum(value, "http")


def _set_cookie(cookie: Morsel[Any]) -> str:
    attributes = [f"{cookie.key}={quote(cookie.value, safe='-_.~')}"]
    attributes += [f"expires={cookie['expires']}"] if cookie["expires"] else []
    attributes += [f"max-age={cookie['max-age']}"] if cookie["max-age"] else []
    attributes += [f"domain={cookie['domain']}"] if cookie["domain"] else []
    # ASP.NET Core's CookieOptions begins with the path "/".
    attributes.append(f"path={cookie['path'] or '/'}")
    attributes += ["secure"] if cookie["secure"] else []
    attributes += [f"samesite={cookie['samesite'].lower()}"] if cookie["samesite"] else []
    attributes += ["httponly"] if cookie["httponly"] else []
    return "; ".join(attributes)


def _body(datum: Datum | None) -> bytes:
    if datum is None or datum.value is None:
        return b""
    return datum.value.encode() if isinstance(datum.value, str) else bytes(datum.value)


def _declared(value: Mapping[str, Any]) -> web.Response:
    headers = CIMultiDict((name, each.value) for name, each in value["headers"].items() if name.lower() not in FRAMING)
    if any(UNSENDABLE.search(text) for pair in headers.items() for text in pair):
        raise ValueError("a header holds a control character")
    cookies: Iterable[SimpleCookie] = value.get("cookies") or ()
    for cookie in cookies:
        for morsel in cookie.values():
            headers.add("Set-Cookie", _set_cookie(morsel))
    return web.Response(status=int(value["status_code"].value), headers=headers, body=_body(value["body"]))


def response_of(datum: Datum | None) -> web.Response:
    """The response for what a function gave to its HTTP output: 204 for nothing, 200 as plain text for text alone.

    Raises ValueError for a status or a header that cannot be sent.
    """
    if datum is None or datum.type is None:
        return web.Response(status=204)
    if datum.type == "http":
        return _declared(datum.value)
    return web.Response(body=_body(datum), headers={"Content-Type": "text/plain; charset=utf-8"})
