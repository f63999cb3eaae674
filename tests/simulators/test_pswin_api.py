"""The SMS gateway: logon, documents, references, delivery report callbacks."""

import re
from base64 import b64encode
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from local.ports import free_ports
from local.simulators.pswin.documents import UnreadableError, read_submission
from tests.simulators.gateway import ORDINARY, Gateway, msg, session, settled, simulated, special, states
from tests.simulators.receiver import Receiver, ok, receiving, taken_reports


async def test_an_accepted_message_is_answered_ok_with_a_reference(gateway: Gateway) -> None:
    answer = await gateway.post(session(msg(ORDINARY)))
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert re.fullmatch(
        r'<\?xml version="1\.0"\?><!DOCTYPE SESSION SYSTEM "pswincom_submit_response\.dtd">'
        r"<SESSION><LOGON>OK</LOGON><REASON></REASON><MSGLST><MSG><ID>1</ID><REF>\d+</REF>"
        r"<STATUS>OK</STATUS><INFO></INFO></MSG></MSGLST></SESSION>",
        answer.text,
    )


async def test_the_same_message_twice_is_two_messages(gateway: Gateway, receiver: Receiver) -> None:
    references = {(await gateway.submit(ORDINARY)).findtext("REF") for _ in range(3)}
    assert len(references) == 3
    assert {reference for reference, _ in await states(receiver, 3)} == references
    assert [entry["accepted"] for entry in await gateway.calls()] == [True] * 3


async def test_a_restarted_gateway_does_not_repeat_a_reference() -> None:
    references: list[str | None] = []
    for _ in range(3):
        async with simulated() as gateway:
            references += [(await gateway.submit(ORDINARY)).findtext("REF") for _ in range(3)]
    assert len(set(references)) == 9


async def test_a_report_is_posted_with_basic_authentication(gateway: Gateway, receiver: Receiver) -> None:
    reference = (await gateway.submit(ORDINARY)).findtext("REF")
    report = await receiver.next()
    assert report.headers["Authorization"] == f"Basic {b64encode(b'reporter:pass:word').decode()}"
    assert report.headers["Content-Type"] == "application/xml"
    assert re.fullmatch(
        r'<\?xml version="1\.0"\?><!DOCTYPE MSGLST SYSTEM "pswincom_report_request\.dtd"><MSGLST><MSG><ID>1</ID>'
        rf"<REF>{reference}</REF><RCV>{ORDINARY}</RCV><STATE>DELIVRD</STATE>"
        r"<DELIVERYTIME>\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d</DELIVERYTIME></MSG></MSGLST>",
        report.body.decode(),
    )


def oslo_time() -> str:
    return datetime.now(ZoneInfo("Europe/Oslo")).strftime("%Y.%m.%d %H:%M:%S")


async def test_a_report_tells_the_time_in_oslo(gateway: Gateway, receiver: Receiver) -> None:
    before = oslo_time()
    await gateway.submit(ORDINARY)
    told = fromstring((await receiver.next()).body).findtext("MSG/DELIVERYTIME", "")
    assert before <= told <= oslo_time()


@pytest.mark.parametrize("extra", ["", "<RCPREQ></RCPREQ>", "<RCPREQ>N</RCPREQ>"])
async def test_a_message_that_wants_no_report_gets_none(gateway: Gateway, receiver: Receiver, extra: str) -> None:
    assert (await gateway.submit(ORDINARY, extra=extra)).findtext("STATUS") == "OK"
    await settled(gateway, receiver)


async def test_without_a_report_url_messages_are_accepted_and_never_reported() -> None:
    async with simulated() as gateway:
        assert (await gateway.submit(ORDINARY)).findtext("STATUS") == "OK"
        assert (await gateway.submit(special("43"))).findtext("STATUS") == "OK"


@pytest.mark.parametrize("wrong", [{"client": "other"}, {"password": "other"}, {"client": "", "password": ""}])
async def test_wrong_credentials_are_answered_logon_fail(gateway: Gateway, wrong: dict[str, str]) -> None:
    answer = await gateway.post(session(msg(ORDINARY), **wrong))
    assert answer.status_code == 200
    document = fromstring(answer.content)
    assert document.findtext("LOGON") == "FAIL"
    assert document.findtext("REASON")
    assert document.find("MSGLST") is None
    assert [(entry["answer"], entry["accepted"]) for entry in await gateway.calls()] == [("LOGON FAIL", False)]


