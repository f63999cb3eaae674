"""Reports of SMS: repeated, contradicting, early, late, unknown, unreadable, forged: a status never goes backwards."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from defusedxml.ElementTree import fromstring

from local.simulators.pswin.recipients import number
from tests.system.expect import SMS_REPORTS, assert_problem
from tests.system.orders import sms_recipient
from tests.system.reporting import XML, Providers, Silent, document, let_reports_be_looked_at, providers, without_late
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "sms-report-owner"
STILL_WAITING = ["Order_Processed", "SMS_Accepted"]


class Texts:
    """Accepted SMS, each with the reference that the gateway gave it."""

    def __init__(self, system: System, shipments: Silent) -> None:
        self.of = shipments
        self._system = system

    async def take(self) -> tuple[str, str]:
        """A shipment that no other test has, and its reference."""
        shipment = self.of.take()
        (recipient,) = (await self._system.shipment(shipment, OWNER))["recipients"]
        calls = await self._system.calls("pswin")
        receiver = recipient["destination"].removeprefix("+")
        return shipment, next(str(call["reference"]) for call in calls if call["recipient"] == receiver)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def texts(system: System) -> Texts:
    """Accepted SMS, each to a number of its own, by which its reference is found."""
    recipients = [sms_recipient(number("40", variant)) for variant in range(1, 9)]
    return Texts(system, await Silent.of(system, OWNER, recipients, "SMS_Accepted"))


@pytest.fixture
async def provider(system: System) -> AsyncIterator[Providers]:
    """Who may report."""
    async with providers(system) as both:
        yield both


async def test_what_was_reported_first_stays_whatever_comes_after_the_end(
    system: System, texts: Texts, provider: Providers
) -> None:
    (delivered, first), (failed, second) = await texts.take(), await texts.take()
    await provider.sms_is(first, "DELIVRD")
    await provider.sms_is(second, "UNDELIV")
    ended = await system.until_final([delivered, failed], OWNER)
    for state in ("UNDELIV", "DELIVRD", "EXPIRED"):
        await provider.sms_is(first, state)
        await provider.sms_is(second, state)
    await let_reports_be_looked_at(system)
    for shipment, status in ((delivered, "SMS_Delivered"), (failed, "SMS_Failed_Undelivered")):
        assert without_late(await system.shipment(shipment, OWNER)) == ended[shipment]
        assert await texts.of.statuses(shipment) == ["Order_Completed", status]
        assert await texts.of.in_feed(shipment) == [status]


async def test_the_same_report_ten_times_at_once_ends_the_shipment_once(
    system: System, texts: Texts, provider: Providers
) -> None:
    shipment, reference = await texts.take()
    await asyncio.gather(*(provider.sms_is(reference, "DELIVRD") for _ in range(10)))
    assert await texts.of.ended(shipment) == ["SMS_Delivered"]
    await let_reports_be_looked_at(system)
    assert await texts.of.in_feed(shipment) == ["SMS_Delivered"]


async def test_the_gateway_is_told_which_entries_arrived(texts: Texts, provider: Providers) -> None:
    shipment, reference = await texts.take()
    entries = (
        f"<MSG><ID>1</ID><REF>{uuid4().int}</REF><STATE>DELIVRD</STATE></MSG>"
        "<MSG><ID>2</ID><STATE>DELIVRD</STATE></MSG>"
        f"<MSG><ID>3</ID><REF>{reference}</REF><STATE>DELIVRD</STATE></MSG>"
    )
    answer = await provider.sms(f"<MSGLST>{entries}</MSGLST>")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    numbers = [(each.findtext("ID"), each.findtext("STATUS")) for each in fromstring(answer.content).findall("MSG")]
    assert numbers == [("1", "OK"), ("2", "OK"), ("3", "OK")]
    assert await texts.of.ended(shipment) == ["SMS_Delivered"]


async def test_a_report_for_an_unknown_reference_is_taken_however_often_it_comes(
    system: System, provider: Providers
) -> None:
    for reference in (str(uuid4().int)[:13], "x" * 60, "not a number", "a/b\\c#d?e", "ærlig"):
        for state in ("DELIVRD", "UNDELIV", "DELIVRD"):
            assert (await provider.sms(document(reference, state))).status_code in {200, 400}
    await let_reports_be_looked_at(system)


@pytest.mark.parametrize("media_type", ["application/xml", "text/plain", "text/xml; charset=utf-8"])
async def test_a_report_is_read_as_xml_and_as_plain_text(texts: Texts, provider: Providers, media_type: str) -> None:
    shipment, reference = await texts.take()
    headers = {"Content-Type": media_type}
    content = document(reference, "EXPIRED")
    answer = await provider.http.post(SMS_REPORTS, content=content, headers=headers, auth=provider.basic)
    assert answer.status_code == 200
    assert await texts.of.ended(shipment) == ["SMS_Failed_Expired"]


ENTITY = '<!DOCTYPE MSGLST [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
EXPANSION = '<!DOCTYPE MSGLST [<!ENTITY a "aaaa"><!ENTITY e "&a;&a;">]>'
REFERS = "<MSGLST><MSG><ID>1</ID><REF>&e;</REF><STATE>DELIVRD</STATE></MSG></MSGLST>"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<",
        "<MSGLST>",
        "<MSGLST/>",
        "<SESSION/>",
        "{}",
        "\x00",
        ENTITY + REFERS,
        EXPANSION + REFERS,
    ],
)
async def test_a_document_without_a_readable_report_is_answered_400(provider: Providers, body: str) -> None:
    assert_problem(await provider.sms(body), 400)


@pytest.mark.parametrize("body", ["<MSGLST><MSG/></MSGLST>", document("1", "EXPLODED")])
async def test_an_entry_that_will_never_be_understood_is_taken_so_that_it_does_not_come_again(
    provider: Providers, body: str
) -> None:
    answer = await provider.sms(body)
    assert (answer.status_code, fromstring(answer.content).findtext("MSG/STATUS")) == (200, "OK")


async def test_another_content_type_is_answered_415(provider: Providers) -> None:
    for headers in ({"Content-Type": "application/json"}, {}):
        content = document("1", "DELIVRD").encode()
        answer = await provider.http.post(SMS_REPORTS, content=content, headers=headers, auth=provider.basic)
        assert_problem(answer, 415)
        assert answer.json()["detail"] == "Send the body as application/xml or text/plain."


async def test_a_wrong_user_or_password_is_answered_401_and_the_report_is_not_kept(
    system: System, texts: Texts, provider: Providers
) -> None:
    shipment, reference = await texts.take()
    content = document(reference, "UNDELIV")
    password = system.secret("SMS_REPORT_PASSWORD")
    wrong = [("gateway", "wrong"), ("wrong", password), ("gateway", ""), ("gateway", password + "x"), ("", password)]
    answers = [
        await provider.http.post(SMS_REPORTS, content=content, headers=XML, auth=httpx.BasicAuth(*each))
        for each in wrong
    ]
    answers += [
        await provider.http.post(SMS_REPORTS, content=content, headers=XML | header)
        for header in ({}, {"Authorization": "Basic"}, {"Authorization": "Basic !"}, {"Authorization": "Bearer x"})
    ]
    for answer in answers:
        assert_problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Basic ")
    await let_reports_be_looked_at(system)
    assert await texts.of.statuses(shipment) == STILL_WAITING
