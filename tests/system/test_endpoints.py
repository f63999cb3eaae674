"""Every row of the contract's endpoint table (http-contract.md section 2), asked for over HTTP as its clients do."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from local.tokens import SCOPES
from notifications.contract.openapi.document import OPERATIONS
from tests.contract.requests import instant, instant_email, instant_sms
from tests.system.expect import API, FEED, ORDERS, SHIPMENTS, UNKNOWN_ID, assert_problem
from tests.system.legacy import LEGACY, emails
from tests.system.orders import TEXT, Document, email_recipient, order
from tests.system.people import legacy as both_templates
from tests.system.people import nin
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "endpoint-owner"
REFERENCE = "endpoint-reference"
LATER = {"requestedSendTime": "2099-08-10T08:00:00Z"}
DASHBOARD = f"{API}/future/dashboard/recipients/notifications"
JSON, HTML, PARQUET = "application/json; charset=utf-8", "text/html; charset=utf-8", "application/octet-stream"
ONE = f"{LEGACY}/{{shipment}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table: what is sent, and the success that it names."""

    method: str
    path: str
    credential: str = "create"
    status: int = 200
    media_type: str = JSON
    body: Document | None = None
    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)


def composed_email() -> Document:
    recipient = {"emailAddress": "kari@example.com", "emailSettings": {"subject": "S", "body": "B"}}
    return {"idempotencyId": str(uuid4()), "recipient": recipient, **LATER}


def named(body: Document) -> Document:
    return body | {"idempotencyId": str(uuid4())}


def posts(path: str, body: Document, status: int = 201, credential: str = "create") -> Row:
    return Row(method="POST", path=path, body=body, status=status, credential=credential)


