"""From a valid order with reminders to its draft: whom, what, and when (http-contract.md section 3.1)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic.alias_generators import to_camel

from notifications.contract import chain_request as request
from notifications.contract.chain_request import (
    ChainRequest,
    LookedUpRecipient,
    RecipientEmail,
    RecipientExternalIdentity,
    RecipientOrganization,
    RecipientPerson,
    RecipientSms,
    Reminder,
)
from notifications.contract.drafting import Drafting, email_template, time_to_send
from notifications.contract.failures import Failure, broken
from notifications.contract.json_document import Path
from notifications.contract.messages import EmailSettings, SmsSettings
from notifications.contract.request_model import DialogportenAssociation
from notifications.contract.send_times import TOO_LATE
from notifications.contract.timestamps import LATEST
from notifications.domain.order import (
    ChannelScheme,
    OrderDraft,
    OrderKind,
    Recipient,
    ShipmentContent,
    ShipmentDraft,
    ShipmentType,
    SmsTemplate,
)

type Given = RecipientEmail | RecipientSms | LookedUpRecipient

_DAY = timedelta(hours=24)
_TAKES_STALE_CONTACTS = "skd"


def chain_draft(order: ChainRequest, drafting: Drafting) -> OrderDraft:
    """The whole order, main shipment first."""
    dialog = order.dialogporten_association or DialogportenAssociation()
    return drafting.order(
        OrderKind.NOTIFICATION,
        order.idempotency_id,
        _shipments(order, drafting),
        dialog_id=dialog.dialog_id,
        transmission_id=dialog.transmission_id,
    )


def late_reminders(order: ChainRequest, now: datetime) -> Iterator[Failure]:
    """The delays that lead beyond the latest send time, counted from the main shipment's."""
    left = (LATEST - time_to_send(order.requested_send_time, now)).days
    for index, reminder in enumerate(order.reminders or ()):
        if (reminder.delay_days or 0) > left:
            yield broken(("reminders", index, "delayDays"), TOO_LATE)


def _shipments(order: ChainRequest, drafting: Drafting) -> Iterator[ShipmentDraft]:
    main = time_to_send(order.requested_send_time, drafting.now)
    content = _content(order, ShipmentType.NOTIFICATION, drafting, ("recipient",))
    yield ShipmentDraft(content=content, send_at=main)
    for index, reminder in enumerate(order.reminders or ()):
        content = _content(reminder, ShipmentType.REMINDER, drafting, ("reminders", index, "recipient"))
        yield ShipmentDraft(content=content, send_at=_reminder_send_time(reminder, main))


def _reminder_send_time(reminder: Reminder, main: datetime) -> datetime:
    return reminder.requested_send_time or main + (reminder.delay_days or 0) * _DAY


def _content(ordered: ChainRequest | Reminder, kind: ShipmentType, drafting: Drafting, path: Path) -> ShipmentContent:
    name, given = _given(ordered.recipient)
    email, sms = _settings(given)
    content = ShipmentContent(
        type=kind,
        scheme=_scheme(given),
        recipients=(_recipient(given),),
        email=email_template(email) if email else None,
        sms=_sms(sms, given, drafting, (*path, name)) if sms else None,
        senders_reference=ordered.senders_reference,
        condition_endpoint=ordered.condition_endpoint,
        condition_policy=ordered.condition_failure_policy,
    )
    return _with_terms_of_lookup(content, given, drafting.creator)


def _given(recipient: request.Recipient) -> tuple[str, Given]:
    """The recipient's only member, and its name."""
    return next((to_camel(name), given) for name, given in recipient if given is not None)


def _settings(given: Given) -> tuple[EmailSettings | None, SmsSettings | None]:
    match given:
        case RecipientEmail():
            return given.email_settings, None
        case RecipientSms():
            return None, given.sms_settings
        case _:
            return given.email_settings, given.sms_settings


def _scheme(given: Given) -> ChannelScheme:
    match given:
        case RecipientEmail():
            return ChannelScheme.EMAIL
        case RecipientSms():
            return ChannelScheme.SMS
        case _:
            return given.channel_schema


def _recipient(given: Given) -> Recipient:
    return Recipient(
        email_address=given.email_address if isinstance(given, RecipientEmail) else None,
        phone_number=given.phone_number if isinstance(given, RecipientSms) else None,
        national_identity_number=given.national_identity_number if isinstance(given, RecipientPerson) else None,
        organization_number=given.org_number if isinstance(given, RecipientOrganization) else None,
        external_identity=given.external_identity if isinstance(given, RecipientExternalIdentity) else None,
    )


def _sms(settings: SmsSettings, given: Given, drafting: Drafting, path: Path) -> SmsTemplate:
    return drafting.sms(
        settings.body,
        sender=settings.sender,
        policy=settings.sending_time_policy,
        numbers=(given.phone_number,) if isinstance(given, RecipientSms) else (),
        path=(*path, "smsSettings", "sender"),
    )


def _with_terms_of_lookup(content: ShipmentContent, given: Given, creator: str) -> ShipmentContent:
    if isinstance(given, LookedUpRecipient):
        content = replace(content, resource_id=given.resource_id, resource_action=given.resource_action)
    if isinstance(given, RecipientPerson):
        stale = given.use_stale_contact_information or creator.lower() == _TAKES_STALE_CONTACTS
        content = replace(content, ignore_reservation=given.ignore_reservation, use_stale_contact_information=stale)
    return content
