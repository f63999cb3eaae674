"""A good request to every operation, over an order that is there to be asked about."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

import azure.functions as func

from notifications.domain.ids import encode
from notifications.domain.order import OrderKind
from notifications.triggers.routes import ROUTES
from tests.builders import ADDRESS, CREATOR, NOW, email_content, sms_content
from tests.contract.builders import Request as Body
from tests.contract.requests import composed, instant, instant_email, instant_sms, legacy, legacy_email, legacy_sms
from tests.stages.world import email_report, sms_report
from tests.triggers.edge import METRICS_KEY, REPORT_KEY, REPORT_PASSWORD, REPORT_USER, Edge, Request

JSON = "application/json"
REFERENCE, DIALOG = "ref-1", "dialog-1"
PERSON, ORGANIZATION = "16869412345", "312508729"
METHODS: Mapping[str, str] = {route.name: route.method for route in ROUTES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request to one operation, as a caller sends it whose credentials are good."""

    operation: str
    credentials: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = None
    body: bytes = b""
    params: Mapping[str, str] = field(default_factory=dict)
    route: Mapping[str, str] = field(default_factory=dict)

    def but(self, **members: Any) -> Self:
        """The same with other members."""
        return replace(self, **members)

    def request(self) -> Request:
        """As the worker hands it to the function."""
        media_type = {"content-type": self.media_type} if self.media_type else {}
        return Request(
            METHODS[self.operation],
            "/",
            headers={**media_type, **self.headers, **self.credentials},
            params=self.params,
            route_params=self.route,
            body=self.body,
        )

    async def answer(self, edge: Edge) -> func.HttpResponse:
        """What it is answered with."""
        return await edge.send(self.operation, self.request())


def chain(**members: Any) -> Body:
    """An order of one email."""
    email = {"subject": "A subject", "body": "A body"}
    recipient = {"recipientEmail": {"emailAddress": ADDRESS, "emailSettings": email}}
    return {"idempotencyId": "order-1", "recipient": recipient} | members


PLACED: Mapping[str, Body] = {
    "place_order": chain(),
    "place_composed_email": composed(),
    "send_instant_sms": instant_sms(),
    "send_instant_email": instant_email(),
    "send_instant": instant(),
    "place_legacy_order": legacy(),
    "place_legacy_email_order": legacy_email(),
    "place_legacy_sms_order": legacy_sms(),
}
"""A body for each operation that takes an order."""


def placing(edge: Edge, operation: str, body: Body | None = None, org: str | None = CREATOR) -> Ask:
    """A request that places an order."""
    content = json.dumps(PLACED[operation] if body is None else body).encode()
    return Ask(operation=operation, credentials=edge.bearer(org), media_type=JSON, body=content)


@dataclass(frozen=True, slots=True)
class There:
    """An order of an email and an SMS in an hour, which the requests ask about."""

    order: UUID
    shipment: UUID


async def there(edge: Edge) -> There:
    """Place that order."""
    mail = email_content(senders_reference=REFERENCE)
    placed = await edge.world.order(
        mail, sms_content(), send_at=NOW + timedelta(hours=1), dialog_id=DIALOG, kind=OrderKind.NOTIFICATION
    )
    return There(encode(placed[0].key, 0, 0), placed[0].uuid)


def basic(user: str, password: str) -> Mapping[str, str]:
    """Credentials of Basic authentication."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def asks(edge: Edge, at: There, org: str | None = CREATOR) -> dict[str, Ask]:
    """A request to every operation by its name; those that name an order name this one."""
    all_ = [
        *(placing(edge, operation, org=org) for operation in PLACED),
        *_reading(edge.bearer(org), at),
        *_operating(at),
    ]
    return {ask.operation: ask for ask in all_}


def _reading(credentials: Mapping[str, str], at: There) -> list[Ask]:
    named = [(name, at.order) for name in ("get_chain", "cancel_chain")]
    one = ("get_shipment", "get_order", "get_order_status", "cancel_order")
    named += [(name, at.shipment) for name in (*one, "get_email_notifications", "get_sms_notifications")]
    person, organization = {"NationalIdentityNumber": PERSON}, {"OrganizationNumber": ORGANIZATION}
    return [
        *(Ask(operation=name, credentials=credentials, route={"id": str(identity)}) for name, identity in named),
        Ask(operation="get_feed", credentials=credentials),
        Ask(operation="get_log", credentials=credentials, params={"dialogId": DIALOG}),
        Ask(operation="find_orders", credentials=credentials, params={"sendersReference": REFERENCE}),
        Ask(operation="dashboard_person", credentials=credentials, headers=person),
        Ask(operation="dashboard_organization", credentials=credentials, headers=organization),
    ]


def _operating(at: There) -> list[Ask]:
    key = {"X-API-Key": METRICS_KEY}
    form = "application/x-www-form-urlencoded"
    reported = UUID(int=at.shipment.int + 1)
    return [
        Ask(operation="metrics_form", credentials=key),
        Ask(operation="metrics_page", credentials=key, media_type=form, body=b"month=3&year=2026"),
        Ask(operation="export_email_metrics", credentials=key),
        Ask(operation="export_sms_metrics", credentials=key),
        Ask(
            operation="receive_email_reports",
            credentials={"X-Report-Key": REPORT_KEY},
            media_type=JSON,
            body=email_report((reported, "Delivered")),
        ),
        Ask(
            operation="receive_sms_reports",
            credentials=basic(REPORT_USER, REPORT_PASSWORD),
            media_type="application/xml",
            body=sms_report(("REF-1", "DELIVRD")),
        ),
        *(Ask(operation=name) for name in ("test_send_condition", "health", "openapi", "docs")),
    ]
