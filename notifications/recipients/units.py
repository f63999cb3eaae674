"""What users registered for being told about organisations, through Profile (engine.md section 2.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from notifications.domain.contacts import UserContact
from notifications.recipients.addresses import user_contact
from notifications.recipients.exchange import RegisterExchange
from notifications.recipients.wire import ContactPointsList, Wire


@dataclass(frozen=True, slots=True)
class UnitKey:
    """An organisation, and the resource (no URN prefix) that its users may have opted out of."""

    organization_number: str = field(repr=False)
    resource_id: str


@dataclass(frozen=True, slots=True)
class UnitUser:
    """A user who can be told: who asks for authorisation needs both ids."""

    party_id: int | None
    user_id: int | None
    contact: UserContact = field(repr=False)


class _User(Wire):
    user_id: int | None = None
    mobile_number: str | None = None
    email: str | None = None


class _Entry(Wire):
    organization_number: str | None = None
    party_id: int | None = None
    user_contact_points: list[_User | None] | None = None


_ANSWER = TypeAdapter(ContactPointsList[_Entry])


class Units:
    """Users by organisation number and resource; those without any usable address are left out."""

    name = "units"
    most = 1000
    nobody: tuple[UnitUser, ...] = ()

    def __init__(self, exchange: RegisterExchange) -> None:
        self._exchange = exchange

    def together(self, key: UnitKey) -> str:
        """A call is about one resource."""
        return key.resource_id

    def answered_as(self, key: UnitKey) -> str:
        """The organisation number."""
        return key.organization_number

    async def ask(self, keys: Sequence[UnitKey]) -> dict[str, tuple[UnitUser, ...]]:
        """Users by organisation number, those of several entries one after the other."""
        question = {
            "organizationNumbers": [key.organization_number for key in keys],
            "resourceId": self.together(keys[0]),
        }
        answer = await self._exchange.post("units/contactpoint/lookup", question, _ANSWER)
        found: dict[str, tuple[UnitUser, ...]] = {}
        for entry in answer.entries:
            if number := entry.organization_number:
                found[number] = (*found.get(number, ()), *_users(entry))
        return found


def _users(entry: _Entry) -> Iterator[UnitUser]:
    for user in entry.user_contact_points or []:
        contact = user_contact(user.email, user.mobile_number) if user else None
        if user and contact:
            yield UnitUser(entry.party_id, user.user_id, contact)
