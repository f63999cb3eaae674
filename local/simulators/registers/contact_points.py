"""The four lookups of contact points (engine.md section 2.2)."""

from local.simulators.registers.lookups import Answer, Entry, Lookup, Question, unique
from local.simulators.registers.people import Organization, Person, User
from local.simulators.registers.population import Population, is_stale, wants_to_know
from local.simulators.registers.switches import Register

MOST_IDENTITIES = 1000
STRANGER_PERSON = "31929999999"
STRANGER_ORGANIZATION = "399999999"
STRANGER_URN = "urn:altinn:party:username:somebody-else"
STRANGER_PARTY = 59_999_999
_PROFILE = "/profile/api/v1"


class _PersonsAsked(Question):
    national_identity_numbers: list[str]
    use_stale_contact_info: bool = False


class _IdentitiesAsked(Question):
    external_identities: list[str]


class _OrganizationsAsked(Question):
    organization_numbers: list[str]


class _UnitsAsked(Question):
    organization_numbers: list[str]
    resource_id: str


def _persons(population: Population, body: bytes) -> Answer:
    asked = _PersonsAsked.model_validate_json(body)
    numbers = unique(asked.national_identity_numbers)
    found = [known for number in numbers if (known := population.person(number))]
    entries = [_person(user_id, person, use_stale=asked.use_stale_contact_info) for user_id, person in found]
    return Answer(len(numbers), entries, {"useStaleContactInfo": asked.use_stale_contact_info})


def _person(user_id: int, person: Person, *, use_stale: bool) -> Entry:
    told = use_stale or not is_stale(person)
    return {
        "userId": user_id,
        "nationalIdentityNumber": person.number,
        "isReserved": person.reserved,
        "mobileNumber": person.mobile if told else None,
        "email": person.email if told else None,
    }


def _external_identities(population: Population, body: bytes) -> Answer:
    urns = unique(_IdentitiesAsked.model_validate_json(body).external_identities)
    found = [(urn, known) for urn in urns if (known := population.external_identity(urn))]
    return Answer(
        len(urns),
        [{"externalIdentity": urn, "email": known.email, "mobileNumber": known.mobile} for urn, known in found],
    )


def _organizations(population: Population, body: bytes) -> Answer:
    numbers = unique(_OrganizationsAsked.model_validate_json(body).organization_numbers)
    return Answer(len(numbers), [_official(each) for each in _known(population, numbers)])


def _official(organization: Organization) -> Entry:
    return {
        "organizationNumber": organization.number,
        "partyId": organization.party_id,
        "mobileNumberList": organization.mobiles,
        "emailList": organization.emails,
    }


def _units(population: Population, body: bytes) -> Answer:
    asked = _UnitsAsked.model_validate_json(body)
    numbers = unique(asked.organization_numbers)
    units = [_unit(population, each, asked.resource_id) for each in _known(population, numbers)]
    return Answer(
        len(numbers), [each for each in units if each["userContactPoints"]], {"resourceId": asked.resource_id}
    )


def _unit(population: Population, organization: Organization, resource: str) -> Entry:
    users = [_user(user) for user in population.users(organization) if wants_to_know(user, resource)]
    return {"organizationNumber": organization.number, "partyId": organization.party_id, "userContactPoints": users}


def _user(user: User) -> Entry:
    return {"userId": user.user_id, "mobileNumber": user.mobile, "email": user.email}


def _known(population: Population, numbers: list[str]) -> list[Organization]:
    return [known for number in numbers if (known := population.organization(number))]


CONTACT_LOOKUPS = (
    Lookup(
        register=Register.PERSONS,
        path=f"{_PROFILE}/users/contactpoint/lookup",
        most=MOST_IDENTITIES,
        member="contactPointsList",
        answer=_persons,
        stranger=lambda entry: {**entry, "nationalIdentityNumber": STRANGER_PERSON},
    ),
    Lookup(
        register=Register.EXTERNAL_IDENTITIES,
        path=f"{_PROFILE}/users/contactpoint/lookupsi",
        most=MOST_IDENTITIES,
        member="contactPointsList",
        answer=_external_identities,
        stranger=lambda entry: {**entry, "externalIdentity": STRANGER_URN},
    ),
    Lookup(
        register=Register.ORGANIZATIONS,
        path=f"{_PROFILE}/organizations/notificationaddresses/lookup",
        most=MOST_IDENTITIES,
        member="contactPointsList",
        answer=_organizations,
        stranger=lambda entry: {**entry, "organizationNumber": STRANGER_ORGANIZATION, "partyId": STRANGER_PARTY},
    ),
    Lookup(
        register=Register.UNITS,
        path=f"{_PROFILE}/units/contactpoint/lookup",
        most=MOST_IDENTITIES,
        member="contactPointsList",
        answer=_units,
        stranger=lambda entry: {**entry, "organizationNumber": STRANGER_ORGANIZATION, "partyId": STRANGER_PARTY},
    ),
)
