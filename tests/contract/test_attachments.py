"""What attachments must hold, and that no text gives their URLs away (http-contract.md section 5.7)."""

import json
import logging
import re
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.contract.attachment_types import MIME_TYPES
from notifications.contract.limits import Limits
from notifications.contract.orders import parse_composed
from tests.contract.builders import NOW, Request, errors, failure, parse
from tests.contract.requests import SAS, attachment, composed

PATH = "recipient.emailSettings.attachments"
HOST = "https://ttdfiles.blob.core.windows.net/out/decision.pdf"
SIGNED = "se=2026-08-10T12%3A00%3A00Z&sr=b&sp=r&sig=abc%3D"

NAME = "filename must not contain path separators, and must include a file extension."
TYPE = "mimeType is not supported. Refer to ACS documentation for the list of accepted MIME types."
RELATIVE = "sasUrl must be an absolute HTTPS URI."
ELSEWHERE = "sasUrl host must be within Azure Blob Storage (*.blob.core.windows.net)."
PARAMETERS = "sasUrl is missing required SAS parameters (se, sig, sp, sr)."
EXPIRY = "sasUrl has an invalid 'se' (signed expiry) value."
READING = "sasUrl does not grant read permission ('r' must be present in 'sp')."
TOO_SHORT = "sasUrl must be valid for at least 15 minutes after requestedSendTime."


def told(*attachments: Any, limits: Limits | None = None, **members: Any) -> dict[str, list[str]]:
    """What is wrong with the attachments, by the path below them and without the file's name."""
    failed = errors(composed(*attachments, **members), parse_composed, limits=limits)
    return {
        path.removeprefix(PATH): [text.removeprefix("Attachment 'decision.pdf': ") for text in texts]
        for path, texts in failed.items()
    }


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("filename", None, "Attachment filename must not be empty."),
        ("filename", "", "Attachment filename must not be empty."),
        ("filename", "  ", "Attachment filename must not be empty."),
        *(
            ("filename", name, f"Attachment '{name}': {NAME}")
            for name in ["a/b.pdf", "a\\b.pdf", "decision", "decision.", "../secret.txt"]
        ),
        ("mimeType", None, "mimeType must not be empty."),
        ("mimeType", " ", "mimeType must not be empty."),
        *(
            ("mimeType", kind, TYPE)
            for kind in ["text/html", "application/pdf; charset=utf-8", "application/x-msdownload", "pdf"]
        ),
        ("sasUrl", None, "sasUrl must not be null."),
        *(
            ("sasUrl", url, RELATIVE)
            for url in [
                "",
                "out/decision.pdf",
                f"/out/decision.pdf?{SIGNED}",
                f"http://ttdfiles.blob.core.windows.net/x?{SIGNED}",
                f"ftp://ttdfiles.blob.core.windows.net/x?{SIGNED}",
                "https://",
                f"https://[ttd.blob.core.windows.net/x?{SIGNED}",
                "foo://[x",
                "https://ttd files.blob.core.windows.net/x",
            ]
        ),
        *(
            ("sasUrl", f"https://{host}/x?{SIGNED}", ELSEWHERE)
            for host in [
                "files.example.com",
                "blob.core.windows.net",
                "ttdblob.core.windows.net",
                "ttd.blob.core.windows.net.example.com",
                "127.0.0.1",
                "ttd.blob.core.windows.net@example.com",
            ]
        ),
        *(
            ("sasUrl", f"{HOST}?{query}", PARAMETERS)
            for query in [
                "",
                "se=2026-08-10T12%3A00%3A00Z&sr=b&sp=r",
                "se=2026-08-10T12%3A00%3A00Z&sr=b&sp=r&sig=",
                "se=2026-08-10T12%3A00%3A00Z&sr=b&sp=%20&sig=x",
                "se=2026-08-10T12%3A00%3A00Z&sr=c&sp=r&sig=x",
                "se=2026-08-10T12%3A00%3A00Z&sp=r&sig=x",
                "sr=b&sp=r&sig=x",
            ]
        ),
        ("sasUrl", f"{HOST}?se=soon&sr=b&sp=r&sig=x", EXPIRY),
        ("sasUrl", f"{HOST}?se=2026-08-10T12%3A00%3A00Z&sr=b&sp=cwR&sig=x", READING),
    ],
)
def test_a_bad_value_is_told_under_its_own_path_alone(member: str, value: object, message: str) -> None:
    assert told(attachment(**{member: value})) == {f"[0].{member}": [message]}


@pytest.mark.parametrize(
    "url",
    [
        SAS,
        SAS.replace("https", "HTTPS"),
        SAS.replace("blob.core.windows.net", "BLOB.core.Windows.net"),
        SAS.replace("sr=b", "sr=B"),
        SAS.replace("sp=r", "sp=rcw"),
        SAS.replace("2026-08-10T12%3A00%3A00Z", "2026-08-11"),
        SAS.replace("2026-08-10T12%3A00%3A00Z", "2026-08-10T12:00Z"),
        SAS.replace(".pdf?", "/blåbær%20saft.pdf?"),
    ],
)
def test_a_signed_url_of_blob_storage_is_taken_as_it_is(url: str) -> None:
    email = parse(composed(attachment(sasUrl=url)), parse_composed).shipments[0].content.email
    assert email is not None
    assert email.attachments[0].sas_url == url


@pytest.mark.parametrize("filename", ["decision.pdf", "vedtak av 10. august.PDF", "a.tar.gz", ".pdf", "blåbær.txt"])
def test_a_file_name_with_an_extension_is_taken(filename: str) -> None:
    parse(composed(attachment(filename=filename)), parse_composed)


