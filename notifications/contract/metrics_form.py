"""The form of POST /metrics: which month is asked for (http-contract.md section 3.11, spec item 26)."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from typing import NamedTuple
from urllib.parse import parse_qsl

from notifications.contract.json_document import ROOT
from notifications.contract.problems import BodyTooLarge, ValidationFailed

MAX_BYTES = 4096

_FIRST_YEAR = 2020
_NUMBER = re.compile(r"[0-9]{1,4}")


class Month(NamedTuple):
    """A month of a year."""

    year: int
    month: int


def parse_metrics_form(body: bytes, content_type: str | None, *, now: datetime) -> Month:
    """Read a form, URL-encoded or in parts; years go from 2020 to the next one.

    Raises ValidationFailed with all that is wrong, or BodyTooLarge.
    """
    if len(body) > MAX_BYTES:
        raise BodyTooLarge(MAX_BYTES)
    fields = _fields(body, content_type or "")
    errors: dict[str, list[str]] = {}
    bounds = {"year": (_FIRST_YEAR, now.year + 1), "month": (1, 12)}
    numbers = {name: _number(fields, name, least, most, errors) for name, (least, most) in bounds.items()}
    if errors:
        raise ValidationFailed(errors)
    return Month(**numbers)


def _fields(body: bytes, content_type: str) -> dict[str, str]:
    """The form's fields by their names in lower case; of duplicates the last."""
    header = Message()
    header["Content-Type"] = content_type.replace("\r", "").replace("\n", "")
    match header.get_content_type():
        case "application/x-www-form-urlencoded":
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        case "multipart/form-data":
            pairs = _parts_if_readable(body, str(header["Content-Type"]))
        case _:
            text = "Send the form as application/x-www-form-urlencoded or multipart/form-data."
            raise ValidationFailed({ROOT: [text]})
    return {name.lower(): value for name, value in pairs}


def _parts_if_readable(body: bytes, content_type: str) -> list[tuple[str, str]]:
    try:
        return list(_parts(body, content_type))
    except TypeError:
        return []  # the email package cannot sort a parameter that is given in pieces and whole (RFC 2231)


def _parts(body: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode("utf-8", "replace") + b"\r\n\r\n" + body)
    for part in message.walk():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            yield name, content.decode("utf-8", "replace")


def _number(fields: dict[str, str], name: str, least: int, most: int, errors: dict[str, list[str]]) -> int:
    text = fields.get(name, "").strip()
    if not text:
        errors[name] = [f"The {name} field is required."]
    elif not _NUMBER.fullmatch(text):
        errors[name] = [f"The value '{text}' is not valid for {name}."]
    elif not least <= int(text) <= most:
        errors[name] = [f"The field {name} must be between {least} and {most}."]
    return 0 if name in errors else int(text)
