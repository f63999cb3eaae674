"""Emails as they arrive: headers, bodies and attachments, over a real connection and for any text at all."""

from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.email.smtp_message import Letter, letter, mailbox, subject
from notifications.channels.protocol import AttachedFile
from notifications.domain.order import ContentType
from notifications.domain.outcomes import Accepted, Refused
from notifications.domain.statuses import Status

from .smtp_servers import ID, NOW, Catcher, catching, message

TAKEN = Accepted(last="smtp_accepted")
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
# Everything that anybody has taken for the end of a line, and what makes a header or the end of a message.
HOSTILE = st.text(
    alphabet='\r\n\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029 .:<>@=?_"\\;,ab\tBccæ😀\ud83d\ude00א', max_size=120
)
ANY_TEXT = HOSTILE | st.text(st.characters(), max_size=200)


def wire(**changes: object) -> Letter:
    written = letter(message(**changes), NOW)  # type: ignore[arg-type]
    assert isinstance(written, Letter)
    return written


def received(written: Letter) -> bytes:
    """What a server takes for the message (RFC 5321 section 4.5.2)."""
    assert written.data.endswith(b"\r\n")
    lines = written.data.split(b"\r\n")
    assert b"." not in lines, "the end of the message comes once, and later"
    return b"\r\n".join(line.removeprefix(b".") for line in lines)


def read(written: Letter) -> MimeMessage:
    return message_from_bytes(received(written), policy=policy.default)


def body(mail: MimeMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


async def arrived(catcher: Catcher, **changes: object) -> MimeMessage:
    assert await catcher.send(**changes) == TAKEN  # type: ignore[arg-type]
    return await catcher.mail()


async def test_a_plain_email_arrives_as_it_was_written() -> None:
    async with catching() as catcher:
        mail = await arrived(catcher, subject="Brev til deg", body="Hei,\n\nher er æ, ø og å.\n.\n..Hilsen oss")
        assert mail.keys() == HEADERS
        assert (mail["From"], mail["To"]) == ("noreply@example.com", "someone@example.com")
        assert (mail["Subject"], mail["Message-ID"]) == ("Brev til deg", f"<{ID}@example.com>")
        assert parsedate_to_datetime(mail["Date"]) == NOW
        assert mail.get_content_type() == "text/plain"
        assert body(mail) == "Hei,\n\nher er æ, ø og å.\n.\n..Hilsen oss\n"


async def test_an_html_email_has_a_plain_alternative() -> None:
    async with catching() as catcher:
        html = '<h1>Hei, æ & ø</h1><p>Les <a href="https://example.com/a">brevet</a>'
        mail = await arrived(catcher, body=html, content_type=ContentType.HTML)
        assert mail.get_content_type() == "multipart/alternative"
        assert [each.get_content_type() for each in mail.iter_parts()] == ["text/plain", "text/html"]
        assert body(mail, "html") == html + "\n"
        assert body(mail) == "Hei, æ & ø\n\nLes brevet (https://example.com/a)\n"


@pytest.mark.parametrize(
    "text",
    [
        "😀👩‍👩‍👧‍👦🇳🇴 " * 30,
        "שלום עולם مرحبا بالعالم \u202eabc\u202c " * 20,
        "日本語のテキスト" * 100,
        "Kjære æøå " * 30,
        "x" * 5000,
        "plain words " * 100,
        "=?utf-8?b?Zm9v?= is no encoded word",
        "=?utf-8?q?a=0D=0ABcc:_b@example.com?=",
        "ends with =?",
        "",
    ],
)
async def test_texts_of_every_alphabet_arrive_in_subject_and_body(text: str) -> None:
    async with catching() as catcher:
        mail = await arrived(catcher, subject=text, body=text)
        assert str(mail["Subject"]) == text.strip()
        assert body(mail).rstrip("\n") == text
        assert mail["Bcc"] is None
        raw = await catcher.raw()
        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 998


async def test_one_megabyte_of_html_arrives_whole() -> None:
    html = "<p>Kjære 😀 mottaker, שלום.</p>\n" * 33_000
    assert len(html.encode()) > 1_000_000
    async with catching() as catcher:
        mail = await arrived(catcher, body=html, content_type=ContentType.HTML)
        assert body(mail, "html") == html
        assert body(mail).count("Kjære 😀 mottaker, שלום.") == 33_000


def test_an_unsubscribe_address_is_a_header_of_its_own_and_otherwise_there_is_none() -> None:
    assert read(wire(unsubscribe="mailto:no@example.com"))["List-Unsubscribe"] == "<mailto:no@example.com>"
    assert read(wire())["List-Unsubscribe"] is None


async def test_attachments_arrive_with_their_names_and_types() -> None:
    files = (
        AttachedFile(name="brev på norsk 😀.pdf", mime_type="application/pdf", content=bytes(range(256)) * 4000),
        AttachedFile(name='a"; name="b\r\nBcc: c@example.com.txt', mime_type="text/plain", content=b"1\r\n.\r\n2\r3\n"),
        AttachedFile(name="nothing.bin", mime_type="no type\r\nBcc: c@example.com", content=b""),
        AttachedFile(name="mail.eml", mime_type="message/rfc822", content=b"Subject: x\r\n\r\nx"),
    )
    async with catching() as catcher:
        mail = await arrived(catcher, attachments=files, body="<p>See", content_type=ContentType.HTML)
        assert (mail.get_content_type(), body(mail, "html"), body(mail)) == ("multipart/mixed", "<p>See\n", "See\n")
        parts = [
            (each.get_filename(), each.get_content_type(), each.get_payload(decode=True))
            for each in mail.iter_attachments()
        ]
    octets = "application/octet-stream"
    assert parts == [
        ("brev på norsk 😀.pdf", "application/pdf", files[0].content),
        ('a"; name="b Bcc: c@example.com.txt', "text/plain", files[1].content),
        ("nothing.bin", octets, b""),
        ("mail.eml", octets, files[3].content),
    ]
    assert "Bcc" not in mail


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("Brev\r\nBcc: thief@example.com", "Brev Bcc: thief@example.com"),
        ("Brev\nBcc: thief@example.com\n\nAnother body", "Brev Bcc: thief@example.com Another body"),
        ("Brev\rBcc: thief@example.com", "Brev Bcc: thief@example.com"),
        ("A\0B\x0bC\x0cD\x1cE\x85F\u2028G\u2029H", "A B C D E F G H"),
        ("æ\r\n.\r\nMAIL FROM:<thief@example.com>", "æ . MAIL FROM:<thief@example.com>"),
    ],
)
async def test_a_line_break_in_a_subject_begins_no_header(text: str, arrives: str) -> None:
    async with catching() as catcher:
        mail = await arrived(catcher, subject=text)
        assert str(mail["Subject"]) == arrives
        assert mail.keys() == HEADERS
        assert [each["recipient"] for each in await catcher.calls()] == ["someone@example.com"]


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\0", " ", "\u2028"])
@pytest.mark.parametrize(
    "rest", ["Bcc: thief@example.com", "> SIZE=1", ",thief@example.com", "RCPT TO:<thief@example.com>"]
)
def test_a_line_break_in_an_address_makes_it_none(break_: str, rest: str) -> None:
    for address in (f"a@example.com{break_}{rest}", f"a{break_}{rest}@example.com"):
        refused = Refused(Status.INVALID_EMAIL_FORMAT, "invalid_address")
        assert letter(message(address), NOW) == refused
        assert letter(message(sender=address), NOW) == Refused(Status.FAILED, "invalid_sender")


