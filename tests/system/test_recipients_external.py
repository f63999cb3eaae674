"""Persons without a national identity number, by external identity (engine.md section 2.2)."""

import asyncio
from collections.abc import Mapping

import pytest

from tests.system.orders import order
from tests.system.outcomes import Outcome, assert_missing_contact, outcomes, reached
from tests.system.people import SCHEMES, external
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "external-owner"


LOGIN = "urn:altinn:person:idporten-email:"
IDENTITIES = {
    f"{LOGIN}nora.innlogget@example.com": reached("nora.innlogget@example.com", "+4799999961"),
    f"{LOGIN}Nora.Innlogget@Example.com": reached("nora.innlogget@example.com", "+4799999961"),
    # A plus sign that is not written out means a space, as in every URL-encoded text.
    f"{LOGIN}bare.epost%2Balias@example.com": reached("bare.epost@example.com", None),
    "urn:altinn:username:brukernavn": reached("brukernavn@example.com", "+4799999962"),
    "urn:altinn:party:username:brukernavn": reached("brukernavn@example.com", "+4799999962"),
    "urn:altinn:person:legacy-selfidentified:gammelbruker": reached(None, "+4799999963"),
    "urn:altinn:party:username:partsbruker": reached("partsbruker@example.com", "+4799999964"),
    "urn:altinn:party:username:ingenadresse": {},
    "urn:altinn:username:heard-of-by-nobody": {},
}
CELLS = [(urn, scheme) for urn in IDENTITIES for scheme in SCHEMES]


@pytest.fixture(scope="module")
def cells(system: System) -> dict[tuple[str, str], Outcome]:
    """Every cell of the table, placed and ended."""
    return asyncio.run(outcomes(system, {(urn, scheme): order(external(urn, scheme)) for urn, scheme in CELLS}, OWNER))


@pytest.mark.parametrize(("urn", "scheme"), CELLS)
def test_an_external_identity_is_told_as_the_register_says(
    cells: Mapping[tuple[str, str], Outcome], urn: str, scheme: str
) -> None:
    told = IDENTITIES[urn].get(scheme)
    if told is None:
        assert_missing_contact(cells[urn, scheme].answer)
    else:
        assert cells[urn, scheme].told == sorted(told)
