"""The file that says who is in the registers: its members, and what is told of a file that is wrong."""

import re
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from local.simulators.registers.explaining import faults
from local.simulators.registers.switches import Switches

MOST_GENERATED_PERSONS = 100_000
MOST_GENERATED_USERS = 50_000
RESOURCE_PREFIX = "urn:altinn:resource:"
ANY_RESOURCE = "*"

_CANONICAL_USER_NAME = "urn:altinn:party:username:"
_OTHER_USER_NAMES = ("urn:altinn:username:", "urn:altinn:person:legacy-selfidentified:")
_KINDS_OF_EXTERNAL_IDENTITY = ("urn:altinn:person:idporten-email:", *_OTHER_USER_NAMES, _CANONICAL_USER_NAME)
# Some editors begin a file with it.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class PeopleFileError(Exception):
    """The file cannot be used; `faults` name each member and what would be right there, without its value."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


def _digits(length: int) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(rf"[0-9]{{{length}}}", text):
            raise ValueError(f"give {length} digits")
        return text

    return AfterValidator(check)


def _resource(text: str) -> str:
    if not text or text.startswith(RESOURCE_PREFIX):
        raise ValueError(f"give a resource's id without {RESOURCE_PREFIX}, or {ANY_RESOURCE} for every resource")
    return text


def _external_identity(text: str) -> str:
    if not any(text.startswith(kind) and len(text) > len(kind) for kind in _KINDS_OF_EXTERNAL_IDENTITY):
        raise ValueError(f"give a URN that begins with one of {', '.join(_KINDS_OF_EXTERNAL_IDENTITY)}")
    return text


def _date(text: Any) -> Any:
    if text is None or (isinstance(text, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)):
        return text
    raise ValueError("give a date as 2026-12-31")


def canonical(urn: str) -> str:
    """An external identity as the register compares it: lower case, and one form for all user names."""
    lower = urn.lower()
    prefix = next((each for each in _OTHER_USER_NAMES if lower.startswith(each)), None)
    return lower if prefix is None else _CANONICAL_USER_NAME + lower.removeprefix(prefix)


type Resource = Annotated[str, AfterValidator(_resource)]
type IdentityNumber = Annotated[str, _digits(11)]
type OrganizationNumber = Annotated[str, _digits(9)]
type ExternalUrn = Annotated[str, AfterValidator(_external_identity)]
type Permissions = dict[Resource, list[str]]
"""Actions that are permitted, by resource id; `*` is every resource."""


class _Member(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _are_known(cls, members: Any) -> Any:
        known = {name: field.alias or name for name, field in cls.model_fields.items()}
        given = set(members) if isinstance(members, dict) else set()
        if unknown := sorted(given - set(known) - set(known.values())):
            raise ValueError(f"{', '.join(unknown)} is not known here; known are {', '.join(known.values())}")
        return members


class Person(_Member):
    """A person; whoever does not say when the contact was `lastConfirmed` confirmed it today.

    Here as elsewhere `shows` is for readers of the file: the situation that somebody is an example of.
    """

    number: IdentityNumber
    shows: str | None = None
    name: str | None = None
    email: str | None = None
    mobile: str | None = None
    reserved: bool = False
    last_confirmed: Annotated[date | None, Field(strict=False), BeforeValidator(_date)] = None


class GeneratedPersons(_Member):
    """Persons with consecutive numbers, each with an email address and a mobile number of its own."""

    first: IdentityNumber = Field(alias="from")
    count: int = Field(ge=1, le=MOST_GENERATED_PERSONS)

    @model_validator(mode="after")
    def _have_eleven_digits(self) -> Self:
        if int(self.first) + self.count > 10**11:
            raise ValueError("the last number would have more than 11 digits")
        return self


class Obligation(_Member):
    """What whoever acts on a permit must do besides (XACML 3.0, section 7.18), as Altinn's policies write it."""

    id: str = Field(min_length=1)
    category: str = Field(min_length=1)
    value: str


class User(_Member):
    """Somebody who registered a contact for an organisation, and what is permitted there.

    With `only_for` the contact is for these resources alone; without it, for all.
    """

    user_id: int = Field(ge=1)
    email: str | None = None
    mobile: str | None = None
    only_for: list[Resource] | None = None
    resources: Permissions = {}
    obligations: list[Obligation] = []


class GeneratedUsers(_Member):
    """Users of an organisation, each with an email address and a mobile number of its own."""

    count: int = Field(ge=1, le=MOST_GENERATED_USERS)
    resources: Permissions = {}


class Organization(_Member):
    """An organisation, its official addresses, and the users who registered a contact for it."""

    number: OrganizationNumber
    shows: str | None = None
    name: str | None = None
    party_id: int = Field(ge=1)
    emails: list[str] = []
    mobiles: list[str] = []
    users: list[User] = []
    generated_users: GeneratedUsers | None = None

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        _require_different((user.user_id for user in self.users), "users", "userId")
        return self


class ExternalIdentity(_Member):
    """Somebody without a national identity number, known by a login or user name."""

    urn: ExternalUrn
    shows: str | None = None
    email: str | None = None
    mobile: str | None = None


class People(_Member):
    """The whole file; every member may be absent."""

    persons: list[Person] = []
    generated_persons: GeneratedPersons | None = None
    organizations: list[Organization] = []
    external_identities: list[ExternalIdentity] = []
    switches: Switches = Switches()

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        _require_different((each.number for each in self.persons), "persons", "number")
        _require_different((each.number for each in self.organizations), "organizations", "number")
        _require_different((each.party_id for each in self.organizations), "organizations", "partyId")
        _require_different((canonical(each.urn) for each in self.external_identities), "externalIdentities", "urn")
        generated = sum(each.generated_users.count for each in self.organizations if each.generated_users)
        if generated > MOST_GENERATED_USERS:
            raise ValueError(f"give at most {MOST_GENERATED_USERS} generatedUsers in all")
        return self


def default_people() -> Path:
    """The file that is used where none was named: synthetic people in every situation."""
    return Path(str(files(__package__) / "people.json"))


def read_people(path: Path) -> People:
    """Read the file; raises PeopleFileError for one that is wrong, OSError for one that cannot be read."""
    try:
        return People.model_validate_json(path.read_bytes().removeprefix(_BYTE_ORDER_MARK))
    except ValidationError as error:
        raise PeopleFileError(faults(error)) from None


def _require_different(values: Iterable[object], where: str, member: str) -> None:
    seen: set[object] = set()
    for position, value in enumerate(values):
        if value in seen:
            raise ValueError(f"{where}[{position}].{member} is there twice")
        seen.add(value)
