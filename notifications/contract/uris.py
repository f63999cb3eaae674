"""What counts as a well-formed absolute URI (RFC 3986; letters beyond ASCII are taken as in RFC 3987)."""

import re
from urllib.parse import urlsplit

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?:[^\x00-\x20\x7f<>\"{}|\\^`%]|%[0-9A-Fa-f]{2})+")
_WITH_HOST = frozenset({"http", "https", "ftp", "ws", "wss"})


def is_absolute_uri(text: str) -> bool:
    """Whether it has a scheme, only characters a URI may have, and a host where its scheme calls for one."""
    return _ABSOLUTE.fullmatch(text) is not None and (scheme_of(text) not in _WITH_HOST or _has_host(text))


def scheme_of(uri: str) -> str:
    """The scheme of an absolute URI, in lower case."""
    return uri.partition(":")[0].lower()


def _has_host(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
