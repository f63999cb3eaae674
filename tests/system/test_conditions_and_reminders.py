"""Conditions are asked with a token that proves who asks, each shipment's by itself (engine.md sections 4 and 6.1)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest
from aiohttp import web

from local.simulators.serving import listening
from notifications.conditions.maskinporten import SCOPE
from tests.system.orders import Document, email_recipient, order
from tests.system.people import organization, person, texts
from tests.system.registers import registers
from tests.system.running import System
from tests.system.times import ahead, written

pytestmark = pytest.mark.system

OWNER = "conditional-owner"
# Some reminders are not due at once.
PATIENCE_SECONDS = 120
BOTH, COMPANY = "01818030009", "310010014"


@dataclass
class Conditions:
    """Condition endpoints: `{base}/{name}` says no to names that begin with it, yes to all others."""

    base: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer, and note the name and the Authorization header."""
        name = request.match_info["name"]
        self.asked.append((name, request.headers.get("Authorization", "")))
        return web.json_response({"sendNotification": not name.startswith("no")})

    def tokens(self) -> list[str]:
        """The bearer tokens of all calls."""
        return [header.removeprefix("Bearer ") for _, header in self.asked]


@asynccontextmanager
async def conditions() -> AsyncIterator[Conditions]:
    """The endpoints until the end of the block."""
    found = Conditions()

    def build(_: str) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/{name}", found.answer)])
        return app

    async with listening(build, 0) as found.base:
        yield found


async def verified(system: System, token: str) -> dict[str, Any]:
    """The claims of a token, as an endpoint that trusts Maskinporten reads them."""
    issuer = system.address("issuer")
    async with httpx.AsyncClient(base_url=issuer, trust_env=False, verify=False) as http:
        keys = jwt.PyJWKSet.from_dict((await http.get("/jwks")).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], issuer=f"{issuer}/")
    return claims


async def grants(system: System) -> int:
    """How many tokens Maskinporten gave."""
    return [call["kind"] for call in await system.calls("issuer")].count("maskinporten")


async def ended(system: System, *orders: Document) -> dict[str, Document]:
    """The manifests of all shipments of the orders by sendersReference, once all have ended."""
    placed = [(await system.order(each, OWNER))["notification"] for each in orders]
    shipments = {
        each["shipmentId"]: each["sendersReference"]
        for notification in placed
        for each in (notification, *notification.get("reminders", []))
    }
    manifests = await system.until_final(list(shipments), OWNER, within=PATIENCE_SECONDS)
    return {shipments[each]: manifest for each, manifest in manifests.items()}


def told(manifest: Document) -> tuple[str, list[str]]:
    """How a shipment ended, and whom it reached."""
    return manifest["status"], sorted(each["destination"] for each in manifest["recipients"])


async def test_whoever_is_asked_gets_a_token_that_maskinporten_gave_for_this(system: System) -> None:
    async with conditions() as asked:
        named = {"conditionEndpoint": f"{asked.base}/yes", "sendersReference": "verified"}
        (end,) = (await ended(system, order(email_recipient("token@example.com"), **named))).values()
    assert told(end) == ("Order_Completed", ["token@example.com"])
    (token,) = asked.tokens()
    claims = await verified(system, token)
    assert claims["scope"] == SCOPE
    assert claims["client_id"] == "notifications"
    assert claims["exp"] - claims["iat"] <= 120


async def test_a_token_is_used_for_many_questions(system: System) -> None:
    async with conditions() as asked:
        before = await grants(system)
        bodies = [
            order(email_recipient(), conditionEndpoint=f"{asked.base}/yes-{each}", sendersReference=str(each))
            for each in range(6)
        ]
        await ended(system, *bodies)
        # One more where the token that there was had nearly run out.
        assert await grants(system) - before <= 2
    assert sorted(name for name, _ in asked.asked) == [f"yes-{each}" for each in range(6)]
    assert len(set(asked.tokens())) <= 2


async def test_main_and_reminders_each_have_their_own_recipient_and_condition(system: System) -> None:
    async with conditions() as asked:

        def named(name: str, answer: str | None, recipient: Document, **members: Any) -> Document:
            condition = {"conditionEndpoint": f"{asked.base}/{answer}"} if answer else {}
            return {"sendersReference": name, "recipient": recipient, **condition, **members}

        soon = {"requestedSendTime": written(ahead(seconds=10))}
        reminders = [
            named("person", "yes-person", person(BOTH, "EmailAndSms"), **soon),
            named("nobody", "no-reminder", person(BOTH), **soon),
            named("company", None, organization(COMPANY), **soon),
        ]
        unmet = order(**named("main", "no-main", email_recipient("unmet@example.com")), reminders=reminders)
        ends = {name: told(each) for name, each in (await ended(system, unmet)).items()}
    assert ends == {
        "main": ("Order_SendConditionNotMet", []),
        "person": ("Order_Completed", ["+4799999901", "kari.begge@example.com"]),
        "nobody": ("Order_SendConditionNotMet", []),
        "company": ("Order_Completed", ["kontor@example.com", "leder@example.com"]),
    }
    # Nobody asked for what had no condition, and nobody twice.
    assert sorted(name for name, _ in asked.asked) == ["no-main", "no-reminder", "yes-person"]
    assert "unmet@example.com" not in {call["recipient"] for call in await system.calls("acs-email")}


async def test_a_reminders_condition_is_asked_when_the_reminder_is_due_and_not_before(system: System) -> None:
    async with conditions() as asked:
        later = {"delayDays": 1, "recipient": email_recipient(), "conditionEndpoint": f"{asked.base}/yes-tomorrow"}
        body = order(email_recipient(), conditionEndpoint=f"{asked.base}/yes-today", reminders=[later])
        placed = (await system.order(body, OWNER))["notification"]
        await system.until_final([placed["shipmentId"]], OWNER)
        assert [name for name, _ in asked.asked] == ["yes-today"]
    reminder = await system.shipment(placed["reminders"][0]["shipmentId"], OWNER)
    assert reminder["status"] == "Order_Registered"


async def test_a_condition_that_is_not_met_spares_the_registers_the_question(system: System) -> None:
    async with conditions() as asked, registers(system) as found:
        await found.forget_calls()
        asking = person("03838230260", "Sms", **texts(text="$recipientName$"))
        body = order(asking, conditionEndpoint=f"{asked.base}/no", sendersReference="spared")
        (end,) = (await ended(system, body)).values()
        assert "names" not in (await found.asked())["byRegister"]
    assert told(end) == ("Order_SendConditionNotMet", [])
