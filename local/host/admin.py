"""The admin endpoints: list the functions, run one now, and tell how the host is.

Source: learn.microsoft.com, "Manually run a non HTTP-triggered function" and "Host status".
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from aiohttp import web

from local.host.functions import Function
from local.host.invoker import Invoker
from local.host.keys import Keys
from local.host.messages import trigger_value
from local.host.server import HTTP_REASON, presented_key
from local.host.timers import timer_info
from local.host.worker import Datum


def _described(function: Function, base: str) -> dict[str, object]:
    return {
        "name": function.name,
        "href": f"{base}/admin/functions/{function.name}",
        "language": "python",
        "isDisabled": False,
        "config": {"bindings": [dict(binding.raw) for binding in (function.trigger, *function.outputs)]},
    }


def _http_value(function: Function, text: str) -> Datum:
    value = {
        "method": Datum(max(function.methods, default="POST"), "string"),
        "url": Datum(f"http://localhost/{function.route}", "string"),
        "body": Datum(text.encode(), "bytes"),
        **{part: {} for part in ("headers", "query", "params")},
    }
    return Datum(value, "http")


def _queue_metadata() -> dict[str, Datum]:
    now = Datum(json.dumps(datetime.now(UTC).isoformat()), "json")
    times = dict.fromkeys(("InsertionTime", "ExpirationTime", "NextVisibleTime"), now)
    return {"Id": Datum(str(uuid.uuid4()), "string"), "DequeueCount": Datum("0", "json"), **times}


def manual_value(function: Function, text: str) -> tuple[Datum, dict[str, Datum]]:
    """The trigger's value and metadata for a run by hand with this input."""
    if function.trigger.type == "timerTrigger":
        return timer_info(past_due=False), {}
    if function.trigger.type == "httpTrigger":
        return _http_value(function, text), {}
    return trigger_value(text.encode(), function.trigger.text("dataType")), _queue_metadata()


async def _input(request: web.BaseRequest) -> str | None:
    try:
        content = json.loads(await request.read() or b"{}")
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    given = content.get("input", "")
    return given if isinstance(given, str) else json.dumps(given)


class Admin:
    """Answers everything below `/admin/`."""

    def __init__(self, functions: Sequence[Function], invoker: Invoker, keys: Keys) -> None:
        self._functions: Mapping[str, Function] = {function.name.lower(): function for function in functions}
        self._invoker = invoker
        self._keys = keys
        self._began = datetime.now(UTC)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer: 401 without the master key if one is configured, 404 for what does not exist."""
        if not self._keys.admit_admin(presented_key(request)):
            return web.Response(status=401)
        match request.method, request.path.strip("/").lower().split("/"):
            case (("GET" | "POST"), ["admin", "host", "ping"]):
                return web.Response()
            case "GET", ["admin", "host", "status"]:
                return web.json_response(self._status())
            case "GET", ["admin", "functions"]:
                return web.json_response(
                    [_described(each, str(request.url.origin())) for each in self._functions.values()]
                )
            case _, ["admin", "functions", name] if name in self._functions:
                return await self._one(request, self._functions[name])
        return web.Response(status=404)

    async def _one(self, request: web.BaseRequest, function: Function) -> web.Response:
        if request.method == "GET":
            return web.json_response(_described(function, str(request.url.origin())))
        if request.method != "POST":
            return web.Response(status=404)
        text = await _input(request)
        if text is None:
            return web.Response(status=400)
        value, metadata = manual_value(function, text)
        self._invoker.start(function, value, metadata, reason=HTTP_REASON)
        return web.Response(status=202)

    def _status(self) -> dict[str, object]:
        uptime = datetime.now(UTC) - self._began
        return {"state": "Running", "version": "local", "processUptime": round(uptime.total_seconds() * 1000)}
