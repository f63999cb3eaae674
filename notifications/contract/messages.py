"""What a shipment says: the email and SMS settings of orders (http-contract.md sections 4.2 and 5.5)."""

from typing import Annotated

from pydantic import BeforeValidator

from notifications.contract.addresses import email_body, read_sms_sender, sender_address, sms_body
from notifications.contract.request_model import EmailContentType, RequestModel
from notifications.contract.values import choice, required_text
from notifications.domain.order import ContentType, SendingTimePolicy

_SENDING_TIMES = {1: SendingTimePolicy.ANYTIME, 2: SendingTimePolicy.DAYTIME}

SmsBody = Annotated[str, sms_body("SMS body cannot be null or empty.")]
SmsSender = Annotated[str | None, BeforeValidator(read_sms_sender)]
EmailTime = Annotated[
    SendingTimePolicy,
    choice(
        _SENDING_TIMES,
        undefined="Email only supports send time anytime",
        default=SendingTimePolicy.ANYTIME,
        only=SendingTimePolicy.ANYTIME,
    ),
]
SmsTime = Annotated[
    SendingTimePolicy,
    choice(
        _SENDING_TIMES,
        undefined="SMS only supports send time daytime and anytime",
        default=SendingTimePolicy.DAYTIME,
    ),
]


class EmailSettings(RequestModel):
    """What an email says and how."""

    subject: Annotated[str, required_text("The email subject must not be empty.", lambda limits: limits.subject)]
    body: Annotated[str, email_body("The email body must not be empty.")]
    sender_email_address: Annotated[str | None, sender_address("The sender email address is not valid.")] = None
    content_type: EmailContentType = ContentType.PLAIN
    sending_time_policy: EmailTime = SendingTimePolicy.ANYTIME


class SmsSettings(RequestModel):
    """What an SMS says and when it may be sent."""

    body: SmsBody
    sender: SmsSender = None
    sending_time_policy: SmsTime = SendingTimePolicy.DAYTIME
