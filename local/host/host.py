"""The host as a whole: what it is made of, how it starts and how it stops."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from local.host.admin import Admin
from local.host.console import announce, complain
from local.host.functions import Function
from local.host.invoker import Invoker
from local.host.keys import Keys
from local.host.outputs import QueueOutputs
from local.host.processor import QueueProcessor, QueueTrigger, poison_name
from local.host.queues import QueueListener
from local.host.routes import Route, RouteError, Router, Template
from local.host.server import HttpServer
from local.host.settings import HostOptions, resolve
from local.host.storage import QueueAccounts
from local.host.throttle import Throttle
from local.host.timers import TimerListener

# azure-sdk-for-net QueueListener: messages are fetched with ten minutes of invisibility.
LEASE_SECONDS = 600
DRAIN_SECONDS = 30.0
BUILT_IN = ("admin", "runtime")


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a host needs to know before it starts."""

    functions: Sequence[Function]
    options: HostOptions
    keys: Keys
    port: int
    lease_seconds: int = LEASE_SECONDS


def of_type(functions: Sequence[Function], trigger_type: str) -> list[Function]:
    """The functions with a trigger of this type, by name."""
    return sorted((each for each in functions if each.trigger.type == trigger_type), key=lambda each: each.name)


def full_route(function: Function, prefix: str) -> str:
    """The function's route template below the route prefix. Raises RouteError for one that the host serves itself."""
    route = "/".join(part for part in (prefix, function.route.strip("/")) if part)
    if route.split("/")[0].lower() in BUILT_IN:
        raise RouteError(f"route {route!r} of {function.name} conflicts with the built-in routes")
    return route


def router_for(functions: Sequence[Function], prefix: str) -> Router[Function]:
    """The router over all HTTP-triggered functions. Raises RouteError."""
    routes = [
        Route(Template.parse(full_route(function, prefix)), function.methods, function)
        for function in of_type(functions, "httpTrigger")
    ]
    return Router(routes)


def function_list(functions: Sequence[Function], prefix: str, base: str) -> str:
    """The list of functions as Core Tools prints it: HTTP functions with methods and address, then the others."""
    lines = ["", "Functions:", ""]
    for function in of_type(functions, "httpTrigger"):
        methods = f"[{','.join(sorted(function.methods))}] " if function.methods else ""
        lines += [f"\t{function.name}: {methods}{base}/{full_route(function, prefix)}", ""]
    for kind in ("queueTrigger", "timerTrigger"):
        lines += [line for function in of_type(functions, kind) for line in (f"\t{function.name}: {kind}", "")]
    return "\n".join(lines)


class _Listener(Protocol):
    async def run(self) -> None: ...
    def stop(self) -> None: ...


class Host:
    """One running host: HTTP server, queue and timer listeners over one invoker."""

    def __init__(self, plan: Plan) -> None:
        """Put it together without starting anything. Raises RouteError, ScheduleError and SettingsError."""
        self._plan = plan
        self._accounts = QueueAccounts()
        self._outputs = QueueOutputs(self._accounts, base64=plan.options.queues.base64, on_put=self._wake)
        self._invoker = Invoker(self._outputs.deliver)
        self._timers = [TimerListener(each, self._invoker) for each in of_type(plan.functions, "timerTrigger")]
        self._queues = [self._queue_listener(each) for each in of_type(plan.functions, "queueTrigger")]
        admin = Admin(plan.functions, self._invoker, plan.keys)
        router = router_for(plan.functions, plan.options.route_prefix)
        throttle = Throttle(plan.options.concurrent_requests, plan.options.outstanding_requests)
        self._server = HttpServer(router, self._invoker, plan.keys, throttle, admin.handle)
        self._listeners: list[_Listener] = [*self._queues, *self._timers]
        self._listening: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._accounts.__aexit__(kind, error, trace)

    async def start(self) -> None:
        """Listen, create the queues, begin to poll and tick, say `ready`. Raises OSError if the port is taken."""
        port = await self._server.start(self._plan.port)
        base = f"http://127.0.0.1:{port}"
        await asyncio.gather(*(queue.prepare() for queue in self._queues))
        loop = asyncio.get_running_loop()
        self._listening = [loop.create_task(each.run()) for each in self._listeners]
        announce(function_list(self._plan.functions, self._plan.options.route_prefix, base))
        announce(f"ready {base}")

    async def run_until(self, stopping: asyncio.Event) -> None:
        """Wait for `stopping`; raises what a listener raised, since a host that no longer listens is no host."""
        asked = asyncio.get_running_loop().create_task(stopping.wait())
        done, _ = await asyncio.wait({asked, *self._listening}, return_when=asyncio.FIRST_COMPLETED)
        for ended in done:
            ended.result()

    async def stop(self) -> None:
        """Take nothing new and wait for what runs, at most 30 seconds."""
        for listener in self._listeners:
            listener.stop()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAIN_SECONDS
        await asyncio.wait({loop.create_task(self._server.stop()), *self._listening}, timeout=DRAIN_SECONDS)
        left = await self._invoker.drain(max(0.0, deadline - loop.time()))
        if left:
            complain(f"{left} invocation(s) were still running after {DRAIN_SECONDS:.0f} s")

    def _wake(self, queue_name: str) -> None:
        for listener in self._queues:
            if listener.queue_name == queue_name:
                listener.wake()

    def _queue_listener(self, function: Function) -> QueueListener:
        connection = function.trigger.text("connection")
        name = resolve(function.trigger.text("queueName")).lower()
        poison = poison_name(name)
        trigger = QueueTrigger(
            function=function,
            queue=self._accounts.queue(connection, name),
            poison=self._accounts.queue(connection, poison) if poison else None,
            options=self._plan.options.queues,
            lease_seconds=self._plan.lease_seconds,
        )
        return QueueListener(trigger, QueueProcessor(trigger, self._invoker, self._wake))
