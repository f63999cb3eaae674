"""What the attachments of a composed email must hold (http-contract.md section 5.7, spec item 9).

Every text names the file; none holds its URL, which carries the permission to read it.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from notifications.contract.attachment_types import is_mime_type
from notifications.contract.failures import Failure, broken
from notifications.contract.json_document import Members, Path, at
from notifications.contract.timestamps import parse_timestamp
from notifications.contract.uris import is_absolute_uri, scheme_of
from notifications.contract.values import Context

_ATTACHMENTS = ("recipient", "emailSettings", "attachments")
_BLOB_STORAGE = ".blob.core.windows.net"
_LASTS = timedelta(minutes=15)
_ABSENT = object()

_NO_NAME = "Attachment filename must not be empty."
_NO_TYPE = "mimeType must not be empty."
_NULL_URL = "sasUrl must not be null."
_RELATIVE = "sasUrl must be an absolute HTTPS URI."
_ELSEWHERE = "sasUrl host must be within Azure Blob Storage (*.blob.core.windows.net)."
_NO_PARAMETERS = "sasUrl is missing required SAS parameters (se, sig, sp, sr)."
_NO_EXPIRY = "sasUrl has an invalid 'se' (signed expiry) value."
_NO_READING = "sasUrl does not grant read permission ('r' must be present in 'sp')."
_EXPIRES = "sasUrl must be valid for at least 15 minutes after requestedSendTime."
_BAD_NAME = "filename must not contain path separators, and must include a file extension."
_BAD_TYPE = "mimeType is not supported. Refer to ACS documentation for the list of accepted MIME types."


def attachment_rules(document: Members, context: Context) -> Iterator[Failure]:
    """What is wrong with each attachment; those beyond the limit are not looked at."""
    attachments, limits = at(document, _ATTACHMENTS), context.limits
    send_time = _send_time(document, context)
    for index, attachment in enumerate(attachments[: limits.attachments] if isinstance(attachments, list) else ()):
        if isinstance(attachment, Members):
            name = attachment.get("filename")
            shown = f"Attachment '{name[: limits.reference] if isinstance(name, str) else ''}': "
            for member, text in _faults(attachment, send_time, limits.attachment_hosts):
                yield broken((*_ATTACHMENTS, index, *member), text if text == _NO_NAME else shown + text)


def _send_time(document: Members, context: Context) -> datetime | None:
    """When the email is to be sent; None where that cannot be read, which is told of the send time itself."""
    if "requestedSendTime" not in document:
        return context.now
    given = document["requestedSendTime"]
    timestamp = parse_timestamp(given) if isinstance(given, str) else None
    return timestamp.utc if timestamp else None


def _faults(attachment: Members, send_time: datetime | None, hosts: AbstractSet[str]) -> Iterator[tuple[Path, str]]:
    """The texts of one attachment by member; a member that is missing or no text is told by the model."""
    for name in ("filename", "mimeType", "sasUrl"):
        value = attachment.get(name, _ABSENT)
        if value is None or isinstance(value, str):
            yield from (((name,), text) for text in _member_faults(name, value, hosts))
    url = attachment.get("sasUrl")
    if isinstance(url, str) and send_time is not None and _expires(url, send_time):
        yield (), _EXPIRES


def _member_faults(name: str, value: str | None, hosts: AbstractSet[str]) -> Iterator[str]:
    match name:
        case "filename":
            return _filename_faults(value or "")
        case "mimeType":
            return _type_faults(value or "")
        case _:
            return _url_faults(value, hosts)


def _filename_faults(name: str) -> Iterator[str]:
    if not name.strip():
        yield _NO_NAME
    elif "/" in name or "\\" in name or not name.rpartition(".")[2] or "." not in name:
        yield _BAD_NAME


def _type_faults(mime_type: str) -> Iterator[str]:
    if not mime_type.strip():
        yield _NO_TYPE
    elif not is_mime_type(mime_type):
        yield _BAD_TYPE


def _url_faults(url: str | None, hosts: AbstractSet[str]) -> Iterator[str]:
    if url is None:
        yield _NULL_URL
    elif not is_absolute_uri(url) or not _is_web(url, hosts):
        yield _RELATIVE
    elif not (_is_allowed(url, hosts) or (urlsplit(url).hostname or "").endswith(_BLOB_STORAGE)):
        yield _ELSEWHERE
    elif not _is_signed(parameters := _parameters(url)):
        yield _NO_PARAMETERS
    else:
        if parse_timestamp(parameters["se"]) is None:
            yield _NO_EXPIRY
        if "r" not in parameters["sp"]:
            yield _NO_READING


def _expires(url: str, send_time: datetime) -> bool:
    """Whether its permission ends too early, as far as it says when."""
    readable = is_absolute_uri(url) and scheme_of(url) in {"http", "https"}
    expiry = parse_timestamp(_parameters(url).get("se", "")) if readable else None
    return expiry is not None and expiry.utc - send_time < _LASTS


def _is_web(url: str, hosts: AbstractSet[str]) -> bool:
    return scheme_of(url) == "https" or (scheme_of(url) == "http" and _is_allowed(url, hosts))


def _is_allowed(url: str, hosts: AbstractSet[str]) -> bool:
    """Whether the settings name its host, with or without the port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return host in hosts or (parts.port is not None and f"{host}:{parts.port}" in hosts)


def _parameters(url: str) -> dict[str, str]:
    """The query's parameters; names count in any letter case, of duplicates the first."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return {name.lower(): value for name, value in reversed(pairs)}


def _is_signed(parameters: Mapping[str, str]) -> bool:
    given = all(parameters.get(name, "").strip() for name in ("se", "sig", "sp"))
    return given and parameters.get("sr", "").lower() == "b"
