"""Organisations' official addresses: the notification addresses for businesses, through Profile (engine.md 2.2)."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from notifications.domain.contacts import ContactPoints
from notifications.recipients.addresses import official
from notifications.recipients.exchange import RegisterExchange
from notifications.recipients.wire import ContactPointsList, Wire


class _Entry(Wire):
    organization_number: str | None = None
    mobile_number_list: list[str | None] | None = None
    email_list: list[str | None] | None = None


_ANSWER = TypeAdapter(ContactPointsList[_Entry])


class Organizations:
    """Organisations by organisation number."""

    name = "organizations"
    most = 1000
    nobody = ContactPoints()

    def __init__(self, exchange: RegisterExchange) -> None:
        self._exchange = exchange

    def together(self, key: str) -> None:
        """Any can be asked about in one call."""

    def answered_as(self, key: str) -> str:
        """The organisation number itself."""
        return key

    async def ask(self, keys: Sequence[str]) -> dict[str, ContactPoints]:
        """Official addresses by organisation number, those of several entries together."""
        question = {"organizationNumbers": list(keys)}
        answer = await self._exchange.post("organizations/notificationaddresses/lookup", question, _ANSWER)
        found: dict[str, list[_Entry]] = {}
        for entry in answer.entries:
            if entry.organization_number:
                found.setdefault(entry.organization_number, []).append(entry)
        return {number: _points(entries) for number, entries in found.items()}


def _points(entries: Sequence[_Entry]) -> ContactPoints:
    return official(
        [address for entry in entries for address in entry.email_list or []],
        [number for entry in entries for number in entry.mobile_number_list or []],
    )
