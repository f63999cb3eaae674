"""Registers for tests: one small HTTP server that answers what it was told to, and remembers what it was asked."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import web

from notifications.domain.contacts import Inquiry
from notifications.domain.order import Recipient
from notifications.recipients.composition import build_directory
from notifications.recipients.directory import Directory
from notifications.recipients.exchange import Patience
from tests.builders import FakeClock
from tests.channels.servers import serving

PERSONS = "/profile/api/v1/users/contactpoint/lookup"
EXTERNAL_IDENTITIES = "/profile/api/v1/users/contactpoint/lookupsi"
ORGANIZATIONS = "/profile/api/v1/organizations/notificationaddresses/lookup"
UNITS = "/profile/api/v1/units/contactpoint/lookup"
NAMES = "/register/api/v1/parties/nameslookup"
DECISIONS = "/authorization/api/v1/decision"

# Synthetic numbers: 80 is added to the month of a person, organisations begin with 2 or 3.
KARI = "01818030009"
OLA = "02828130059"
MONA = "03838230260"
BAKERY = "310010006"
SMITHY = "310010014"
NORA = "urn:altinn:person:idporten-email:nora@example.com"
TAX = "te_tax"

NOBODY: dict[str, Any] = {"contactPointsList": []}
RESET = object()
"""An answer that is none: the connection is closed."""


@dataclass(frozen=True)
class Call:
    """One question that a register was asked."""

    path: str
    headers: dict[str, str]
    question: dict[str, Any]


class Time:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Registers:
    """What each path answers: a JSON value, a response, or whatever a function (also an async one) makes of it."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)
    time: Time = field(default_factory=Time)

    def asked(self, path: str) -> list[dict[str, Any]]:
        """The questions that were asked at a path."""
        return [call.question for call in self.calls if call.path == path]

    def answering(self, path: str, *entries: object) -> None:
        """Let a contact point register know these entries."""
        self.answers[path] = {"contactPointsList": list(entries)}

    async def pause(self, seconds: float) -> None:
        """Note a pause, and let no time pass."""
        self.paused.append(seconds)

    def patience(self, **members: float) -> Patience:
        """Patience without real pauses."""
        return Patience(**members, pause=self.pause, monotonic=self.time)  # type: ignore[arg-type]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        question = json.loads(await request.read())
        self.calls.append(Call(request.path, dict(request.headers), question))
        answer = self.answers[request.path]
        if answer is RESET:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        answer = answer(question) if callable(answer) else answer
        if hasattr(answer, "__await__") and not isinstance(answer, web.StreamResponse):
            answer = await answer
        return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)


@asynccontextmanager
async def directory_of(registers: Registers, **options: Any) -> AsyncIterator[Directory]:
    """A directory over the registers while they are served."""
    async with serving(registers.handle) as url, httpx.AsyncClient() as http:
        settings: dict[str, Any] = {
            "subscription_key": None,
            "platform_key": None,
            "clock": FakeClock(),
            "patience": registers.patience(),
            "monotonic": registers.time,
            "remembered_seconds": 60.0,
            **options,
        }
        yield build_directory(
            http,
            profile=f"{url}/profile/api/v1/",
            register=f"{url}/register/api/v1",
            authorization=f"{url}/authorization/api/v1",
            **settings,
        )


def person(number: str = KARI, *, use_stale: bool = False) -> Inquiry:
    """What is asked about a person."""
    return Inquiry(recipient=Recipient(national_identity_number=number), use_stale=use_stale)


def organization(number: str = BAKERY, resource: str | None = None, **members: Any) -> Inquiry:
    """What is asked about an organisation."""
    return Inquiry(recipient=Recipient(organization_number=number), resource_id=resource, **members)


def external(urn: str = NORA) -> Inquiry:
    """What is asked about an external identity."""
    return Inquiry(recipient=Recipient(external_identity=urn))


def unit(number: str, party_id: int, *users: tuple[int, str | None, str | None]) -> dict[str, Any]:
    """An entry of the units' register; each user is its id, email and mobile."""
    return {
        "organizationNumber": number,
        "partyId": party_id,
        "userContactPoints": [{"userId": id_, "email": email, "mobileNumber": mobile} for id_, email, mobile in users],
    }


def official(number: str, emails: list[str | None], mobiles: list[str | None]) -> dict[str, Any]:
    """An entry of the organisations' register."""
    return {"organizationNumber": number, "partyId": 1, "emailList": emails, "mobileNumberList": mobiles}


def result(party: object, user: object, decision: str = "Permit", **members: Any) -> dict[str, Any]:
    """One result of a decision."""
    return {
        "decision": decision,
        "category": [
            {
                "categoryId": "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject",
                "attribute": [{"attributeId": "urn:altinn:userid", "value": user}],
            },
            {
                "categoryId": "urn:oasis:names:tc:xacml:3.0:attribute-category:resource",
                "attribute": [{"attributeId": "urn:altinn:partyid", "value": party}],
            },
        ],
        **members,
    }


def pairs(question: dict[str, Any]) -> list[tuple[str, str]]:
    """The (party, user) pairs that a decision was asked about, read by following the references."""
    request = question["request"]
    named = {each["id"]: each["attribute"][-1]["value"] for each in request["accessSubject"] + request["resource"]}
    references = [each["referenceId"] for each in request["multiRequests"]["requestReference"]]
    return [(named[resource], named[subject]) for subject, _, resource in references]


def permitting(allowed: Callable[[str, str], bool] = lambda _party, _user: True) -> Callable[[Any], Any]:
    """Decide each pair that is asked about."""

    def decide(question: dict[str, Any]) -> dict[str, Any]:
        return {
            "response": [
                result(party, user, "Permit" if allowed(party, user) else "NotApplicable")
                for party, user in pairs(question)
            ]
        }

    return decide
