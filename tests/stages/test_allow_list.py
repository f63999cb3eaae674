"""The allow-list of a test environment: only those on it are told, all others are reported as delivered."""

import pytest

from notifications.domain.outcomes import Accepted, Memory
from notifications.domain.statuses import Channel, Status
from notifications.stages.allow_list import SIMULATED, AllowListCarrier
from notifications.stages.carriers import EmailCarrier
from tests.builders import NOW, notification, sending
from tests.stages.fakes import FakeEmail
from tests.stages.world import World


class Recorder:
    """A carrier that takes everything."""

    name, memory = "recorder", Memory.NONE

    def __init__(self) -> None:
        self.told: list[str] = []

    async def hand_over(self, shipment: object, notification: object, seconds: float, *, uncertain: bool) -> Accepted:
        self.told.append(notification.address)  # type: ignore[attr-defined]
        return Accepted()


async def told(channel: Channel, allowed: list[str], address: str) -> bool:
    inner = Recorder()
    carrier = AllowListCarrier(inner, channel, allowed)
    outcome = await carrier.hand_over(sending(), notification(channel=channel, address=address), 1, uncertain=False)
    assert outcome == (Accepted() if inner.told else Accepted(last=SIMULATED))
    assert outcome.here is not bool(inner.told)
    return bool(inner.told)


@pytest.mark.parametrize(
    ("allowed", "number", "heard"),
    [
        (["+4799999999"], "+4799999999", True),
        (["+4799999999"], "004799999999", True),
        ([" 0047 99 99 99 99"], "+4799999999", True),
        (["+4799999999"], "+4799999998", False),
    ],
)
async def test_a_number_is_on_the_list_however_it_is_written(allowed: list[str], number: str, heard: bool) -> None:
    assert await told(Channel.SMS, allowed, number) is heard


@pytest.mark.parametrize(
    ("allowed", "address", "heard"),
    [
        (["kari@example.com"], "Kari@Example.com", True),
        (["@example.com"], "anybody@EXAMPLE.com", True),
        (["@example.com"], "anybody@sub.example.com", False),
        (["kari@example.com"], "ola@example.com", False),
    ],
)
async def test_an_address_is_on_the_list_by_itself_or_by_its_domain(
    allowed: list[str], address: str, heard: bool
) -> None:
    assert await told(Channel.EMAIL, allowed, address) is heard


def test_the_list_changes_nothing_about_the_provider() -> None:
    inner = EmailCarrier(FakeEmail(), "noreply@example.com")
    carrier = AllowListCarrier(inner, Channel.EMAIL, ["@example.com"])
    assert (carrier.name, carrier.memory) == (inner.name, inner.memory)


async def test_whoever_is_not_on_the_list_is_reported_as_delivered_through_the_whole_road() -> None:
    world = World()
    for calls in (world.dispatch[Channel.EMAIL]._calls,):
        calls._carrier = AllowListCarrier(calls._carrier, Channel.EMAIL, ["somebody@example.com"])
    (identity,) = await world.order()
    await world.run(3)
    (one,) = (await world.shipment(identity)).notifications
    assert (one.status, one.reason, one.handed_over) == (Status.DELIVERED, SIMULATED, one.changed)
    assert world.email.calls == []
    assert await world.told() == [(identity, "Completed", ["Delivered"])]
    assert one.changed >= NOW
