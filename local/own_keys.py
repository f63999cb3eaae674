"""The service's own keys: unlike the secrets of a run they stay as long as the data that needs them."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from local.simulators.issuer.keys import KeyRing, SigningKey

PLATFORM_ISSUER = "platform"
"""The issuer that the service names in its own platform tokens (engine.md section 2.4)."""


@dataclass(frozen=True)
class OwnKeys:
    """What the service signs with, and the key of its index.

    `platform_directory` holds the signing keys of platform tokens, the service's own among them, and
    `maskinporten_public` is the file of the public key that is registered for its assertions.
    """

    platform_directory: Path
    maskinporten_public: Path
    platform: SigningKey
    maskinporten: SigningKey
    identity_hash: str


def own_keys(data: Path) -> OwnKeys:
    """The keys that are kept in the data directory; those that are missing are made."""
    directory = data / "keys"
    platform_directory = directory / "platform"
    platform_directory.mkdir(parents=True, exist_ok=True)
    maskinporten = KeyRing(directory / "maskinporten.pem").newest
    public = directory / "maskinporten.jwk.json"
    public.write_text(json.dumps(dict(maskinporten.jwk())), encoding="utf-8")
    return OwnKeys(
        platform_directory=platform_directory,
        maskinporten_public=public,
        platform=KeyRing(platform_directory / f"{PLATFORM_ISSUER}.pem").newest,
        maskinporten=maskinporten,
        identity_hash=_kept_text(directory / "identity-hash-key"),
    )


def _kept_text(path: Path) -> str:
    """48 hexadecimal digits, the same each time."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(24), encoding="utf-8")
    return path.read_text("utf-8")
