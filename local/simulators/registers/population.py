"""Everybody in the registers, findable by what they are asked for; who is generated is made when asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from local.simulators.registers.people import (
    ANY_RESOURCE,
    ExternalIdentity,
    Organization,
    People,
    Person,
    User,
    canonical,
)

STALE_AFTER_MONTHS = 18
"""Contacts that nobody confirmed for so long are not told (behaviour.md section 5)."""

_FIRST_GENERATED_PERSON = 20_000_001
_FIRST_GENERATED_USER = 30_000_001
# Norwegian mobile numbers beside those that the gateway simulator has special plans for.
_MOBILE_OF_PERSON = 4799700000
_MOBILE_OF_USER = 4799800000


@dataclass(frozen=True)
class Population:
    """The people of a file, by number, party and URN."""

    people: People

    def person(self, number: str) -> tuple[int, Person] | None:
        """The user id and the person of an identity number, in the file or generated."""
        return self._persons.get(number) or self._generated(number)

    def organization(self, number: str) -> Organization | None:
        """The organisation of a number."""
        return self._organizations.get(number)

    def external_identity(self, urn: str) -> ExternalIdentity | None:
        """Whoever is known by a URN, in any letter case and any of the forms that mean the same user name."""
        return self._external_identities.get(canonical(urn))

    def users(self, organization: Organization) -> tuple[User, ...]:
        """The users of an organisation: those of the file, then the generated ones."""
        return self._users[organization.party_id]

    def user(self, party_id: int, user_id: int) -> User | None:
        """A user of the organisation with this party id."""
        return self._users_by_id.get((party_id, user_id))

    def _generated(self, number: str) -> tuple[int, Person] | None:
        generated = self.people.generated_persons
        if generated is None or not number.isdecimal():
            return None
        position = int(number) - int(generated.first)
        if not 0 <= position < generated.count:
            return None
        return _FIRST_GENERATED_PERSON + position, Person(
            number=number,
            name=f"Generated Person {position + 1}",
            email=f"person-{position + 1}@example.com",
            mobile=f"+{_MOBILE_OF_PERSON + position}",
        )

    @cached_property
    def _persons(self) -> dict[str, tuple[int, Person]]:
        return {each.number: (user_id, each) for user_id, each in enumerate(self.people.persons, start=1)}

    @cached_property
    def _organizations(self) -> dict[str, Organization]:
        return {each.number: each for each in self.people.organizations}

    @cached_property
    def _external_identities(self) -> dict[str, ExternalIdentity]:
        return {canonical(each.urn): each for each in self.people.external_identities}

    @cached_property
    def _users(self) -> dict[int, tuple[User, ...]]:
        users: dict[int, tuple[User, ...]] = {}
        generated = 0
        for each in self.people.organizations:
            users[each.party_id] = (*each.users, *_generated_users(each, generated))
            generated += each.generated_users.count if each.generated_users else 0
        return users

    @cached_property
    def _users_by_id(self) -> dict[tuple[int, int], User]:
        return {(party_id, user.user_id): user for party_id, users in self._users.items() for user in users}


def permitted(user: User, resource: str, action: str) -> bool:
    """Whether the file permits the user this action on the resource."""
    return any(action in user.resources.get(each, ()) for each in (resource, ANY_RESOURCE))


def wants_to_know(user: User, resource: str) -> bool:
    """Whether the user's contact is for this resource."""
    return user.only_for is None or not {resource, ANY_RESOURCE}.isdisjoint(user.only_for)


def is_stale(person: Person, today: date | None = None) -> bool:
    """Whether nobody confirmed the person's contact in the 18 months before today (UTC)."""
    if person.last_confirmed is None:
        return False
    return person.last_confirmed < _months_before(today or datetime.now(UTC).date(), STALE_AFTER_MONTHS)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    # The 28th is in every month; the days after it are not told apart.
    return date(year, month + 1, min(day.day, 28))


def _generated_users(organization: Organization, before: int) -> Iterator[User]:
    generated = organization.generated_users
    if generated is None:
        return
    for position in range(before, before + generated.count):
        yield User(
            user_id=_FIRST_GENERATED_USER + position,
            email=f"user-{position + 1}@example.com",
            mobile=f"+{_MOBILE_OF_USER + position}",
            resources=generated.resources,
        )
