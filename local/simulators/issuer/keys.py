"""Signing keys: kept in memory, or in a file so that tokens outlive a restart."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_PEM = re.compile(rb"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----\n?", re.DOTALL)


class KeyFileError(Exception):
    """The key file holds no RSA private key in PEM."""


@dataclass(frozen=True)
class SigningKey:
    """An RSA key and what is derived from it."""

    private: RSAPrivateKey

    @classmethod
    def new(cls) -> "SigningKey":
        """Make a key of 2,048 bits."""
        return cls(generate_private_key(public_exponent=65537, key_size=2048))

    @cached_property
    def kid(self) -> str:
        """The key's id: its RFC 7638 thumbprint."""
        members = json.dumps(dict(sorted(self._public.items())), separators=(",", ":"))
        return _base64url(hashlib.sha256(members.encode()).digest())

    def jwk(self) -> Mapping[str, str]:
        """Return the public key as a JSON Web Key (RFC 7517)."""
        return {**self._public, "kid": self.kid, "use": "sig", "alg": "RS256"}

    def private_jwk(self) -> Mapping[str, str]:
        """Return the private key as a JSON Web Key (RFC 7518, section 6.3.2)."""
        numbers = self.private.private_numbers()
        secret = {
            "d": numbers.d,
            "p": numbers.p,
            "q": numbers.q,
            "dp": numbers.dmp1,
            "dq": numbers.dmq1,
            "qi": numbers.iqmp,
        }
        return {**self.jwk(), **{name: _number(value) for name, value in secret.items()}}

    def private_pem(self) -> bytes:
        """Return the private key as PEM."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def public_pem(self) -> bytes:
        """Return the public key as PEM."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def _public(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}


class KeyRing:
    """All keys that are published; the newest signs."""

    def __init__(self, file: Path | None = None) -> None:
        """Read the keys from the file, or make one; raises KeyFileError for a file without a key."""
        self._file = file
        self._keys = _read(file) if file is not None and file.exists() else [SigningKey.new()]
        self._save()

    @property
    def newest(self) -> SigningKey:
        """The key that signs."""
        return self._keys[-1]

    def rotate(self, *, drop_old: bool) -> None:
        """Sign with a new key from now on, and keep or drop the others in the published set."""
        self._keys = [*([] if drop_old else self._keys), SigningKey.new()]
        self._save()

    def jwks(self) -> dict[str, list[Mapping[str, str]]]:
        """Return the published set (RFC 7517)."""
        return {"keys": [key.jwk() for key in self._keys]}

    def _save(self) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._file.with_name(f"{self._file.name}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.writelines(key.private_pem() for key in self._keys)
        temporary.replace(self._file)


def _read(file: Path) -> list[SigningKey]:
    blocks: list[bytes] = _PEM.findall(file.read_bytes())
    keys: list[SigningKey] = []
    for block in blocks:
        try:
            key = load_pem_private_key(block, password=None)
        except ValueError as error:
            raise KeyFileError(f"{file} holds a damaged key; remove the file to get a new one") from error
        if isinstance(key, RSAPrivateKey):
            keys.append(SigningKey(key))
    if not keys:
        raise KeyFileError(f"{file} holds no RSA private key in PEM; remove the file to get a new one")
    return keys


def _number(value: int) -> str:
    return _base64url(value.to_bytes((value.bit_length() + 7) // 8))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
