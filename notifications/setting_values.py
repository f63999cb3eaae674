"""What single settings may look like. What is malformed is refused with what would be right, and without the value."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from notifications.domain.email_address import is_email_address
from notifications.domain.sender_rights import parse_sender_rights
from notifications.domain.sms_routes import parse_routes
from notifications.domain.sms_sender import LONGEST_NAME, SmsSender, parse_sender_countries, parse_sms_sender

_SMALLEST_RSA_KEY = 2048
_SHORTEST_HASH_KEY = 32
_ISSUER = "{issuer}"


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:
        known = False
    if not known:
        raise ValueError("give an absolute http or https address with a host, such as https://service.example.com")
    return value.rstrip("/")


def _is_host(text: str) -> bool:
    # urlsplit lets nothing but an IP address stand between brackets, and only there are colons left.
    return re.fullmatch(r"[\w.-]+|[0-9a-f:.]+", text) is not None


def _is_base64(text: str) -> bool:
    try:
        return bool(b64decode(text, validate=True))
    except ValueError:
        return False


def _base64_key(value: SecretStr) -> SecretStr:
    if not _is_base64(value.get_secret_value()):
        raise ValueError("give the access key as the portal shows it, in Base64")
    return value


def _connection_string(value: SecretStr) -> SecretStr:
    """A connection string that both storage clients take; the emulator's short form as they spell it."""
    pairs = [each.partition("=") for each in value.get_secret_value().strip("; ").split(";")]
    parts = {name.lower(): text for name, separator, text in pairs if separator}
    if len(parts) == len(pairs) and _names_storage(parts):
        return value
    if {name: text.lower() for name, text in parts.items()} == {"usedevelopmentstorage": "true"}:
        return SecretStr("UseDevelopmentStorage=true")
    raise ValueError(
        "give UseDevelopmentStorage=true, or a connection string with AccountName and AccountKey, or with "
        "TableEndpoint, QueueEndpoint and SharedAccessSignature"
    )


def _names_storage(parts: Mapping[str, str]) -> bool:
    endpoints = [parts[name] for name in ("tableendpoint", "queueendpoint") if name in parts]
    try:
        for each in endpoints:
            _web_address(each)
    except ValueError:
        return False
    if parts.get("accountname") and _is_base64(parts.get("accountkey", "")):
        return True
    return len(endpoints) == 2 and bool(parts.get("sharedaccesssignature"))


def _email_address(value: str) -> str:
    if not is_email_address(value):
        raise ValueError("give an email address alone, such as noreply@example.com")
    return value.strip()


def _routes(value: str) -> str:
    parse_routes(value)
    return value


def _unsubscribe(value: str) -> str:
    """What may stand between the angle brackets of a header."""
    if re.fullmatch(r"(mailto:|https://)[!-;=?-~]+", value) is None:
        raise ValueError("give a mailto: or https: address, such as mailto:unsubscribe@example.com")
    return value


def _sender_rights(value: str) -> str:
    parse_sender_rights(value)
    return value


def _sender_countries(value: str) -> str:
    parse_sender_countries(value)
    return value


def _sms_sender(value: str) -> str:
    """A sender as the gateway takes it; a name may have hyphens, which callers' senders may not."""
    name = value.strip()
    try:
        read = parse_sms_sender(name.replace("-", ""))
    except ValueError:
        read = SmsSender(None)
    if read.value is None or (not read.is_number and len(name) > LONGEST_NAME):
        raise ValueError(
            f"give a phone number, or a name of at most {LONGEST_NAME} letters, digits, spaces and hyphens"
        )
    return read.value if read.is_number else name


def _keys_template(value: str) -> str:
    """An address with the issuer's name once in its path; a name in the host would let tokens choose whom to ask."""
    _web_address(value.replace(_ISSUER, "issuer"))
    if value.count(_ISSUER) != 1 or _ISSUER not in urlsplit(value).path:
        raise ValueError(
            "give an address with {issuer} in its path, such as https://keys.example.com/{issuer}/jwks.json"
        )
    return value


def _pem_key(value: SecretStr) -> SecretStr:
    """A private key in PEM, whose line breaks may be written as \\n where a place for settings takes one line only."""
    pem = value.get_secret_value().replace("\\n", "\n")
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not _is_strong(key):
        raise ValueError(f"give an RSA private key of {_SMALLEST_RSA_KEY} bits or more in PEM, without a password")
    return SecretStr(pem)


def _private_jwk(value: SecretStr) -> SecretStr:
    try:
        key = jwt.PyJWK(json.loads(value.get_secret_value())).key
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
        key = None
    if not _is_strong(key):
        raise ValueError(f"give an RSA private key of {_SMALLEST_RSA_KEY} bits or more as a JSON Web Key (RFC 7517)")
    return value


def _is_strong(key: object) -> bool:
    return isinstance(key, RSAPrivateKey) and key.key_size >= _SMALLEST_RSA_KEY


def _hash_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().strip()) < _SHORTEST_HASH_KEY:
        raise ValueError(f"give a secret of {_SHORTEST_HASH_KEY} characters or more; `openssl rand -hex 32` makes one")
    return value


def _names(value: object) -> object:
    return frozenset(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


type Address = Annotated[str, AfterValidator(_web_address)]
type Base64Key = Annotated[SecretStr, AfterValidator(_base64_key)]
type ConnectionString = Annotated[SecretStr, AfterValidator(_connection_string)]
type EmailAddress = Annotated[str, AfterValidator(_email_address)]
type HashKey = Annotated[SecretStr, AfterValidator(_hash_key)]
type KeysTemplate = Annotated[str, AfterValidator(_keys_template)]
type Names = Annotated[frozenset[str], NoDecode, BeforeValidator(_names)]
type PemKey = Annotated[SecretStr, AfterValidator(_pem_key)]
type PrivateJwk = Annotated[SecretStr, AfterValidator(_private_jwk)]
type Routes = Annotated[str, AfterValidator(_routes)]
type SenderCountriesText = Annotated[str, AfterValidator(_sender_countries)]
type SenderRightsText = Annotated[str, AfterValidator(_sender_rights)]
type Sender = Annotated[str, AfterValidator(_sms_sender)]
type Unsubscribe = Annotated[str, AfterValidator(_unsubscribe)]
