"""Orders with many recipients (`POST /orders/email`), and how their hand-over is followed from outside."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from uuid import UUID

import httpx

from benchmarks.bodies import BODY, SUBJECT, Body
from benchmarks.system import System
from notifications.domain.ids import decode

_ORDERS = "/notifications/api/v1/orders/email"
_ACCEPTED = re.compile(rb"^\[([^\]]+)\] notification\.accepted notification=(\S+)", re.MULTILINE)
LARGEST = 50_000
"""The most recipients of one order, as the service is configured by default (MAX_RECIPIENTS)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A large order that was taken: its shipment and when it was answered, in seconds since the epoch."""

    shipment: str
    at: float


def bodies(recipients: Sequence[str], largest: int, member: str = "emailAddress") -> list[Body]:
    """Orders to all these recipients, to so many at most each, to be sent at once; `member` says what each is."""
    return [
        {"recipients": [{member: each} for each in some], "subject": SUBJECT, "body": BODY}
        for some in batched(recipients, largest, strict=False)
    ]


async def place(
    system: System, org: str, recipients: Sequence[str], largest: int = LARGEST, member: str = "emailAddress"
) -> list[Placed]:
    """Place orders to all these recipients; raises RuntimeError when one is not taken."""
    placed: list[Placed] = []
    headers = {"Authorization": f"Bearer {await system.token(org)}"}
    async with httpx.AsyncClient(
        base_url=system.addresses.service, headers=headers, timeout=60, trust_env=False
    ) as http:
        for body in bodies(recipients, largest, member):
            answer = await http.post(_ORDERS, json=body)
            if answer.status_code != httpx.codes.ACCEPTED:
                raise RuntimeError(f"an order to {len(body['recipients'])} was answered {answer.status_code}")
            placed.append(Placed(answer.json()["orderId"], datetime.now(UTC).timestamp()))
    return placed


class HandOvers:
    """What the host's log tells of accepted notifications: the moment of each, by shipment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self.times: dict[str, list[float]] = {}

    def read(self) -> None:
        """Read what was written since the last time."""
        with self._path.open("rb") as file:
            file.seek(self._position)
            news = file.read()
        whole = news[: news.rfind(b"\n") + 1]
        self._position += len(whole)
        for moment, notification in _ACCEPTED.findall(whole):
            address = decode(UUID(notification.decode()))
            if address:
                at = datetime.fromisoformat(moment.decode()).timestamp()
                self.times.setdefault(str(address.shipment_id.uuid), []).append(at)

    def total(self) -> int:
        """How many notifications were accepted so far."""
        self.read()
        return sum(map(len, self.times.values()))

    def count(self, shipments: Sequence[str]) -> int:
        """How many notifications of these shipments were accepted so far."""
        self.read()
        return sum(len(self.times.get(each, ())) for each in shipments)
