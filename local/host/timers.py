"""Timer triggers: fire on schedule, one run at a time, and make up for missed ticks with one run."""

import asyncio
import json
from datetime import UTC, datetime

from local.host.functions import Function
from local.host.invoker import Invoker
from local.host.schedule import Schedule
from local.host.settings import resolve
from local.host.worker import Datum

LATE_SECONDS = 1.0
LONGEST_SLEEP = 60.0


def timer_info(*, past_due: bool, last: datetime | None = None, following: datetime | None = None) -> Datum:
    """The trigger's value, as the real host writes it (learn.microsoft.com, "Timer trigger")."""
    moment = datetime.min.replace(tzinfo=UTC)
    status = {"Last": (last or moment).isoformat(), "Next": (following or moment).isoformat()}
    status["LastUpdated"] = status["Last"]
    info = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    return Datum(json.dumps(info), "json")


class TimerListener:
    """Drives one timer-triggered function in UTC; past due is a run that starts a second or more too late."""

    def __init__(self, function: Function, invoker: Invoker) -> None:
        self._function = function
        self._invoker = invoker
        self._schedule = Schedule.parse(resolve(function.trigger.text("schedule")))
        self._last: datetime | None = None
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Fire at each tick until told to stop; ticks that pass during a run are one tick."""
        due = self._schedule.next_after(datetime.now(UTC))
        if self._function.trigger.raw.get("runOnStartup"):
            due = await self._fire(datetime.now(UTC))
        while await self._until(due):
            due = await self._fire(due)

    def stop(self) -> None:
        """Fire no more; a run under way goes on."""
        self._stopping.set()

    async def _until(self, due: datetime) -> bool:
        while not self._stopping.is_set():
            remaining = (due - datetime.now(UTC)).total_seconds()
            if remaining <= 0:
                return True
            try:
                async with asyncio.timeout(min(remaining, LONGEST_SLEEP)):
                    await self._stopping.wait()
            except TimeoutError:
                continue
        return False

    async def _fire(self, due: datetime) -> datetime:
        began = datetime.now(UTC)
        following = self._schedule.next_after(max(began, due))
        late = (began - due).total_seconds() >= LATE_SECONDS
        value = timer_info(past_due=late, last=self._last, following=following)
        self._last = began
        await self._invoker.start(self._function, value, {}, reason=f"Timer fired at {began.isoformat()}")
        return following
