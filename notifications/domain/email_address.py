"""Which email addresses are accepted (http-contract.md section 5.4)."""

import re

_LETTER = "a-zA-Z0-9æøåÆØÅ"
# `;` is taken as the reference system takes it
_ATOM = rf"[{_LETTER}!#$%&;'*+\-=?^_`{{|}}~]+"
_LABEL = rf"[{_LETTER}](?:[{_LETTER}\-]{{0,61}}[{_LETTER}])?"
_DOMAIN = rf"(?:{_LABEL}\.){{1,9}}[a-zA-Z]{{2,14}}"
_FOUR_NUMBERS = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_DOMAIN}|{_FOUR_NUMBERS})")


def is_email_address(address: str | None) -> bool:
    """Whether it reads as one address, white space around it aside; the length is not limited here."""
    return _ADDRESS.fullmatch((address or "").strip()) is not None
