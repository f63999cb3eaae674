"""Contact points of users who are known by an external identity, through Profile (engine.md section 2.2)."""

import re
from collections.abc import Sequence

from pydantic import TypeAdapter

from notifications.domain.contacts import ContactPoints
from notifications.recipients.addresses import personal
from notifications.recipients.exchange import RegisterExchange
from notifications.recipients.wire import ContactPointsList, Wire


class _Entry(Wire):
    external_identity: str | None = None
    email: str | None = None
    mobile_number: str | None = None


_USER_NAME = "urn:altinn:party:username:"
_ALSO_USER_NAMES = re.compile("urn:altinn:(?:username|person:legacy-selfidentified):")

# No list at all is how this register says that it found nobody.
_ANSWER: TypeAdapter[ContactPointsList[_Entry] | None] = TypeAdapter(ContactPointsList[_Entry] | None)


class ExternalIdentities:
    """Users by external identity, a URN; nobody can have reserved against notifications here."""

    name = "external-identities"
    most = 1000
    nobody = ContactPoints()

    def __init__(self, exchange: RegisterExchange) -> None:
        self._exchange = exchange

    def together(self, key: str) -> None:
        """Any can be asked about in one call."""

    def answered_as(self, key: str) -> str:
        """The URN in lower case, a user name's in its canonical form: the register need not keep what was asked."""
        lower = key.lower()
        found = _ALSO_USER_NAMES.match(lower)
        return _USER_NAME + lower[found.end() :] if found else lower

    async def ask(self, keys: Sequence[str]) -> dict[str, ContactPoints]:
        """Contact points by URN as `answered_as` has it; of several entries the first counts."""
        answer = await self._exchange.post("users/contactpoint/lookupsi", {"externalIdentities": list(keys)}, _ANSWER)
        found: dict[str, ContactPoints] = {}
        for entry in answer.entries if answer else []:
            if entry.external_identity:
                found.setdefault(self.answered_as(entry.external_identity), personal(entry.email, entry.mobile_number))
        return found
