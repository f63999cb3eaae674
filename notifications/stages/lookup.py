"""Look-up: what the registers say of recipients, asked in bulk: one question to each, not one for each order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable, inquiry, is_looked_up
from notifications.domain.ids import ShipmentId
from notifications.domain.order import Recipient, ShipmentContent
from notifications.domain.planning import asks_for_names, next_recipients
from notifications.domain.shipment import Shipment


class Directory(Protocol):
    """Whoever knows recipients. A register that does not answer is an answer too: `Unavailable`."""

    async def contact_points(self, inquiries: Collection[Inquiry]) -> Mapping[Inquiry, ContactPoints | Unavailable]:
        """Where each can be reached."""

    async def names(self, recipients: Collection[Recipient]) -> Mapping[Recipient, str | Unavailable]:
        """What each is called, empty where the register knows no name."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the registers said of a shipment's next recipients: only of those they were asked about."""

    points: Mapping[Recipient, ContactPoints] = field(default_factory=dict)
    names: Mapping[Recipient, str] = field(default_factory=dict)


class Lookup:
    """Asks about the next recipients of many shipments at once."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def __call__(self, shipments: Sequence[Shipment]) -> dict[ShipmentId, Found | Unavailable]:
        """For each shipment what was found, or which register could not tell."""
        questions = {each.id: _questions(each) for each in shipments}
        points = await self.points(asked for own in questions.values() for asked in own.values())
        naming = {each.id: _named(each) for each in shipments}
        asked_names = {recipient for own in naming.values() for recipient in own}
        names = await self._directory.names(asked_names) if asked_names else {}
        return {each.id: _found(questions[each.id], points, naming[each.id], names) for each in shipments}

    async def points(self, inquiries: Iterable[Inquiry]) -> Mapping[Inquiry, ContactPoints | Unavailable]:
        """The contact points asked for; no question, no call."""
        asked = set(inquiries)
        return await self._directory.contact_points(asked) if asked else {}


def looked_up(
    content: ShipmentContent, recipients: Iterable[Recipient], *, forecast: bool = False
) -> dict[Recipient, Inquiry]:
    """What is to be asked about recipients: nothing about those whose addresses were given."""
    return {
        each: inquiry(content, each, forecast=forecast) for each in recipients if is_looked_up(content.scheme, each)
    }


def asks_registers(shipment: Shipment) -> bool:
    """Whether any register has to be asked about a shipment's next recipients."""
    scheme = shipment.content.scheme
    return any(is_looked_up(scheme, each) for each in next_recipients(shipment)) or bool(_named(shipment))


def _questions(shipment: Shipment) -> dict[Recipient, Inquiry]:
    return looked_up(shipment.content, next_recipients(shipment))


def _named(shipment: Shipment) -> set[Recipient]:
    if not asks_for_names(shipment):
        return set()
    return {each for each in next_recipients(shipment) if each.national_identity_number or each.organization_number}


def _found(
    questions: Mapping[Recipient, Inquiry],
    points: Mapping[Inquiry, ContactPoints | Unavailable],
    named: Iterable[Recipient],
    names: Mapping[Recipient, str | Unavailable],
) -> Found | Unavailable:
    known: dict[Recipient, ContactPoints] = {}
    for recipient, question in questions.items():
        answer = points[question]
        if isinstance(answer, Unavailable):
            return answer
        known[recipient] = answer
    called: dict[Recipient, str] = {}
    for recipient in named:
        name = names.get(recipient, "")
        if isinstance(name, Unavailable):
            return name
        called[recipient] = name
    return Found(known, called)
