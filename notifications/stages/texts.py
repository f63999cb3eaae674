"""What a recipient gets to read: a shipment's texts with the recipient's name and number in their places.

A name comes from a register and is text, whatever it holds: it cannot become markup in an HTML body or a second header
in a subject.
"""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from notifications.domain.order import ContentType, EmailTemplate, SmsTemplate
from notifications.domain.placeholders import filled, has_placeholder
from notifications.domain.segments import count_segments, cut
from notifications.domain.shipment import Notification, Shipment
from notifications.domain.statuses import Channel


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


@dataclass(frozen=True, slots=True)
class SmsSize:
    """How many segments an SMS takes and whether it was cut to that; its characters as ordered.

    `custom` is its characters as sent, where that is another text, and 0 otherwise.
    """

    segments: int
    shortened: bool
    ordered: int
    custom: int


def sms_sizes(shipment: Shipment) -> Callable[[Notification], SmsSize | None]:
    """How to tell the sizes of a shipment's SMS; a text that is the same for all is measured once."""
    template = shipment.content.sms
    if template is None:
        return lambda _: None

    def size(one: Notification) -> SmsSize:
        return _size(template.body, filled(template.body, one.name or "", _number(shipment, one)))

    if has_placeholder(template.body):
        return lambda one: size(one) if one.channel is Channel.SMS else None
    same = _size(template.body, template.body)
    return lambda one: same if one.channel is Channel.SMS else None


def _size(ordered: str, text: str) -> SmsSize:
    sent = cut(text)
    custom = len(sent) if sent != ordered else 0
    return SmsSize(segments=count_segments(sent), shortened=sent != text, ordered=len(ordered), custom=custom)


def _number(shipment: Shipment, notification: Notification) -> str:
    """An organisation's number; persons have theirs told to nobody (behaviour.md section 4)."""
    recipient = shipment.recipient_of(notification)
    return "" if recipient.national_identity_number else recipient.organization_number or ""
