"""The demonstration: a few orders are placed and followed, status by status, until everybody has their message."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.errors import CommandError
from local.orders import Orders
from local.tokens import fetch_token
from local.waiting import until

PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.1
REMINDER_DELAY = timedelta(seconds=5)
KNOWN_PERSON = "01818030009"
"""Somebody whom the registers without a file of one's own know, with an email address and a mobile number."""
# Long enough for a second entry of the same shipment to show up, if there were one.
SECOND_LOOK_SECONDS = 1.0
FINAL = {"Order_Completed", "Order_SendConditionNotMet", "Order_Cancelled"}


@dataclass
class Journey:
    """One shipment on its way: what it is called in the story, how it must end, where it was last seen."""

    label: str
    shipment_id: str
    wanted: tuple[str, ...]
    seen: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the order reached a final status."""
        return bool(self.seen) and self.seen[0] in FINAL

    def missing(self) -> str | None:
        """What keeps this journey from its good end, in words; None at the good end."""
        if self.seen == self.wanted:
            return None
        return f"{self.label} is {' '.join(self.seen) or 'not to be seen'}, not {' '.join(self.wanted)}"


def email_order(now: datetime) -> dict[str, Any]:
    """An email to be sent at once, with a reminder five seconds after `now`."""
    return {
        "idempotencyId": str(uuid.uuid4()),
        "sendersReference": "demo-email",
        "recipient": _email("A letter for you", "You have a new message."),
        "reminders": [
            {
                "sendersReference": "demo-reminder",
                "requestedSendTime": (now + REMINDER_DELAY).isoformat().replace("+00:00", "Z"),
                "recipient": _email("Still unread", "You have not read your message yet."),
            }
        ],
    }


def sms_order() -> dict[str, Any]:
    """An SMS to be sent at once, whatever the hour."""
    settings = {"body": "You have a new message.", "sendingTimePolicy": "Anytime"}
    return {
        "idempotencyId": str(uuid.uuid4()),
        "sendersReference": "demo-sms",
        "recipient": {"recipientSms": {"phoneNumber": "+4799999999", "smsSettings": settings}},
    }


def person_order(number: str) -> dict[str, Any]:
    """An email and an SMS to be sent at once to a person, wherever the registers say that this is."""
    text = "Dear $recipientName$, you have a new message."
    recipient = {
        "nationalIdentityNumber": number,
        "channelSchema": "EmailAndSms",
        "emailSettings": {"subject": "A letter for $recipientName$", "body": text},
        "smsSettings": {"body": text, "sendingTimePolicy": "Anytime"},
    }
    return {
        "idempotencyId": str(uuid.uuid4()),
        "sendersReference": "demo-person",
        "recipient": {"recipientPerson": recipient},
    }


def faults(journeys: Sequence[Journey], entries: Sequence[dict[str, Any]]) -> list[str]:
    """What is missing or wrong, in words; empty when all ended well and the feed shows each exactly once."""
    return [fault for journey in journeys if (fault := journey.missing() or _feed_fault(journey, entries))]


async def tell_story(
    service: str,
    issuer: str,
    say: Callable[[str], None],
    *,
    person: str | None = KNOWN_PERSON,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Places the orders and shows their way; raises CommandError unless all is delivered in time.

    `person` is an identity number that the registers know with both addresses; None leaves that order out.
    """
    token = await fetch_token(issuer, "ttd")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=service, headers=headers, timeout=10, trust_env=False) as http:
        await _Story(Orders(http), say, person).tell(patience)


class _Story:
    def __init__(self, orders: Orders, say: Callable[[str], None], person: str | None) -> None:
        self._orders = orders
        self._say = say
        self._person = person
        self._start = 0
        self._journeys: list[Journey] = []
        self._entries: list[dict[str, Any]] = []

    async def tell(self, patience: float) -> None:
        """The whole story; bounded by `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._place()
                await self._follow()
        except TimeoutError as error:
            missing = faults(self._journeys, self._entries) or ["the orders could not be placed"]
            raise CommandError(f"after {patience:g} s: {'; '.join(missing)}") from error
        wrong = faults(self._journeys, self._entries)
        if wrong:
            raise CommandError("; ".join(wrong))
        self._line("feed", f"shows each of the {len(self._journeys)} shipments once")

    async def _place(self) -> None:
        self._start = await self._orders.newest_sequence()
        email = (await self._orders.place(email_order(datetime.now(UTC))))["notification"]
        self._set_out("email", email["shipmentId"], "Email_Delivered")
        self._set_out("reminder", email["reminders"][0]["shipmentId"], "Email_Delivered")
        sms = (await self._orders.place(sms_order()))["notification"]
        self._set_out("sms", sms["shipmentId"], "SMS_Delivered")
        if self._person:
            person = (await self._orders.place(person_order(self._person)))["notification"]
            self._set_out("person", person["shipmentId"], "Email_Delivered", "SMS_Delivered")

    def _set_out(self, label: str, shipment_id: str, *wanted: str) -> None:
        self._journeys.append(Journey(label, shipment_id, ("Order_Completed", *wanted)))
        self._line(label, f"placed as shipment {shipment_id}")

    async def _follow(self) -> None:
        await until(self._has_ended, every=POLL_SECONDS)
        await asyncio.sleep(SECOND_LOOK_SECONDS)
        self._entries = await self._orders.feed_after(self._start)

    async def _has_ended(self) -> bool:
        await asyncio.gather(*(self._look_at(journey) for journey in self._journeys if not journey.is_over))
        if not all(journey.is_over for journey in self._journeys):
            return False
        self._entries = await self._orders.feed_after(self._start)
        ended_badly = any(journey.missing() for journey in self._journeys)
        return ended_badly or not faults(self._journeys, self._entries)

    async def _look_at(self, journey: Journey) -> None:
        manifest = await self._orders.shipment(journey.shipment_id)
        seen = (manifest["status"], *(recipient["status"] for recipient in manifest["recipients"]))
        if seen != journey.seen:
            journey.seen = seen
            self._line(journey.label, "  ".join(seen))

    def _line(self, label: str, text: str) -> None:
        moment = datetime.now().astimezone().isoformat(sep=" ", timespec="milliseconds")[11:23]
        self._say(f"{moment}  {label:<8}  {text}")


def _email(subject: str, body: str) -> dict[str, Any]:
    settings = {"subject": subject, "body": body}
    return {"recipientEmail": {"emailAddress": "kari.nordmann@example.com", "emailSettings": settings}}


def _feed_fault(journey: Journey, entries: Sequence[dict[str, Any]]) -> str | None:
    own = [entry for entry in entries if entry["shipmentId"] == journey.shipment_id]
    if len(own) != 1:
        return f"the feed shows {journey.label} {len(own)} times, not once"
    shown = (own[0]["status"], *(recipient["status"] for recipient in own[0]["recipients"]))
    if shown != journey.wanted:
        return f"the feed shows {journey.label} as {' '.join(shown)}, not {' '.join(journey.wanted)}"
    return None
