"""How many SMS segments a text takes, counted as the network does (3GPP TS 23.038 and 23.040).

A text in the GSM 7-bit default alphabet holds 160 septets, or 153 in each part of several; characters of the
extension table take two. Any other text is UCS-2: 70 or 67 units of 16 bits. No character is split between parts.
"""

import math
from bisect import bisect_right

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM_7 = _BASIC | _EXTENSION

LARGEST_SEGMENT = 160
MOST_SEGMENTS = 16


def is_gsm_7(text: str) -> bool:
    """Whether every character is in the GSM 7-bit alphabet or its extension table."""
    return _GSM_7.issuperset(text)


def count_segments(text: str) -> int:
    """The number of SMS parts that carry the text; an empty text is one message."""
    if is_gsm_7(text):
        return _count([2 if character in _EXTENSION else 1 for character in text], single=160, part=153)
    return _count([2 if character > "\uffff" else 1 for character in text], single=70, part=67)


def exceeds(text: str, segments: int) -> bool:
    """Whether the text takes more segments than that, without counting texts that obviously do."""
    return len(text) > segments * LARGEST_SEGMENT or count_segments(text) > segments


def cut(text: str, segments: int = MOST_SEGMENTS) -> str:
    """The longest beginning of the text that takes no more segments than that; most texts come back whole."""
    if not exceeds(text, segments):
        return text
    within = text[: segments * LARGEST_SEGMENT]
    # A beginning never takes more segments than a longer one, so the first that is too long can be searched for.
    too_long = bisect_right(range(len(within) + 1), segments, key=lambda length: count_segments(within[:length]))
    return within[: too_long - 1]


def _count(widths: list[int], *, single: int, part: int) -> int:
    total = sum(widths)
    if total <= single:
        return 1
    if total == len(widths):
        return math.ceil(total / part)
    return _pack(widths, part)


def _pack(widths: list[int], part: int) -> int:
    parts, used = 1, 0
    for width in widths:
        if used + width > part:
            parts, used = parts + 1, 0
        used += width
    return parts
