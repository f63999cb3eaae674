"""Orders of the legacy API: placed, read, found, followed to their end, and cancelled (sections 3.7 to 3.10)."""

import asyncio
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from tests.system.expect import API, UNKNOWN_ID, UUID, alike, assert_json, assert_problem
from tests.system.legacy import CANCELLED, COMPLETED, LEGACY, NOT_MET, PROCESSED, REGISTERED, emails, legacy, processing
from tests.system.orders import BODY, SUBJECT, TEXT, Document, email_recipient, order, sms_recipient
from tests.system.people import legacy as both_templates
from tests.system.people import nin
from tests.system.running import System
from tests.system.times import in_an_hour

pytestmark = pytest.mark.system

OWNER = "legacy-owner"
LATER = {"requestedSendTime": "2099-08-10T08:00:00Z"}
SMS_ORDER = {"recipients": [{"mobileNumber": "+4799999999"}], "body": TEXT, "senderNumber": "TTD"}
PLACES = ("", "/status", "/notifications/email", "/notifications/sms")


def is_daytime() -> bool:
    """Whether an SMS of the legacy API may leave now, and for some minutes yet."""
    return time(9) <= datetime.now(ZoneInfo("Europe/Oslo")).time() < time(16, 55)


async def test_an_email_order_is_delivered_and_told_of(system: System) -> None:
    addresses = ["first-legacy@example.com", "second-legacy@example.com"]
    async with legacy(system, OWNER) as api:
        accepted = await api.place(emails(addresses, contentType="html"), "/email")
        assert list(accepted) == ["orderId"]
        identity = accepted["orderId"]
        await system.until_final([identity], OWNER)
        summary = await api.summary(identity, "email")
        assert processing(await api.status(identity)) == ("Completed", COMPLETED)
        assert (await api.summary(identity, "sms"))["notifications"] == []
    told = {each["recipient"]["emailAddress"]: each for each in summary["notifications"]}
    assert told.keys() == set(addresses)
    for each in told.values():
        assert list(each) == ["id", "succeeded", "recipient", "sendStatus"]
        assert UUID.fullmatch(each["id"])
        assert each["sendStatus"]["status"] == "Delivered"
    calls = await system.emails()
    sent = [call for call in calls if call["recipient"] in addresses]
    assert {(call["contentType"], call["sender"], call["subject"]) for call in sent} == {
        ("html", "noreply@example.com", SUBJECT)
    }


async def test_an_sms_order_is_sent_by_day(system: System) -> None:
    """By day it is delivered now; otherwise the test of triggers, whose clock can be moved, tells of the morning."""
    by_day = is_daytime()
    async with legacy(system, OWNER) as api:
        identity = (await api.place(SMS_ORDER, "/sms"))["orderId"]
        if by_day:
            await system.until_final([identity], OWNER)
            (one,) = (await api.summary(identity, "sms"))["notifications"]
            assert one["recipient"] == {"mobileNumber": "+4799999999"}
            assert (one["succeeded"], one["sendStatus"]["status"]) == (True, "Delivered")
        ordered = await api.order(identity)
    assert ordered["notificationChannel"] == "Sms"
    assert ordered["smsTemplate"] == {"senderNumber": "TTD", "body": TEXT}


async def test_an_order_by_several_channels_reaches_people_by_what_the_registers_know(system: System) -> None:
    both, only_email = nin("01818030009"), nin("02828130059")
    async with legacy(system, OWNER) as api:
        accepted = await api.place(both_templates("EmailPreferred", both, only_email))
        lookup = {"status": "Success", "isReserved": [], "missingContact": []}
        assert accepted == {"orderId": accepted["orderId"], "recipientLookup": lookup}
        await system.until_final([accepted["orderId"]], OWNER)
        summary = await api.summary(accepted["orderId"], "email")
        status = await api.status(accepted["orderId"])
    reached = [(each["recipient"], each["sendStatus"]["status"]) for each in summary["notifications"]]
    assert sorted(reached, key=str) == [
        ({"emailAddress": "kari.begge@example.com", **both}, "Delivered"),
        ({"emailAddress": "ola.epost@example.com", **only_email}, "Delivered"),
    ]
    assert status["notificationChannel"] == "EmailPreferred"
    assert list(status["notificationsStatusSummary"]) == ["email"]


async def test_an_order_is_read_as_it_was_placed(system: System) -> None:
    body = emails(["kari@example.com"], **LATER) | {
        "sendersReference": "ref-legacy",
        "subject": "One\r\nline\nonly",
        "conditionEndpoint": "https://conditions.example.com/77",
        "ignoreReservation": True,
        "resourceId": "te_svc123",
        "resourceAction": "read",
    }
    async with legacy(system, OWNER) as api:
        identity = (await api.place(body, "/email"))["orderId"]
        ordered = await api.order(identity)
    here = f"{system.url}{LEGACY}/{identity}"
    assert alike(
        ordered,
        {
            "id": identity,
            "sendersReference": "ref-legacy",
            "requestedSendTime": "2099-08-10T08:00:00Z",
            "creator": OWNER,
            "created": "<time>",
            "notificationChannel": "Email",
            "ignoreReservation": True,
            "resourceId": "te_svc123",
            "resourceAction": "read",
            "conditionEndpoint": "https://conditions.example.com/77",
            "recipients": [{"emailAddress": "kari@example.com"}],
            "emailTemplate": {
                "fromAddress": "noreply@example.com",
                "subject": "One line only",
                "body": BODY,
                "contentType": "Plain",
            },
            "links": {"self": here, "status": f"{here}/status"},
        },
    )


