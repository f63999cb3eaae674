"""What the registers have a say in when an order is placed (engine.md section 2.1, http-contract.md section 3.7)."""

import asyncio
import uuid

import httpx
import pytest

from tests.system.expect import API, ORDERS, assert_json, assert_problem
from tests.system.orders import Document, email_recipient, order
from tests.system.outcomes import LEGACY, assert_missing_contact, outcomes
from tests.system.people import RESOURCE, external, legacy, nin, organization, orgno, person
from tests.system.running import System
from tests.system.times import ahead, in_an_hour, written

pytestmark = pytest.mark.system

OWNER = "placement-owner"
BOTH, ONLY_EMAIL, ONLY_MOBILE, NOWHERE, RESERVED, STALE = (
    "01818030009",
    "02828130059",
    "03838230260",
    "04848330049",
    "05858430099",
    "07878630089",
)
ONLY_USERS, NO_COMPANY_ADDRESS = "310010049", "310010030"
NOBODY = "31929999998"


async def place(system: System, body: Document, path: str = ORDERS, owner: str = OWNER) -> httpx.Response:
    async with system.client(owner) as http:
        return await http.post(path, json=body)


async def stored(system: System, reference: str) -> int:
    """How many shipments an owner has with a reference."""
    async with system.client(OWNER) as http:
        found: Document = assert_json(await http.get(LEGACY, params={"sendersReference": reference}), 200)
        return int(found["count"])


@pytest.mark.parametrize(
    "recipient",
    [
        person(NOWHERE),
        person(STALE),
        person(ONLY_MOBILE),
        person(ONLY_EMAIL, "Sms"),
        organization(NO_COMPANY_ADDRESS, "EmailAndSms"),
        organization(ONLY_USERS),
        external("urn:altinn:party:username:ingenadresse", "SmsPreferred"),
    ],
)
async def test_an_order_is_refused_whose_recipient_or_reminders_cannot_be_told_and_nothing_is_stored(
    system: System, recipient: Document
) -> None:
    main, reminder = str(uuid.uuid4()), str(uuid.uuid4())
    first = order(recipient, sendersReference=main, requestedSendTime=in_an_hour())
    later = {"delayDays": 1, "recipient": recipient, "sendersReference": reminder}
    second = order(person(BOTH), sendersReference=main, requestedSendTime=in_an_hour(), reminders=[later])
    for body in (first, second):
        assert_missing_contact(await place(system, body))
        assert [await stored(system, each) for each in (main, reminder)] == [0, 0]
        # It was not kept under its idempotencyId either: with somebody who can be told it is a first order.
        right = {**body, "recipient": person(BOTH), "reminders": []}
        assert_json(await place(system, {**right, "sendersReference": "another"}), 201)


@pytest.mark.parametrize(
    "recipient",
    [
        person(RESERVED),
        person("06868530039", "EmailAndSms"),
        person(ONLY_EMAIL, "SmsPreferred"),
        person(ONLY_MOBILE, "EmailAndSms"),
        person(STALE, useStaleContactInformation=True),
        organization(ONLY_USERS, resourceId=RESOURCE),
        organization("310010065", "EmailAndSms", resourceId=RESOURCE),
    ],
)
async def test_reserved_persons_and_those_with_any_address_for_the_channels_are_not_missing(
    system: System, recipient: Document
) -> None:
    main = order(recipient, requestedSendTime=in_an_hour(), reminders=[{"delayDays": 1, "recipient": recipient}])
    assert_json(await place(system, main), 201)


async def test_stale_contacts_are_always_used_for_the_tax_administration(system: System) -> None:
    body = order(person(STALE), requestedSendTime=in_an_hour())
    assert_json(await place(system, body, owner="skd"), 201)


async def test_a_repeated_order_is_answered_as_before_whatever_the_registers_say_by_now(system: System) -> None:
    body = order(person(BOTH), requestedSendTime=in_an_hour())
    first = assert_json(await place(system, body), 201)
    again = await place(system, {**body, "recipient": person(NOWHERE)})
    assert assert_json(again, 200) == first
    assert again.headers["idempotent-replayed"] == again.headers["idempotent-content-mismatch"] == "true"


