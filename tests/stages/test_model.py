"""Random histories: crashes, pauses, lost answers, redeliveries, two timers, contradicting reports, cancellations.

One storage, queue or provider call a step. `MODEL_SEEDS=5000 pytest tests/stages/test_model.py` explores further; a
failure names its seed, which tells the same history again.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from notifications.domain import planning, settle
from notifications.domain.order import (
    ChannelScheme,
    OrderDraft,
    Recipient,
    SendingTimePolicy,
    ShipmentDraft,
    SmsTemplate,
)
from notifications.domain.statuses import Channel, ShipmentState
from notifications.stages import dispatch, plan, process, recording
from notifications.storage import changes, rows
from tests.builders import CREATOR, NOW, PACE, draft, email_content, sms_content
from tests.stages.model.explorer import Explorer
from tests.stages.model.ports import Journal, Odds, Provider
from tests.stages.model.registers import ReliableRegisters
from tests.stages.world import World

SEEDS = int(os.environ.get("MODEL_SEEDS", "30"))
STEPS = 600
DAY = timedelta(days=1)
WEATHER = {
    "calm": Odds(),
    "lost answers": Odds(lost=0.05, failed=0.03, redelivery=0.3),
    "rough": Odds(lost=0.03, failed=0.02, redelivery=0.3, crash=0.1, pause=0.1),
    "crashes": Odds(crash=0.4, redelivery=0.3),
    "pauses": Odds(pause=0.4, redelivery=0.3),
}


def drafts(random: Random) -> list[OrderDraft]:
    """One or two orders of one or two shipments to one to three recipients."""
    return [
        draft(
            idempotency_id=str(number),
            shipments=tuple(_shipment(random) for _ in range(random.randint(1, 2))),
        )
        for number in range(random.randint(1, 2))
    ]


def _shipment(random: Random) -> ShipmentDraft:
    if random.random() < 0.4:
        return _for_people(random)
    content = random.choice([email_content, sms_content])()
    conditional = "https://condition.example.com/" if random.random() < 0.2 else None
    recipients = tuple(
        replace(
            content.recipients[0],
            **(
                {"email_address": f"kari{place}@example.com"}
                if content.email
                else {"phone_number": f"+479999999{place}"}
            ),
        )
        for place in range(random.randint(1, 3))
    )
    content = replace(content, recipients=recipients, condition_endpoint=conditional)
    wait = random.choice([0, 0, 1, 30, 400])
    return ShipmentDraft(content=content, send_at=NOW + timedelta(seconds=wait))


def _for_people(random: Random) -> ShipmentDraft:
    """One to five people whom the registers know, in any of the channels: more than one slice and one block."""
    content = email_content(
        scheme=random.choice(list(ChannelScheme)),
        sms=SmsTemplate(body="A text", policy=SendingTimePolicy.ANYTIME),
        recipients=tuple(
            Recipient(national_identity_number=f"{random.randint(0, 9):011}") for _ in range(random.randint(1, 5))
        ),
        ignore_reservation=random.random() < 0.5,
    )
    return ShipmentDraft(content=content, send_at=NOW + timedelta(seconds=random.choice([0, 30])))


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two recipients to a slice and two notifications to a block, so that a few people are a large order."""
    monkeypatch.setattr(planning, "SLICE", 2)

    async def at_once[T](function: Callable[..., T], *arguments: object) -> T:
        return function(*arguments)

    # A thread is nobody whose turn could be chosen.
    monkeypatch.setattr(asyncio, "to_thread", at_once)
    for module in (rows, changes, settle):
        monkeypatch.setattr(module, "BLOCK", 2)


@pytest.mark.parametrize("weather", WEATHER)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_every_promise_is_kept(weather: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(f"{weather} {seed}")
    for module in (dispatch, plan, process, recording):
        monkeypatch.setattr(module, "random", random.random)
    explorer = Explorer(seed, replace(WEATHER[weather]), drafts(random), PACE)
    explorer.run(STEPS)
    _assert_hand_overs(explorer)
    asyncio.run(_assert_good_end(explorer))


def _assert_hand_overs(explorer: Explorer) -> None:
    """One id a recipient; without a crash, a pause or a lost answer of the gateway, one SMS."""
    for journal in explorer.journals.values():
        assert all(len(recipients) == 1 for recipients in journal.recipients.values())
    assert set(explorer.journals[Channel.EMAIL].accepted.values()) <= {1}
    sms = explorer.journals[Channel.SMS]
    for identity, times in sms.accepted.items():
        assert times <= 1 + sms.uncertain[identity] + explorer.troubles, f"sent {times} times"


async def _assert_good_end(explorer: Explorer) -> None:
    """Without further trouble everything ends, is told once, and at last leaves nothing but tombstones."""
    world = _world(explorer)
    for _ in range(12):
        await world.step()
        world.clock.forward(seconds=60)
    assert not [row.key for row in world.orders.rows() if row.key.startswith("1|")], "a report was never folded"
    await world.run_to(world.clock.now() + 3 * DAY)
    explorer.watch.check()
    shipments = explorer.watch.shipments()
    entries = {entry.shipment: entry for entry in await world.feed.ascending(CREATOR, 0, 1000)}
    for shipment in shipments:
        if shipment.state is ShipmentState.CANCELLED:
            assert shipment.id not in entries
            continue
        assert shipment.state is ShipmentState.DONE
        assert shipment.published
        told = [recipient.status for recipient in entries[shipment.id].recipients]
        in_feed = sorted(shipment.notifications, key=lambda one: one.channel)
        assert told == [one.status for one in in_feed]
    assert len(entries) == sum(shipment.state is ShipmentState.DONE for shipment in shipments)
    assert explorer.cancelled <= {each.id for each in shipments if each.state is ShipmentState.CANCELLED}
    await world.run_to(world.clock.now() + 100 * DAY)
    explorer.watch.check()
    assert await world.left() <= {"orders o", "feed head", "feed t", "refs"}
    assert {row.key.count("|") for row in world.orders.rows()} == {1}


def _world(explorer: Explorer) -> World:
    """What the explorer left, in the hands of one host for whom nothing goes wrong."""
    world = World(explorer.pace)
    world.clock = explorer.clock
    world.orders, world.feeds, world.refs, world.gate_rows, world.index_rows, _ = explorer.tables.values()
    world.queues = explorer.queues
    world.email = _reliable("fake-email", explorer.journals[Channel.EMAIL], keyed=True)  # type: ignore[assignment]
    world.sms = _reliable("fake-sms", explorer.journals[Channel.SMS], keyed=False)  # type: ignore[assignment]
    world.directory = ReliableRegisters()  # type: ignore[assignment]
    world.start()
    return world


def _reliable(name: str, journal: Journal, *, keyed: bool) -> Provider:
    async def at_once() -> None:
        return

    journal.arrived = lambda _: None
    odds = Odds(postponed=0.0, uncertain=0.0, refused=0.0)
    return Provider(name, journal, at_once, Random(0), odds, keyed=keyed)
