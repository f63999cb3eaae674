"""A Communication Services resource with both channels: one address and key, a journal and reports for each."""

import asyncio
import json
import uuid
from typing import Any

import httpx

from local.simulators.acs.event_grid import Webhook
from local.simulators.acs.service import SMS_JOURNALS, acs
from local.simulators.acs_email.service import Options as EmailOptions
from local.simulators.acs_email.service import acs_email
from local.simulators.acs_sms.service import Options as SmsOptions
from local.simulators.acs_sms.service import acs_sms
from local.simulators.serving import listening
from tests.simulators.acs import KEY, Acs, signed_headers
from tests.simulators.receiver import receiving, validating

NUMBER = "+4799999999"
ADDRESS = "kari@example.com"


async def send_sms(acs: Acs) -> None:
    body = {"from": "Altinn", "smsRecipients": [{"to": NUMBER}], "message": "Hello"}
    content = json.dumps(body | {"smsSendOptions": {"enableDeliveryReport": True, "tag": "a tag"}}).encode()
    url = httpx.URL(f"{acs.base}/sms?api-version=2021-03-07")
    answer = await acs.http.post(url, content=content, headers=signed_headers("POST", url, content))
    assert answer.status_code == 202


async def recipients(acs: Acs, path: str) -> list[str]:
    return [str(each["recipient"]) for each in (await acs.http.get(acs.base + path)).json()]


async def test_emails_and_sms_of_one_resource_are_noted_apart_and_reported_to_one_webhook() -> None:
    async with receiving(validating) as receiver:
        email = acs_email(EmailOptions(access_key=KEY, report_delay=0), Webhook(receiver.url, "secret"))
        sms = acs_sms(SmsOptions(access_key=KEY, report_delay=0), Webhook(receiver.url, "secret"))
        async with listening(acs(email, sms), 0) as base, httpx.AsyncClient(timeout=20) as http:
            resource = Acs(base, http)
            await asyncio.gather(resource.send(ADDRESS, str(uuid.uuid4())), send_sms(resource))
            assert await recipients(resource, "/_calls") == [ADDRESS]
            assert await recipients(resource, f"{SMS_JOURNALS}/_calls") == [NUMBER]
            events: list[dict[str, Any]] = [(await receiver.next()).event for _ in range(4)]
    told = sorted(str(each["eventType"]).rpartition(".")[2] for each in events)
    assert told == [
        "EmailDeliveryReportReceived",
        "SMSDeliveryReportReceived",
        "SubscriptionValidationEvent",
        "SubscriptionValidationEvent",
    ]


async def test_a_call_of_the_sms_service_that_is_not_signed_is_refused() -> None:
    email = acs_email(EmailOptions(access_key=KEY), Webhook("http://127.0.0.1:1", ""))
    sms = acs_sms(SmsOptions(access_key=KEY), Webhook("http://127.0.0.1:1", ""))
    async with listening(acs(email, sms), 0) as base, httpx.AsyncClient(timeout=20) as http:
        assert (await http.post(f"{base}/sms?api-version=2021-03-07", json={})).status_code == 401
