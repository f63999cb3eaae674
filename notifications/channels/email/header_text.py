"""Text of an order where no line may end: what stands in a header, or in a protocol that makes a header of it."""

import re

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """The text without line breaks and control characters, which are spaces, and none of those around it."""
    return _UNPRINTABLE.sub(" ", without_lone_surrogates(text)).strip()


def without_lone_surrogates(text: str) -> str:
    """The text as UTF-8 can write it: halves of a character that belong together are joined, others replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
