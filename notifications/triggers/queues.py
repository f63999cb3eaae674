"""Queue functions: work messages, delivery reports, and what failed too often."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from time import time

import azure.functions as func

from notifications.app import DELIVERY_REPORTS, Composer
from notifications.domain.record import MalformedMessage, Message, WorkQueue
from notifications.domain.statuses import Channel
from notifications.telemetry import event, fault
from notifications.telemetry.measures import QUEUE_AGE, record

logger = logging.getLogger(__name__)

CONNECTION = "DataStorage"
POISON = "-poison"


class WorkFailed(Exception):
    """A message's work failed; why was logged. Its text holds ids only, since the worker library logs it."""


def register(app: func.FunctionApp, compose: Composer) -> None:
    """Register the queue functions."""
    _register_work(app, compose)
    _register_reports(app, compose)
    for queue in (*WorkQueue, DELIVERY_REPORTS):
        _register_poison(app, compose, str(queue))


def _register_work(app: func.FunctionApp, compose: Composer) -> None:
    @app.function_name("process_orders")
    @app.queue_trigger("message", queue_name=WorkQueue.PROCESS, connection=CONNECTION)
    async def process_orders(message: func.QueueMessage) -> None:
        await _guarded(message, WorkQueue.PROCESS, _process(compose, message))

    @app.function_name("send_email")
    @app.queue_trigger("message", queue_name=WorkQueue.EMAIL, connection=CONNECTION)
    async def send_email(message: func.QueueMessage) -> None:
        await _guarded(message, WorkQueue.EMAIL, _dispatch(compose, Channel.EMAIL, message))

    @app.function_name("send_sms")
    @app.queue_trigger("message", queue_name=WorkQueue.SMS, connection=CONNECTION)
    async def send_sms(message: func.QueueMessage) -> None:
        await _guarded(message, WorkQueue.SMS, _dispatch(compose, Channel.SMS, message))


def _register_reports(app: func.FunctionApp, compose: Composer) -> None:
    @app.function_name("receive_queued_reports")
    @app.queue_trigger("message", queue_name=DELIVERY_REPORTS, connection=CONNECTION)
    async def receive_queued_reports(message: func.QueueMessage) -> None:
        await _guarded(message, DELIVERY_REPORTS, _report(compose, message))


def _register_poison(app: func.FunctionApp, compose: Composer, queue: str) -> None:
    rescue = _report if queue == DELIVERY_REPORTS else _rescuer(queue)

    @app.function_name(f"{queue.replace('-', '_')}_poison")
    @app.queue_trigger("message", queue_name=queue + POISON, connection=CONNECTION)
    async def poison(message: func.QueueMessage) -> None:
        event(logger, logging.ERROR, "queue.poison", queue=queue, operation=message.id)
        await _guarded(message, queue + POISON, rescue(compose, message))


async def _guarded(message: func.QueueMessage, queue: str, work: Awaitable[None]) -> None:
    """Replace whatever leaves a function by an exception that says nothing of what it met."""
    if message.insertion_time:
        record(QUEUE_AGE, max(0.0, time() - message.insertion_time.timestamp()), queue=queue)
    try:
        await work
    except Exception as error:  # noqa: BLE001 - the worker logs the text of whatever leaves a function
        event(
            logger,
            logging.ERROR,
            "message.failed",
            queue=queue,
            operation=message.id,
            dequeued=message.dequeue_count,
            **fault(error),
        )
    else:
        return
    raise WorkFailed(f"{queue} {message.id}")


def _decoded(message: func.QueueMessage) -> Message:
    """The message; one that comes again is worked one shipment at a time."""
    decoded = Message.decode(message.get_body())
    return replace(decoded, again=True) if (message.dequeue_count or 1) > 1 else decoded


async def _process(compose: Composer, message: func.QueueMessage) -> None:
    await (await compose()).stages.process(_decoded(message))


async def _dispatch(compose: Composer, channel: Channel, message: func.QueueMessage) -> None:
    await (await compose()).stages.dispatch[channel](_decoded(message))


async def _report(compose: Composer, message: func.QueueMessage) -> None:
    await (await compose()).stages.report.email(message.get_body())


def _rescuer(queue: str) -> Callable[[Composer, func.QueueMessage], Awaitable[None]]:
    async def rescue(compose: Composer, message: func.QueueMessage) -> None:
        try:
            decoded = _decoded(message)
        except MalformedMessage:
            # It names no shipment to back off, and would only come again; wake-ups still own whatever work it meant.
            event(logger, logging.ERROR, "message.unreadable", queue=queue, operation=message.id)
            return
        await (await compose()).stages.rescue(queue, decoded)

    return rescue