ROWS = {
    "1": posts(ORDERS, order(email_recipient(), **LATER)),
    "2": posts(f"{ORDERS}/instant/sms", named(instant_sms())),
    "3": posts(f"{ORDERS}/instant/email", named(instant_email())),
    "4": posts(f"{ORDERS}/instant", named(instant())),
    "5": posts(f"{ORDERS}/composed-email", composed_email(), credential="composed"),
    "6": Row(method="GET", path=f"{SHIPMENTS}/{{shipment}}"),
    "7": Row(method="GET", path=FEED),
    "8": Row(
        method="GET",
        path=f"{DASHBOARD}/nin",
        credential="support",
        headers={"NationalIdentityNumber": "01818030009"},
    ),
    "9": Row(
        method="GET",
        path=f"{DASHBOARD}/orgnumber",
        credential="support",
        headers={"OrganizationNumber": "310010006"},
    ),
    "10": posts(f"{LEGACY}/email", emails(["kari@example.com"], **LATER), 202),
    "11": posts(f"{LEGACY}/sms", {"recipients": [{"mobileNumber": "+4799999999"}], "body": TEXT, **LATER}, 202),
    "12": posts(LEGACY, both_templates("SmsPreferred", nin("01818030009"), **LATER), 202),
    "13": Row(method="GET", path=ONE),
    "14": Row(method="GET", path=LEGACY, params={"sendersReference": REFERENCE}),
    "15": Row(method="GET", path=f"{ONE}/status"),
    "16": Row(method="PUT", path=f"{ONE}/cancel"),
    "17": Row(method="GET", path=f"{ONE}/notifications/email"),
    "18": Row(method="GET", path=f"{ONE}/notifications/sms"),
    "19": Row(method="GET", path=f"{API}/metrics", credential="metrics", media_type=HTML),
    "20": Row(
        method="POST",
        path=f"{API}/metrics",
        credential="metrics",
        media_type=HTML,
        body={"month": 3, "year": 2026},
    ),
    "21": Row(method="POST", path=f"{API}/metrics/sms", credential="metrics", media_type=PARQUET),
    "22": Row(method="POST", path=f"{API}/metrics/email", credential="metrics", media_type=PARQUET),
    "29": Row(method="GET", path=f"{API}/tests/sendcondition", credential="none", params={"conditionMet": "true"}),
    "30": Row(method="GET", path="/health", credential="none", media_type="text/plain; charset=utf-8"),
    "31": Row(method="GET", path="/openapi.json", credential="none"),
    # Ours besides.
    "page": Row(method="GET", path="/docs", credential="none", media_type=HTML),
    "log": Row(method="GET", path=f"{API}/future/log", params={"dialogId": "dialog"}),
    "chain": Row(method="GET", path=f"{LEGACY}/chain/{{order}}"),
    "cancelled chain": Row(method="PUT", path=f"{LEGACY}/chain/{{order}}/cancel"),
}
# Rows 23 to 28 start the reference's cron jobs; here timers do that work, and the paths are not there.
TRIGGERS = [
    "pastdueorders",
    "sendemail",
    "sendsms",
    "sendsmsdaytime",
    "sendsmsanytime",
    "terminateexpirednotifications",
    "deleteoldstatusfeedrecords",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(system: System) -> dict[str, str]:
    """The ids of an order that the rows ask about."""
    dialog = {"dialogportenAssociation": {"dialogId": "dialog"}}
    placed = await system.order(order(email_recipient(), sendersReference=REFERENCE, **LATER, **dialog), OWNER)
    return {"order": placed["notificationOrderId"], "shipment": placed["notification"]["shipmentId"]}


async def credentials(system: System, credential: str) -> dict[str, str]:
    if credential == "metrics":
        return {"X-API-Key": system.secret("METRICS_API_KEY")}
    if credential == "none":
        return {}
    return {"Authorization": f"Bearer {await system.token(OWNER, scope=SCOPES[credential])}"}


async def asked(system: System, row: Row, there: dict[str, str], **headers: str) -> httpx.Response:
    form = row.credential == "metrics"
    content: dict[str, Any] = {"data" if form else "json": row.body} if row.body else {}
    async with httpx.AsyncClient(base_url=system.url, trust_env=False, verify=False, timeout=30) as http:
        return await http.request(
            row.method,
            row.path.format(**there),
            params=row.params,
            headers={**row.headers, **headers},
            **content,
        )


@pytest.mark.parametrize("number", ROWS)
async def test_a_row_of_the_endpoint_table_is_answered_with_its_success(
    system: System, there: dict[str, str], number: str
) -> None:
    row = ROWS[number]
    answer = await asked(system, row, there, **await credentials(system, row.credential))
    assert (answer.status_code, answer.headers["content-type"]) == (row.status, row.media_type), answer.text


@pytest.mark.parametrize("number", [number for number, row in ROWS.items() if row.credential != "none"])
async def test_a_row_with_a_credential_is_401_without_one(system: System, there: dict[str, str], number: str) -> None:
    answer = await asked(system, ROWS[number], there)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("number", [number for number, row in ROWS.items() if row.credential in SCOPES])
async def test_a_row_with_a_scope_is_403_with_the_other_scopes(
    system: System, there: dict[str, str], number: str
) -> None:
    row = ROWS[number]
    for name in SCOPES.keys() - {row.credential}:
        assert_problem(await asked(system, row, there, **await credentials(system, name)), 403)


@pytest.mark.parametrize("name", TRIGGERS)
async def test_the_triggers_of_the_references_cron_jobs_are_not_there(system: System, name: str) -> None:
    async with system.client(OWNER) as http:
        assert_problem(await http.post(f"{API}/trigger/{name}"), 404)


@pytest.mark.parametrize("path", ["/swagger", "/swagger/v1/swagger.json", "/error", f"{API}/trigger"])
async def test_what_the_reference_has_for_developers_is_elsewhere_or_not_there(system: System, path: str) -> None:
    async with system.client(OWNER) as http:
        assert_problem(await http.get(path), 404)


def test_every_operation_has_a_row_or_is_a_providers() -> None:
    described = {(each.method.upper(), each.path.format(id=UNKNOWN_ID)) for each in OPERATIONS}
    asked_for = {(row.method, row.path.format(order=UNKNOWN_ID, shipment=UNKNOWN_ID)) for row in ROWS.values()}
    reports = {("POST", f"/notifications/{channel}/api/v1/reports") for channel in ("email", "sms")}
    assert described - asked_for == reports
    assert asked_for <= described
