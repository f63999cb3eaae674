"""Which SMS provider takes a message: by country, by weight, by how well it does, and never two of them."""

from collections import Counter, deque
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.faults import StorageUnavailable
from notifications.domain.order import SendingTimePolicy
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.sms_routes import Route, parse_routes
from notifications.domain.statuses import Channel, Status
from notifications.stages.routing import RoutingCarrier
from notifications.storage.gates import Gates
from notifications.storage.memory import MemoryTable
from notifications.storage.table import Row
from tests.builders import NOW, FakeClock, notification, sending, sms_content

KNOWN = ("pswin", "acs")


class Provider:
    """A carrier that does what a test says, at once or after some time."""

    def __init__(self, clock: FakeClock, name: str, memory: Memory) -> None:
        self.memory, self.name = memory, name
        self.answers: deque[Outcome] = deque()
        self.always: Outcome = Accepted()
        self.calls = 0
        self.given: list[float] = []
        self.takes = timedelta(0)
        self._clock = clock

    async def hand_over(self, shipment: object, one: object, seconds: float, *, uncertain: bool) -> Outcome:
        self.calls += 1
        self.given.append(seconds)
        self._clock.forward(self.takes)
        return self.answers.popleft() if self.answers else self.always


class Setting:
    def __init__(self, routes: str = "*=pswin,acs:0", draw: Callable[[], float] | None = None) -> None:
        self.clock = FakeClock()
        self.pswin = Provider(self.clock, "pswin-sms", Memory.NONE)
        self.acs = Provider(self.clock, "acs-sms", Memory.SHORT)
        self.gates = Gates(MemoryTable(), self.clock)
        self.sent = 0
        carriers = {"pswin": self.pswin, "acs": self.acs}
        self.carrier = RoutingCarrier(
            carriers, parse_routes(routes, KNOWN), self.gates, self.clock, draw or Random(1).random
        )

    async def send(self, number: str = "+4799999999", *, uncertain: bool = False) -> Outcome:
        shipment = sending(content=sms_content())
        self.sent += 1
        one = notification(self.sent, channel=Channel.SMS, address=number)
        return await self.carrier.hand_over(shipment, one, 30, uncertain=uncertain)

    def calls(self) -> tuple[int, int]:
        return self.pswin.calls, self.acs.calls


async def test_the_longest_prefix_decides_however_the_number_is_written() -> None:
    setting = Setting("+47=pswin;+358=acs;*=acs")
    for number in ("+4799999999", "0047 99 99 99 99"):
        await setting.send(number)
    assert setting.calls() == (2, 0)
    await setting.send("+358401234567")
    await setting.send("+46701234567")
    assert setting.calls() == (2, 2)


async def test_weights_are_the_shares_of_the_messages() -> None:
    setting = Setting("*=pswin:3,acs:1")
    for _ in range(400):
        await setting.send()
    assert 60 <= setting.acs.calls <= 140


async def test_whoever_stands_by_gets_nothing_while_the_others_take_all() -> None:
    setting = Setting()
    for _ in range(50):
        await setting.send()
    assert setting.calls() == (50, 0)


async def test_what_one_provider_did_not_take_the_other_gets_at_once() -> None:
    setting = Setting()
    setting.pswin.answers.append(Postponed("busy"))
    assert await setting.send() == Accepted()
    assert setting.calls() == (1, 1)


@pytest.mark.parametrize("outcome", [Uncertain("timeout"), Refused(Status.INVALID_RECIPIENT, "number")])
async def test_what_one_provider_may_have_or_refused_is_not_given_to_the_other(outcome: Outcome) -> None:
    setting = Setting()
    setting.pswin.answers.append(outcome)
    assert await setting.send() == outcome
    assert setting.calls() == (1, 0)


async def test_what_one_provider_cannot_carry_the_other_gets_and_nobody_rests() -> None:
    setting = Setting()
    setting.pswin.always = Refused(Status.FAILED, "text_too_long", elsewhere=True)
    outcome = await setting.send()
    assert (outcome, outcome.by) == (Accepted(), "acs-sms")
    setting.acs.always = Refused(Status.FAILED, "text_too_long", elsewhere=True)
    assert await setting.send() == setting.acs.always


async def test_what_the_open_provider_cannot_carry_waits_for_the_other_to_open() -> None:
    setting = Setting()
    setting.acs.always = Refused(Status.FAILED, "text_too_long", elsewhere=True)
    setting.pswin.answers.append(Postponed("down", timedelta(seconds=60)))
    assert await setting.send() == Postponed("down")
    assert await setting.send() == Postponed("no_provider_open", until=NOW + timedelta(seconds=60))
    setting.clock.forward(seconds=61)
    assert await setting.send() == Accepted()


async def test_an_outcome_says_which_provider_it_is_of() -> None:
    setting = Setting("+358=acs;*=pswin")
    assert [(await setting.send(number)).by for number in ("+4799999999", "+358401234567")] == ["pswin-sms", "acs-sms"]


async def test_a_provider_that_asks_for_a_rest_gets_it_alone_and_is_called_again_afterwards() -> None:
    setting = Setting()
    setting.pswin.answers.append(Postponed("throttled", timedelta(seconds=60)))
    await setting.send()
    await setting.send()
    assert setting.calls() == (1, 2)
    assert await setting.gates.closed_until("pswin-sms") == NOW + timedelta(seconds=60)
    setting.clock.forward(seconds=61)
    for _ in range(20):
        await setting.send()
    assert setting.pswin.calls > 10


