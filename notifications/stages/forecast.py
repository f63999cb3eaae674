"""Forecast: what the registers say of an order's recipients when it is placed (engine.md section 2.1).

Nothing of it is kept: who is reached is looked up again when the order is sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable, is_looked_up, lacks_contact
from notifications.domain.order import OrderDraft, Recipient, ShipmentContent
from notifications.stages.lookup import Lookup, looked_up


class RegisterUnavailable(Exception):
    """A register that has to be asked before an order is taken gives no answer."""

    def __init__(self, register: str) -> None:
        super().__init__(f"the register {register} gives no answer")
        self.register = register


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What was found: the identities of reserved persons, and of others for whom there is no address."""

    asked: int
    reserved: tuple[str, ...]
    missing: tuple[str, ...]


class Forecast:
    """Asks the registers about all shipments of an order at once."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def concerns(self, draft: OrderDraft) -> bool:
        """Whether any recipient of the order would be looked up."""
        contents = [each.content for each in draft.shipments]
        return any(is_looked_up(each.scheme, recipient) for each in contents for recipient in each.recipients)

    async def __call__(self, draft: OrderDraft) -> list[Outlook | None]:
        """An outlook for each shipment, None for one whose addresses were all given. Raises `RegisterUnavailable`."""
        contents = [each.content for each in draft.shipments]
        questions = [looked_up(each, each.recipients, forecast=True) for each in contents]
        official = {each: _official(each) for own in questions for each in own.values()}
        found = await self._lookup.points(official.values())
        answers = {each: found[plain] for each, plain in official.items()}
        # The register of users is asked about those alone whom the official addresses do not reach (README item 19).
        unreached = [
            each for content, own in zip(contents, questions, strict=True) for each in _unreached(content, own, answers)
        ]
        users = await self._lookup.points(unreached)
        return [_outlook(*each, {**answers, **users}) for each in zip(contents, questions, strict=True)]


def _official(question: Inquiry) -> Inquiry:
    return Inquiry(recipient=question.recipient, use_stale=question.use_stale)


def _unreached(
    content: ShipmentContent,
    questions: Mapping[Recipient, Inquiry],
    answers: Mapping[Inquiry, ContactPoints | Unavailable],
) -> Iterator[Inquiry]:
    for each in questions.values():
        points = answers[each]
        if each.resource_id and not isinstance(points, Unavailable) and lacks_contact(content.scheme, points):
            yield each


def _outlook(
    content: ShipmentContent,
    questions: Mapping[Recipient, Inquiry],
    answers: Mapping[Inquiry, ContactPoints | Unavailable],
) -> Outlook | None:
    if not questions:
        return None
    reserved: list[str] = []
    missing: list[str] = []
    for recipient, question in questions.items():
        points = answers[question]
        if isinstance(points, Unavailable):
            raise RegisterUnavailable(points.register)
        if points.reserved:
            reserved.append(_identity(recipient))
        elif lacks_contact(content.scheme, points):
            missing.append(_identity(recipient))
    return Outlook(asked=len(questions), reserved=tuple(reserved), missing=tuple(missing))


def _identity(recipient: Recipient) -> str:
    identity = recipient.organization_number or recipient.national_identity_number or recipient.external_identity
    return identity or ""
