"""What became of orders, as seen from outside: the host's log, and the journals of the simulated providers.

Neither costs the service a storage call, so looking does not change what is measured.
"""

import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from uuid import UUID

import httpx

from notifications.domain.ids import decode

_EVENT = re.compile(rb"^\[([^\]]+)\] ([a-z]+\.[a-z_]+) (.*)$")
_SHIPMENT = re.compile(rb"shipment=(\S+)")
_WRONG = (b".failed", b".not_", b".unpublished", b".poison", b".orphan", b".contended")


class HostLog:
    """The events in the host's log: when each shipment was published, and everything that went wrong."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self.published: dict[str, float] = {}
        self.wrong: Counter[str] = Counter()

    def read(self) -> None:
        """Read what was written since the last time."""
        with self._path.open("rb") as file:
            file.seek(self._position)
            news = file.read()
        whole = news[: news.rfind(b"\n") + 1]
        self._position += len(whole)
        for line in whole.splitlines():
            self._note(line)

    def _note(self, line: bytes) -> None:
        event = _EVENT.match(line)
        if event is None:
            if b"(Failed, " in line:
                self.wrong["failed invocations"] += 1
        elif event[2] == b"shipment.published":
            if shipment := _SHIPMENT.search(event[3]):
                self.published[shipment[1].decode()] = datetime.fromisoformat(event[1].decode()).timestamp()
        elif any(part in event[2] for part in _WRONG):
            self.wrong[event[2].decode()] += 1


async def handed_over(simulator: str, name: str = "operationId") -> dict[str, float]:
    """When the provider was called for each message that it accepted, by shipment, or by an SMS's reference."""
    async with httpx.AsyncClient(base_url=simulator, trust_env=False, timeout=60) as http:
        entries = (await http.get("/_calls")).json()
    accepted = [each for each in entries if each["kind"] == "send" and each["accepted"]]
    return {_shipment(str(each[name])): datetime.fromisoformat(each["time"]).timestamp() for each in accepted}


def _shipment(notification: str) -> str:
    """The shipment of a notification id; a gateway's reference as it is."""
    try:
        address = decode(UUID(notification))
    except ValueError:
        return notification
    return str(address.shipment_id.uuid) if address else notification