def test_the_documented_media_types_are_taken_in_any_letter_case() -> None:
    assert len(MIME_TYPES) == 60
    for mime_type in MIME_TYPES:
        parse(composed(attachment(mimeType=mime_type.upper())), parse_composed)


def test_an_unreadable_expiry_and_missing_permission_are_told_together() -> None:
    url = f"{HOST}?se=soon&sr=b&sp=w&sig=x"
    assert told(attachment(sasUrl=url)) == {"[0].sasUrl": [EXPIRY, READING]}


@pytest.mark.parametrize(
    ("expiry", "send_time", "is_told"),
    [
        ("2026-08-10T08:15:00Z", "2026-08-10T08:00:00Z", False),
        ("2026-08-10T08:14:59Z", "2026-08-10T08:00:00Z", True),
        ("2026-08-10T08:15:00Z", "2026-08-10T10:00:00+02:00", False),
        ("2026-08-10", "2026-08-10T08:00:00Z", True),
        ("0001-01-01", "2026-08-10T08:00:00Z", True),
        ("9999-12-31T23:59:59Z", "9989-12-31T23:59:59Z", False),
    ],
)
def test_a_permission_lasts_for_15_minutes_after_the_send_time(expiry: str, send_time: str, is_told: bool) -> None:
    request = composed(attachment(sasUrl=f"{HOST}?se={expiry}&sr=b&sp=r&sig=x"), requestedSendTime=send_time)
    if is_told:
        assert errors(request, parse_composed) == {f"{PATH}[0]": [f"Attachment 'decision.pdf': {TOO_SHORT}"]}
    else:
        parse(request, parse_composed)


def test_without_a_send_time_the_permission_lasts_for_15_minutes_from_now() -> None:
    def expiring(minute: int) -> Request:
        request = composed(attachment(sasUrl=f"{HOST}?se=2026-08-03T07:{minute}:46Z&sr=b&sp=r&sig=x"))
        del request["requestedSendTime"]
        return request

    assert NOW.minute == 12
    parse(expiring(27), parse_composed)
    assert errors(expiring(26), parse_composed) == {f"{PATH}[0]": [f"Attachment 'decision.pdf': {TOO_SHORT}"]}


@pytest.mark.parametrize("send_time", ["tomorrow", 5, None])
def test_a_send_time_that_cannot_be_read_is_told_of_itself_alone(send_time: object) -> None:
    url = f"{HOST}?se=2020-01-01&sr=b&sp=r&sig=x"
    assert list(told(attachment(sasUrl=url), requestedSendTime=send_time)) == ["requestedSendTime"]


def test_an_attachment_that_is_null_is_told() -> None:
    assert told(attachment(), None) == {"[1]": ["Attachment item must not be null."]}


def test_more_attachments_than_the_limit_are_refused() -> None:
    parse(composed(*[attachment()] * 50), parse_composed)
    assert told(*[attachment(filename="x")] * 60)[""] == ["There can be at most 50 attachments."]
    assert len(told(*[attachment(filename="x")] * 60)) == 51


@pytest.mark.parametrize(("member", "longest"), [("filename", 1024), ("mimeType", 1024), ("sasUrl", 8192)])
def test_a_value_that_is_too_long_is_not_repeated_at_its_length(member: str, longest: int) -> None:
    failed = told(attachment(**{member: "x" * 100_000}))
    assert f"The value must be at most {longest} characters long." in failed[f"[0].{member}"]
    assert len(json.dumps(failed)) < 5000


@pytest.mark.parametrize("url", ["http://localhost:10000/out/x.pdf", "https://blobs.local/x.pdf"])
def test_a_host_that_the_settings_name_needs_neither_https_nor_azure(url: str) -> None:
    limits = Limits(attachment_hosts=frozenset({"localhost:10000", "blobs.local"}))
    parse(composed(attachment(sasUrl=f"{url}?{SIGNED}")), parse_composed, limits=limits)
    assert told(attachment(sasUrl=f"{url}?{SIGNED}"))
    assert told(attachment(sasUrl=url), limits=limits) == {"[0].sasUrl": [PARAMETERS]}


@pytest.mark.parametrize(
    ("url", "message"),
    [("http://localhost:10001/x", RELATIVE), ("https://localhost/x", ELSEWHERE), ("ftp://blobs.local/x", RELATIVE)],
)
def test_a_host_is_named_with_its_port(url: str, message: str) -> None:
    limits = Limits(attachment_hosts=frozenset({"localhost:10000", "blobs.local"}))
    assert told(attachment(sasUrl=f"{url}?{SIGNED}"), limits=limits) == {"[0].sasUrl": [message]}


fragments = st.lists(
    st.sampled_from(
        ["https://", "http://", "a.blob.core.windows.net", "[", "]", ":", "@", "//", "?", "se=", "&", "%", "sig"]
    ),
    max_size=12,
).map("".join)


@settings(deadline=None)
@given(st.one_of(fragments, st.text(max_size=30)))
def test_no_url_is_ever_told_or_logged(url: str) -> None:
    secret = f"{url}SECRET-SIGNATURE"
    with CapturedLog() as log:
        failed = failure(composed(attachment(sasUrl=secret)), parse_composed)
    assert "SECRET" not in json.dumps(failed.errors)
    assert "SECRET" not in repr(failed)
    assert log.records == []


class CapturedLog(logging.Handler):
    """What is logged while it is open."""

    def __enter__(self) -> Self:
        self.records: list[logging.LogRecord] = []
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_a_draft_does_not_show_its_urls() -> None:
    assert not re.search(r"sig=|abc", repr(parse(composed(), parse_composed)))
    failed = failure(composed(requestedSendTime="2026-08-03T07:00:00Z"), parse_composed)
    assert "sig=" not in repr(failed.draft)
