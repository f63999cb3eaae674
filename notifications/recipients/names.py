"""What persons and organisations are called: Register (engine.md section 2.4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from notifications.recipients.exchange import RegisterExchange
from notifications.recipients.wire import Wire

# Each notification keeps the name that its text asks for, and its row has an end.
LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class PartyKey:
    """A person or an organisation, by number."""

    number: str = field(repr=False)
    is_person: bool


class _Entry(Wire):
    name: str | None = None
    org_no: str | None = None
    ssn: str | None = None


class _Answer(Wire):
    party_names: list[_Entry | None]


_ANSWER = TypeAdapter(_Answer)


class Names:
    """Names by number, empty for whom Register does not know; `token` makes the platform access token it asks for."""

    name = "names"
    most = 1000
    nobody = ""

    def __init__(self, exchange: RegisterExchange, token: Callable[[], str] | None = None) -> None:
        self._exchange = exchange
        self._token = token

    def together(self, key: PartyKey) -> None:
        """Any can be asked about in one call."""

    def answered_as(self, key: PartyKey) -> PartyKey:
        """The number and what it is a number of."""
        return key

    async def ask(self, keys: Sequence[PartyKey]) -> dict[PartyKey, str]:
        """Names by number; of several the first counts."""
        headers = {"PlatformAccessToken": self._token()} if self._token else {}
        answer = await self._exchange.post("parties/nameslookup", _question(keys), _ANSWER, headers)
        asked, found = set(keys), dict[PartyKey, str]()
        for entry in filter(None, answer.party_names):
            parties = _parties(entry)
            # Whoever trades in their own name has both numbers, and may have been asked about by one.
            for key in asked.intersection(parties) or parties:
                found[key] = found.get(key) or (entry.name or "").strip()[:LONGEST_NAME]
        return found


def _question(keys: Sequence[PartyKey]) -> dict[str, object]:
    persons = [key.number for key in keys if key.is_person]
    organizations = [key.number for key in keys if not key.is_person]
    return {
        "organizationNumbers": organizations,
        "socialSecurityNumbers": persons,
        "parties": [{"orgNo": number} for number in organizations] + [{"ssn": number} for number in persons],
    }


def _parties(entry: _Entry) -> list[PartyKey]:
    numbers = ((entry.ssn, True), (entry.org_no, False))
    return [PartyKey(number, is_person) for number, is_person in numbers if number]
