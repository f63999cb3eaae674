"""Which request bodies are taken for JSON (http-contract.md section 1.4)."""

import re

_CHARSET = re.compile(r';\s*charset\s*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type header says `application/json`, in UTF-8 where it names a character set."""
    media_type, semicolon, parameters = (content_type or "").partition(";")
    charsets = {each.strip('" \t').lower() for each in _CHARSET.findall(semicolon + parameters)}
    return media_type.strip().lower() == "application/json" and charsets <= {"utf-8", "utf8"}
