"""Who may do what: the policies of http-contract.md section 1.2, with the identity of verified credentials only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from notifications.security.platform_tokens import PlatformTokenVerifier
from notifications.security.signed_tokens import InvalidToken
from notifications.security.tokens import Caller, TokenVerifier

CREATE_SCOPE = "altinn:serviceowner/notifications.create"
COMPOSED_SCOPE = "altinn:serviceowner/notifications.composedemail.create"
SUPPORT_SCOPE = "altinn:notifications.support.admin"

_PLATFORM_TOKEN = "PlatformAccessToken"  # noqa: S105 - a header's name


@dataclass(frozen=True, slots=True)
class Policy:
    """What a caller must hold: the scope or, where it is taken instead, a platform access token."""

    scope: str
    platform_token: bool = False


CREATE = Policy(CREATE_SCOPE, platform_token=True)
"""Orders, instant orders and shipments."""

COMPOSED = Policy(COMPOSED_SCOPE)
"""Composed emails."""

SUPPORT = Policy(SUPPORT_SCOPE)
"""The support dashboard."""


class Unauthenticated(Exception):
    """No credential was given, or one that does not verify (401); the text may be shown to the caller."""


class Forbidden(Exception):
    """The caller is known and may not do this (403); the text may be shown to the caller."""


@dataclass(frozen=True, slots=True)
class AccessControl:
    """Tells callers by their platform access token and by their bearer token, or the cookie that holds one.

    Without a verifier of platform access tokens every such token is refused.
    """

    verifier: TokenVerifier
    cookie_name: str = "AltinnStudioRuntime"
    platform: PlatformTokenVerifier | None = None

    async def authorize(self, headers: Mapping[str, str], policy: Policy) -> Caller:
        """The caller of a request, who satisfies the policy.

        Raises Unauthenticated, Forbidden, or IssuerUnavailable. A platform access token that does not verify is
        refused whatever the bearer says (spec item 6); of two credentials that verify it names the organisation.
        """
        platform = await self._platform(list(_given(headers, _PLATFORM_TOKEN)))
        if platform and policy.platform_token:
            return platform
        caller = await self._bearer(headers)
        if policy.scope not in caller.scopes:
            raise Forbidden(f"The token does not hold the scope {policy.scope}.")
        return replace(platform, scopes=caller.scopes) if platform else caller

    async def _platform(self, tokens: list[str]) -> Caller | None:
        if not tokens:
            return None
        # The Functions host joins a header's values with commas, which no token contains.
        if len(tokens) > 1 or "," in tokens[0]:
            raise Unauthenticated(f"Give one {_PLATFORM_TOKEN}.")
        if self.platform is None:
            raise Unauthenticated(f"A {_PLATFORM_TOKEN} cannot be verified here; use a bearer token.")
        try:
            return await self.platform.verify(tokens[0])
        except InvalidToken as error:
            raise Unauthenticated(f"The {_PLATFORM_TOKEN} is refused. {error}") from None

    async def _bearer(self, headers: Mapping[str, str]) -> Caller:
        token = next(_bearer_tokens(headers), None) or self._cookie(headers)
        if not token:
            raise Unauthenticated("A bearer token is required.")
        try:
            return await self.verifier.verify(token)
        except InvalidToken as error:
            raise Unauthenticated(str(error)) from None

    def _cookie(self, headers: Mapping[str, str]) -> str | None:
        cookies = (each.strip().partition("=") for given in _given(headers, "Cookie") for each in given.split(";"))
        return next((value for name, _, value in cookies if name == self.cookie_name), None)


def require_org(caller: Caller) -> str:
    """The organisation on whose behalf the caller acts; raises Forbidden when the token names none."""
    if caller.org is None:
        raise Forbidden("The token does not say which organisation it acts for.")
    return caller.org


def _given(headers: Mapping[str, str], name: str) -> Iterator[str]:
    """The values of a header that are not blank."""
    values = (value.strip() for key, value in headers.items() if key.lower() == name.lower())
    return filter(None, values)


def _bearer_tokens(headers: Mapping[str, str]) -> Iterator[str]:
    schemes = (value.partition(" ") for value in _given(headers, "Authorization"))
    return (token.strip() for scheme, _, token in schemes if scheme.lower() == "bearer")
