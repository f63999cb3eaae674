"""How requests to Azure Communication Services prove who sends them."""

import base64
from datetime import UTC, datetime
from typing import Self

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from notifications.channels.acs_auth import AccessKey, CredentialUnavailableError, entra_token

from .servers import FixedClock

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)


async def test_the_signature_covers_method_path_date_host_and_body() -> None:
    """The expected values were made with openssl from the documented string to sign."""
    request = httpx.Request("POST", "https://acs.example.com/emails:send?api-version=2023-03-31", content=b'{"a":1}')
    await AccessKey(base64.b64encode(b"test key").decode(), FixedClock(NOW)).sign(request)
    assert request.headers["x-ms-date"] == "Wed, 01 Jul 2026 12:00:00 GMT"
    assert request.headers["x-ms-content-sha256"] == "AVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI="
    assert request.headers["Authorization"] == (
        "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256"
        "&Signature=rNDm8iaVwYS/+f//rXsUf0JtB6yJJ9jmlqFqVwNd4ko="
    )


def test_a_key_that_is_not_base64_stops_the_start_without_being_shown() -> None:
    with pytest.raises(ValueError, match="Base64") as raised:
        AccessKey("not*base64")
    assert "not*base64" not in str(raised.value)


class _Credential:
    """An azure-identity credential that either has a token or not."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self.scopes: tuple[str, ...] = ()

    async def get_token(self, *scopes: str, **_: object) -> AccessToken:
        self.scopes = scopes
        if self._token is None:
            raise ClientAuthenticationError("tenant and identity")
        return AccessToken(self._token, 0)

    async def close(self) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


async def test_an_entra_token_is_asked_for_with_the_services_scope() -> None:
    credential = _Credential("a-token")
    assert await entra_token(credential)() == "a-token"
    assert credential.scopes == ("https://communication.azure.com/.default",)


async def test_an_identity_that_fails_is_a_credential_unavailable_without_its_text() -> None:
    with pytest.raises(CredentialUnavailableError) as raised:
        await entra_token(_Credential(None))()
    assert "tenant" not in str(raised.value)
