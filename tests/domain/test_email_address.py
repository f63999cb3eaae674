import json
from pathlib import Path

import pytest

from notifications.domain.email_address import is_email_address

CASES = json.loads((Path(__file__).parent.parent / "cases" / "email_addresses.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("address", CASES["valid"])
def test_a_valid_address_of_the_field_vectors_is_accepted(address: str) -> None:
    assert is_email_address(address)


@pytest.mark.parametrize("address", CASES["invalid"])
def test_an_invalid_address_of_the_field_vectors_is_refused(address: str | None) -> None:
    assert not is_email_address(address)


@pytest.mark.parametrize(
    "address", ["user@999.999.999.999", "a;b@x.no", "o'neil@example.com", "x@a.b.c.d.e.f.g.h.i.no", "u@1a.no"]
)
def test_what_the_contract_takes_is_accepted(address: str) -> None:
    assert is_email_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "user@localhost",
        "user@ex_ample.no",
        "a/b@x.no",
        "user@a.b",
        '"quoted"@example.com',
        "a b@example.com",
        "user@-example.com",
        "user@example-.com",
        "user@" + "a" * 64 + ".com",
        "x@a.b.c.d.e.f.g.h.i.j.no",
        "user@example.com\nbcc: other@example.com",
        "user@example.٣com",
    ],
)
def test_what_the_contract_does_not_take_is_refused(address: str) -> None:
    assert not is_email_address(address)
