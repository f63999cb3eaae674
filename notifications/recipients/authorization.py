"""Which users may be told about an organisation's matters: the decision point (engine.md section 2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from notifications.recipients import xacml
from notifications.recipients.exchange import NoAnswerError, RegisterExchange

_ANSWER = TypeAdapter(xacml.Response)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """Whether a user may do `action` to a resource (no URN prefix) of a party."""

    resource_id: str
    action: str
    party_id: int
    user_id: int


class Authorization:
    """Decisions for (party, user) pairs; whoever is left out of an answer is not permitted."""

    name = "authorization"
    most = 500
    nobody = False

    def __init__(self, exchange: RegisterExchange) -> None:
        self._exchange = exchange

    def together(self, key: AccessKey) -> tuple[str, str]:
        """A call is about one resource and action, which results do not name."""
        return key.resource_id, key.action

    def answered_as(self, key: AccessKey) -> tuple[str, str]:
        """The party's and the user's id."""
        return str(key.party_id), str(key.user_id)

    async def ask(self, keys: Sequence[AccessKey]) -> dict[tuple[str, str], bool]:
        """Whether each is permitted, by party and user; several results on one must all permit."""
        question = xacml.request(*self.together(keys[0]), [self.answered_as(key) for key in keys])
        answer = await self._exchange.post("decision", question, _ANSWER)
        results = [each for each in answer.response if each is not None]
        # Each pair has a result, also one that does not say whom it is about: fewer are a part of an answer.
        if len(results) < len(keys) and not _refuses_all(results):
            raise NoAnswerError("incomplete" if results else "empty")
        found: dict[tuple[str, str], bool] = {}
        for result in results:
            if about := result.about:
                found[about] = found.get(about, True) and result.permits
        return found


def _refuses_all(results: Sequence[xacml.Result]) -> bool:
    """Whether one result about nobody is all there is: a request that cannot be decided, as of an unknown resource."""
    return len(results) == 1 and results[0].about is None and not results[0].permits
