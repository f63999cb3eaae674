"""The edge: HTTP, queue and timer functions. Each parses, calls one stage, and answers."""

import azure.functions as func

from notifications.app import Composer
from notifications.triggers import (
    http_activity,
    http_chains,
    http_documents,
    http_instant,
    http_legacy,
    http_metrics,
    http_orders,
    http_reports,
    http_service,
    http_shipments,
    queues,
    timers,
)
from notifications.triggers.door import Door

_OPEN = (
    http_activity,
    http_chains,
    http_documents,
    http_legacy,
    http_metrics,
    http_reports,
    http_service,
    http_shipments,
    queues,
    timers,
)


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register every function of the service."""
    door = Door(compose.settings.concurrent_orders)
    http_orders.register(app, compose, door)
    http_instant.register(app, compose, door)
    for triggers in _OPEN:
        triggers.register(app, compose)