async def test_the_same_order_sent_several_times_at_once_is_one_order(system: System) -> None:
    body = order(person(BOTH), requestedSendTime=in_an_hour())
    answers = await asyncio.gather(*(place(system, body) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 200, 200, 201]
    assert len({each.text for each in answers}) == 1


LOOKUPS = {
    "everybody found": (legacy("Email", nin(BOTH), nin(ONLY_EMAIL), orgno("310010006")), ("Success", [], [])),
    "some missing": (
        legacy("Email", nin(BOTH), nin(ONLY_MOBILE), orgno(NO_COMPANY_ADDRESS), nin(NOBODY)),
        ("PartialSuccess", [], [ONLY_MOBILE, NO_COMPANY_ADDRESS, NOBODY]),
    ),
    "some reserved": (legacy("Email", nin(BOTH), nin(RESERVED)), ("PartialSuccess", [RESERVED], [])),
    "reserved and missing": (
        legacy("Sms", nin(ONLY_EMAIL), nin("06868530039"), nin(RESERVED)),
        ("Failed", ["06868530039", RESERVED], [ONLY_EMAIL]),
    ),
    "reserved, ignored": (legacy("Email", nin(RESERVED), ignoreReservation=True), ("Failed", [RESERVED], [])),
    "all missing": (legacy("Email", nin(NOWHERE), nin(STALE)), ("Failed", [], [NOWHERE, STALE])),
    "either channel will do": (
        legacy("SmsPreferred", nin(ONLY_EMAIL), nin(ONLY_MOBILE), nin(NOWHERE)),
        ("PartialSuccess", [], [NOWHERE]),
    ),
    "both channels, one address each": (
        legacy("EmailAndSms", nin(ONLY_EMAIL), nin(ONLY_MOBILE)),
        ("Success", [], []),
    ),
    "addresses given beside": (
        legacy("Email", {"emailAddress": "given@example.com"}, nin(NOWHERE)),
        ("Failed", [], [NOWHERE]),
    ),
    "only users": (legacy("Email", orgno(ONLY_USERS)), ("Failed", [], [ONLY_USERS])),
    "only users, with a resource": (
        legacy("Email", orgno(ONLY_USERS), resourceId="te_svc123"),
        ("Success", [], []),
    ),
}


@pytest.mark.parametrize("name", LOOKUPS)
async def test_the_legacy_api_takes_the_order_and_tells_what_the_lookup_found(system: System, name: str) -> None:
    body, (status, reserved, missing) = LOOKUPS[name]
    answer = await place(system, {**body, "requestedSendTime": in_an_hour()}, LEGACY)
    document = assert_json(answer, 202)
    assert document["recipientLookup"] == {"status": status, "isReserved": reserved, "missingContact": missing}
    assert list(document) == ["orderId", "recipientLookup"]
    async with system.client(OWNER) as http:
        ordered = assert_json(await http.get(f"{LEGACY}/{document['orderId']}"), 200)
    # What was looked up is nobody's business but the sender's of the day.
    assert ordered["recipients"] == body["recipients"]


@pytest.mark.parametrize("kind", ["email", "sms"])
async def test_the_legacy_orders_of_one_channel_tell_of_their_lookup_too(system: System, kind: str) -> None:
    body = {"recipients": [nin(ONLY_EMAIL), nin(ONLY_MOBILE)], "subject": "S", "body": "B"}
    if kind == "sms":
        del body["subject"]
    document = assert_json(await place(system, {**body, "requestedSendTime": in_an_hour()}, f"{LEGACY}/{kind}"), 202)
    missing = ONLY_MOBILE if kind == "email" else ONLY_EMAIL
    assert document["recipientLookup"] == {"status": "PartialSuccess", "isReserved": [], "missingContact": [missing]}


async def test_without_anybody_to_look_up_there_is_no_lookup(system: System) -> None:
    body = legacy("Email", {"emailAddress": "given@example.com"}, requestedSendTime=in_an_hour())
    assert list(assert_json(await place(system, body, LEGACY), 202)) == ["orderId"]


async def test_each_shipment_of_an_order_reaches_its_own_recipient(system: System) -> None:
    reminders = [
        {"requestedSendTime": written(ahead(seconds=9)), "recipient": organization("310010014")},
        {"requestedSendTime": written(ahead(seconds=8)), "recipient": person("08895699684", "Sms")},
        {"delayDays": 1, "recipient": email_recipient("tomorrow@example.com")},
    ]
    body = order(person("16069412345"), reminders=reminders)
    placed = assert_json(await place(system, body), 201)["notification"]
    today = [placed["shipmentId"], *(each["shipmentId"] for each in placed["reminders"][:2])]
    manifests = await system.until_final(today, OWNER)
    assert [[each["destination"] for each in manifests[one]["recipients"]] for one in today] == [
        ["ola.normann@example.com"],
        ["kontor@example.com", "leder@example.com"],
        ["+4799999917"],
    ]
    assert (await system.shipment(placed["reminders"][2]["shipmentId"], OWNER))["status"] == "Order_Registered"


async def test_who_is_reached_is_looked_up_when_it_is_sent_and_never_shown_before(system: System) -> None:
    placed = assert_json(await place(system, order(person(BOTH), requestedSendTime=in_an_hour())), 201)
    assert (await system.shipment(placed["notification"]["shipmentId"], OWNER))["recipients"] == []


@pytest.mark.parametrize(
    ("recipient", "errors"),
    [
        (
            person("0181803000"),
            {"recipient.recipientPerson.nationalIdentityNumber": ["National identity number must be 11 digits long."]},
        ),
        (
            organization("31001000"),
            {"recipient.recipientOrganization.orgNumber": ["Organization number must be 9 digits long."]},
        ),
    ],
)
async def test_a_number_that_is_none_is_answered_400_before_anybody_is_asked(
    system: System, recipient: Document, errors: Document
) -> None:
    assert assert_problem(await place(system, order(recipient)), 400)["errors"] == errors


async def test_recipients_of_every_kind_are_told_by_one_legacy_order(system: System) -> None:
    everybody = legacy(
        "Email", nin(BOTH), nin(BOTH), orgno("310010006"), {"emailAddress": "given@example.com"}, nin(RESERVED)
    )
    ends = await outcomes(system, {"": everybody}, OWNER, path=LEGACY)
    assert ends[""].told == [
        ("Email_Delivered", "arkiv@example.com"),
        ("Email_Delivered", "given@example.com"),
        ("Email_Delivered", "kari.begge@example.com"),
        ("Email_Delivered", "post@example.com"),
        ("Email_Failed_RecipientReserved", ""),
    ]
    async with system.client(OWNER) as http:
        url = f"{API}/orders/{ends[''].answer.json()['orderId']}/notifications/email"
        summary = assert_json(await http.get(url), 200)
    assert (summary["generated"], summary["succeeded"]) == (5, 4)
    by_number = {
        (each["recipient"].get("nationalIdentityNumber") or each["recipient"].get("organizationNumber"))
        for each in summary["notifications"]
    }
    assert by_number == {BOTH, "310010006", RESERVED, None}
