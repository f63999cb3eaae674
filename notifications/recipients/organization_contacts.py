"""Whom an organisation's notifications reach: its official addresses, and those users who may know of them."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable
from notifications.recipients.addresses import with_users
from notifications.recipients.authorization import AccessKey
from notifications.recipients.bulk import Bulk
from notifications.recipients.units import UnitKey, UnitUser

type _Users = tuple[UnitUser, ...]
type _Decisions = Mapping[AccessKey, bool | Unavailable]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationContacts:
    """Combines what three registers say of organisations (engine.md section 2.2)."""

    official: Bulk[str, str, ContactPoints]
    units: Bulk[UnitKey, str, _Users]
    authorization: Bulk[AccessKey, tuple[str, str], bool]

    async def __call__(self, inquiries: Collection[Inquiry]) -> dict[Inquiry, ContactPoints | Unavailable]:
        """Contact points for inquiries about organisations; users count only where a resource says what it is about."""
        wanted = {each: key for each in inquiries if (key := _unit(each))}
        official, units = await asyncio.gather(
            self.official(_number(each) for each in inquiries), self.units(wanted.values())
        )
        users = {each: units[key] for each, key in wanted.items()}
        decisions = await self.authorization(key for each, found in users.items() for key in _access(each, found))
        return {each: _points(each, official[_number(each)], users.get(each, ()), decisions) for each in inquiries}


def _number(inquiry: Inquiry) -> str:
    return inquiry.recipient.organization_number or ""


def _unit(inquiry: Inquiry) -> UnitKey | None:
    return UnitKey(_number(inquiry), inquiry.resource_id) if inquiry.resource_id else None


def _access(inquiry: Inquiry, users: _Users | Unavailable) -> Iterator[AccessKey]:
    """What has to be decided before users are told: nothing yet when it is only forecast who would be."""
    if not inquiry.forecast and not isinstance(users, Unavailable):
        for user in users:
            if key := _access_key(inquiry, user):
                yield key


def _access_key(inquiry: Inquiry, user: UnitUser) -> AccessKey | None:
    """None for a user whom nothing could be decided about."""
    if inquiry.resource_id is None or user.party_id is None or user.user_id is None:
        return None
    return AccessKey(inquiry.resource_id, inquiry.resource_action, user.party_id, user.user_id)


def _points(
    inquiry: Inquiry, official: ContactPoints | Unavailable, users: _Users | Unavailable, decisions: _Decisions
) -> ContactPoints | Unavailable:
    if isinstance(official, Unavailable):
        return official
    if isinstance(users, Unavailable):
        return users
    told = users if inquiry.forecast else _permitted(inquiry, users, decisions)
    return told if isinstance(told, Unavailable) else with_users(official, (user.contact for user in told))


def _permitted(inquiry: Inquiry, users: _Users, decisions: _Decisions) -> Sequence[UnitUser] | Unavailable:
    permitted: list[UnitUser] = []
    for user in users:
        key = _access_key(inquiry, user)
        decision = decisions[key] if key else False
        if isinstance(decision, Unavailable):
            return decision
        if decision:
            permitted.append(user)
    return permitted
