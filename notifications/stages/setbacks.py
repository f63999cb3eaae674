"""Setbacks: when something unexpected happens to a shipment, it backs off and leaves the others alone."""

import logging
from random import random

from notifications.domain.advance import put_off
from notifications.domain.clock import Clock
from notifications.domain.ids import ShipmentId
from notifications.domain.shipment import Change
from notifications.storage.orders import OrderStore
from notifications.telemetry import error_name, event, fault

logger = logging.getLogger(__name__)


async def set_back(
    store: OrderStore, clock: Clock, identity: ShipmentId, error: Exception, name: str = "shipment.failed"
) -> None:
    """Log what happened and back the shipment off as it stands now; failing even that, its wake-up brings it again."""
    event(logger, logging.ERROR, name, shipment=identity.uuid, **fault(error))
    try:
        shipment = await store.shipment(identity)
        if shipment:
            later = put_off(shipment, clock.now(), f"error_{error_name(error)}", random())  # noqa: S311
            await store.commit_one(Change(shipment, later))
    except Exception as again:  # noqa: BLE001 - the wake-up still owns the work
        event(logger, logging.ERROR, "shipment.not_put_off", shipment=identity.uuid, **fault(again))
