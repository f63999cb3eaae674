"""What a recipient gets to read: names and numbers in their places, and nothing that a name could do there."""

import pytest

from notifications.domain.order import ContentType, EmailTemplate, Recipient, SmsTemplate
from notifications.domain.segments import count_segments
from notifications.domain.shipment import Shipment
from notifications.stages.texts import email_body, email_subject, sms_text
from tests.builders import email_content, notification, registered

PERSON = Recipient(national_identity_number="08895699684")
ORGANISATION = Recipient(organization_number="313556263")
DIRECT = Recipient(email_address="kari@example.com")
BOTH = "$recipientName$ ($recipientNumber$)"


def to(*recipients: Recipient) -> Shipment:
    return registered(content=email_content(recipients=recipients))


@pytest.mark.parametrize(
    ("recipient", "name", "text"),
    [
        (PERSON, "Kari Nordmann", "Kari Nordmann ()"),
        (ORGANISATION, "Fjord AS", "Fjord AS (313556263)"),
        (ORGANISATION, None, " (313556263)"),
        (DIRECT, None, " ()"),
        (Recipient(national_identity_number="08895699684", organization_number="313556263"), "Kari", "Kari ()"),
        (Recipient(external_identity="urn:altinn:username:kari"), None, " ()"),
    ],
)
def test_placeholders_are_the_recipients_name_and_number_or_nothing(
    recipient: Recipient, name: str | None, text: str
) -> None:
    shipment, one = to(recipient), notification(name=name)
    email = EmailTemplate(subject=BOTH, body=BOTH)
    assert email_subject(email, shipment, one) == text
    assert email_body(email, shipment, one) == text
    assert sms_text(SmsTemplate(body=BOTH), shipment, one) == text


def test_each_notification_is_about_its_own_recipient() -> None:
    shipment = to(DIRECT, ORGANISATION)
    email = EmailTemplate(subject="s", body="$recipientNumber$")
    assert email_body(email, shipment, notification(recipient=0)) == ""
    assert email_body(email, shipment, notification(recipient=1)) == "313556263"


def test_a_text_without_placeholders_is_as_it_was_ordered() -> None:
    shipment, one = to(ORGANISATION), notification(name="Fjord AS")
    email = EmailTemplate(
        subject="Pris: $100", body="<p>$recipientname$ & $recipientName</p>", content_type=ContentType.HTML
    )
    assert email_subject(email, shipment, one) == email.subject
    assert email_body(email, shipment, one) == email.body


def test_a_name_is_no_markup_in_an_html_body_and_itself_everywhere_else() -> None:
    name = """<b>A & "B"</b> 'AS'"""
    shipment, one = to(ORGANISATION), notification(name=name)
    html = EmailTemplate(subject="$recipientName$", body="<p>$recipientName$</p>", content_type=ContentType.HTML)
    assert email_body(html, shipment, one) == "<p>&lt;b&gt;A &amp; &quot;B&quot;&lt;/b&gt; &#x27;AS&#x27;</p>"
    assert email_subject(html, shipment, one) == name
    plain = EmailTemplate(subject="s", body="$recipientName$")
    assert email_body(plain, shipment, one) == name
    assert sms_text(SmsTemplate(body="$recipientName$"), shipment, one) == name


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_names_line_breaks_are_spaces_in_a_subject(line_break: str) -> None:
    name = f"Fjord{line_break}Bcc: kari@example.com"
    shipment, one = to(ORGANISATION), notification(name=name)
    email = EmailTemplate(subject="Til $recipientName$!", body="$recipientName$")
    assert email_subject(email, shipment, one) == "Til Fjord Bcc: kari@example.com!"
    assert email_body(email, shipment, one) == name


def test_a_placeholder_in_a_name_is_not_filled_in() -> None:
    shipment, one = to(ORGANISATION), notification(name="$recipientNumber$ AS")
    assert sms_text(SmsTemplate(body="$recipientName$"), shipment, one) == "$recipientNumber$ AS"


def test_an_sms_that_a_name_makes_too_long_is_cut_to_sixteen_segments() -> None:
    shipment, one = to(ORGANISATION), notification(name="Ł" * 300)
    text = sms_text(SmsTemplate(body="$recipientName$" + "a" * 2400), shipment, one)
    assert text == "Ł" * 300 + "a" * (16 * 67 - 300)
    assert count_segments(text) == 16
