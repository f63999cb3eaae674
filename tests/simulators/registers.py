"""Running registers, and calls to them."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from local.simulators.registers.people import People, default_people, read_people
from local.simulators.registers.service import Options, registers
from local.simulators.serving import listening

PROFILE = "/profile/api/v1"
PERSONS = f"{PROFILE}/users/contactpoint/lookup"
EXTERNAL = f"{PROFILE}/users/contactpoint/lookupsi"
ORGANIZATIONS = f"{PROFILE}/organizations/notificationaddresses/lookup"
UNITS = f"{PROFILE}/units/contactpoint/lookup"
NAMES = "/register/api/v1/parties/nameslookup"
DECISION = "/authorization/api/v1/decision"
ACTION = "urn:oasis:names:tc:xacml:1.0:action:action-id"

type Entry = dict[str, Any]


class Registers:
    """Calls to one simulator."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def persons(self, *numbers: str, **members: Any) -> list[Entry]:
        return await self.entries(PERSONS, {"nationalIdentityNumbers": numbers, **members})

    async def external(self, *urns: str) -> list[Entry]:
        return await self.entries(EXTERNAL, {"externalIdentities": urns})

    async def organizations(self, *numbers: str) -> list[Entry]:
        return await self.entries(ORGANIZATIONS, {"organizationNumbers": numbers})

    async def units(self, *numbers: str, resource: str = "te_svc123") -> list[Entry]:
        return await self.entries(UNITS, {"organizationNumbers": numbers, "resourceId": resource})

    async def names(self, *, organizations: Sequence[str] = (), persons: Sequence[str] = ()) -> list[Entry]:
        parties = [*({"orgNo": each} for each in organizations), *({"ssn": each} for each in persons)]
        return await self.entries(
            NAMES, {"organizationNumbers": organizations, "socialSecurityNumbers": persons, "parties": parties}
        )

    async def decisions(self, *pairs: tuple[int, int], **wanted: str) -> list[Entry]:
        return await self.entries(DECISION, decision_request(*pairs, **wanted))

    async def entries(self, path: str, body: Mapping[str, Any]) -> list[Entry]:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        (entries,) = answer.json().values()
        assert isinstance(entries, list)
        return entries

    async def turn(self, **switches: Mapping[str, Any]) -> None:
        answer = await self.http.put("/switches", json=switches)
        assert answer.status_code == 200, answer.text

    async def calls(self) -> Entry:
        calls: Entry = (await self.http.get("/calls")).json()
        return calls


@asynccontextmanager
async def registered(people: Mapping[str, Any] | None = None, **options: Any) -> AsyncIterator[Registers]:
    """Registers of these people, or of the default ones."""
    known = read_people(default_people()) if people is None else People.model_validate_json(json.dumps(people))
    async with (
        listening(registers(known, Options(**options)), 0) as base,
        httpx.AsyncClient(base_url=base, timeout=20, trust_env=False) as http,
    ):
        yield Registers(http)


def decision_request(*pairs: tuple[int, int], **wanted: str) -> Entry:
    """A request for (party, user) pairs in one; `wanted` are `action` and `resource`, or `org` and `app`."""
    action = {"id": "action", "attribute": [_attribute(ACTION, wanted.pop("action", "read"))]}
    resource = [
        _attribute(f"urn:altinn:{name}", value) for name, value in (wanted or {"resource": "te_svc123"}).items()
    ]
    users = dict.fromkeys(user for _, user in pairs)
    parties = dict.fromkeys(party for party, _ in pairs)
    return {
        "request": {
            "returnPolicyIdList": False,
            "combinedDecision": False,
            "accessSubject": [
                {"id": f"subject{user}", "attribute": [_attribute("urn:altinn:userid", str(user), shown=True)]}
                for user in users
            ],
            "action": [action],
            "resource": [
                {
                    "id": f"resource{party}",
                    "attribute": [*resource, _attribute("urn:altinn:partyid", str(party), shown=True)],
                }
                for party in parties
            ],
            "multiRequests": {
                "requestReference": [
                    {"referenceId": [f"subject{user}", "action", f"resource{party}"]} for party, user in pairs
                ]
            },
        }
    }


def decided(entries: list[Entry]) -> dict[tuple[int, int], str]:
    """The decision for each (party, user), as the result's categories name them."""
    return {
        (_shown(entry, "urn:altinn:partyid"), _shown(entry, "urn:altinn:userid")): entry["decision"]
        for entry in entries
    }


def _shown(entry: Entry, attribute: str) -> int:
    attributes = [each for category in entry["category"] for each in category["attribute"]]
    (value,) = [each["value"] for each in attributes if each["attributeId"] == attribute]
    return int(value)


def _attribute(name: str, value: str, *, shown: bool = False) -> Entry:
    data_type = "http://www.w3.org/2001/XMLSchema#string"
    return {"attributeId": name, "value": value, "issuer": "Altinn", "dataType": data_type, "includeInResult": shown}
