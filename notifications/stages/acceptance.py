"""Acceptance: what a first request and its repetitions have in common, whatever kind of order they place."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from notifications.domain.ids import idempotency_hash, key_from_hash
from notifications.domain.order import OrderDraft
from notifications.domain.record import Order
from notifications.telemetry import event

logger = logging.getLogger(__name__)


class OrderTooLarge(Exception):
    """An order holds more, even compressed, than can be stored at once; the text may be shown to the caller."""


class IdCollision(Exception):
    """Another order has the key that this idempotency id leads to; it happens once in 2^31 among 10^9 orders."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The order that answers a request: this one, or the first with its idempotency id (`replayed`).

    `mismatch` says that the first was ordered with another content.
    """

    order: Order
    replayed: bool = False
    mismatch: bool = False


def new_order(draft: OrderDraft, now: datetime) -> Order:
    """The order that a draft becomes, under the key that its idempotency id leads to."""
    # Without an idempotency id nobody can ask for the same order again: its own request names it.
    request = uuid4().hex
    named = draft.idempotency_id is not None
    identity = idempotency_hash(draft.creator, draft.kind if named else "", draft.idempotency_id or request)
    return Order(
        key=key_from_hash(identity),
        creator=draft.creator,
        kind=draft.kind,
        identity=identity,
        fingerprint=draft.fingerprint,
        request=request,
        created=now,
        references=tuple(each.content.senders_reference for each in draft.shipments),
        live=len(draft.shipments),
        dialog_id=draft.dialog_id,
        transmission_id=draft.transmission_id,
        warnings=draft.warnings,
    )


def replay(draft: OrderDraft, order: Order, there: Order) -> Acceptance:
    """The answer from the order that was there first. Raises `IdCollision` when that is not this one."""
    if there.identity != order.identity:
        raise IdCollision(order.key.hex)
    event(logger, logging.INFO, "order.replayed", order=order.key.hex, creator=order.creator)
    # Retention takes the fingerprint too: with a known text, it would tell for whom the order was.
    return Acceptance(there, replayed=True, mismatch=there.fingerprint not in ("", draft.fingerprint))
