"""Providers that are down for an hour or throttle for a minute at a time, by a clock that leaps."""

# ruff: noqa: ASYNC109 - a time-out is part of the provider protocol

from datetime import datetime, timedelta
from itertools import pairwise

from notifications.channels.protocol import EmailMessage, SmsMessage
from notifications.domain.outcomes import Outcome, Postponed
from tests.builders import NOW, email_content, sms_content
from tests.stages.fakes import FakeEmail, FakeSms
from tests.stages.world import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BREATH = timedelta(seconds=2)
# Half an hour, spread by a fifth either way.
LONGEST_BACK_OFF = timedelta(minutes=36)
MESSAGES = 20


class Outage:
    """Takes nothing until it is over, and remembers when it was called meanwhile."""

    def __init__(self, world: World, lasts: timedelta, answer: Postponed) -> None:
        self._clock, self._ends, self._answer = world.clock, NOW + lasts, answer
        self.calls: list[datetime] = []

    def met(self) -> Outcome | None:
        """What this call is answered, or None when all is well again."""
        if self._clock.now() >= self._ends:
            return None
        self.calls.append(self._clock.now())
        return self._answer


def suffering(world: World, lasts: timedelta, answer: Postponed) -> tuple[Outage, Outage]:
    """Let both providers of a world have an outage, each its own."""
    by_email, by_sms = Outage(world, lasts, answer), Outage(world, lasts, answer)

    class Email(FakeEmail):
        async def send(self, message: EmailMessage, *, timeout: float) -> Outcome:
            return by_email.met() or await super().send(message, timeout=timeout)

    class Sms(FakeSms):
        async def send(self, message: SmsMessage, *, timeout: float) -> Outcome:
            return by_sms.met() or await super().send(message, timeout=timeout)

    world.email, world.sms = Email(), Sms()
    world.start()
    return by_email, by_sms


async def place(world: World) -> None:
    """Emails and SMS in turn."""
    for number in range(MESSAGES):
        content = sms_content() if number % 2 else email_content()
        await world.order(content, idempotency_id=str(number))


def assert_all_taken_once(world: World) -> None:
    """Fails unless every message was taken, and none twice."""
    taken = [call.notification_id for call in world.email.calls] + [call.notification_id for call in world.sms.calls]
    assert len(taken) == len(set(taken)) == MESSAGES


async def test_after_an_hour_without_providers_each_message_is_taken_once_soon_after() -> None:
    world = World()
    outages = suffering(world, HOUR, Postponed("connect_failed", timedelta(seconds=30)))
    await place(world)
    await world.run_to(NOW + HOUR - timedelta(seconds=1))
    assert (world.email.calls, world.sms.calls) == ([], [])
    assert await world.told() == []
    await world.run_to(NOW + HOUR + LONGEST_BACK_OFF)
    assert_all_taken_once(world)
    assert all(0 < len(outage.calls) < 10 * MESSAGES for outage in outages)
    await world.assert_consistent()


async def test_a_provider_that_throttles_for_a_minute_again_and_again_is_left_alone_for_each_of_them() -> None:
    world = World()
    outages = suffering(world, 10 * MINUTE, Postponed("http_429", MINUTE))
    await place(world)
    await world.run_to(NOW + 10 * MINUTE - timedelta(seconds=1))
    for outage in outages:
        pauses = [second - first for first, second in pairwise(outage.calls)]
        # What is called in one breath meets the same refusal; the next call comes when its minute is over.
        assert all(each <= BREATH or each >= MINUTE - BREATH for each in pauses)
        assert len([each for each in pauses if each > BREATH]) > 2
    await world.run_to(NOW + 10 * MINUTE + LONGEST_BACK_OFF)
    assert_all_taken_once(world)
