"""Readers of what an email or SMS is sent to and from, and of what it says (http-contract.md section 5.4)."""

from pydantic import BeforeValidator, ValidationInfo

from notifications.contract.failures import refusal
from notifications.contract.urns import decoded_identity
from notifications.contract.values import context, present, read_text, within
from notifications.domain.email_address import is_email_address
from notifications.domain.phone import is_mobile_number
from notifications.domain.segments import exceeds
from notifications.domain.sms_sender import parse_sms_sender


def read_email_address(value: object, info: ValidationInfo) -> str:
    """A recipient's address; it is kept as it was sent."""
    return _address(value, info, "Invalid email address format.")


def sender_address(message: str) -> BeforeValidator:
    """The address an email is from, without the white space around it, or null."""

    def read(value: object, info: ValidationInfo) -> str | None:
        return None if value is None else _address(value, info, message).strip()

    return BeforeValidator(read)


def read_phone_number(value: object) -> str:
    """A recipient's mobile number; it is kept as it was sent."""
    number = present(value, "Recipient phone number cannot be null or empty.")
    if not is_mobile_number(number):
        raise refusal("Recipient phone number is not a valid mobile number.")
    return number


def read_external_identity(value: object, info: ValidationInfo) -> str:
    """An external identity as a URN; its value is decoded."""
    text = within(present(value, "ExternalIdentity cannot be null or empty."), lambda limits: limits.reference, info)
    urn = decoded_identity(text)
    if urn is None:
        raise refusal("Invalid external identity URN format.")
    return urn


def email_body(empty: str, *, null: str | None = None) -> BeforeValidator:
    """An email's body, limited by its size in UTF-8; the texts for a blank one and for null are given."""

    def read(value: object, info: ValidationInfo) -> str:
        text, limit = present(value, empty, null), context(info).limits.email_body_bytes
        if len(text) * 4 > limit and len(text.encode()) > limit:
            raise refusal(f"The email body must not be larger than {limit} bytes.")
        return text

    return BeforeValidator(read)


def sms_body(empty: str, *, null: str | None = None) -> BeforeValidator:
    """An SMS text, limited by its segments (spec item 22); the texts for a blank one and for null are given."""

    def read(value: object, info: ValidationInfo) -> str:
        text, limit = present(value, empty, null), context(info).limits.sms_segments
        if exceeds(text, limit):
            raise refusal(f"The SMS body takes more than {limit} segments.")
        return text

    return BeforeValidator(read)


def read_sms_sender(value: object) -> str | None:
    """A phone number or a name, kept as it was sent, or null."""
    text = None if value is None else read_text(value)
    try:
        parse_sms_sender(text)
    except ValueError as error:
        raise refusal("The SMS sender must be a phone number, or consist of letters, digits and spaces.") from error
    return text


def _address(value: object, info: ValidationInfo, message: str) -> str:
    text = within("" if value is None else read_text(value), lambda limits: limits.address, info)
    if not is_email_address(text):
        raise refusal(message)
    return text
