"""Timer functions: the release of what is due, a net under it with a lease of its own, and the sweep of each night."""

import logging
from datetime import timedelta

import azure.functions as func

from notifications.app import Composer
from notifications.telemetry import event, fault

logger = logging.getLogger(__name__)

EVERY_SECOND = "* * * * * *"
EVERY_QUARTER = "*/15 * * * * *"
EVERY_NIGHT = "0 17 3 * * *"
_OVERDUE = timedelta(seconds=15)


class TickFailed(Exception):
    """A tick failed; why was logged."""


class SweepFailed(Exception):
    """A sweep failed; why was logged, and the next night's takes what is left."""


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the timer functions."""

    @app.function_name("release")
    @app.timer_trigger("timer", schedule=EVERY_SECOND, use_monitor=False)
    async def release(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding's name
        await _tick(compose, timedelta(0))

    @app.function_name("release_net")
    @app.timer_trigger("timer", schedule=EVERY_QUARTER, use_monitor=False)
    async def release_net(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding's name
        await _tick(compose, _OVERDUE)

    # Its last run is remembered, so that one night without an instance is made up for.
    @app.function_name("sweep")
    @app.timer_trigger("timer", schedule=EVERY_NIGHT, use_monitor=True)
    async def sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding's name
        await _sweep(compose)


async def _tick(compose: Composer, overdue_by: timedelta) -> None:
    try:
        await (await compose()).stages.release(overdue_by)
    except Exception as error:  # noqa: BLE001 - the worker logs the text of whatever leaves a function
        event(logger, logging.ERROR, "tick.failed", **fault(error))
    else:
        return
    raise TickFailed


async def _sweep(compose: Composer) -> None:
    try:
        await (await compose()).stages.sweep()
    except Exception as error:  # noqa: BLE001 - as above
        event(logger, logging.ERROR, "sweep.failed", **fault(error))
    else:
        return
    raise SweepFailed
