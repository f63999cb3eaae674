"""Figures for the operators: who may see them, the month's page, and a day's export (http-contract.md section 3.11)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import Any

import azure.functions as func
import pytest
from arro3.io import read_parquet

from notifications.domain.order import EmailTemplate, SmsTemplate
from tests.builders import NOW, email_content, sms_content
from tests.stages.world import World, email_report, sms_report
from tests.triggers.asks import Ask, basic
from tests.triggers.edge import METRICS_KEY, Edge, problem

FORM = "application/x-www-form-urlencoded"
EXPORTS = ("export_email_metrics", "export_sms_metrics")
PAGES = ("metrics_form", "metrics_page")
REFUSED: list[tuple[Mapping[str, str], str]] = [
    ({}, "API key required for Metrics endpoints"),
    ({"X-API-Key": ""}, "API key cannot be empty"),
    ({"X-API-Key": "  "}, "API key cannot be empty"),
    ({"X-API-Key": "wrong"}, "Invalid API key"),
    ({"X-API-Key": METRICS_KEY + " "}, "Invalid API key"),
    ({"X-API-Key": METRICS_KEY.upper()}, "Invalid API key"),
    ({"X-API-Key": "n\u00f8kkel"}, "Invalid API key"),
]
EMAIL_COLUMNS = [
    *("EmailId", "ShipmentId", "SendersReference", "RequestedSendTime", "CreatorName", "ResourceId", "Result"),
    "OperationId",
]
SMS_COLUMNS = [
    *("SmsId", "ShipmentId", "SendersReference", "RequestedSendTime", "CreatorName", "ResourceId", "Result"),
    *("GatewayReference", "Rate", "MobileNumberPrefix"),
    *("AltinnSmsCount", "AltinnSmsBodyLength", "AltinnSmsCustomBodyLength"),
]


async def asked(edge: Edge, operation: str, headers: Mapping[str, str], body: bytes = b"") -> func.HttpResponse:
    return await Ask(operation=operation, credentials=headers, media_type=FORM, body=body).answer(edge)


@pytest.mark.parametrize("operation", EXPORTS)
@pytest.mark.parametrize(("headers", "text"), REFUSED)
async def test_an_export_without_the_key_is_refused_in_the_contracts_words(
    edge: Edge, operation: str, headers: Mapping[str, str], text: str
) -> None:
    answer = await asked(edge, operation, headers)
    told = problem(answer)
    assert (told["status"], told["error"], told["detail"]) == (401, text, text)
    assert answer.headers["WWW-Authenticate"] == "ApiKey"


@pytest.mark.parametrize("operation", EXPORTS)
async def test_without_a_key_in_the_settings_there_is_no_export(
    edge: Edge, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge.compose.app.settings, "metrics_api_key", None)
    told = problem(await asked(edge, operation, {"X-API-Key": "any"}))
    assert (told["status"], told["error"]) == (401, "API key validation not configured")


@pytest.mark.parametrize("operation", EXPORTS)
async def test_a_browsers_password_opens_no_export(edge: Edge, operation: str) -> None:
    assert (await asked(edge, operation, basic("anybody", METRICS_KEY))).status_code == 401


@pytest.mark.parametrize("operation", PAGES)
@pytest.mark.parametrize("user", ["", "metrics", "somebody else", "b\u00e5t"])
async def test_a_browser_opens_the_page_with_the_key_as_password_whatever_the_user(
    edge: Edge, operation: str, user: str
) -> None:
    answer = await asked(edge, operation, basic(user, METRICS_KEY), b"month=3&year=2026")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("operation", PAGES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "wrong"},
        basic("metrics", ""),
        basic("metrics", "wrong"),
        basic(METRICS_KEY, ""),
        {"Authorization": f"Bearer {METRICS_KEY}"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !"},
        {"Authorization": "Basic " + base64.b64encode(METRICS_KEY.encode()).decode()},
    ],
)
async def test_whoever_has_not_the_key_is_asked_for_a_password(
    edge: Edge, operation: str, headers: Mapping[str, str]
) -> None:
    answer = await asked(edge, operation, headers, b"month=3&year=2026")
    assert problem(answer)["status"] == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="metrics", charset="UTF-8"'


async def test_the_form_suggests_this_month(edge: Edge) -> None:
    page = (await asked(edge, "metrics_form", {"X-API-Key": METRICS_KEY})).get_body().decode()
    assert '<option value="3" selected>March</option>' in page
    assert 'value="2026"' in page


@pytest.mark.parametrize("body", [b"", b"month=3", b"year=2026", b"month=13&year=2026", b"month=x&year=y", b"\xff"])
async def test_a_month_that_cannot_be_read_is_answered_400_with_its_fields(edge: Edge, body: bytes) -> None:
    told = problem(await asked(edge, "metrics_page", {"X-API-Key": METRICS_KEY}, body))
    assert told["status"] == 400
    assert set(told["errors"]) <= {"month", "year"}


async def ended(world: World) -> None:
    """One email that bounced and one SMS that arrived, of two owners, all ended by now."""
    mail = email_content(
        email=EmailTemplate(subject="A subject", body="A body"), senders_reference="ref-1", resource_id="te_svc123"
    )
    (email,) = await world.order(mail)
    text = sms_content(sms=SmsTemplate(body="A text of one segment", policy=sms_content().sms.policy))  # type: ignore[union-attr]
    (sms,) = await world.order(text, creator="skd")
    await world.step()
    await world.report.email(email_report((email.notification(1), "Bounced")))
    await world.report.sms(sms_report((world.sms.references[sms.notification(1)], "DELIVRD")))
    await world.run(3)


async def test_the_page_of_a_month_shows_each_owner_and_their_sum(edge: Edge) -> None:
    await ended(edge.world)
    answer = await asked(edge, "metrics_page", {"X-API-Key": METRICS_KEY}, b"month=3&year=2026")
    page = answer.get_body().decode()
    assert "Notifications in March 2026" in page
    promise = "<td>100.0 %</td><td>100.0 %</td>"
    skd = f"<td>1</td><td>0</td><td>0</td><td>1</td><td>1</td><td>1</td>{promise}"
    ttd = f"<td>1</td><td>1</td><td>0</td><td>0</td><td>0</td><td>0</td>{promise}"
    both = f"<td>2</td><td>1</td><td>0</td><td>1</td><td>1</td><td>1</td>{promise}"
    for name, cells in (("skd", skd), ("ttd", ttd), ("All", both)):
        assert f'<tr><th scope="row">{name}</th>{cells}</tr>' in page
    other = await asked(edge, "metrics_page", {"X-API-Key": METRICS_KEY}, b"month=2&year=2026")
    assert "No shipment ended in February 2026" in other.get_body().decode()


async def exported(edge: Edge, operation: str) -> tuple[func.HttpResponse, list[str], list[dict[str, Any]]]:
    """An export with its columns and rows."""
    answer = await asked(edge, operation, {"X-API-Key": METRICS_KEY})
    assert answer.status_code == 200, answer.get_body()
    table = read_parquet(BytesIO(answer.get_body())).read_all()
    columns = [table.column(name).to_pylist() for name in table.column_names]
    rows = [dict(zip(table.column_names, values, strict=True)) for values in zip(*columns, strict=True)]
    return answer, list(table.column_names), rows


async def test_the_export_has_every_email_that_ended_yesterday(edge: Edge) -> None:
    await ended(edge.world)
    edge.world.clock.forward(days=1)
    answer, columns, (row,) = await exported(edge, "export_email_metrics")
    assert columns == EMAIL_COLUMNS
    told = {name: row[name] for name in columns if name not in {"EmailId", "ShipmentId", "OperationId"}}
    assert told == {
        "SendersReference": "ref-1",
        "RequestedSendTime": "2026-03-02T10:00:00.0000000Z",
        "CreatorName": "ttd",
        "ResourceId": "te_svc123",
        "Result": "Failed_Bounced",
    }
    assert row["ShipmentId"] == row["OperationId"] == str(edge.world.email.calls[0].notification_id)
    assert answer.headers["Content-Disposition"] == ("attachment; filename=20260302_email_notifications_local.parquet")


async def test_the_export_has_every_sms_that_ended_yesterday(edge: Edge) -> None:
    await ended(edge.world)
    edge.world.clock.forward(days=1)
    _, columns, (row,) = await exported(edge, "export_sms_metrics")
    assert columns == SMS_COLUMNS
    told = {name: row[name] for name in columns if name not in {"SmsId", "ShipmentId"}}
    assert told == {
        "SendersReference": "",
        "RequestedSendTime": "2026-03-02T10:00:00.0000000Z",
        "CreatorName": "skd",
        "ResourceId": None,
        "Result": "Delivered",
        "GatewayReference": "REF-000001",
        "Rate": "innland",
        "MobileNumberPrefix": "+479",
        "AltinnSmsCount": 1,
        "AltinnSmsBodyLength": len("A text of one segment"),
        "AltinnSmsCustomBodyLength": 0,
    }


@pytest.mark.parametrize("operation", EXPORTS)
async def test_the_headers_of_an_export_say_what_is_in_the_file(edge: Edge, operation: str) -> None:
    await ended(edge.world)
    edge.world.clock.forward(days=1)
    answer, _, rows = await exported(edge, operation)
    content = answer.get_body()
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-File-Hash"] == base64.b64encode(hashlib.md5(content).digest()).decode()
    assert answer.headers["X-File-Size"] == str(len(content))
    assert answer.headers["X-Total-FileTransfer-Count"] == str(len(rows)) == "1"
    assert answer.headers["X-Generated-At"] == "2026-03-03T10:00:03.0000000+00:00"
    assert answer.headers["X-Environment"] == "local"


@pytest.mark.parametrize("operation", EXPORTS)
@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=2)])
async def test_what_ended_on_another_day_is_in_another_days_export(
    edge: Edge, operation: str, later: timedelta
) -> None:
    await ended(edge.world)
    edge.world.clock.moment = NOW + later
    _, columns, rows = await exported(edge, operation)
    assert (columns, rows) == (EMAIL_COLUMNS if operation == EXPORTS[0] else SMS_COLUMNS, [])


@pytest.mark.parametrize(
    ("value", "met"), [("true", True), ("TRUE", True), ("false", False), ("", False), ("1", False)]
)
async def test_the_test_condition_says_what_it_is_told_to_say(edge: Edge, value: str, met: bool) -> None:
    answer = await Ask(operation="test_send_condition", params={"conditionMet": value}).answer(edge)
    assert json.loads(answer.get_body()) == {"sendNotification": met}
