"""Runs invocations: says when they start and end, delivers their outputs, and knows which are under way."""

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from local.host.console import complain, say
from local.host.functions import Function
from local.host.settings import SettingsError
from local.host.storage import STORAGE_ERRORS
from local.host.worker import Datum, Outcome, invoke

type Deliver = Callable[[Function, Outcome], Awaitable[None]]


def child_trace(parent: str | None) -> str:
    """A W3C traceparent with a span of its own: in the caller's trace if `parent` is one, else in a new trace."""
    span = f"{random.getrandbits(64) or 1:016x}"
    parts = (parent or "").split("-")
    if len(parts) >= 4 and [len(part) for part in parts[:4]] == [2, 32, 16, 2]:
        return f"00-{parts[1]}-{span}-{parts[3]}"
    return f"00-{random.getrandbits(128) or 1:032x}-{span}-00"


class Invoker:
    """Each invocation is a task of its own, so that what it puts into context variables stays its own."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._running: set[asyncio.Task[Outcome]] = set()

    def start(
        self,
        function: Function,
        value: Datum,
        metadata: Mapping[str, Datum],
        *,
        reason: str,
        trace: tuple[str, str] | None = None,
    ) -> asyncio.Task[Outcome]:
        """Begin an invocation; the task ends with its outcome and never raises, except when it is cancelled."""
        run = self._run(function, value, metadata, reason, trace or (child_trace(None), ""))
        task = asyncio.get_running_loop().create_task(run)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def drain(self, seconds: float) -> int:
        """Wait for the running invocations; how many were still running after `seconds`."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)
        return len(self._running)

    async def _run(
        self, function: Function, value: Datum, metadata: Mapping[str, Datum], reason: str, trace: tuple[str, str]
    ) -> Outcome:
        invocation_id = str(uuid.uuid4())
        say(f"Executing 'Functions.{function.name}' (Reason='{reason}', Id={invocation_id})")
        began = time.perf_counter()
        try:
            outcome = await invoke(function, invocation_id, value, metadata, trace)
        except asyncio.CancelledError:
            complain(f"Functions.{function.name} was cancelled (Id={invocation_id})")
            outcome = Outcome(ok=False)
        if outcome.ok and function.outputs:
            outcome = await self._delivered(function, outcome)
        ended = "Succeeded" if outcome.ok else "Failed"
        duration = round((time.perf_counter() - began) * 1000)
        say(f"Executed 'Functions.{function.name}' ({ended}, Id={invocation_id}, Duration={duration}ms)")
        return outcome

    async def _delivered(self, function: Function, outcome: Outcome) -> Outcome:
        try:
            await self._deliver(function, outcome)
        except (*STORAGE_ERRORS, SettingsError, ValueError) as error:
            complain(f"Functions.{function.name}: its output could not be written: {type(error).__name__}: {error}")
            return replace(outcome, ok=False)
        return outcome
