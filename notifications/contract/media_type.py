"""What a Content-Type header says, and which bodies are taken for JSON (http-contract.md section 1.4)."""

import re

_CHARSET = re.compile(r';\s*charset\s*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)


def essence(content_type: str | None) -> str:
    """The media type that a Content-Type header names, in lower case, without parameters (RFC 9110 section 8.3.1)."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type header says `application/json`, in UTF-8 where it names a character set."""
    charsets = {each.strip('" \t').lower() for each in _CHARSET.findall(content_type or "")}
    return essence(content_type) == "application/json" and charsets <= {"utf-8", "utf8"}