async def test_a_provider_that_leaves_three_calls_in_a_row_unanswered_rests_alone() -> None:
    setting = Setting("*=pswin:1,acs:0")
    setting.pswin.answers.extend([Uncertain("timeout", timedelta(seconds=60))] * 3)
    for closed in (None, None, NOW + timedelta(seconds=60)):
        assert await setting.send() == Uncertain("timeout")
        assert await setting.gates.closed_until("pswin-sms") == closed
    assert await setting.send() == Accepted()
    assert setting.calls() == (3, 1)


async def test_what_no_provider_answered_does_not_keep_a_silent_one_at_work() -> None:
    setting = Setting("*=acs")
    lost, long = Uncertain("timeout", timedelta(seconds=60)), Refused(Status.FAILED, "text_too_long", here=True)
    setting.acs.answers.extend([lost, long, lost, long, lost])
    for _ in range(5):
        assert await setting.gates.closed_until("acs-sms") is None
        await setting.send()
    assert await setting.gates.closed_until("acs-sms") == NOW + timedelta(seconds=60)


async def test_without_an_open_provider_a_message_waits_and_no_gate_closes_for_all() -> None:
    setting = Setting()
    setting.pswin.always = setting.acs.always = Postponed("down", timedelta(seconds=60))
    assert await setting.send() == Postponed("down")
    opens = NOW + timedelta(seconds=60)
    assert await setting.send() == Postponed("no_provider_open", until=opens)
    assert setting.calls() == (1, 1)


async def test_a_message_waits_for_the_first_of_its_countrys_providers_to_open() -> None:
    setting = Setting("+358=acs;*=pswin,acs:0")
    await setting.gates.close("pswin-sms", NOW + timedelta(seconds=90))
    await setting.gates.close("acs-sms", NOW + timedelta(seconds=120))
    assert await setting.send() == Postponed("no_provider_open", until=NOW + timedelta(seconds=90))
    assert await setting.send("+358401234567") == Postponed("no_provider_open", until=NOW + timedelta(seconds=120))


async def test_a_slow_provider_gets_less_to_do_until_it_is_quick_again() -> None:
    setting = Setting("*=pswin:1,acs:1")
    setting.pswin.takes = timedelta(seconds=6)
    for _ in range(200):
        await setting.send()
    assert setting.pswin.calls < 30
    setting.pswin.takes = timedelta(0)
    for _ in range(400):
        await setting.send()
    before = setting.pswin.calls
    for _ in range(200):
        await setting.send()
    assert setting.pswin.calls - before > 60


async def test_the_second_provider_has_the_time_that_is_left() -> None:
    setting = Setting()
    setting.pswin.takes = timedelta(seconds=20)
    setting.pswin.answers.append(Postponed("busy"))
    await setting.send()
    assert (setting.pswin.given, setting.acs.given) == ([30], [10])


async def test_a_provider_that_used_up_the_time_leaves_none_for_another() -> None:
    setting = Setting()
    setting.pswin.takes = timedelta(seconds=30)
    setting.pswin.answers.append(Postponed("busy"))
    assert await setting.send() == Postponed("busy")
    assert setting.acs.calls == 0


def test_routes_remember_as_much_as_the_most_forgetful_provider() -> None:
    assert Setting().carrier.memory is Memory.NONE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "all other numbers"),
        ("+47=pswin", "all other numbers"),
        ("*=other", "the providers are pswin, acs"),
        ("*=", "a weight above 0"),
        ("*=pswin:0", "a weight above 0"),
        ("*=pswin:x", "a whole number"),
        ("47=pswin;*=acs", "a country prefix"),
        ("pswin", "a country prefix"),
        ("*=pswin;*=acs", "each prefix once"),
    ],
)
def test_routes_that_cannot_be_read_say_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_routes(text, KNOWN)


def test_routes_are_read_with_blanks_and_weights() -> None:
    assert parse_routes(" +47 = pswin:9 , acs:1 ; * = acs ;", KNOWN) == (
        Route("+47", {"pswin": 9.0, "acs": 1.0}),
        Route("", {"acs": 1.0}),
    )


@given(st.text())
def test_no_text_is_read_as_anything_but_routes_or_an_error(text: str) -> None:
    try:
        routes = parse_routes(text, KNOWN)
    except ValueError:
        return
    assert Counter(each.prefix for each in routes)[""] == 1


class NoTable(MemoryTable):
    """A table that is out of reach."""

    async def get(self, partition: str, key: str) -> Row | None:
        raise StorageUnavailable("table")


async def test_gates_that_cannot_be_read_or_closed_do_not_make_a_certain_answer_uncertain(
    caplog: pytest.LogCaptureFixture,
) -> None:
    setting = Setting("*=pswin:1,acs:0")
    setting.carrier = RoutingCarrier(
        {"pswin": setting.pswin, "acs": setting.acs},
        parse_routes("*=pswin:1,acs:0", KNOWN),
        Gates(NoTable(), setting.clock),
        setting.clock,
    )
    setting.pswin.always = Postponed("throttled", timedelta(seconds=30))
    setting.acs.always = Postponed("busy", timedelta(seconds=30))
    assert await setting.send() == Postponed("busy")
    assert setting.calls() == (1, 1)
    assert [f"gate.not_read provider={each} error=" in caplog.text for each in ("pswin-sms", "acs-sms")] == [True, True]


async def test_a_provider_that_fails_as_the_window_closes_leaves_the_message_for_the_morning() -> None:
    setting = Setting()
    setting.clock.moment = NOW.replace(hour=16) - timedelta(seconds=1)
    setting.pswin.always, setting.pswin.takes = Postponed("connect"), timedelta(seconds=2)
    shipment = sending(content=sms_content(SendingTimePolicy.DAYTIME))
    one = notification(channel=Channel.SMS, address="+4799999999")
    assert await setting.carrier.hand_over(shipment, one, 30, uncertain=False) == Postponed("connect")
    assert setting.calls() == (1, 0)
