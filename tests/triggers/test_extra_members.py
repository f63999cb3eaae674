"""What is shown of a notification beside what the reference system shows: reasons, segments, history, late reports."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from notifications.domain.contacts import ContactPoints
from notifications.domain.ids import ShipmentId
from notifications.domain.order import EmailTemplate, Recipient, SendingTimePolicy, ShipmentContent, SmsTemplate
from notifications.domain.outcomes import Refused
from notifications.domain.statuses import Status
from tests.builders import NOW, email_content, sms_content
from tests.stages.world import email_report
from tests.triggers.edge import Edge

FIRM = Recipient(organization_number="310000001")


async def placed(edge: Edge, content: ShipmentContent) -> ShipmentId:
    (identity,) = await edge.world.order(content, idempotency_id=None)
    await edge.world.run(2)
    return identity


async def manifest(edge: Edge, identity: ShipmentId) -> list[dict[str, Any]]:
    answer = await edge.call("get_shipment", headers=edge.bearer(), route={"id": str(identity.uuid)})
    return list(json.loads(answer.get_body())["recipients"])


async def test_a_notification_tells_what_it_was_before_and_when(edge: Edge) -> None:
    identity = await placed(edge, email_content())
    await edge.world.report.email(email_report((identity.notification(1), "Bounced"), at=NOW + timedelta(minutes=1)))
    await edge.world.run(2)
    await edge.world.report.email(email_report((identity.notification(1), "Delivered"), at=NOW + timedelta(minutes=2)))
    await edge.world.run(4)
    (one,) = await manifest(edge, identity)
    assert one["status"] == "Email_Failed_Bounced"
    assert [each["status"] for each in one["history"]] == ["Email_New", "Email_Succeeded"]
    assert all(each["at"].endswith("Z") for each in one["history"])
    assert one["lateReport"] == "Email_Delivered"


async def test_a_refused_notification_tells_the_providers_reason(edge: Edge) -> None:
    edge.world.email.answers.append(Refused(Status.SUPPRESSED_RECIPIENT, "EmailDroppedAllRecipientsSuppressed"))
    (one,) = await manifest(edge, await placed(edge, email_content()))
    assert one["reason"] == "EmailDroppedAllRecipientsSuppressed"


async def test_an_sms_tells_its_segments_and_an_email_none(edge: Edge) -> None:
    text = SmsTemplate(body="æ" * 161, policy=SendingTimePolicy.ANYTIME)
    (sms,) = await manifest(edge, await placed(edge, sms_content(sms=text)))
    assert (sms["segments"], "shortened" in sms) == (2, False)
    (email,) = await manifest(edge, await placed(edge, email_content()))
    assert "segments" not in email


async def test_an_sms_that_a_name_made_too_long_says_that_it_was_shortened(edge: Edge) -> None:
    edge.world.directory.known[FIRM] = ContactPoints(mobiles=("+4799999999",))
    edge.world.directory.called[FIRM] = "N" * 3_000
    text = SmsTemplate(body="$recipientName$", policy=SendingTimePolicy.ANYTIME)
    (one,) = await manifest(edge, await placed(edge, sms_content(sms=text, recipients=(FIRM,))))
    assert (one["segments"], one["shortened"]) == (16, True)
    assert len(edge.world.sms.calls[0].body) == 16 * 153


async def test_the_legacy_summary_tells_the_same_under_its_own_names(edge: Edge) -> None:
    identity = await placed(edge, replace(email_content(), email=EmailTemplate(subject="S", body="B")))
    answer = await edge.call("get_email_notifications", headers=edge.bearer(), route={"id": str(identity.uuid)})
    (one,) = json.loads(answer.get_body())["notifications"]
    assert one["sendStatus"]["status"] == "Succeeded"
    assert [each["status"] for each in one["sendStatus"]["history"]] == ["New"]
