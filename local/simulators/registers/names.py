"""The lookup of names (engine.md section 2.4)."""

from local.simulators.registers.contact_points import MOST_IDENTITIES, STRANGER_ORGANIZATION, STRANGER_PERSON
from local.simulators.registers.lookups import Answer, Entry, Lookup, Question, unique
from local.simulators.registers.population import Population
from local.simulators.registers.switches import Register


class _Party(Question):
    org_no: str | None = None
    ssn: str | None = None


class _NamesAsked(Question):
    organization_numbers: list[str] | None = None
    social_security_numbers: list[str] | None = None
    parties: list[_Party] | None = None


def _names(population: Population, body: bytes) -> Answer:
    asked = _NamesAsked.model_validate_json(body)
    parties = asked.parties or []
    organizations = unique([*(asked.organization_numbers or []), *(each.org_no for each in parties if each.org_no)])
    persons = unique([*(asked.social_security_numbers or []), *(each.ssn for each in parties if each.ssn)])
    named = [
        *(_organization(population, number) for number in organizations),
        *(_person(population, number) for number in persons),
    ]
    return Answer(len(organizations) + len(persons), [entry for entry in named if entry])


def _organization(population: Population, number: str) -> Entry | None:
    known = population.organization(number)
    return {"name": known.name, "orgNo": number, "ssn": None} if known else None


def _person(population: Population, number: str) -> Entry | None:
    known = population.person(number)
    return {"name": known[1].name, "orgNo": None, "ssn": number} if known else None


def _stranger(entry: Entry) -> Entry:
    if entry["ssn"]:
        return {**entry, "ssn": STRANGER_PERSON}
    return {**entry, "orgNo": STRANGER_ORGANIZATION}


NAMES_LOOKUP = Lookup(
    register=Register.NAMES,
    path="/register/api/v1/parties/nameslookup",
    most=MOST_IDENTITIES,
    member="partyNames",
    answer=_names,
    stranger=_stranger,
)
