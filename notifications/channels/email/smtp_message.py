"""An email as it travels over SMTP: envelope, headers and MIME body (RFC 5321, 5322, 2045–2047, 6531).

The header lines are written here: each of their parts comes from an alphabet in which no line can end, so that nothing
in an order can begin a header of its own.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage as MimeMessage
from email.utils import format_datetime
from uuid import UUID

from notifications.channels.email.header_text import one_line, without_lone_surrogates
from notifications.channels.email.smtp_text import plain_text
from notifications.channels.protocol import AttachedFile, EmailMessage
from notifications.domain.email_address import is_email_address
from notifications.domain.order import ContentType
from notifications.domain.outcomes import Refused
from notifications.domain.statuses import Status

# Seven bits and short lines pass every server, whatever it offers.
_MIME = policy.SMTP.clone(cte_type="7bit")
_LONGEST_LINE = 900
_ENCODED_WORD = 45
_QUOTED_PRINTABLE_UP_TO = 64 * 1024
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"(?m)^\.")
_MEDIA_TYPE = re.compile(r"(application|audio|font|image|model|text|video)/([a-z0-9][a-z0-9!#$&^_.+-]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message with its envelope, ready for the wire; `utf8` says that it needs a server with SMTPUTF8.

    `data` is what follows DATA, without the final dot: dots at the beginning of lines are doubled already. `size` is
    its size in bytes as servers count it (RFC 1870).
    """

    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    data: bytes = field(repr=False)
    size: int
    utf8: bool


def letter(message: EmailMessage, now: datetime) -> Letter | Refused:
    """One email to one recipient; refused when an address is none. The same notification has the same Message-ID."""
    sender, recipient = mailbox(message.sender), mailbox(message.recipient)
    if recipient is None:
        return Refused(Status.INVALID_EMAIL_FORMAT, "invalid_address", here=True)
    if sender is None:
        return Refused(Status.FAILED, "invalid_sender", here=True)
    head = (
        f"From: {sender}",
        f"To: {recipient}",
        f"Subject: {subject(message.subject)}",
        f"Date: {format_datetime(now)}",
        f"Message-ID: {message_id(message.notification_id, sender)}",
        *([f"List-Unsubscribe: <{message.unsubscribe}>"] if message.unsubscribe else []),
    )
    content = _LINE_END.sub(b"\r\n", "\r\n".join(head).encode() + b"\r\n" + _content(message).as_bytes())
    return Letter(
        sender=sender,
        recipient=recipient,
        data=_LEADING_DOT.sub(b"..", content),
        size=len(content),
        utf8=not (sender + recipient).isascii(),
    )


def mailbox(address: str) -> str | None:
    """An address as SMTP writes it, with its domain in ASCII (IDNA); None if it is none."""
    local, _, domain = address.strip().rpartition("@")
    if not is_email_address(address):
        return None
    try:
        return Address(username=local, domain=domain.encode("idna").decode("ascii")).addr_spec
    except ValueError:
        return None


def message_id(notification: UUID, sender: str) -> str:
    """The same for a repeat, so that receivers who compare can tell it for one."""
    return f"<{notification}@{sender.rpartition('@')[2]}>"


def subject(text: str) -> str:
    """The value of a Subject header: one line, as it is if that can be, else encoded words (RFC 2047)."""
    line = one_line(text)
    if line.isascii() and len(line) <= _LONGEST_LINE and "=?" not in line:
        return line
    return "\r\n ".join(f"=?utf-8?b?{b64encode(piece).decode('ascii')}?=" for piece in _words(line))


def _words(line: str) -> Iterator[bytes]:
    """The line in pieces that fit an encoded word, none of which ends within a character."""
    piece = b""
    for character in map(str.encode, line):
        if len(piece) + len(character) > _ENCODED_WORD:
            yield piece
            piece = b""
        piece += character
    yield piece


def _content(message: EmailMessage) -> MimeMessage:
    body = without_lone_surrogates(message.body)
    mime = MimeMessage(policy=_MIME)
    if message.content_type is ContentType.HTML:
        plain = plain_text(body)
        mime.set_content(plain, cte=_encoding(plain))
        mime.add_alternative(body, subtype="html", cte=_encoding(body))
    else:
        mime.set_content(body, cte=_encoding(body))
    for file in message.attachments:
        _attach(mime, file)
    return mime


def _encoding(text: str) -> str | None:
    """Base64 for what is large or has control characters, else None: what the library finds best."""
    # Quoted-printable is written by the interpreter, base64 by C.
    return "base64" if len(text) > _QUOTED_PRINTABLE_UP_TO or _CONTROLS.search(text) else None


def _attach(mime: MimeMessage, file: AttachedFile) -> None:
    known = _MEDIA_TYPE.fullmatch(file.mime_type)
    maintype, subtype = known.groups() if known else ("application", "octet-stream")
    mime.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=one_line(file.name))
