"""Texts that are long, foreign or made to break something, and what becomes of them in a running system."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

from tests.system.orders import Document, order
from tests.system.running import System

MEGABYTE = 1024 * 1024
# Nothing of it repeats, so that no byte can be lost where another looks the same.
PARAGRAPHS = "".join(f"<p>{number} æøå 🦔 مرحبا &amp; “{uuid4()}”</p>\r\n" for number in range(16_000))
LARGE_HTML = f"<!DOCTYPE html><html><body>{PARAGRAPHS}".encode()[:MEGABYTE].decode(errors="ignore")

EMAILS = {
    "a megabyte of HTML": (LARGE_HTML, "Html"),
    "emoji, joined and coloured": ("👩‍👩‍👧‍👦 👍🏽 🇳🇴 ❤️", "Plain"),
    "from right to left": ("مرحبا بالعالم \u202eabc\u202c שלום", "Plain"),
    "accents apart and together": ("A\u030a Å a\u0323\u0307 ﷽ e\u0301", "Plain"),
    "characters of control": ("a\tb\x01c\x1b[31md\x7fe\u0085f\u2028g\ufeffh\ufffei", "Plain"),
    "line breaks of every kind": ("one\r\ntwo\nthree\rfour\n\rfive", "Plain"),
    "markup as text": ("<script>alert('x')</script> & \"quoted\" \\ {json} $notAPlaceholder$", "Plain"),
    "headers in a body": ("x\r\n.\r\nBcc: somebody@example.com\r\n\r\nMore", "Html"),
}
SUBJECTS = {
    "one\r\ntwo": "one two",
    "one\rtwo\nthree": "one two three",
    "one\n\rtwo": "one  two",
    "Hello\r\nBcc: somebody@example.com": "Hello Bcc: somebody@example.com",
    "🦔 שלום مرحبا Å": "🦔 שלום مرحبا Å",
    "tab\tand \u2028 stay": "tab\tand \u2028 stay",
    "x" * 2000: "x" * 2000,
}
ONE_ALPHABET = "Blåbærsyltetøy £$¥ èéùìòÇ ΔΦΓΛΩΠΨΣΘΞ ÆØÅ ¿¡ ÄÖÑÜ§ äöñüà ß #%&@ "
# By what is texted: the segments that it takes.
TEXTS = {
    (ONE_ALPHABET * 50)[:160]: 1,
    (ONE_ALPHABET * 50)[:161]: 2,
    (ONE_ALPHABET * 50)[:2145]: 15,
    (ONE_ALPHABET * 50)[:2448]: 16,
    "{[€]}~^\\|" * 8: 1,
    "{[€]}~^\\|" * 8 + "{[€]}~^\\|": 2,
    "€" * 76: 1,
    # In each part of 153 there is room for 76 of two septets.
    "€" * (16 * 76): 16,
    "x" * 152 + "€" + "y" * 152: 3,
    "ŕ" * 70: 1,
    "ŕ" * 71: 2,
    "ŕ" * (16 * 67): 16,
    "🦔" * 35: 1,
    # In each part of 67 units there is room for 33 of two.
    "🦔" * (16 * 33): 16,
    "مرحبا بالعالم שלום \u202eabc\u202c": 1,
    "Line one\nline two": 1,
    "<b>&amp; \"quoted\" 'too'</b> ]]> <![CDATA[": 1,
}


async def ended(system: System, owner: str, recipients: Sequence[Document], status: str) -> list[Document]:
    """Place an order for each recipient and wait for all; the manifests' one recipient of each, with this status."""
    placed = await asyncio.gather(*(system.order(order(each), owner) for each in recipients))
    shipments = [each["notification"]["shipmentId"] for each in placed]
    manifests = await system.until_final(shipments, owner)
    shown = [manifests[each]["recipients"][0] for each in shipments]
    assert [each["status"] for each in shown] == [status] * len(recipients)
    return shown
