"""Mobile numbers: which are accepted, and how a looked-up or accepted one is written (http-contract.md section 5.4)."""

import phonenumbers

_NORWAY = 47
_LONGEST = 250  # libphonenumber reads no longer ones


def is_mobile_number(number: str | None) -> bool:
    """Whether it has a country code (`+` or `00`), is valid for its country and, for Norway, begins with 4 or 9.

    Spaces within and after the number are tolerated, spaces before it are not; letters and extensions are refused.
    """
    return _parse(number) is not None


def e164(number: str) -> str:
    """An accepted number as `+` and digits alone, as gateways want it; any other text comes back unchanged."""
    parsed = _parse(number)
    return number if parsed is None else f"+{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"


def normalise(number: str) -> str:
    """A number from a contact register: `00` becomes `+`, and eight digits that begin with 4 or 9 are Norwegian."""
    if number.startswith("00"):
        return "+" + number[2:]
    if len(number) == 8 and number[0] in "49":
        return f"+{_NORWAY}{number}"
    return number


def _parse(number: str | None) -> phonenumbers.PhoneNumber | None:
    international = _with_plus(number or "")
    # libphonenumber reads letters as keypad digits and keeps extensions; neither can be sent an SMS
    if international is None or any(character.isalpha() for character in international):
        return None
    try:
        parsed = phonenumbers.parse(international, None)
    except phonenumbers.NumberParseException:
        return None
    return parsed if _is_sendable(parsed) else None


def _with_plus(number: str) -> str | None:
    if number.startswith("00"):
        number = "+" + number[2:]
    is_international = number.startswith("+") and not number.startswith("++") and len(number) <= _LONGEST
    return number if is_international else None


def _is_sendable(parsed: phonenumbers.PhoneNumber) -> bool:
    if parsed.extension is not None or not phonenumbers.is_valid_number(parsed):
        return False
    return parsed.country_code != _NORWAY or phonenumbers.national_significant_number(parsed)[0] in "49"
