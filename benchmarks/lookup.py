"""One order for many persons by identity number: looked up in bulk, planned and handed over."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from benchmarks.access_log import IDLE_POLL
from benchmarks.bodies import Body
from benchmarks.call_counts import CallLogs
from benchmarks.figures import Section, shown
from benchmarks.large import LARGEST, HandOvers, bodies
from benchmarks.memory import processor_seconds
from benchmarks.options import Options
from benchmarks.system import System, running, scratch
from local.waiting import until

FIRST = 17_859_600_000
"""The first of consecutive synthetic identity numbers."""

_ORDERS = "/notifications/api/v1/orders/email"
# Longer than the service remembers answers: what was asked at placement is asked again when it is sent.
_AHEAD = timedelta(seconds=65)
_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What one run came to; seconds from the moment at which the order was due, None for what was not in time."""

    placed: float
    at_placement: Mapping[str, Any]
    planned: float | None
    sent: float | None
    when_due: Mapping[str, Any]
    storage: Counter[str]
    processor: float | None


async def lookup(options: Options) -> Section:
    """Placement, planning and hand-over of one order whose recipients are all given by identity number."""
    count = options.recipients
    if count > LARGEST:
        raise RuntimeError(f"one order has at most {LARGEST} recipients")
    section = Section(f"One order for {count} persons by identity number, named in its text, due a minute later")
    with scratch() as path:
        people, record = path / "people.json", path / "transactions"
        people.write_text(json.dumps({"persons": [person(number) for number in range(count)]}))
        async with running(
            in_memory=options.in_memory, access_log=True, transactions=record, registers=people
        ) as system:
            tell(section, await _followed(system, CallLogs(system.data, record), count), count)
            section.notes += system.remarks()
    section.notes.append("planned: the first email was handed over, which waits until all persons are looked up")
    return section


def person(number: int) -> dict[str, str]:
    """Somebody to whom everything is delivered and of whom nothing is reported."""
    return {"number": str(FIRST + number), "name": f"Person {number}", "email": f"silent+{number}@example.com"}


def order(count: int, due: datetime) -> Body:
    """An email to that many persons, which names each of them."""
    (body,) = bodies([str(FIRST + number) for number in range(count)], count, "nationalIdentityNumber")
    moment = due.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**body, "subject": "A letter for $recipientName$", "requestedSendTime": moment}


async def _followed(system: System, logs: CallLogs, count: int) -> Course:
    due = datetime.now(UTC) + _AHEAD
    began = time.monotonic()
    shipment = await _placed(system, order(count, due))
    placed = time.monotonic() - began
    at_placement = await _register_calls(system)
    await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() - 1))
    start, before = logs.mark(), processor_seconds(system.host)
    seen = HandOvers(system.data.log("host"))
    everybody = await _all_sent(seen, shipment, count)
    # What was accepted last is still to be recorded, and the workers delete their last messages.
    await asyncio.sleep(1)
    after = processor_seconds(system.host)
    times = seen.times.get(shipment, [])
    return Course(
        placed=placed,
        at_placement=at_placement,
        planned=min(times) - due.timestamp() if times else None,
        sent=max(times) - due.timestamp() if everybody else None,
        when_due=await _register_calls(system),
        storage=logs.calls(start, logs.mark()),
        processor=None if before is None or after is None else after - before,
    )


async def _placed(system: System, body: Body) -> str:
    headers = {"Authorization": f"Bearer {await system.token()}"}
    url = f"{system.addresses.service}{_ORDERS}"
    async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as http:
        answer = await http.post(url, json=body)
    if answer.status_code != httpx.codes.ACCEPTED:
        raise RuntimeError(f"the order was answered {answer.status_code}")
    return str(answer.json()["orderId"])


async def _register_calls(system: System) -> Mapping[str, Any]:
    """The calls of each register since this was asked last."""
    async with httpx.AsyncClient(base_url=system.addresses.registers, trust_env=False) as http:
        found: Mapping[str, Any] = (await http.get("/calls")).json()["byRegister"]
        await http.delete("/calls")
    return found


async def _all_sent(seen: HandOvers, shipment: str, count: int) -> bool:
    async def all_of_them() -> bool:
        return seen.count([shipment]) >= count

    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await until(all_of_them, every=0.5)
    except TimeoutError:
        return False
    return True


def tell(section: Section, course: Course, count: int) -> None:
    """Add the figures of a run for so many persons."""
    section.add(
        "placed after, all looked up", f"{course.placed:.1f} s ({shown(count / course.placed)} persons a second)"
    )
    section.add("register calls at placement", _register_text(course.at_placement))
    section.add("planned after it was due", _rate(course.planned, count))
    section.add("all sent after it was due", _rate(course.sent, count))
    section.add("register calls when it was due", _register_text(course.when_due))
    polls = course.storage.pop(IDLE_POLL, 0)
    section.add("storage calls a notification, due to sent", shown(course.storage.total() / count))
    for kind, number in sorted(course.storage.items(), key=lambda each: -each[1]):
        section.add(f"    {kind}", str(number))
    section.add(f"    apart: {IDLE_POLL}", str(polls))
    if course.processor is not None:
        section.add("processor time of the host, due to sent", f"{course.processor:.1f} s")


def _register_text(calls: Mapping[str, Any]) -> str:
    told = [f"{name} {each['calls']} ({each['identities']} identities)" for name, each in sorted(calls.items())]
    return ", ".join(told) or "none"


def _rate(seconds: float | None, count: int) -> str:
    return f"{seconds:.1f} s ({shown(count / seconds)} notifications a second)" if seconds else "not all got there"
