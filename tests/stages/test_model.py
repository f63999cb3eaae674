"""Random histories: crashes, pauses, lost answers, redeliveries, two timers, contradicting reports, cancellations.

One storage, queue or provider call a step. `MODEL_SEEDS=5000 pytest tests/stages/test_model.py` explores further; a
failure names its seed, which tells the same history again.
"""

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import OrderDraft, ShipmentDraft
from notifications.domain.statuses import Channel, ShipmentState
from notifications.stages import dispatch, plan, process, recording
from notifications.storage.orders import OrderStore
from tests.builders import CREATOR, NOW, PACE, both_channels, draft, email_content, order_of, sms_content
from tests.stages.model.explorer import Explorer
from tests.stages.model.ports import Journal, Odds, Provider
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


@pytest.mark.parametrize("weather", WEATHER)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_every_promise_is_kept(weather: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(f"{weather} {seed}")
    for module in (dispatch, plan, process, recording):
        monkeypatch.setattr(module, "random", random.random)
    explorer = Explorer(seed, replace(WEATHER[weather]), drafts(random), PACE)
    if random.random() < 0.3:
        asyncio.run(_insert_both_channels(explorer))
    explorer.run(STEPS)
    _assert_hand_overs(explorer)
    asyncio.run(_assert_good_end(explorer))


async def _insert_both_channels(explorer: Explorer) -> None:
    """A shipment of two lanes, such as no request can order yet."""
    shipment = both_channels(id=ShipmentId(OrderKey(explorer.random.getrandbits(90)), 1))
    await OrderStore(explorer.tables["orders"]).accept(order_of(shipment), [shipment])


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
        assert told == [one.status for one in shipment.notifications]
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
    world.orders, world.feeds, world.refs, world.gate_rows, world.index_rows = explorer.tables.values()
    world.queues = explorer.queues
    world.email = _reliable("fake-email", explorer.journals[Channel.EMAIL], keyed=True)  # type: ignore[assignment]
    world.sms = _reliable("fake-sms", explorer.journals[Channel.SMS], keyed=False)  # type: ignore[assignment]
    world.start()
    return world


def _reliable(name: str, journal: Journal, *, keyed: bool) -> Provider:
    async def at_once() -> None:
        return

    journal.arrived = lambda _: None
    odds = Odds(postponed=0.0, uncertain=0.0, refused=0.0)
    return Provider(name, journal, at_once, Random(0), odds, keyed=keyed)
