"""Persons' contact points: the contact and reservation register, through Profile (engine.md section 2.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from notifications.domain.contacts import ContactPoints
from notifications.recipients.addresses import personal
from notifications.recipients.exchange import RegisterExchange
from notifications.recipients.wire import ContactPointsList, Wire


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A person, and whether contact points count that were not confirmed for 18 months."""

    number: str = field(repr=False)
    use_stale: bool = False


class _Entry(Wire):
    national_identity_number: str | None = None
    is_reserved: bool | None = None
    mobile_number: str | None = None
    email: str | None = None


_ANSWER = TypeAdapter(ContactPointsList[_Entry])


class Persons:
    """Persons by national identity number; nobody's addresses are known of one who is left out."""

    name = "persons"
    most = 1000
    nobody = ContactPoints()

    def __init__(self, exchange: RegisterExchange) -> None:
        self._exchange = exchange

    def together(self, key: PersonKey) -> bool:
        """Calls are about those with old contact points, or without."""
        return key.use_stale

    def answered_as(self, key: PersonKey) -> str:
        """The identity number."""
        return key.number

    async def ask(self, keys: Sequence[PersonKey]) -> dict[str, ContactPoints]:
        """Contact points by identity number; of several entries the first counts, but a reservation in any does."""
        question = {
            "nationalIdentityNumbers": [key.number for key in keys],
            "useStaleContactInfo": self.together(keys[0]),
        }
        answer = await self._exchange.post("users/contactpoint/lookup", question, _ANSWER)
        found: dict[str, ContactPoints] = {}
        for entry in answer.entries:
            if number := entry.national_identity_number:
                points = found.setdefault(number, _points(entry))
                found[number] = replace(points, reserved=points.reserved or bool(entry.is_reserved))
        return found


def _points(entry: _Entry) -> ContactPoints:
    return personal(entry.email, entry.mobile_number, reserved=bool(entry.is_reserved))
