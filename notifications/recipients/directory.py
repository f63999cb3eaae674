"""The directory of recipients: all that is asked about them at once, each register asked in bulk."""

import asyncio
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable
from notifications.domain.order import Recipient
from notifications.recipients.bulk import Bulk
from notifications.recipients.names import PartyKey
from notifications.recipients.organization_contacts import OrganizationContacts
from notifications.recipients.persons import PersonKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Knows recipients by what the registers say; never raises for their trouble, but answers `Unavailable`."""

    persons: Bulk[PersonKey, str, ContactPoints]
    external_identities: Bulk[str, str, ContactPoints]
    organizations: OrganizationContacts
    party_names: Bulk[PartyKey, PartyKey, str]

    async def contact_points(self, inquiries: Collection[Inquiry]) -> Mapping[Inquiry, ContactPoints | Unavailable]:
        """Where each can be reached: a person first, else an organisation, else an external identity, else nowhere."""
        persons: dict[Inquiry, PersonKey] = {}
        organizations: list[Inquiry] = []
        others: dict[Inquiry, str] = {}
        for each in inquiries:
            who = each.recipient
            if who.national_identity_number:
                persons[each] = PersonKey(who.national_identity_number, each.use_stale)
            elif who.organization_number:
                organizations.append(each)
            elif who.external_identity:
                others[each] = who.external_identity
        answers = await asyncio.gather(
            _each(self.persons, persons), self.organizations(organizations), _each(self.external_identities, others)
        )
        nowhere: dict[Inquiry, ContactPoints | Unavailable] = dict.fromkeys(inquiries, ContactPoints())
        return nowhere | answers[0] | answers[1] | answers[2]

    async def names(self, recipients: Collection[Recipient]) -> Mapping[Recipient, str | Unavailable]:
        """What persons and organisations are called; empty for one without a name, and for everybody else."""
        asked = {each: key for each in recipients if (key := _party(each))}
        nameless: dict[Recipient, str | Unavailable] = dict.fromkeys(recipients, "")
        return nameless | await _each(self.party_names, asked)


async def _each[T: Hashable, K: Hashable, N: Hashable, V](
    register: Bulk[K, N, V], asked: Mapping[T, K]
) -> dict[T, V | Unavailable]:
    answers = await register(asked.values())
    return {each: answers[key] for each, key in asked.items()}


def _party(recipient: Recipient) -> PartyKey | None:
    if recipient.national_identity_number:
        return PartyKey(recipient.national_identity_number, is_person=True)
    if recipient.organization_number:
        return PartyKey(recipient.organization_number, is_person=False)
    return None
