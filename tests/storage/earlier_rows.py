"""What an earlier version left in tables and queues, put into a world of this one."""

import json
from base64 import b64decode
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from notifications.channels.protocol import SmsMessage
from notifications.domain.ids import ShipmentId
from notifications.domain.record import Message, WorkQueue
from notifications.storage.table import Insert, Table, Value
from tests.stages.world import World

_FILE = Path(__file__).parent / "rows_08461a7" / "rows.json"


@cache
def document() -> dict[str, Any]:
    """The file as it is."""
    return dict(json.loads(_FILE.read_text("utf-8")))


def shipments(name: str) -> list[ShipmentId]:
    """The shipments of an order by what became of it."""
    return [ShipmentId.from_text(each) for each in document()["orders"][name]]


async def put_rows(name: str, table: Table) -> None:
    """Put what stood in a table into another."""
    for row in document()["tables"][name]:
        properties = {key: _value(value) for key, value in row["properties"].items()}
        await table.commit(row["partition"], [Insert(row["key"], properties)])


async def earlier_world() -> World:
    """A world whose storage was written by the earlier version, at the moment when that stopped."""
    world = World(now=datetime.fromisoformat(document()["moment"]))
    for name, table in (
        ("orders", world.orders),
        ("feed", world.feeds),
        ("refs", world.refs),
        ("gates", world.gate_rows),
    ):
        await put_rows(name, table)
    for queue, messages in document()["queues"].items():
        world.queues.messages[WorkQueue(queue)].extend(map(Message.decode, messages))
    # The gateway goes on counting where it was, so that no reference means two messages.
    sent = SmsMessage(notification_id=UUID(int=0), sender="", recipient="", body="", time_to_live=timedelta(0))
    world.sms.calls.extend([sent] * document()["sent"])
    return world


def _value(value: Any) -> Value:
    read: Value = b64decode(value["base64"]) if isinstance(value, dict) else value
    return read
