"""What was caught: the last mails as they came, and what the journal says of each."""

from collections import OrderedDict
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiohttp import web

from local.simulators.journal import Entry

KEPT = 200


class Mails:
    """The last 200 mails by Message-ID, in memory; a repeat takes the place of the first."""

    def __init__(self) -> None:
        self._mails: OrderedDict[str, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._mails)

    def __contains__(self, reference: str) -> bool:
        return reference in self._mails

    def keep(self, reference: str, content: bytes) -> None:
        """Remember a mail and forget the oldest beyond the limit."""
        self._mails[reference] = content
        self._mails.move_to_end(reference)
        if len(self._mails) > KEPT:
            self._mails.popitem(last=False)

    async def show(self, request: web.Request) -> web.Response:
        """`GET /_mails/{Message-ID without brackets}`: answer a mail as it came, or 404."""
        content = self._mails.get(request.match_info["reference"])
        if content is None:
            raise web.HTTPNotFound
        return web.Response(body=content, content_type="message/rfc822")


def described(content: bytes) -> Entry:
    """Return what the journal says of a mail."""
    mail = message_from_bytes(content, policy=policy.default)
    html = mail.get_body(("html",))
    return {
        "reference": str(mail["Message-ID"] or "").strip("<>"),
        "subject": str(mail["Subject"] or ""),
        "contentType": "html" if html else "plainText",
        "attachments": [_attachment(each) for each in mail.iter_attachments()],
    }


def _attachment(part: EmailMessage) -> dict[str, object]:
    content = part.get_payload(decode=True)
    size = len(content) if isinstance(content, bytes) else 0
    return {"name": part.get_filename(), "contentType": part.get_content_type(), "bytes": size}
