"""A text as the gateway wants it: plain for the GSM alphabet, hexadecimal UCS-2 for everything else.

Message types are those of wiki.pswin.com, "Message types": 1 is plain text in the GSM 7-bit default alphabet
(3GPP TS 23.038), 9 is the hexadecimal form of big-endian UCS-2. Without type 9 the gateway would lose every other
character.
"""

import re
from dataclasses import dataclass, field

from notifications.domain.segments import is_gsm_7

# XML 1.0 section 2.2: what no document can carry, not even as a character reference.
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK = re.compile("\r\n?")


@dataclass(frozen=True, slots=True)
class GatewayText:
    """The content of TEXT, and the OP that says how to read it (None: plain)."""

    text: str = field(repr=False)
    operation: str | None = None


def gateway_text(body: str) -> GatewayText:
    """Prepare an SMS body: line breaks become line feeds, characters that XML cannot carry are dropped."""
    text = xml_text(body)
    if is_gsm_7(text):
        return GatewayText(text)
    return GatewayText(text.encode("utf-16-be").hex().upper(), "9")


def xml_text(value: str) -> str:
    """A text without anything that an XML document cannot carry, its line breaks as XML reads them."""
    return _LINE_BREAK.sub("\n", _UNFIT.sub("", value))
