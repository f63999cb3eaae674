"""Instant: the intent is written, the provider is called within the request, and the result is recorded.

At most one hand-over follows from an idempotency id: what the provider may have is never withdrawn, and a gateway that
could not tell a repeat is never called again for it (design: section 5).
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.clock import Clock, round_up
from notifications.domain.faults import StorageUnavailable
from notifications.domain.hand_over import Result, claimed_rows
from notifications.domain.ids import ShipmentId
from notifications.domain.order import ChannelScheme, OrderDraft
from notifications.domain.outcomes import Memory, Postponed, Uncertain
from notifications.domain.pace import Pace
from notifications.domain.record import Order
from notifications.domain.sending_time import LIFETIME
from notifications.domain.settle import scheduled
from notifications.domain.shipment import Claim, Lane, Notification, Shipment
from notifications.domain.statuses import Channel, ShipmentState, Status
from notifications.stages.acceptance import Acceptance, OrderTooLarge, new_order, replay
from notifications.stages.activity import Activity
from notifications.stages.provider_calls import ProviderCalls
from notifications.stages.recording import Recording
from notifications.storage.codec import ContentTooLarge
from notifications.storage.orders import OrderStore
from notifications.storage.table import Rejected
from notifications.telemetry import event, tracing
from notifications.telemetry.measures import ORDERS_ACCEPTED, record

logger = logging.getLogger(__name__)

# Clients are advised to wait ten to fifteen seconds (behaviour.md section 8.1).
_LONGEST_CALL = 8.0
_LOOKS, _PAUSE = 40, 0.25
_WITHDRAWALS = 3


class ProviderUnavailable(Exception):
    """The provider did not take the message, or did not say so in time (503 NOT-00004)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One channel's way to its provider, and of recording what came of it."""

    calls: ProviderCalls
    record: Recording


class Instant:
    """Places an order by sending it: the answer is what the provider said."""

    def __init__(
        self, store: OrderStore, lines: Mapping[Channel, Line], activity: Activity, clock: Clock, pace: Pace
    ) -> None:
        self._store = store
        self._lines = lines
        self._activity = activity
        self._clock = clock
        self._pace = pace

    async def __call__(self, draft: OrderDraft) -> Acceptance:
        """Send an order once. Raises `ProviderUnavailable`, `OrderTooLarge`, or `IdCollision`."""
        now = round_up(self._clock.now())
        order = new_order(draft, now)
        line = self._lines[_channel(draft)]
        there = await self._store.order(order.key)
        if there is None:
            if await line.calls.closed_until():
                raise ProviderUnavailable
            shipment = self._intent(draft, order, line.calls, now)
            await self._activity.note_order(order)
            there = await self._inserted(order, shipment)
            if there.request != order.request:
                await self._activity.forget_order(order, there)
        if there.request != order.request:
            return await self._replayed(draft, order, there)
        event(logger, logging.INFO, "order.accepted", order=order.key.hex, creator=order.creator, count=1)
        record(ORDERS_ACCEPTED, creator=order.creator, kind=order.kind)
        await self._send(line, there)
        return Acceptance(there)

    async def _inserted(self, order: Order, shipment: Shipment) -> Order:
        try:
            return await self._store.accept(order, [shipment])
        except ContentTooLarge:
            await self._activity.forget_order(order, await self._store.order(order.key))
            raise OrderTooLarge("The text of the message is too large.") from None

    def _intent(self, draft: OrderDraft, order: Order, calls: ProviderCalls, now: datetime) -> Shipment:
        """The shipment as it is while it is handed over: claimed from its first moment."""
        (shipment,) = draft.shipments
        recipient = shipment.content.recipients[0]
        address = recipient.email_address if calls.channel is Channel.EMAIL else recipient.phone_number
        claim = Claim(token=order.request, until=now + self._pace.claim, rows=frozenset({1}))
        # A gateway that could not tell a repeat has nothing left to do, whatever becomes of this process.
        todo = frozenset[int]() if calls.memory is Memory.NONE else frozenset({1})
        row = Notification(number=1, channel=calls.channel, address=address or "", status=Status.NEW, changed=now)
        intent = Shipment(
            id=ShipmentId(order.key, 1),
            creator=order.creator,
            content=shipment.content,
            created=now,
            changed=now,
            send_at=shipment.send_at,
            expires=now + (shipment.time_to_live or LIFETIME),
            due=now,
            state=ShipmentState.SENDING,
            planned=1,
            notifications=(row,),
            lanes={calls.channel: Lane(todo=todo, after=now, attempts=1, claim=claim)},
            trace=tracing.current(),
        )
        return scheduled(intent, now, self._pace)

    async def _send(self, line: Line, order: Order) -> None:
        shipment = await self._store.shipment(order.shipment_ids[0])
        if shipment is None:
            raise ProviderUnavailable
        (row,) = claimed_rows(shipment, line.calls.channel)
        result = await line.calls.hand_over(shipment, row, _LONGEST_CALL)
        await line.calls.close_gate([result] if result else [])
        if result is None or isinstance(result.outcome, Postponed):
            await self._withdrawn(line, order, shipment, [result] if result else [])
            raise ProviderUnavailable
        await self._recorded(line, shipment, [result])
        if isinstance(result.outcome, Uncertain):
            raise ProviderUnavailable

    async def _withdrawn(self, line: Line, order: Order, shipment: Shipment, results: Sequence[Result]) -> None:
        """Take the intent back; where that is refused it is gone already, or goes its way with what is known of it.

        What stays because storage is away has nothing left to do at a gateway that could not tell a repeat.
        """
        try:
            await self._taken_back(shipment)
        except Rejected:
            await self._recorded(line, shipment, results)
        else:
            await self._activity.forget(shipment, order)

    async def _taken_back(self, shipment: Shipment) -> None:
        for _ in range(_WITHDRAWALS - 1):
            try:
                return await self._store.withdraw(shipment)
            except StorageUnavailable:
                await asyncio.sleep(_PAUSE)
        return await self._store.withdraw(shipment)

    async def _recorded(self, line: Line, shipment: Shipment, results: Sequence[Result]) -> None:
        """Record, on a task of its own: a caller who hangs up must not take the result along."""
        token = next(lane.claim.token for lane in shipment.lanes.values() if lane.claim)
        # A moment that has passed, so that recording claims nothing more of the shipment.
        await asyncio.shield(line.record([(shipment, list(results))], token, self._clock.now() - timedelta(seconds=1)))

    async def _replayed(self, draft: OrderDraft, order: Order, there: Order) -> Acceptance:
        """The first order's answer, once it is known that its message left: the first request may be under way."""
        answer = replay(draft, order, there)
        for _ in range(_LOOKS):
            shipment = await self._store.shipment(there.shipment_ids[0])
            if shipment is None:
                # Purged, or withdrawn a moment ago.
                if await self._store.order(there.key) is None:
                    raise ProviderUnavailable
                return answer
            if not any(shipment.in_hand(one, self._clock.now()) for one in shipment.open):
                return answer
            await asyncio.sleep(_PAUSE)
        return answer


def _channel(draft: OrderDraft) -> Channel:
    return Channel.EMAIL if draft.shipments[0].content.scheme is ChannelScheme.EMAIL else Channel.SMS