BOMB = '<!DOCTYPE SESSION [<!ENTITY a "b">]>'


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<SESSION>",
        "text",
        "<OTHER/>",
        session(),
        session(msg(ORDINARY), head=BOMB),
        '<?xml version="1.0" encoding="x"?><SESSION/>',
    ],
)
async def test_an_unreadable_document_is_answered_logon_fail(gateway: Gateway, document: str) -> None:
    answer = fromstring((await gateway.post(document)).content)
    assert answer.findtext("LOGON") == "FAIL"
    assert [entry["accepted"] for entry in await gateway.calls()] == [False]


@given(st.binary())
def test_any_bytes_are_a_submission_or_unreadable(document: bytes) -> None:
    with suppress(UnreadableError):
        assert read_submission(document).messages


@given(st.text())
def test_any_text_inside_a_session_is_a_submission_or_unreadable(text: str) -> None:
    with suppress(UnreadableError):
        assert read_submission(session(msg(ORDINARY, text=text)).encode("utf-8", "replace")).messages


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8"])
async def test_the_text_is_read_in_the_declared_encoding(gateway: Gateway, encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE SESSION SYSTEM "pswincom_submit.dtd">'
    await gateway.post(session(msg(ORDINARY, text="Blåbærsyltetøy &amp; brød"), head=head).encode(encoding))
    entry = (await gateway.calls())[0]
    assert (entry["text"], entry["sender"], entry["ttl"]) == ("Blåbærsyltetøy & brød", "Altinn", "2880")


@pytest.mark.parametrize(("text", "read"), [("042F0020D83DDE00", "Я 😀"), ("no hex", "no hex")])
async def test_a_hexadecimal_text_is_noted_as_the_recipient_reads_it(gateway: Gateway, text: str, read: str) -> None:
    await gateway.submit(ORDINARY, text=text, extra="<OP>9</OP>")
    assert (await gateway.calls())[0]["text"] == read


async def test_several_messages_get_a_result_each(gateway: Gateway) -> None:
    messages = (msg(ORDINARY), msg(special("20"), number="<ID>7</ID>"), msg(ORDINARY, number=""))
    answer = fromstring((await gateway.post(session(*messages))).content)
    results = [(m.findtext("ID"), m.findtext("STATUS")) for m in answer.findall("MSGLST/MSG")]
    assert results == [("1", "OK"), ("7", "FAIL"), ("3", "OK")]
    assert [entry["accepted"] for entry in await gateway.calls()] == [True, False, True]


@pytest.mark.parametrize("receiver_number", ["", "+4799999999", "004799999999", "99999999x", "47 99999999", "1234567"])
async def test_a_number_not_in_international_digits_is_an_invalid_rcv(gateway: Gateway, receiver_number: str) -> None:
    result = await gateway.submit(receiver_number)
    assert (result.findtext("STATUS"), result.findtext("INFO")) == ("FAIL", "Invalid RCV")
    assert result.find("REF") is None


async def test_a_report_is_repeated_until_it_is_answered_2xx(gateway: Gateway, receiver: Receiver) -> None:
    statuses = [500, 401, 400, 204]
    receiver.answer = lambda _: web.Response(status=statuses.pop(0))
    reference = (await gateway.submit(ORDINARY)).findtext("REF")
    assert await states(receiver, 4) == [(reference, "DELIVRD")] * 4
    assert statuses == []
    reports = await taken_reports(gateway.base)
    assert [(report["reference"], report["status"], report["answer"]) for report in reports] == [
        (reference, "DELIVRD", 204)
    ]


async def test_reports_survive_a_service_that_is_down() -> None:
    port = free_ports(1)[0]
    async with simulated(f"http://127.0.0.1:{port}/reports") as gateway:
        references = {(await gateway.submit(ORDINARY)).findtext("REF") for _ in range(40)}
        async with receiving(ok, port) as receiver:
            assert {reference for reference, _ in await states(receiver, 40)} == references


async def test_the_health_page_answers_200(gateway: Gateway) -> None:
    assert (await gateway.http.get(f"{gateway.base}/_health")).status_code == 200


async def test_the_journal_can_be_emptied(gateway: Gateway) -> None:
    await gateway.submit(ORDINARY)
    assert (await gateway.http.delete(f"{gateway.base}/_calls")).status_code == 204
    assert await gateway.calls() == []