@pytest.mark.parametrize(
    "text",
    [
        "one\r\n.\r\nMAIL FROM:<thief@example.com>\r\nRCPT TO:<a@example.com>\r\nDATA\r\n.",
        "one\n.\nMAIL FROM:<thief@example.com>\n.\n",
        "one\r.\rMAIL FROM:<thief@example.com>\r.\r",
        "one\r\n.\nMAIL FROM:<thief@example.com>\n.\r\n",
        ".",
        "..",
        ".\n.",
    ],
)
async def test_no_body_ends_the_message_early(text: str) -> None:
    async with catching() as catcher:
        mail = await arrived(catcher, body=text)
        assert body(mail).split() == text.split()
        assert [each["sender"] for each in await catcher.calls()] == ["noreply@example.com"]


async def test_addresses_of_two_alphabets_and_odd_signs_arrive() -> None:
    async with catching() as catcher:
        mail = await arrived(catcher, recipient="o;hara'+x@example.com")
        assert [each.addr_spec for each in mail["To"].addresses] == ['"o;hara\'+x"@example.com']
        mail = await arrived(catcher, recipient=" bjørn@blåbær.no ", sender="post@blåbær.no", subject="Æ")
        assert mail["To"] == "bjørn@xn--blbr-roah.no"
        assert mail["Message-ID"] == f"<{ID}@xn--blbr-roah.no>"
        assert str(mail["Subject"]) == "Æ"


@given(ANY_TEXT)
def test_any_subject_is_one_header_that_can_be_read_back(text: str) -> None:
    written = f"Subject: {subject(text)}\r\n\r\n"
    lines = written.split("\r\n")
    assert written.isascii()
    assert all(line.startswith(" =?utf-8?b?") and len(line) <= 76 for line in lines[1:-2])
    mail = message_from_bytes(written.encode(), policy=policy.default)
    assert mail.keys() == ["Subject"]
    again = str(mail["Subject"])
    assert again == " ".join(again.splitlines())
    assert subject(again) == subject(text)


@given(ANY_TEXT, ANY_TEXT, st.sampled_from(ContentType), ANY_TEXT)
def test_any_email_is_one_message_with_our_headers_alone(
    title: str, text: str, content_type: ContentType, name: str
) -> None:
    file = AttachedFile(name=name, mime_type="text/html", content=text.encode("utf-8", "surrogatepass"))
    written = wire(subject=title, body=text, content_type=content_type, attachments=(file,))
    content = received(written)
    assert written.size == len(content)
    assert content.isascii()
    assert content.replace(b"\r\n", b"").count(b"\r") == content.replace(b"\r\n", b"").count(b"\n") == 0
    mail = read(written)
    assert sorted(mail.keys()) == sorted(set(HEADERS) - {"Content-Transfer-Encoding"})
    (attached,) = mail.iter_attachments()
    assert attached.get_payload(decode=True) == file.content


@given(ANY_TEXT, st.sampled_from(ContentType))
def test_any_body_arrives_but_for_its_line_ends(text: str, content_type: ContentType) -> None:
    mail = read(wire(body=text, content_type=content_type))
    kind = "html" if content_type is ContentType.HTML else "plain"
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    expected = whole.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"
    assert body(mail, kind) == expected


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_taken_for_an_address_fits_a_command(local: str, domain: str) -> None:
    found = mailbox(f"{local}@{domain}")
    if found is not None:
        assert not set(found) & set("\r\n\0 <>")


@pytest.mark.parametrize("address", ["a@" + "b" * 64 + ".no", "a@" + "æ" * 60 + ".no", "a.@example.com", "æ"])
def test_an_address_that_cannot_be_written_is_none(address: str) -> None:
    assert mailbox(address) is None


def test_a_letter_shows_nobody_who_gets_it() -> None:
    assert "@" not in repr(wire())
