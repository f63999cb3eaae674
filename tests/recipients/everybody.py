"""Registers that know somebody of every kind, and all that can be asked about them."""

from typing import Any

from aiohttp import web

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable
from notifications.domain.order import Recipient
from tests.recipients.registers import (
    BAKERY,
    DECISIONS,
    EXTERNAL_IDENTITIES,
    KARI,
    NAMES,
    NORA,
    ORGANIZATIONS,
    PERSONS,
    TAX,
    UNITS,
    Registers,
    directory_of,
    external,
    official,
    organization,
    permitting,
    person,
    unit,
)

EMAIL, MOBILE = "kari@example.com", "+4799999999"
KARI_TOLD = {"nationalIdentityNumber": KARI, "isReserved": False, "email": EMAIL, "mobileNumber": MOBILE}
POINTS = ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,))


def down(status: int = 503, times: int = 1000) -> Any:
    """Answer with a status so many times, then tell of Kari."""
    left = iter(range(times))

    def answer(_: Any) -> Any:
        return {"contactPointsList": [KARI_TOLD]} if next(left, None) is None else web.Response(status=status)

    return answer


async def told_of_kari(registers: Registers, **options: Any) -> ContactPoints | Unavailable:
    async with directory_of(registers, **options) as directory:
        return (await directory.contact_points([person()]))[person()]


def all_registers() -> Registers:
    registers = Registers({DECISIONS: permitting(), NAMES: {"partyNames": [{"name": "Kari Begge", "ssn": KARI}]}})
    registers.answering(PERSONS, KARI_TOLD)
    registers.answering(EXTERNAL_IDENTITIES, {"externalIdentity": NORA, "email": "nora@example.com"})
    registers.answering(ORGANIZATIONS, official(BAKERY, ["post@example.com"], []))
    registers.answering(UNITS, unit(BAKERY, 51, (1, "user@example.com", MOBILE)))
    return registers


EVERYBODY: tuple[Inquiry, ...] = (person(), external(), organization(), organization(resource=TAX))


async def ask_everything(directory: Any) -> list[Any]:
    found = await directory.contact_points(EVERYBODY)
    names = await directory.names([Recipient(national_identity_number=KARI)])
    return [*(found[each] for each in EVERYBODY), *names.values()]
