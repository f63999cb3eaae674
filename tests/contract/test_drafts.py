from notifications.domain.order import (
    ChannelScheme,
    ConditionPolicy,
    ContentType,
    EmailTemplate,
    OrderKind,
    Recipient,
    SendingTimePolicy,
    ShipmentType,
    SmsTemplate,
)
from tests.contract.builders import email_recipient, full_order, order, parse, sms_recipient


def test_every_member_of_an_order_reaches_the_draft() -> None:
    draft = parse(full_order())
    main, reminder, second = (shipment.content for shipment in draft.shipments)
    assert (draft.creator, draft.kind, draft.idempotency_id) == ("ttd", OrderKind.NOTIFICATION, "order-2026-000123")
    assert (draft.dialog_id, draft.transmission_id) == ("dialog", "transmission")
    assert main.type is ShipmentType.NOTIFICATION
    assert main.scheme is ChannelScheme.EMAIL
    assert main.recipients == (Recipient(email_address="ola.normann@example.com"),)
    assert main.email == EmailTemplate(
        subject="New message",
        body="You have received a message.",
        sender="noreply@example.com",
        content_type=ContentType.HTML,
    )
    assert main.sms is None
    assert main.senders_reference == "te-123-123"
    assert main.condition_endpoint == "https://conditions.example.com/api/check/123"
    assert main.condition_policy is ConditionPolicy.DO_NOT_SEND
    assert reminder.type is ShipmentType.REMINDER
    assert reminder.scheme is ChannelScheme.SMS
    assert reminder.recipients == (Recipient(phone_number="+4799999999"),)
    assert reminder.sms == SmsTemplate(
        body="You have received a message.", sender="TTD", policy=SendingTimePolicy.DAYTIME
    )
    assert reminder.email is None
    assert reminder.senders_reference == "te-123-123-rem-1"
    assert reminder.condition_endpoint == "https://conditions.example.com/api/check/123/reminder"
    assert reminder.condition_policy is ConditionPolicy.SEND
    assert second.type is ShipmentType.REMINDER
    assert second.senders_reference is None
    assert second.condition_endpoint is None


def test_what_is_not_given_takes_its_default() -> None:
    request = order(reminders=[{"recipient": sms_recipient(), "delayDays": 1}])
    main, reminder = (shipment.content for shipment in parse(request).shipments)
    assert main.email is not None
    assert (main.email.sender, main.email.content_type) == (None, ContentType.PLAIN)
    assert main.condition_policy is ConditionPolicy.SEND
    assert reminder.sms is not None
    assert (reminder.sms.sender, reminder.sms.policy) == (None, SendingTimePolicy.DAYTIME)


def test_each_line_break_in_a_subject_becomes_one_space() -> None:
    subject = "one\ntwo\r\nthree\rfour\n\rfive"
    email = parse(order(recipient=email_recipient(subject=subject))).shipments[0].content.email
    assert email is not None
    assert email.subject == "one two three four  five"


def test_a_body_keeps_its_line_breaks() -> None:
    email = parse(order(recipient=email_recipient(body="a\r\nb"))).shipments[0].content.email
    assert email is not None
    assert email.body == "a\r\nb"


def test_senders_are_trimmed() -> None:
    email = parse(order(recipient=email_recipient(senderEmailAddress=" noreply@example.com\t")))
    sms = parse(order(recipient=sms_recipient(sender="  TTD ")))
    assert email.shipments[0].content.email is not None
    assert email.shipments[0].content.email.sender == "noreply@example.com"
    assert sms.shipments[0].content.sms is not None
    assert sms.shipments[0].content.sms.sender == "TTD"


def test_a_blank_sms_sender_means_the_default() -> None:
    sms = parse(order(recipient=sms_recipient(sender="  "))).shipments[0].content.sms
    assert sms is not None
    assert sms.sender is None


def test_addresses_are_kept_as_they_were_sent() -> None:
    recipient = sms_recipient()
    recipient["recipientSms"]["phoneNumber"] = "+47 99 99 99 99 "
    reminder = email_recipient()
    reminder["recipientEmail"]["emailAddress"] = " ola@example.com "
    draft = parse(order(recipient=recipient, reminders=[{"recipient": reminder, "delayDays": 1}]))
    assert draft.shipments[0].content.recipients[0].phone_number == "+47 99 99 99 99 "
    assert draft.shipments[1].content.recipients[0].email_address == " ola@example.com "


def test_an_idempotency_id_is_kept_as_it_was_sent() -> None:
    assert parse(order(idempotencyId=" Id ")).idempotency_id == " Id "


def test_warnings_name_the_member_that_they_are_about() -> None:
    request = order(
        recipient=sms_recipient(sender="Skatteetaten AS"),
        Reminders=[{"recipient": sms_recipient(sender="Skatteetaten AS"), "delayDays": 1}],
    )
    cut = "The sender is longer than 11 characters and was cut to 'Skatteetate'."
    assert parse(request).warnings == (
        f"recipient.recipientSms.smsSettings.sender: {cut}",
        f"Reminders[0].recipient.recipientSms.smsSettings.sender: {cut}",
    )


def test_a_named_sender_towards_a_country_that_fails_names_is_warned_about() -> None:
    recipient = sms_recipient(sender="TTD")
    recipient["recipientSms"]["phoneNumber"] = "+358401234567"
    (warning,) = parse(order(recipient=recipient)).warnings
    assert "+358" in warning
    assert "401234567" not in warning


def test_a_condition_endpoint_may_be_null() -> None:
    assert parse(order(conditionEndpoint=None)).shipments[0].content.condition_endpoint is None
