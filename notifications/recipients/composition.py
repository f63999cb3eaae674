"""How the directory is put together from the addresses of the registers."""

import time
from collections.abc import Callable

import httpx

from notifications.domain.clock import Clock
from notifications.recipients.authorization import Authorization
from notifications.recipients.bulk import Bulk
from notifications.recipients.directory import Directory
from notifications.recipients.exchange import Patience, RegisterExchange
from notifications.recipients.external_identities import ExternalIdentities
from notifications.recipients.names import Names
from notifications.recipients.organization_contacts import OrganizationContacts
from notifications.recipients.organizations import Organizations
from notifications.recipients.persons import Persons
from notifications.recipients.platform_token import PlatformToken
from notifications.recipients.recent import Recent
from notifications.recipients.units import Units


def build_directory(
    http: httpx.AsyncClient,
    *,
    profile: str,
    register: str,
    authorization: str,
    subscription_key: str | None,
    platform_key: str | None,
    clock: Clock,
    remembered_seconds: float,
    patience: Patience | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Directory:
    """A directory over the base addresses of three services; the client is the caller's and stays open.

    `platform_key` is an RSA key in PEM; raises `ValueError` when it is not. Contact points and names are remembered for
    `remembered_seconds`. Decisions are not: what an owner's order may tell is decided for that order.
    """

    def exchange(endpoint: str) -> RegisterExchange:
        return RegisterExchange(http, endpoint, subscription_key=subscription_key, patience=patience)

    def recent[K, V]() -> Recent[K, V]:
        return Recent(seconds=remembered_seconds, monotonic=monotonic)

    profiles = exchange(profile)
    token = PlatformToken(platform_key, clock) if platform_key else None
    return Directory(
        persons=Bulk(Persons(profiles), recent()),
        external_identities=Bulk(ExternalIdentities(profiles), recent()),
        organizations=OrganizationContacts(
            official=Bulk(Organizations(profiles), recent()),
            units=Bulk(Units(profiles), recent()),
            authorization=Bulk(Authorization(exchange(authorization))),
        ),
        party_names=Bulk(Names(exchange(register), token), recent()),
    )