async def test_orders_of_both_apis_are_found_by_their_reference(system: System) -> None:
    reference = "a reference/with ?&= and æ"
    async with legacy(system, OWNER) as api:
        first = (await api.place(emails(["kari@example.com"], sendersReference=reference, **LATER), "/email"))[
            "orderId"
        ]
        placed = await system.order(order(sms_recipient(), sendersReference=reference, **LATER), OWNER)
        found = await api.found(reference)
        assert await api.found(reference.upper()) == []
        assert found[0] == await api.order(first)
    assert [each["id"] for each in found] == [first, placed["notification"]["shipmentId"]]


async def test_the_legacy_api_reads_orders_of_the_present_one(system: System) -> None:
    placed = await system.order(order(email_recipient(), requestedSendTime=in_an_hour()), OWNER)
    shipment = placed["notification"]["shipmentId"]
    async with legacy(system, OWNER) as api:
        assert (await api.order(shipment))["recipients"] == [{"emailAddress": "kari.nordmann@example.com"}]
        status = await api.status(shipment)
    assert processing(status) == ("Registered", REGISTERED)
    assert "notificationsStatusSummary" not in status


async def test_an_order_goes_through_the_statuses_of_section_6_1(system: System) -> None:
    condition = f"{system.url}{API}/tests/sendcondition?conditionMet="
    async with legacy(system, OWNER) as api:
        waiting = (await api.place(emails(["kari@example.com"], **LATER), "/email"))["orderId"]
        sent = (await api.place(emails(["silent+legacy@example.com"]), "/email"))["orderId"]
        # The legacy API takes no condition endpoint without a domain name.
        placed = [
            await system.order(order(email_recipient(), conditionEndpoint=condition + met), OWNER)
            for met in ("false", "true")
        ]
        stopped, let_go = (each["notification"]["shipmentId"] for each in placed)
        await system.until_status(sent, "Email_Succeeded", OWNER)
        await system.until_final([stopped, let_go], OWNER)
        assert processing(await api.status(let_go)) == ("Completed", COMPLETED)
        assert processing(await api.status(waiting)) == ("Registered", REGISTERED)
        assert processing(await api.status(sent)) == ("Completed", PROCESSED)
        assert processing(await api.status(stopped)) == ("SendConditionNotMet", NOT_MET)
        answer = assert_json(await api.http.put(f"{LEGACY}/{waiting}/cancel"), 200)
        assert processing(answer) == processing(await api.status(waiting)) == ("Cancelled", CANCELLED)


async def test_a_cancelled_order_is_never_sent_and_one_under_way_is_not_cancelled(system: System) -> None:
    async with legacy(system, OWNER) as api:
        identity = (await api.place(emails(["kari@example.com"], requestedSendTime=in_an_hour()), "/email"))["orderId"]
        first, again = [await api.http.put(f"{LEGACY}/{identity}/cancel") for _ in range(2)]
        assert assert_json(first, 200) == assert_json(again, 200)
        assert (await api.summary(identity, "email"))["generated"] == 0
        sent = (await api.place(emails(["kari@example.com"]), "/email"))["orderId"]
        assert_problem(await api.http.put(f"{LEGACY}/{sent}/cancel"), 409)
        await system.until_final([sent], OWNER)
        assert_problem(await api.http.put(f"{LEGACY}/{sent}/cancel"), 409)


@pytest.mark.parametrize("place", PLACES)
async def test_what_is_no_order_is_404_and_what_is_no_id_400(system: System, place: str) -> None:
    async with legacy(system, OWNER) as api:
        assert_problem(await api.http.get(f"{LEGACY}/{UNKNOWN_ID}{place}"), 404)
        problem = assert_problem(await api.http.get(f"{LEGACY}/abc{place}"), 400)
    assert problem["errors"] == {"id": ["The value 'abc' is not valid."]}


async def test_each_request_is_an_order_of_its_own(system: System) -> None:
    async with legacy(system, OWNER) as api:
        placed = await asyncio.gather(*(api.place(emails(["kari@example.com"], **LATER), "/email") for _ in range(5)))
    assert len({each["orderId"] for each in placed}) == 5


@pytest.mark.parametrize(
    ("kind", "body", "errors"),
    [
        (
            "/email",
            {"recipients": []},
            {"recipients", "subject", "body"},
        ),
        (
            "/sms",
            {"recipients": [{"emailAddress": "kari@example.com"}], "senderNumber": None},
            {"recipients[0]", "body"},
        ),
        (
            "",
            {"recipients": [{"organizationNumber": "123"}], "notificationChannel": "EmailAndSms"},
            {"recipients[0].organizationNumber", "emailTemplate", "smsTemplate"},
        ),
    ],
)
async def test_what_is_wrong_is_told_by_member(system: System, kind: str, body: Document, errors: set[str]) -> None:
    async with legacy(system, OWNER) as api:
        problem = assert_problem(await api.http.post(LEGACY + kind, json=body), 400)
    assert set(problem["errors"]) == errors
