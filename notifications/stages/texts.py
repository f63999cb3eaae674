"""What a recipient gets to read: a shipment's texts with the recipient's name and number in their places.

A name comes from a register and is text, whatever it holds: it cannot become markup in an HTML body or a second header
in a subject.
"""

from html import escape

from notifications.domain.order import ContentType, EmailTemplate, SmsTemplate
from notifications.domain.placeholders import filled
from notifications.domain.segments import cut
from notifications.domain.shipment import Notification, Shipment


def email_subject(template: EmailTemplate, shipment: Shipment, notification: Notification) -> str:
    """The subject of one notification, a name's line breaks in it as spaces."""
    name = " ".join((notification.name or "").splitlines())
    return filled(template.subject, name, _number(shipment, notification))


def email_body(template: EmailTemplate, shipment: Shipment, notification: Notification) -> str:
    """The body of one notification; in an HTML body, a name is escaped."""
    name, number = notification.name or "", _number(shipment, notification)
    if template.content_type is ContentType.HTML:
        name, number = escape(name), escape(number)
    return filled(template.body, name, number)


def sms_text(template: SmsTemplate, shipment: Shipment, notification: Notification) -> str:
    """The text of one SMS: what a name makes longer than sixteen segments is cut (spec/README.md item 22)."""
    return cut(filled(template.body, notification.name or "", _number(shipment, notification)))


def _number(shipment: Shipment, notification: Notification) -> str:
    """An organisation's number; persons have theirs told to nobody (behaviour.md section 4)."""
    recipient = shipment.recipient_of(notification)
    return "" if recipient.national_identity_number else recipient.organization_number or ""
