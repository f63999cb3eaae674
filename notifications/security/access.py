"""Who may do what: the policies of http-contract.md section 1.2, with the identity of verified credentials only."""

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.security.tokens import Caller, InvalidToken, TokenVerifier

CREATE_SCOPE = "altinn:serviceowner/notifications.create"

_PLATFORM_TOKEN = "platformaccesstoken"  # noqa: S105 - a header's name


class Unauthenticated(Exception):
    """No credential was given, or one that does not verify (401); the text may be shown to the caller."""


class Forbidden(Exception):
    """The caller is known and may not do this (403); the text may be shown to the caller."""


@dataclass(frozen=True, slots=True)
class AccessControl:
    """Tells callers by their bearer token, or by the cookie that holds one."""

    verifier: TokenVerifier
    cookie_name: str = "AltinnStudioRuntime"

    async def authorize(self, headers: Mapping[str, str], scope: str) -> Caller:
        """The caller of a request, who must hold the scope.

        Raises Unauthenticated, Forbidden, or IssuerUnavailable. A platform access token is refused whatever the
        bearer says: this service knows no issuer of such tokens, and one that does not verify must not pass.
        """
        given = {name.lower(): value.strip() for name, value in headers.items()}
        if given.get(_PLATFORM_TOKEN):
            raise Unauthenticated("A PlatformAccessToken cannot be verified here; use a bearer token.")
        caller = await self._caller(_bearer(given.get("authorization", "")) or self._cookie(given))
        if scope not in caller.scopes:
            raise Forbidden(f"The token does not hold the scope {scope}.")
        return caller

    async def _caller(self, token: str | None) -> Caller:
        if not token:
            raise Unauthenticated("A bearer token is required.")
        try:
            return await self.verifier.verify(token)
        except InvalidToken as error:
            raise Unauthenticated(str(error)) from None

    def _cookie(self, headers: Mapping[str, str]) -> str | None:
        cookies = (cookie.strip().partition("=") for cookie in headers.get("cookie", "").split(";"))
        return next((value for name, _, value in cookies if name == self.cookie_name), None)


def require_org(caller: Caller) -> str:
    """The organisation on whose behalf the caller acts; raises Forbidden when the token names none."""
    if caller.org is None:
        raise Forbidden("The token does not say which organisation it acts for.")
    return caller.org


def _bearer(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
